import fc from "fast-check";
import type { Metered } from "../reference/readings.ts";
import type { Position } from "../reference/journal.ts";
import { encodeEntries, sortKey, type Entry } from "../reference/entries.ts";

/** What a second, arbitrary module reserves for a member, and what it answers at the end. Undefined: its call fails. */
export interface OtherModule {
  readonly first: boolean;
  readonly reserve: bigint;
  readonly buyWh: bigint;
  readonly sellWh: bigint;
  readonly answer: { readonly paid: bigint; readonly received: bigint; readonly position: Position[] } | undefined;
}

export interface HomePlan {
  readonly deposit: bigint;
  readonly creditLine: bigint;
  readonly strip: Entry[];
  readonly other: OtherModule | undefined;
  /** Undefined: no reading comes in time. */
  readonly metered: Metered[] | undefined;
  /** Replaces the estimate where no reading came in time. */
  readonly late: Metered[] | undefined;
}

export interface Scenario {
  readonly homes: HomePlan[];
  readonly supplierDeposit: bigint;
  readonly order: number[];
  readonly laterDeposits: bigint[];
}

export const HOMES = 5;
const SLOTS = 4;

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  slot: fc.bigInt(1n, BigInt(SLOTS - 1)),
  side: fc.constantFrom("buy" as const, "sell" as const),
  tick: fc.bigInt(0n, 9n),
  lots: fc.bigInt(1n, 40n),
});
const anyStrip = fc
  .uniqueArray(anyEntry, { maxLength: 8, selector: sortKey })
  .map((entries) => entries.sort((a, b) => (encodeEntries([a]) < encodeEntries([b]) ? -1 : 1)));
const anyReading: fc.Arbitrary<Metered[]> = fc.array(
  fc.record({ imported: fc.bigInt(0n, 600n), exported: fc.bigInt(0n, 600n) }),
  { minLength: SLOTS, maxLength: SLOTS },
);
const wh = fc.oneof({ weight: 3, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.bigInt(0n, 400n) });
const anyPosition: fc.Arbitrary<Position[]> = fc.array(fc.record({ bought: wh, sold: wh }), {
  minLength: SLOTS,
  maxLength: SLOTS,
});
const money = fc.oneof(fc.constant(0n), fc.bigInt(0n, 150_000n));
const anyOther: fc.Arbitrary<OtherModule> = fc.record({
  first: fc.boolean(),
  reserve: fc.bigInt(0n, 150_000n),
  buyWh: fc.bigInt(0n, 800n),
  sellWh: fc.bigInt(0n, 800n),
  answer: fc.option(fc.record({ paid: money, received: money, position: anyPosition }), { nil: undefined, freq: 6 }),
});

const anyHome: fc.Arbitrary<HomePlan> = fc.record({
  deposit: fc.constantFrom(300_000n, 1_000_000n, 10_000_000n),
  creditLine: fc.constantFrom(0n, 30_000n, 1_000_000n),
  strip: anyStrip,
  other: fc.option(anyOther, { nil: undefined, freq: 2 }),
  metered: fc.option(anyReading, { nil: undefined, freq: 3 }),
  late: fc.option(anyReading, { nil: undefined, freq: 2 }),
});

export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  homes: fc.array(anyHome, { minLength: HOMES, maxLength: HOMES }),
  supplierDeposit: fc.constantFrom(0n, 50_000n, 10_000_000n),
  order: fc.shuffledSubarray([...Array(HOMES).keys()], { minLength: HOMES }),
  laterDeposits: fc.array(fc.constantFrom(0n, 7n, 40_000n, 500_000n), { minLength: HOMES + 1, maxLength: HOMES + 1 }),
});
