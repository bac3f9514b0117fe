/** What is due in a period, from what its logs say. */
import {
  booksOf,
  estimatesFrom,
  gateOf,
  isSealed,
  periodEnd,
  periodOf,
  revealEnd,
  type AcceptedReading,
  type ClearedSlot,
  type EstimateItem,
  type Journals,
  type MemberIndex,
  type Period,
  type Seconds,
  type SettledLeg,
  type SettleItem,
  type Slot,
  type Terms,
} from "@wattbook/sdk";

/** What the logs say of a period. */
export interface PeriodFacts {
  readonly journals: Journals;
  readonly readings: ReadonlyMap<MemberIndex, AcceptedReading>;
  readonly settled: ReadonlyMap<MemberIndex, SettledLeg>;
  readonly cleared: ReadonlyMap<Slot, ClearedSlot>;
}

/** What anyone may do about it. */
export interface Due {
  /** Slots with orders whose gate is over. */
  readonly clear: readonly Slot[];
  /** Members whose readings were accepted, once every slot is cleared. */
  readonly settle: readonly SettleItem[];
  /** Members with orders whose readings are missing, from the reading deadline on. */
  readonly estimate: readonly EstimateItem[];
}

/** What is due at `now`, members in ascending order. */
export function dueIn(terms: Terms, period: Period, now: Seconds, facts: PeriodFacts): Due {
  const { journals, readings, settled, cleared } = facts;
  const uncleared = [...booksOf(terms, period, journals).keys()].filter((slot) => !cleared.has(slot));
  const clear = uncleared.filter((slot) => now >= clearsFrom(terms, slot)).sort(ascending);
  if (uncleared.length > 0 || now < periodEnd(terms, period)) return { clear, settle: [], estimate: [] };
  const open = (member: MemberIndex) => !settled.has(member);
  const settle = [...readings.keys()]
    .filter(open)
    .sort(ascending)
    .map((member): SettleItem => {
      const { values, gapLeg } = readings.get(member) as AcceptedReading;
      return { member, values, gapLeg, records: journals.get(member) ?? [] };
    });
  if (now < estimatesFrom(terms, period)) return { clear, settle, estimate: [] };
  const estimate = [...journals]
    .filter(([member]) => open(member) && !readings.has(member))
    .sort(([a], [b]) => ascending(a, b))
    .map(([member, records]): EstimateItem => ({ member, records }));
  return { clear, settle, estimate };
}

/** Unix time from which a slot may be cleared; in a sealed community it may be earlier, once all is revealed. */
function clearsFrom(terms: Terms, slot: Slot): Seconds {
  return isSealed(terms) ? revealEnd(terms, periodOf(terms, slot)) : gateOf(terms, slot);
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}
