/** Small inputs for the tests of the data package. */
import fc from "fast-check";
import { type EnergySeries, InputError, type MeterData, type Problem } from "@wattbook/data";

/** 15 February 2021, 00:00 UTC: a period starts. */
export const MIDNIGHT = 1_613_347_200;

/** Text of a file: each row a list of cells. */
export function csv(...rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.join(",")).join("\n");
}

/** What tests compare of a problem. */
export function codesOf({ problems }: { readonly problems: readonly Problem[] }): string[] {
  return problems.map(({ code }) => code);
}

/** The error that an act raises. */
export function failureOf(act: () => unknown): InputError {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("nothing was raised");
}

/** Import and export of the meters, by name. */
export function energyOf({ meters }: MeterData): Record<string, { imported: EnergySeries; exported: EnergySeries }> {
  return Object.fromEntries(meters.map(({ name, imported, exported }) => [name, { imported, exported }]));
}

const wh = fc.option(fc.bigInt(0n, 20_000n), { nil: null, freq: 12 });

/** Net meters over one axis; the first and the last slot are always known, so that the axis survives a round trip. */
export const meterData: fc.Arbitrary<MeterData> = fc
  .record({
    slots: fc.integer({ min: 3, max: 40 }),
    slotDuration: fc.constantFrom(300, 900, 1800, 3600),
    day: fc.integer({ min: 0, max: 30_000 }),
    names: fc.uniqueArray(fc.stringMatching(/^[=+@'\-a-zA-Z&<"][a-zA-Z0-9 .&<>"']{0,8}[a-z]$/), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(({ slots, slotDuration, day, names }) => {
    const series = fc.array(wh, { minLength: slots, maxLength: slots }).map((values) => {
      const known = [0, 1, slots - 1];
      return values.map((value, k) => (known.includes(k) ? (value ?? 7n) : value));
    });
    return fc.tuple(...names.map(() => fc.record({ imported: series, exported: series }))).map((all): MeterData => ({
      provenance: {
        format: "long",
        source: "made.csv",
        unit: "Wh",
        values: "interval",
        clockChanges: [],
        rounding: "running total, down",
      },
      slotDuration,
      start: day * 86_400,
      slots,
      meters: all.map(({ imported, exported }, i) => ({
        name: names[i] ?? "",
        kind: "net",
        imported,
        exported,
        quality: imported.map((value, k) => (value === null || exported[k] === null ? "missing" : "measured")),
      })),
      problems: [],
    }));
  });
