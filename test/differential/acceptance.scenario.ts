import fc from "fast-check";
import { encodeEntries, type Entry } from "../helpers/market.ts";
import { buy, sell } from "../helpers/auction.ts";
import { ascending } from "../helpers/books.ts";

/** One thing that is wrong with a strip, or nothing. */
export type Fault = "none" | "signature" | "epoch" | "deadline" | "after" | "reserve" | "length" | "stranger";

export interface StripPlan {
  readonly home: number;
  readonly entries: string;
  readonly fault: Fault;
  /** Per cent of what is free. */
  readonly maxReserve: number;
  readonly feePerEntry: number;
}

/** Time in seconds, periods relative to the current one. */
export type Step =
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "post"; readonly period: number; readonly strips: readonly StripPlan[] }
  | { readonly kind: "place"; readonly period: number; readonly strip: StripPlan }
  | { readonly kind: "clear"; readonly period: number; readonly offsets: readonly number[] }
  | { readonly kind: "bump"; readonly home: number }
  | { readonly kind: "toggle"; readonly home: number }
  | { readonly kind: "stop"; readonly home: number }
  | { readonly kind: "resume"; readonly home: number }
  | { readonly kind: "credit"; readonly home: number; readonly line: bigint };

/** Four small homes and the debtor. */
const HOMES = 5;
export const DEBTOR = 4;

/** The ticks that large homes fill to the last few lots in slots 2 to 5 of the second period. */
const CROWDED_TICKS = [5, 9];
/** The orders of a large home there, all its cap in each. */
export const crowd = (cap: number): string =>
  encodeEntries([2, 3, 4, 5].flatMap((slot) => [buy(slot, 5, cap), sell(slot, 9, cap)]));

/** Mostly on a grid of 8 slots and 32 ticks, in two slots that follow each other, mostly within the caps. */
const anyEntry = (slot: number): fc.Arbitrary<Entry> =>
  fc.record({
    slot: fc.oneof(
      { weight: 19, arbitrary: fc.nat(1).map((next) => slot + next) },
      { weight: 1, arbitrary: fc.constantFrom(0, 9, 255) },
    ),
    side: fc.constantFrom("buy" as const, "sell" as const),
    tick: fc.oneof(
      { weight: 14, arbitrary: fc.nat(31) },
      { weight: 2, arbitrary: fc.constantFrom(...CROWDED_TICKS) },
      { weight: 1, arbitrary: fc.constantFrom(32, 127) },
    ),
    lots: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 61, 65_535) },
    ),
  });

const fewEntries = fc
  .record({ slot: fc.nat(7), sorted: fc.nat(9) })
  .chain(({ slot, sorted }) =>
    fc
      .array(anyEntry(slot), { minLength: 1, maxLength: 6, size: "max" })
      .map((list) => encodeEntries(sorted === 0 ? list : ascending(list))),
  );

/** Entries of slot 0 without lots: they count, and are refused. */
export const padding = (count: number): string => "00000000".repeat(count);
export const MOST_ENTRIES = 2048;

/** Few entries, or nearly all that a period takes. */
const anyEntries = fc.oneof(
  { weight: 40, arbitrary: fewEntries },
  { weight: 1, arbitrary: fewEntries.map((entries) => entries + padding(MOST_ENTRIES - 6)) },
);

const anyStrip: fc.Arbitrary<StripPlan> = fc.record({
  home: fc.nat(HOMES - 1),
  entries: anyEntries,
  fault: fc.oneof(
    { weight: 12, arbitrary: fc.constant("none" as const) },
    fc.constantFrom("signature", "epoch", "deadline", "after", "reserve", "length", "stranger"),
  ),
  maxReserve: fc.oneof({ weight: 3, arbitrary: fc.constant(70) }, { weight: 1, arbitrary: fc.nat(100) }),
  feePerEntry: fc.oneof(fc.constant(0), fc.nat(900)),
});

/** Own orders, half of them for one slot. */
const anyOwnStrip = fc
  .record({ strip: anyStrip, slot: fc.nat(7), alone: fc.boolean() })
  .chain(({ strip, slot, alone }) =>
    alone ? anyEntry(slot).map((entry) => ({ ...strip, entries: encodeEntries([entry]) })) : fc.constant(strip),
  );

const anyPeriod = (lowest: number, highest: number) =>
  fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 2 }) }, fc.integer({ min: lowest, max: highest }));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 2400 }) }),
  },
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant("post" as const),
      period: anyPeriod(-1, 3),
      strips: fc.array(anyStrip, { minLength: 1, maxLength: 8, size: "max" }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("place" as const), period: anyPeriod(0, 2), strip: anyOwnStrip }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("clear" as const),
      period: fc.oneof(fc.constantFrom(-1, 0), fc.integer({ min: -4, max: 1 })),
      offsets: fc.oneof(
        fc.constant([0, 1, 2, 3, 4, 5, 6, 7]),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 6, size: "max" }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("bump" as const), home: fc.nat(HOMES - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("toggle" as const), home: fc.nat(HOMES - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stop" as const), home: fc.nat(HOMES - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("resume" as const), home: fc.nat(HOMES - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("credit" as const),
      home: fc.constant(DEBTOR),
      line: fc.constantFrom(0n, 299_999n, 300_000n, 1_000_000n),
    }),
  },
);

export const anyScenario = fc.array(anyStep, { minLength: 10, maxLength: 60, size: "max" });
