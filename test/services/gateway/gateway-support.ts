/** A community of one meter, and relayers that tests drive. */
import { Wallet } from "ethers";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPrice,
  asSeconds,
  asSlotOffset,
  communityTerms,
  flatTariff,
  periodEnd,
  wattbookDomain,
} from "@wattbook/sdk/pure";
import type { PrepareStrip } from "../../../services/src/gateway/bidder.ts";
import { ForecastStrategy } from "../../../services/src/gateway/strategy.ts";
import type { Reading } from "@wattbook/sdk/pure";
import { Gateway } from "../../../services/src/gateway/gateway.ts";
import type { GatewayOptions } from "../../../services/src/gateway/gateway.ts";
import type { Delivery, HandOver, Outgoing } from "../../../services/src/gateway/hand-over.ts";
import type { Community, MeteredMember } from "../../../services/src/gateway/members.ts";
import { readingOf, ReadingBody } from "../../../services/src/wire.ts";
import { DAY, RULES } from "./queue-support.ts";

const account = (digit: string) => `0x${digit.repeat(40)}`;

/** Four slots of an hour each, six periods a day: short enough to write down. */
export const TERMS = communityTerms({
  paymentToken: account("a"),
  coordinator: account("b"),
  dso: account("c"),
  feeCollector: account("d"),
  slotDuration: 3_600n,
  slotsPerPeriod: 4n,
});
export const PERIOD = DAY / 14_400n;
export const METER_KEY = new Wallet(`0x${"22".repeat(32)}`);
export const TRADING_KEY = new Wallet(`0x${"11".repeat(32)}`);
export const COMMUNITY: Community = {
  community: asCommunity(7n),
  terms: TERMS,
  settlement: wattbookDomain(100n, account("e")),
  market: wattbookDomain(100n, account("f")),
};
export const MEMBER: MeteredMember = {
  community: COMMUNITY,
  member: asMember(42n),
  meter: "m",
  meterKey: METER_KEY,
  acceptGaps: false,
};
export const HOURLY = { ...RULES, slotDuration: asSeconds(3_600n), maxGap: asSeconds(7_200n) };

/** A relayer that keeps what it gets, once per digest, and answers as it is told. */
export class FakeRelayer implements HandOver {
  readonly kept = new Map<string, Outgoing>();
  /** What the next deliveries answer with, before anything is kept. */
  readonly answers: (Delivery | Error)[] = [];
  deliveries = 0;

  deliver(message: Outgoing): Promise<Delivery> {
    this.deliveries += 1;
    const answer = this.answers.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== undefined) return Promise.resolve(answer);
    const known = this.kept.has(message.digest);
    this.kept.set(message.digest, message);
    return Promise.resolve({ outcome: known ? "already" : "accepted", answer: "{}" });
  }

  get readings(): Reading[] {
    return [...this.kept.values()]
      .filter(({ kind }) => kind === "reading")
      .map(({ community, body }) => readingOf(TERMS, community, ReadingBody.parse(JSON.parse(body))));
  }
}

/** A gateway with one meter, and its clock. */
export function gatewayOf(more: Partial<GatewayOptions> = {}) {
  const relayer = new FakeRelayer();
  const world = { now: DAY };
  const codes: string[] = [];
  const gateway = new Gateway({
    queue: ":memory:",
    meters: new Map([["m", HOURLY]]),
    adapters: [],
    members: [MEMBER],
    handOver: relayer,
    readings: { signAfter: asSeconds(60n), giveUpAfter: asSeconds(36_000n) },
    clock: () => asSeconds(world.now),
    report: (error) => codes.push(error.code),
    ...more,
  });
  /** Keeps a sample at an hour after `DAY`, and sets the clock there. */
  const sample = async (hour: number, importWh: bigint, exportWh = 0n, rest: object = {}) => {
    world.now = DAY + BigInt(hour * 3_600);
    return gateway.sink({ meter: "m", at: asSeconds(world.now), importWh, exportWh, ...rest });
  };
  /** Sets the clock to an hour and a minute, and takes a step. */
  const stepAt = async (hour: number) => {
    world.now = DAY + BigInt(hour * 3_600) + 61n;
    await gateway.step();
  };
  return { gateway, relayer, world, codes, sample, stepAt };
}

const TARIFF = flatTariff(TERMS, asPrice(20n), [{ importPrice: asPrice(320n), exportPrice: asPrice(80n) }]);
const CAPS = { buy: asLots(100n), sell: asLots(100n) };

/** What the chain says to a member that has not traded yet. */
export const prepare: PrepareStrip = (community, member, period) =>
  Promise.resolve({
    terms: TERMS,
    header: {
      ...{ community, member, period, epoch: 3n, after: asSlotOffset(0n), deadline: periodEnd(TERMS, period) },
      ...{ feePerEntry: asAmount(0n), feeTo: account("0") },
    },
    context: { tariff: TARIFF, tariffClass: 0n, first: true, caps: CAPS },
  });

/** The same member, who buys what it expects to need an hour before a period. */
export const TRADER = {
  ...MEMBER,
  tradingKey: TRADING_KEY,
  strategy: new ForecastStrategy({ buy: asPrice(181n), sell: asPrice(99n) }),
  forecast: { netWh: (): bigint => 255n },
  leadTime: asSeconds(3_600n),
  prepare,
};
