import fc from "fast-check";

/** Which period a call names: the first without a reading, the first with neither reading nor estimate, or one beside it. */
export type Target = "next" | "end" | "before" | "after";

/** How the start registers of a reading lie: as they should, or below or above by some Wh. */
export interface Start {
  readonly imported: bigint;
  readonly exported: bigint;
}

export interface ReadingPlan {
  readonly target: Target;
  readonly start: Start;
  readonly closesGap: boolean;
  readonly signed: boolean;
  readonly values: readonly { readonly imported: bigint; readonly exported: bigint }[];
}

/** Time in seconds. */
export type Step =
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "read"; readonly reading: ReadingPlan }
  | { readonly kind: "correct"; readonly reading: ReadingPlan }
  | { readonly kind: "estimate"; readonly target: Target };

/** What the meter is rated for: three lots of 1 Wh in, one out, and a tenth that rounds to nothing. */
export const CAPS = { buy: 3, sell: 1 };
const RATED = { imported: 3n, exported: 1n };
export const SLOTS = 4;

/** Mostly nothing, else up to a little more than two periods at rated power. */
const shift = (rated: bigint) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(0n) },
    { weight: 1, arbitrary: fc.constant(-1n) },
    { weight: 4, arbitrary: fc.bigInt(1n, rated * BigInt(SLOTS) + 1n) },
    { weight: 2, arbitrary: fc.bigInt(1n, 3n * rated * BigInt(SLOTS)) },
  );
const within = (most: bigint) =>
  fc.oneof({ weight: 40, arbitrary: fc.bigInt(0n, most) }, { weight: 1, arbitrary: fc.constant(most + 1n) });

const readingFor = (target: fc.Arbitrary<Target>): fc.Arbitrary<ReadingPlan> =>
  fc.record({
    target,
    start: fc.record({ imported: shift(RATED.imported), exported: shift(RATED.exported) }),
    closesGap: fc.boolean(),
    signed: fc.nat(19).map((draw) => draw > 0),
    values: fc.array(fc.record({ imported: within(RATED.imported), exported: within(RATED.exported) }), {
      minLength: SLOTS,
      maxLength: SLOTS,
    }),
  });

const anyTarget = (usual: Target): fc.Arbitrary<Target> =>
  fc.oneof(
    { weight: 10, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom("next" as const, "end" as const, "before" as const, "after" as const) },
  );

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 600, max: 9000 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("read" as const), reading: readingFor(anyTarget("end")) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("estimate" as const), target: anyTarget("end") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("correct" as const), reading: readingFor(anyTarget("next")) }),
  },
);

export const anyHistory = fc.array(anyStep, { minLength: 20, maxLength: 40, size: "max" });

const plan = (changes: Partial<ReadingPlan>): ReadingPlan => ({
  ...{ target: "end", start: { imported: 0n, exported: 0n }, closesGap: false, signed: true },
  values: Array.from({ length: SLOTS }, () => ({ imported: 2n, exported: 1n })),
  ...changes,
});
const read = (changes: Partial<ReadingPlan> = {}): Step => ({ kind: "read", reading: plan(changes) });
const correct = (changes: Partial<ReadingPlan> = {}): Step => ({
  kind: "correct",
  reading: plan({ target: "next", ...changes }),
});
const estimate = (target: Target = "end"): Step => ({ kind: "estimate", target });
const wait = (hours: number): Step => ({ kind: "wait", seconds: 3600 * hours });
const from = (imported: bigint, exported: bigint) => ({ start: { imported, exported } });
const tooMuch = { values: Array.from({ length: SLOTS }, () => ({ imported: 4n, exported: 0n })) };
const closing = { closesGap: true };

/** A history in which every reason is given. It starts in the meter's first period. */
export const tour: readonly Step[] = [
  ...[read(), read({ target: "before" }), estimate(), estimate("after")],
  wait(2),
  ...[read(tooMuch), read({ signed: false }), read({ target: "after" }), read(from(-1n, 0n)), read(from(5n, 2n))],
  // A slip of the registers between two readings: import is billed, export is not paid.
  ...[read({ target: "before" }), estimate("before"), read(from(3n, 0n)), read({ ...from(13n, 0n), ...closing })],
  read({ ...from(3n, 2n), ...closing }),
  wait(3),
  // Two periods are missing; the late readings come one by one.
  ...[estimate("after"), estimate(), estimate("before"), estimate("next"), read({ target: "before" })],
  ...[correct(tooMuch), correct({ signed: false }), correct(from(0n, -1n)), correct(from(0n, 1n))],
  ...[correct({ target: "after" }), correct(), correct({ target: "before" }), correct({ target: "end" })],
  wait(2),
  ...[estimate(), estimate(), correct({ target: "before" }), wait(7), correct(), read(), estimate("before")],
  ...[estimate(), estimate(), read(from(1n, 0n))],
  ...[read({ ...from(49n, 0n), ...closing }), read({ ...from(0n, 17n), ...closing })],
  read({ ...from(40n, 11n), ...closing }),
  ...[estimate(), read({ ...from(0n, 2n), ...closing }), read()],
];
