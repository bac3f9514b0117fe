/** A thousand meters and their day, as both of the gateway's days have them. */
import { Wallet } from "ethers";
import { asCommunity, asMember, asSeconds, communityTerms, wattbookDomain } from "@wattbook/sdk/pure";
import {
  type Community,
  Gateway,
  type GatewayOptions,
  type MeteredMember,
  type MeterRules,
} from "@wattbook/services/gateway";

export const START = 1_774_483_200n;
export const DAY = 86_400n;
/** After the period's end, seconds: then its readings are due. */
export const DUE = 901n;

const account = (digit: string) => `0x${digit.repeat(40)}`;

export const terms = communityTerms({
  paymentToken: account("a"),
  coordinator: account("b"),
  dso: account("c"),
  feeCollector: account("d"),
});
/** Samples of a meter: one at every boundary of a slot, both ends of the day included. */
export const BOUNDARIES = Number(terms.slotsPerPeriod) + 1;

export const community: Community = {
  ...{ community: asCommunity(0n), terms, settlement: wattbookDomain(100n, account("e")) },
};
const rules: MeterRules = {
  slotDuration: terms.slotDuration,
  maxGap: asSeconds(3_600n),
  maxW: 17_250n,
  counts: { import: true, export: true },
  base: { importWh: 0n, exportWh: 0n },
  clockTolerance: asSeconds(300n),
  maxLate: asSeconds(DAY),
  onFall: "refuse",
};

export function membersOf(count: number): readonly [MeteredMember, ...MeteredMember[]] {
  const all = Array.from({ length: count }, (_, index) => ({
    ...{ community, member: asMember(BigInt(index + 4)), meter: meterName(index), acceptGaps: false },
    meterKey: new Wallet(`0x${(index + 1).toString(16).padStart(64, "0")}`),
  }));
  return all as unknown as readonly [MeteredMember, ...MeteredMember[]];
}

export function meterName(index: number): string {
  return `meter-${index}`;
}

/** Registers of every meter at a boundary. */
export function registersAt(slot: number) {
  const boundary = BigInt(slot);
  return { at: asSeconds(START + boundary * terms.slotDuration), importWh: boundary * 250n, exportWh: boundary * 10n };
}

/** A gateway of these members, and how many readings a relayer has taken from it. */
export function gatewayOf(
  options: Pick<GatewayOptions, "queue" | "adapters" | "members" | "clock" | "every" | "report">,
): { readonly gateway: Gateway; readonly handedOver: () => number } {
  let handedOver = 0;
  const gateway = new Gateway({
    ...options,
    meters: new Map(options.members.map(({ meter }) => [meter, rules])),
    handOver: {
      deliver: () => {
        handedOver += 1;
        return Promise.resolve({ outcome: "accepted", answer: "{}" });
      },
    },
  });
  return { gateway, handedOver: () => handedOver };
}

/** Seconds of processor time that work takes. */
export async function processor(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** MiB of memory that the process holds. */
export function memory(): number {
  return Math.ceil(process.memoryUsage().rss / 2 ** 20);
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
