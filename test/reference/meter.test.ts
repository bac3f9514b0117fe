import { expect } from "chai";
import fc from "fast-check";
import { range } from "./arrays.ts";
import { periodEnd } from "./community.ts";
import { advance, bindMeter, estimatePeriod, gapEnd, gapLeg, gapOf, type Meter } from "./meter.ts";
import type { Reading } from "./messages.ts";
import { skipCorrection, skipReading, type ReadingContext } from "./reading-checks.ts";
import { encodeValues } from "./readings.ts";
import { flatTariff, grid, PERIOD, runs } from "./samples.ts";
import { pricesOf } from "./tariff.ts";

const prices = (importPrice: bigint, exportPrice: bigint) => pricesOf(flatTariff(0n, importPrice, exportPrice), 0n);

/** The same import and export in each of the four slots. */
function readingOf(period: bigint, startImport: bigint, startExport: bigint, changes: Partial<Reading> = {}): Reading {
  const values = encodeValues(range(grid.slotsPerPeriod).map(() => ({ imported: 100n, exported: 50n })));
  return { community: 1n, member: 7n, period, closesGap: false, startImport, startExport, values, ...changes };
}

function context(changes: Partial<ReadingContext> = {}): ReadingContext {
  return { grid, now: periodEnd(grid, PERIOD + 9n), signed: true, buyCap: 100n, sellCap: 100n, ...changes };
}

/** A meter that was read once and then estimated for two periods. */
function meterWithGap(): Meter {
  const meter = bindMeter(PERIOD, 1_000n, 0n);
  advance(meter, readingOf(PERIOD, 1_000n, 0n));
  estimatePeriod(meter, 300n, prices(300n, 80n));
  estimatePeriod(meter, 500n, prices(400n, 90n));
  return meter;
}

describe("reference meter", function () {
  it("advances its registers by what it counted", function () {
    const meter = bindMeter(PERIOD, 1_000n, 0n);
    const reading = readingOf(PERIOD, 1_020n, 5n);
    expect(skipReading(meter, reading, context())).to.equal("None");
    expect(gapLeg(meter, reading, prices(300n, 80n))).to.equal(0n);
    advance(meter, reading);
    expect(meter).to.include({ importRegister: 1_420n, exportRegister: 205n, nextPeriod: PERIOD + 1n, fresh: false });
  });

  it("names each reason to leave a reading out, in the order of the checks", function () {
    const meter = meterWithGap();
    const skip = (reading: Reading, changes: Partial<ReadingContext> = {}): string =>
      skipReading(meter, reading, context(changes));
    const next = readingOf(PERIOD + 3n, 1_400n, 200n);
    const everythingWrong = { now: periodEnd(grid, PERIOD + 3n) - 1n, signed: false, sellCap: 0n };
    expect(skipReading({ ...meter, bound: false }, next, context(everythingWrong))).to.equal("NoMeter");
    expect(skipReading(bindMeter(PERIOD + 4n, 0n, 0n), next, context(everythingWrong))).to.equal("NoMeter");
    expect(skip({ ...next, values: "0x" }, everythingWrong)).to.equal("PeriodNotOver");
    expect(skip({ ...next, values: "0x" }, { signed: false })).to.equal("BadLength");
    expect(skip(next, { sellCap: 4n, signed: false })).to.equal("OverRated");
    expect(skip(readingOf(PERIOD, 0n, 0n), { signed: false })).to.equal("BadSignature");
    expect(skip(readingOf(PERIOD, 0n, 0n))).to.equal("AlreadyMetered");
    expect(skip(readingOf(PERIOD + 2n, 0n, 0n))).to.equal("AlreadySettled");
    expect(skip(readingOf(PERIOD + 4n, 0n, 0n))).to.equal("EarlierMissing");
    expect(skip(readingOf(PERIOD + 3n, 1_399n, 300n, { closesGap: true }))).to.equal("RegisterDown");
    expect(skip(readingOf(PERIOD + 3n, 1_400n, 199n, { closesGap: true }))).to.equal("RegisterDown");
    expect(skip(readingOf(PERIOD + 3n, 1_401n, 200n))).to.equal("RegisterGap");
    expect(skip(readingOf(PERIOD + 3n, 1_400n, 200n, { closesGap: true }))).to.equal("None");
  });

  it("names each reason to refuse a correction, in the order of the checks", function () {
    const meter = meterWithGap();
    const late = periodEnd(grid, PERIOD + 1n) + grid.correctionWindow;
    const skip = (period: bigint, startImport: bigint, startExport: bigint, now = late): string =>
      skipCorrection(meter, readingOf(period, startImport, startExport), context({ now }));
    expect(skip(PERIOD, 0n, 0n)).to.equal("AlreadyMetered");
    expect(skip(PERIOD + 3n, 0n, 0n)).to.equal("NotEstimated");
    expect(skip(PERIOD + 2n, 0n, 0n)).to.equal("EarlierMissing");
    expect(skip(PERIOD + 1n, 0n, 0n)).to.equal("CorrectionOver");
    expect(skip(PERIOD + 1n, 0n, 0n, periodEnd(grid, PERIOD + 1n) - 1n)).to.equal("PeriodNotOver");
    expect(skip(PERIOD + 1n, 1_399n, 300n, late - 1n)).to.equal("RegisterDown");
    expect(skip(PERIOD + 1n, 1_401n, 200n, late - 1n)).to.equal("RegisterGap");
    expect(skip(PERIOD + 1n, 1_400n, 200n, late - 1n)).to.equal("None");
  });

  it("explains by a gap no more than the connection is rated for", function () {
    const skip = (moreImport: bigint, moreExport: bigint): string => {
      const reading = readingOf(PERIOD + 3n, 1_400n + moreImport, 200n + moreExport, { closesGap: true });
      return skipReading(meterWithGap(), reading, context({ buyCap: 10n, sellCap: 5n }));
    };
    const most = 2n * 4n * 110n;
    expect([skip(most, most / 2n), skip(most + 1n, 0n), skip(0n, most / 2n + 1n)]).to.deep.equal([
      "None",
      "OverRated",
      "OverRated",
    ]);
  });

  it("allows a tenth above the cap and no more", function () {
    const skip = (exported: bigint): string => {
      const values = encodeValues(range(grid.slotsPerPeriod).map(() => ({ imported: 0n, exported })));
      return skipReading(bindMeter(PERIOD, 0n, 0n), readingOf(PERIOD, 0n, 0n, { values }), context({ sellCap: 7n }));
    };
    expect([skip(77n), skip(78n)]).to.deep.equal(["None", "OverRated"]);
  });

  it("bills what a gap leaves unexplained, at the worst prices of its periods", function () {
    const meter = meterWithGap();
    const reading = readingOf(PERIOD + 3n, 1_400n + 900n, 200n + 30n, { closesGap: true });
    expect(skipReading(meter, reading, context())).to.equal("None");
    expect(gapLeg(meter, reading, prices(999n, 1n))).to.equal((900n - 800n) * 400n - 30n * 80n);
    advance(meter, reading);
    expect(meter).to.include({ nextPeriod: PERIOD + 4n, importRegister: 2_700n });
    expect(meter.estimates).to.deep.equal([]);
  });

  it("gives nothing back for import that was estimated too high", function () {
    const reading = readingOf(PERIOD + 3n, 1_400n, 200n, { closesGap: true });
    expect(skipReading(meterWithGap(), reading, context())).to.equal("None");
    expect(gapLeg(meterWithGap(), reading, prices(300n, 80n))).to.equal(0n);
  });

  it("keeps the worst prices of a gap, whichever period had them", function () {
    const meter = bindMeter(PERIOD, 0n, 0n);
    estimatePeriod(meter, 1n, prices(400n, 80n));
    estimatePeriod(meter, 2n, prices(300n, 90n));
    expect(gapOf(meter)).to.deep.equal({ estimated: 3n, dearest: 400n, cheapest: 80n });
  });

  it("bills nothing where the first reading starts above the registers at binding", function () {
    const reading = readingOf(PERIOD, 1_020n, 5n, { closesGap: true });
    const meter = bindMeter(PERIOD, 1_000n, 0n);
    expect(skipReading(meter, reading, context())).to.equal("None");
    expect(gapLeg(meter, reading, prices(300n, 80n))).to.equal(0n);
  });

  it("does not pass over an estimated period, even where the registers did not move", function () {
    expect(skipReading(meterWithGap(), readingOf(PERIOD + 3n, 1_400n, 200n), context())).to.equal("RegisterGap");
  });

  it("shrinks the gap by a correction", function () {
    const meter = meterWithGap();
    advance(meter, readingOf(PERIOD + 1n, 1_400n, 200n));
    expect(gapOf(meter)).to.deep.equal({ estimated: 500n, dearest: 400n, cheapest: 90n });
    advance(meter, readingOf(PERIOD + 2n, 1_800n, 400n));
    expect([gapOf(meter), meter.nextPeriod, gapEnd(meter)]).to.deep.equal([undefined, PERIOD + 3n, PERIOD + 3n]);
  });

  it("bills a jump of the registers between two readings at the prices of the second", function () {
    const meter = bindMeter(PERIOD, 0n, 0n);
    advance(meter, readingOf(PERIOD, 0n, 0n));
    const jump = readingOf(PERIOD + 1n, 410n, 203n);
    expect(skipReading(meter, jump, context())).to.equal("RegisterGap");
    const closing = { ...jump, closesGap: true };
    expect(skipReading(meter, closing, context())).to.equal("None");
    expect(gapLeg(meter, closing, prices(300n, 80n))).to.equal(10n * 300n);
  });

  it("goes on from any mixture of readings, estimates, corrections and closed gaps, each period read at most once", function () {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("read", "estimate", "correct", "close"), { maxLength: 20 }), (steps) => {
        const meter = bindMeter(PERIOD, 0n, 0n);
        let counted = 0n;
        for (const step of steps) {
          if (step === "estimate") {
            estimatePeriod(meter, 10n, prices(300n, 80n));
            continue;
          }
          const unexplained = step === "close" ? 3n : 0n;
          const period = step === "correct" ? meter.nextPeriod : gapEnd(meter);
          const changes = { closesGap: step === "close" };
          const reading = readingOf(period, meter.importRegister + unexplained, meter.exportRegister, changes);
          const open = gapEnd(meter) > meter.nextPeriod;
          const at = context({ now: periodEnd(grid, period) });
          const check = step === "correct" ? skipCorrection : skipReading;
          const expected =
            step === "read" && open ? "RegisterGap" : step === "correct" && !open ? "NotEstimated" : "None";
          expect(check(meter, reading, at)).to.equal(expected);
          if (expected !== "None") continue;
          const end = gapEnd(meter);
          advance(meter, reading);
          counted += 400n + unexplained;
          expect(check(meter, reading, at)).to.equal("AlreadyMetered");
          expect(gapEnd(meter)).to.equal(step === "correct" ? end : end + 1n);
        }
        expect(meter.importRegister).to.equal(counted);
        expect(gapOf(meter)?.estimated ?? 0n).to.equal((gapEnd(meter) - meter.nextPeriod) * 10n);
      }),
      runs(200),
    );
  });
});
