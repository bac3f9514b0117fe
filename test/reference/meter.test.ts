import { expect } from "chai";
import fc from "fast-check";
import { range, sum } from "./arrays.ts";
import { periodEnd } from "./community.ts";
import { advance, bindMeter, estimatePeriod, gapLeg, type Meter } from "./meter.ts";
import type { Reading } from "./messages.ts";
import { skipReading, type ReadingContext } from "./reading-checks.ts";
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
  advance(meter, readingOf(PERIOD, 1_000n, 0n), 0n);
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
    advance(meter, reading, 0n);
    expect(meter).to.include({ importRegister: 1_420n, exportRegister: 205n, nextPeriod: PERIOD + 1n, fresh: false });
  });

  it("names each reason to leave a reading out, in the order of the checks", function () {
    const meter = meterWithGap();
    const skip = (reading: Reading, changes: Partial<ReadingContext> = {}): string =>
      skipReading(meter, reading, context(changes));
    const next = readingOf(PERIOD + 1n, 1_400n, 200n);
    const during = periodEnd(grid, PERIOD + 1n) - 1n;
    const late = periodEnd(grid, PERIOD + 1n) + grid.correctionWindow;
    const everythingWrong = { now: during, signed: false, sellCap: 0n };
    expect(skipReading({ ...meter, bound: false }, next, context(everythingWrong))).to.equal("NoMeter");
    expect(skipReading(bindMeter(PERIOD + 2n, 0n, 0n), next, context(everythingWrong))).to.equal("NoMeter");
    expect(skip({ ...next, values: "0x" }, everythingWrong)).to.equal("PeriodNotOver");
    expect(skip({ ...next, values: "0x" }, { signed: false })).to.equal("BadLength");
    expect(skip(next, { sellCap: 4n, signed: false })).to.equal("OverRated");
    expect(skip(readingOf(PERIOD, 0n, 0n), { signed: false })).to.equal("BadSignature");
    expect(skip(readingOf(PERIOD, 0n, 0n))).to.equal("AlreadyMetered");
    expect(skip(readingOf(PERIOD + 4n, 0n, 0n))).to.equal("EarlierMissing");
    expect(skip(readingOf(PERIOD + 1n, 1_399n, 300n), { now: late })).to.equal("RegisterDown");
    expect(skip(readingOf(PERIOD + 1n, 1_400n, 199n), { now: late })).to.equal("RegisterDown");
    expect(skip(readingOf(PERIOD + 1n, 1_401n, 200n), { now: late })).to.equal("RegisterGap");
    expect(skip(readingOf(PERIOD + 3n, 1_401n, 200n))).to.equal("RegisterGap");
    expect(skip(next, { now: late })).to.equal("CorrectionOver");
    expect(skip(next, { now: late - 1n })).to.equal("None");
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
    advance(meter, reading, 0n);
    expect(meter).to.include({ nextPeriod: PERIOD + 4n, gapEnd: PERIOD + 4n, gap: undefined, importRegister: 2_700n });
  });

  it("gives nothing back for import that was estimated too high", function () {
    const reading = readingOf(PERIOD + 3n, 1_400n, 200n, { closesGap: true });
    expect(skipReading(meterWithGap(), reading, context())).to.equal("None");
    expect(gapLeg(meterWithGap(), reading, prices(300n, 80n))).to.equal(0n);
  });

  it("closes a gap only with the period after it", function () {
    const inside = readingOf(PERIOD + 2n, 2_000n, 300n, { closesGap: true });
    expect(skipReading(meterWithGap(), inside, context())).to.equal("RegisterGap");
  });

  it("shrinks the gap by a correction", function () {
    const meter = meterWithGap();
    advance(meter, readingOf(PERIOD + 1n, 1_400n, 200n), 300n);
    expect(meter.gap).to.deep.equal({ estimated: 500n, dearest: 400n, cheapest: 80n });
    advance(meter, readingOf(PERIOD + 2n, 1_800n, 400n), 500n);
    expect(meter).to.include({ gap: undefined, nextPeriod: PERIOD + 3n, gapEnd: PERIOD + 3n });
  });

  it("bills a jump of the registers between two readings at the prices of the second", function () {
    const meter = bindMeter(PERIOD, 0n, 0n);
    advance(meter, readingOf(PERIOD, 0n, 0n), 0n);
    const jump = readingOf(PERIOD + 1n, 410n, 203n);
    expect(skipReading(meter, jump, context())).to.equal("RegisterGap");
    const closing = { ...jump, closesGap: true };
    expect(skipReading(meter, closing, context())).to.equal("None");
    expect(gapLeg(meter, closing, prices(300n, 80n))).to.equal(10n * 300n - 3n * 80n);
  });

  it("counts every Wh once, whatever mixture of readings, estimates and corrections", function () {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("read", "estimate", "close"), { maxLength: 20 }), (steps) => {
        const meter = bindMeter(PERIOD, 0n, 0n);
        const seen: bigint[] = [];
        for (const step of steps) {
          if (step === "estimate") {
            estimatePeriod(meter, 10n, prices(300n, 80n));
            continue;
          }
          const jump = step === "close" ? 1n : 0n;
          const period = step === "close" ? meter.gapEnd : meter.nextPeriod;
          const changes = { closesGap: step === "close" };
          const reading = readingOf(period, meter.importRegister + jump, meter.exportRegister, changes);
          const now = periodEnd(grid, period);
          expect(skipReading(meter, reading, context({ now }))).to.equal("None");
          const before = meter.importRegister;
          advance(meter, reading, 10n);
          seen.push(meter.importRegister - before);
          expect(skipReading(meter, reading, context({ now }))).to.equal("AlreadyMetered");
        }
        expect(meter.importRegister).to.equal(sum(seen));
        const open = (meter.gapEnd - meter.nextPeriod) * 10n;
        expect(meter.gap?.estimated ?? 0n).to.equal(open);
      }),
      runs(200),
    );
  });
});
