import { Signature, type BaseWallet, type ContractTransactionResponse } from "ethers";
import { ENTRY_REASONS, STRIP_REASONS, type EntryReason, type StripReason } from "../../sdk/src/clients/reasons.ts";
import { stripDigest } from "../reference/digests.ts";
import type { Strip as Message } from "../reference/messages.ts";
import type { Domain } from "../reference/typed-data.ts";
import { at } from "./lists.ts";
import {
  buy,
  deployMarket,
  flatValues,
  sell,
  type Connection,
  type HomeKeys,
  type HomeOptions,
  type Market,
  postArguments,
  unpackRecords,
} from "./market.ts";
import type { MarketOptions } from "./market.ts";
import { reservedOf } from "./reserves.ts";

export { ENTRY_REASONS, STRIP_REASONS, type EntryReason, type StripReason };
export const stripReason = (name: StripReason) => BigInt(STRIP_REASONS.indexOf(name));
export const entryReason = (name: EntryReason) => BigInt(ENTRY_REASONS.indexOf(name));

export type SignedStrip = Awaited<ReturnType<Market["signStrip"]>>;

export { buy, sell };

/** Periods of four slots in an hour, and rings as short as they get: five periods for journals, three for books. */
export const shortTerms = {
  slotsPerPeriod: 4,
  tickCount: 32,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};

export type Day = Awaited<ReturnType<typeof openDay>>;

/** A market with homes, at the start of the first period in which they trade. */
export async function openDay(connection: Connection, homes: readonly HomeOptions[], options: MarketOptions = {}) {
  const market = await deployMarket(connection, options);
  const keys: HomeKeys[] = [];
  for (const home of homes) keys.push(await market.addHome(home));
  const period = (await market.periodNow()) + 1;
  await market.goTo(market.periodStart(period));
  const { slotsPerPeriod, slotDuration, gateClosure } = market.terms;
  return {
    ...market,
    homes: keys,
    period,
    /** The home at an index that must exist. */
    home: (index: number) => at(keys, index),
    /** Index of a slot of `period` since 1970. */
    slot: (offset: number, of = period) => of * slotsPerPeriod + offset,
    /** Unix seconds at which trading in a slot of `period` ends. */
    gate: (offset: number, of = period) => (of * slotsPerPeriod + offset) * slotDuration - gateClosure,
  };
}

/** What one call said: skipped strips, strips with refused entries, records. */
export interface Outcome {
  readonly skipped: { member: bigint; index: bigint; reason: StripReason }[];
  readonly refused: { member: bigint; reasons: EntryReason[] }[];
  readonly records: ReturnType<typeof unpackRecords>;
  readonly cleared: { slot: bigint; tick: bigint; price: bigint; lots: bigint }[];
  readonly gasUsed: bigint;
  readonly timestamp: number;
}

const reasonsOf = (bytes: string) => [...Buffer.from(bytes.slice(2), "hex")].map((code) => at(ENTRY_REASONS, code));

/** Reads everything out of the logs of a call. */
export async function outcomeOf(m: Market | Day, sent: Promise<ContractTransactionResponse>): Promise<Outcome> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("not mined");
  const { timestamp } = await receipt.getBlock();
  const outcome: Outcome = { skipped: [], refused: [], records: [], cleared: [], gasUsed: receipt.gasUsed, timestamp };
  for (const log of receipt.logs) {
    const event = m.auction.interface.parseLog(log) ?? m.escrow.interface.parseLog(log);
    if (event === null) continue;
    const { args } = event;
    const member = args["member"] as bigint;
    if (event.name === "StripSkipped") {
      const reason = at(STRIP_REASONS, Number(args["reason"]));
      outcome.skipped.push({ member, index: args["index"] as bigint, reason });
    } else if (event.name === "EntriesRefused") {
      outcome.refused.push({ member, reasons: reasonsOf(args["reasons"] as string) });
    } else if (event.name === "Recorded") {
      outcome.records.push(...unpackRecords(args["module"] as bigint, args["records"] as string));
    } else if (event.name === "SlotCleared") {
      const [slot, tick] = [args["slot"] as bigint, args["tick"] as bigint];
      outcome.cleared.push({ slot, tick, price: args["price"] as bigint, lots: args["lots"] as bigint });
    }
  }
  return outcome;
}

/** The most that a transaction may use; naming it saves an estimate, which is a second run. */
const gasLimit = 2 ** 24;

/** Posts signed strips and reads what came of them. */
export const post = async (day: Day, strips: readonly SignedStrip[], period = day.period) =>
  await outcomeOf(day, day.auction.post(...postArguments(day.community, period, [...strips]), { gasLimit }));

/** Clears slots of a period by their offsets. */
export const clear = async (day: Day, offsets: readonly number[], period = day.period) =>
  await outcomeOf(
    day,
    day.auction.clear(
      day.community,
      offsets.map((offset) => day.slot(offset, period)),
      { gasLimit },
    ),
  );

/** All that acceptance may change of a member: its journal, its account and what it has reserved. */
export async function stateOf(day: Day, member: number, period = day.period) {
  const journal = await day.escrow.journal(day.community, member, period);
  const account = await day.escrow.account(day.community, member);
  return [...journal, ...account, await reservedOf(day, member)].map(String);
}

/** A strip as the reference model knows it. */
export const messageOf = (community: number, period: number, strip: SignedStrip): Message => ({
  community: BigInt(community),
  member: BigInt(strip.member),
  period: BigInt(period),
  after: BigInt(strip.after_),
  epoch: BigInt(strip.epoch),
  deadline: BigInt(strip.deadline),
  maxReserve: strip.maxReserve,
  feePerEntry: BigInt(strip.feePerEntry),
  feeTo: strip.feeTo,
  entries: strip.entries,
});

export async function domainOf(day: Day): Promise<Domain> {
  return { chainId: day.domains.auction.chainId, verifyingContract: await day.auction.getAddress() };
}

/** Signs the strip again, in another context: what a replay elsewhere would carry. */
export async function signElsewhere(
  day: Day,
  strip: SignedStrip,
  signer: BaseWallet,
  { domain, message }: { readonly domain?: Partial<Domain>; readonly message?: Partial<Message> },
): Promise<SignedStrip> {
  const fields = { ...messageOf(day.community, day.period, strip), ...message };
  const digest = stripDigest({ ...(await domainOf(day)), ...domain }, fields);
  const { r, yParityAndS } = Signature.from(signer.signingKey.sign(digest));
  return { ...strip, r, vs: yParityAndS };
}

/** A grid leg of 300,000 base units that a home owes within a line of a million, at the start of the next period. */
export async function fallIntoDebt(day: Day, home: HomeKeys) {
  const { community, escrow, settlement, supplier, period } = day;
  await escrow.connect(supplier).setCreditLine(community, home.member, 1_000_000);
  await day.goTo(day.periodStart(period + 1));
  const values = flatValues(day.terms.slotsPerPeriod, 0, 0);
  values[0] = [1000, 0];
  const reading = await day.signReading({ home, period, values });
  await settlement.meterAndSettle(community, period, [{ member: home.member, reading, records: [] }]);
}
