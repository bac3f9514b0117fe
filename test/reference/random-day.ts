import fc from "fast-check";
import { encodeEntries, sortKey, type Entry } from "./entries.ts";
import type { Metered } from "./readings.ts";
import { grid } from "./samples.ts";
import type { SlotPrice, Tariff } from "./tariff.ts";

/** A member's day: a strip per market, what its meter counts (undefined: no reading), what it deposits and may owe. */
export interface Plan {
  strips: Entry[][];
  metered: Metered[] | undefined;
  deposit: bigint;
  creditLine: bigint;
  tariffClass: bigint;
}

export interface Day {
  tariff: Tariff;
  plans: Plan[];
  supplierDeposit: bigint;
  /** Indices of the members in the order of settlement. */
  sequence: number[];
}

const MARKETS = 3;
const SLOTS = Number(grid.slotsPerPeriod);

/** In a slot every export price stays at or below every import price; either may lie anywhere on or off the grid. */
const anyTariff: fc.Arbitrary<Tariff> = fc
  .record({
    networkFee: fc.bigInt(0n, 100n),
    middle: fc.array(fc.bigInt(20n, 250n), { minLength: SLOTS, maxLength: SLOTS }),
    spread: fc.array(fc.tuple(fc.bigInt(0n, 20n), fc.bigInt(0n, 200n)), { minLength: 2, maxLength: 2 }),
  })
  .map(({ networkFee, middle, spread }) => {
    const pricesOf = ([down, up]: [bigint, bigint]): SlotPrice[] =>
      middle.map((price) => ({ importPrice: price + up, exportPrice: price - down }));
    return { networkFee, classes: spread.map(pricesOf) };
  });

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  slot: fc.bigInt(0n, grid.slotsPerPeriod - 1n),
  side: fc.constantFrom("buy" as const, "sell" as const),
  tick: fc.bigInt(0n, 9n),
  lots: fc.bigInt(1n, 40n),
});

/** Ascending, each slot, side and tick once: curves, and both sides in a slot. */
const anyStrip = fc
  .uniqueArray(anyEntry, { maxLength: 8, selector: sortKey })
  .map((entries) => entries.sort((a, b) => (encodeEntries([a]) < encodeEntries([b]) ? -1 : 1)));

const anyReading: fc.Arbitrary<Metered[]> = fc.array(
  fc.record({ imported: fc.bigInt(0n, 600n), exported: fc.bigInt(0n, 600n) }),
  { minLength: SLOTS, maxLength: SLOTS },
);

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  strips: fc.array(anyStrip, { minLength: MARKETS, maxLength: MARKETS }),
  metered: fc.option(anyReading, { nil: undefined, freq: 4 }),
  deposit: fc.constantFrom(200_000n, 1_000_000n, 10_000_000n),
  creditLine: fc.constantFrom(0n, 30_000n, 1_000_000n),
  tariffClass: fc.bigInt(0n, 1n),
});

/** Up to five members trade in up to three markets. */
export const anyDay: fc.Arbitrary<Day> = fc
  .record({
    tariff: anyTariff,
    plans: fc.array(anyPlan, { minLength: 1, maxLength: 5 }),
    supplierDeposit: fc.constantFrom(0n, 50_000n, 10_000_000n),
  })
  .chain((day) => {
    const members = [...day.plans.keys()];
    const sequence = fc.shuffledSubarray(members, { minLength: members.length });
    return sequence.map((order) => ({ ...day, sequence: order }));
  });
