/** Readings are judged as the independent model judges them, whatever meter and reading. */
import fc from "fast-check";
import { expect } from "chai";
import {
  asLots,
  asMember,
  asPeriod,
  asSeconds,
  asWh,
  communityTerms,
  type MeterInfo,
  type Reading,
} from "@wattbook/sdk";
import { Refusal } from "../../../services/src/relayer/refusal.ts";
import { checkAlone, checkRegisters, meterAfter } from "../../../services/src/relayer/readings/check.ts";
import { advance, gapEnd, type Meter } from "../../reference/meter.ts";
import { skipCorrection, skipReading, type ReadingContext } from "../../reference/reading-checks.ts";

const account = `0x${"11".repeat(20)}`;
const accounts = { paymentToken: account, coordinator: account, dso: account, feeCollector: account };
const terms = communityTerms({
  ...accounts,
  ...{ slotsPerPeriod: 2n, readingDeadline: 900n, correctionWindow: 1_800n, claimWindow: 3_600n },
});
const caps = { buyCap: 20n, sellCap: 10n };
const PERIOD = 1_800n;

const meters = fc.record({
  bound: fc.boolean(),
  fresh: fc.boolean(),
  nextPeriod: fc.bigInt(5n, 8n),
  importRegister: fc.bigInt(0n, 900n),
  exportRegister: fc.bigInt(0n, 900n),
  estimates: fc.array(fc.constant({ estimated: 10n, dearest: 3n, cheapest: 1n }), { maxLength: 2 }),
});
const readings = fc.record({
  period: fc.bigInt(5n, 10n),
  closesGap: fc.boolean(),
  startImport: fc.bigInt(0n, 1_800n),
  startExport: fc.bigInt(0n, 1_800n),
  values: fc.array(fc.tuple(fc.bigInt(0n, 230n), fc.bigInt(0n, 115n)), { minLength: 1, maxLength: 3 }),
});

function infoOf(meter: Meter): MeterInfo {
  const { bound, fresh, nextPeriod, importRegister, exportRegister, estimates } = meter;
  return {
    ...{ bound, fresh, gap: estimates.length > 0, nextPeriod: asPeriod(nextPeriod), gapEnd: asPeriod(gapEnd(meter)) },
    ...{ importRegister: asWh(importRegister), exportRegister: asWh(exportRegister) },
  };
}

describe("relayer: checks of readings", () => {
  it("give the model's reason, and leave the meter as the model does", () => {
    const seen = new Set<string>();
    const run = (
      meter: Meter,
      input: {
        period: bigint;
        closesGap: boolean;
        startImport: bigint;
        startExport: bigint;
        values: [bigint, bigint][];
      },
      now: bigint,
    ) => {
      const hex = input.values.flat().map((wh) => wh.toString(16).padStart(6, "0"));
      const plain = { ...input, community: 0n, member: 4n, values: `0x${hex.join("")}` };
      const shape = { slotDuration: 900n, slotsPerPeriod: 2n, lotWh: 10n, correctionWindow: 1_800n };
      const judged = { grid: shape as ReadingContext["grid"], now, signed: true, ...caps };
      const asReading = skipReading(meter, plain, judged);
      // What was estimated takes a late reading.
      const expected = asReading === "AlreadySettled" ? skipCorrection(meter, plain, judged) : asReading;
      seen.add(expected);
      if (asReading === "AlreadySettled" && expected === "None") seen.add("Corrected");
      const reading: Reading = {
        ...{ community: 0n as never, member: asMember(4n), period: asPeriod(input.period), closesGap: input.closesGap },
        ...{ startImport: asWh(input.startImport), startExport: asWh(input.startExport) },
        values: input.values.map(([imported, exported]) => ({ imported: asWh(imported), exported: asWh(exported) })),
      };
      const rated = { buyCap: asLots(caps.buyCap), sellCap: asLots(caps.sellCap), meterKey: account };
      const context = { terms, now: asSeconds(now), rated, meter: infoOf(meter) };
      expect(
        reasonOf(() => {
          checkAlone(reading, context);
          checkRegisters(reading, context);
        }),
      ).to.equal(expected);
      if (expected !== "None") return;
      const after = infoOf(meter);
      advance(meter, plain);
      expect(meterAfter(after, reading)).to.deep.equal(infoOf(meter));
    };
    fc.assert(fc.property(meters, readings, fc.bigInt(8n * PERIOD, 11n * PERIOD), run), { numRuns: 20_000, seed: 7 });
    for (const reason of [
      "None",
      "Corrected",
      "NoMeter",
      "PeriodNotOver",
      "BadLength",
      "OverRated",
      "AlreadyMetered",
      "CorrectionOver",
      "EarlierMissing",
      "RegisterDown",
      "RegisterGap",
    ]) {
      expect(seen, "reasons that came up").to.include(reason);
    }
  });
});

function reasonOf(work: () => void): string {
  try {
    work();
    return "None";
  } catch (error) {
    if (error instanceof Refusal) return error.detail.reason;
    throw error;
  }
}
