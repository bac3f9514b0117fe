/** What the order book checks of a strip before it takes it, against the chain as it is and what the relayer holds already. */
import {
  type Amount,
  type Entry,
  gateOf,
  gateOfPeriod,
  isOpen,
  isSealed,
  type JournalCounts,
  type Lots,
  type MemberWord,
  MOST_LOTS,
  periodAt,
  reserveOfEntry,
  type Seconds,
  type SlotOffset,
  slotIn,
  type Standing,
  type Strip,
  type Tariff,
  type Terms,
} from "@wattbook/sdk";
import { type Refusal, refuse, refuseEntry, refuseStrip } from "../refusal.ts";

/** What a journal takes per member and period. */
const MOST_ENTRIES = 2_048n;
const MOST_RECORDS = 255n;

/** A member as the order book sees it. */
export interface Trader {
  readonly member: MemberWord;
  readonly standing: Standing;
  readonly journal: JournalCounts;
}

/** A community's period as the order book sees it. */
export interface OpenPeriod {
  readonly terms: Terms;
  readonly tariff: Tariff;
  readonly paused: boolean;
  /** Whether records of the period can be taken. */
  readonly ringFree: boolean;
}

/** What of a member waits to be posted; it counts as accepted. */
export interface Held {
  /** Where the next strip of the period has to go on; null where none of it waits. */
  readonly frontier: SlotOffset | null;
  /** Strips and entries of the period. */
  readonly records: bigint;
  readonly entries: bigint;
  /** Base units that all its strips, of any period, will take. */
  readonly uses: Amount;
}

/** The books as entries find them. */
export interface Books {
  /** Lots at the entry's tick, posted or waiting. */
  readonly volumeAt: (entry: Entry) => bigint;
  /** Whether an older period still needs the slot's place. */
  readonly isBusy: (offset: SlotOffset) => boolean;
}

/** Everything that a strip depends on. */
export interface StripContext {
  readonly period: OpenPeriod;
  readonly trader: Trader;
  readonly held: Held;
  readonly now: Seconds;
}

/**
 * What needs nothing of the chain but its time: nobody makes the relayer ask its node about periods at will.
 * @throws Refusal
 */
export function checkPeriod({ period }: Pick<Strip, "period">, terms: Terms, now: Seconds): void {
  const current = periodAt(terms, now);
  if (period >= current && period <= current + terms.horizon) return;
  const open = `Periods ${current} to ${current + terms.horizon} are open`;
  throw refuse("PeriodNotOpen", `period is ${period}. ${open}.`);
}

/**
 * What is checked of a strip as a whole, in the order of the contract but for its signature.
 * @throws Refusal with the contract's reason
 */
export function checkHeader(strip: Strip, { period, trader, held, now }: StripContext): void {
  const { terms, paused, ringFree } = period;
  checkPeriod(strip, terms, now);
  if (paused) throw refuse("TradingPaused", "The coordinator has paused trading. Try again in the next period.");
  const { member, standing, journal } = trader;
  if (!member.active) throw refuseStrip("NotActive", `Member ${strip.member} cannot trade`);
  if ((standing.modules & 1n) === 0n) throw refuseStrip("ModuleOff", `Member ${strip.member} has the order book off`);
  if (strip.epoch !== standing.epoch) throw refuseStrip("WrongEpoch", `epoch is ${strip.epoch}, not ${standing.epoch}`);
  // Orders of a sealed period count as of its gate.
  const counts = isSealed(terms) ? gateOfPeriod(terms, strip.period) : now;
  if (counts > strip.deadline)
    throw refuseStrip("Expired", `deadline is ${strip.deadline}, and it counts at ${counts}`);
  if (standing.inDebt) throw refuseStrip("InDebt", `Member ${strip.member} owes more than its credit line`);
  const free = standing.free - held.uses;
  if (free < strip.maxReserve) {
    const waiting = held.uses === 0n ? "" : `, besides ${held.uses} for strips that wait to be posted`;
    const have = isSealed(terms) ? "pledged" : "free";
    throw refuseStrip(
      "Underfunded",
      `maxReserve is ${strip.maxReserve} and ${have} are ${free < 0n ? 0n : free}${waiting}`,
    );
  }
  if (!ringFree) throw refuseStrip("RingBusy", `Period ${strip.period} takes no records yet`);
  const frontier = held.frontier ?? journal.frontier;
  if (strip.after !== frontier) throw refuseStrip("WrongFrontier", `after is ${strip.after}, not ${frontier}`);
  const entries = journal.entries + held.entries + BigInt(strip.entries.length);
  if (entries > MOST_ENTRIES || journal.records + held.records >= MOST_RECORDS) {
    throw refuseStrip("TooManyEntries", `${entries} entries in ${journal.records + held.records + 1n} strips`);
  }
}

/**
 * Checks every entry, as for a member's own transaction: a strip is taken whole or not at all.
 * @return What its acceptance takes from the free balance, base units.
 * @throws Refusal naming the first entry that the contract would leave out
 */
export function checkEntries(strip: Strip, { period, trader, held, now }: StripContext, books: Books): Amount {
  const { terms, tariff } = period;
  const { buyCap, sellCap, tariffClass } = trader.member;
  const first = trader.journal.records + held.records === 0n;
  let used = first ? terms.settlementFee : 0n;
  let before: Entry | undefined;
  let lots = 0n;
  for (const [index, entry] of strip.entries.entries()) {
    checkPlace(strip, terms, now, entry, before, index);
    if (books.isBusy(entry.offset)) throw refuseBusy(entry.offset);
    lots = (before?.offset === entry.offset && before.side === entry.side ? lots : 0n) + entry.lots;
    const cap: Lots = entry.side === "buy" ? buyCap : sellCap;
    if (lots > cap) throw refuseEntry(index, "OverCap", `${lots} lots in slot ${entry.offset}, of ${cap}`);
    used += reserveOfEntry(terms, entry, { tariff, tariffClass }) + strip.feePerEntry;
    if (used > strip.maxReserve) {
      throw refuseEntry(index, "OverReserve", `${used} are needed up to here, and maxReserve is ${strip.maxReserve}`);
    }
    const volume = books.volumeAt(entry) + entry.lots;
    const most = terms.wideTicks ? 0xffff_ffffn : 0xffffn;
    if (volume > most) throw refuseEntry(index, "TickFull", `${volume} lots at tick ${entry.tick}, of ${most}`);
    before = entry;
  }
  return used as Amount;
}

/** An older slot's orders are not cleared yet, and anybody can do that. */
export function refuseBusy(offset: SlotOffset): Refusal {
  return refuseStrip("RingBusy", `Slot ${offset} takes no orders yet`);
}

/** What is checked of an entry alone, and against the one before it. */
function checkPlace(
  strip: Strip,
  terms: Terms,
  now: Seconds,
  entry: Entry,
  before: Entry | undefined,
  index: number,
): void {
  if (before !== undefined && keyOf(entry) <= keyOf(before)) {
    throw refuseEntry(index, "NotAscending", "it does not stand behind the one before it");
  }
  if (entry.offset >= terms.slotsPerPeriod || entry.tick >= terms.tickCount) {
    throw refuseEntry(index, "OffGrid", `slot ${entry.offset}, tick ${entry.tick}`);
  }
  if (entry.lots < 1n || entry.lots > MOST_LOTS) throw refuseEntry(index, "ZeroLots", `${entry.lots} lots`);
  if (entry.offset < strip.after)
    throw refuseEntry(index, "BehindFrontier", `slot ${entry.offset}, after ${strip.after}`);
  const slot = slotIn(terms, strip.period, entry.offset);
  if (isOpen(terms, slot, now)) return;
  throw refuseEntry(index, "GateClosed", `the gate of slot ${entry.offset} closed at ${gateOf(terms, slot)}`);
}

function keyOf({ offset, side, tick }: Entry): number {
  return (Number(offset) << 8) | (side === "sell" ? 0x80 : 0) | Number(tick);
}

/** One past the last slot of the period that a strip names: where the member's next one goes on. */
export function frontierAfter(strip: Strip, terms: Pick<Terms, "slotsPerPeriod">): SlotOffset {
  const within = strip.entries.map(({ offset }) => offset).filter((offset) => offset < terms.slotsPerPeriod);
  return within.reduce((most, offset) => (offset >= most ? ((offset + 1n) as SlotOffset) : most), strip.after);
}
