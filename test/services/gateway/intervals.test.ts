import { expect } from "chai";
import fc from "fast-check";
import { asSeconds } from "@wattbook/sdk/pure";
import { interpolateDown } from "../../../services/src/gateway/intervals.ts";
import { readTelegram } from "../../../services/src/gateway/p1/telegram.ts";
import { at, DAY, Lab } from "./queue-support.ts";
import { expectRefusal, telegram } from "./support.ts";

const GAP = "gap";

describe("registers to slots", function () {
  it("takes differences where samples lie on the boundaries", function () {
    const lab = new Lab();
    [100n, 350n, 350n, 351n].forEach((wh, slot) => lab.keep(900 * slot, wh, BigInt(slot) * 7n));
    expect(lab.shown()).to.deep.equal(["250/7 measured", "0/7 measured", "1/7 measured"]);
  });

  it("interpolates between samples, rounded down, and loses nothing", function () {
    const lab = new Lab();
    lab.keep(600, 0n);
    lab.keep(1_600, 10n);
    lab.keep(2_600, 20n);
    expect(lab.queue.slots.at(lab.meter, at(900))).to.include({ importWh: 3n, quality: "interpolated" });
    expect(lab.shown()).to.deep.equal(["9/0 interpolated"]);
    expect(interpolateDown(0n, asSeconds(0n), 100n, asSeconds(900n), asSeconds(300n))).to.equal(33n);
  });

  it("adds up to the difference of the registers for any samples", function () {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.bigInt(0n, 5_000n)), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const lab = new Lab();
        let [seconds, wh] = [0, 0n];
        lab.keep(0, 0n, 0n);
        for (const [later, more] of list) {
          seconds += later;
          wh += more;
          lab.keep(seconds, wh, 2n * wh);
        }
        const end = (Math.floor(seconds / 900) + 1) * 900;
        lab.keep(end, wh, 2n * wh);
        const slots = lab.slots();
        expect(slots).to.have.length(end / 900);
        expect(slots.reduce((sum, { importWh }) => sum + importWh, 0n)).to.equal(wh);
        expect(slots.every(({ importWh, exportWh }) => importWh >= 0n && exportWh >= 0n)).to.equal(true);
      }),
      { numRuns: 40 },
    );
  });

  it("comes to the same in whatever order samples arrive", function () {
    const samples = fc.uniqueArray(fc.integer({ min: 1, max: 9_000 }), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(samples, fc.infiniteStream(fc.nat()), (times, order) => {
        const whAt = (seconds: number) => BigInt(Math.floor(seconds / 7)) * 3n;
        const sorted = [...times].sort((a, b) => a - b);
        const keyed = times.map((seconds) => ({ seconds, key: order.next().value as number }));
        const shuffled = [...keyed].sort((a, b) => a.key - b.key).map(({ seconds }) => seconds);
        const [inOrder, mixed] = [new Lab(), new Lab()];
        for (const seconds of sorted) inOrder.keep(seconds, whAt(seconds));
        for (const seconds of shuffled) mixed.keep(seconds, whAt(seconds));
        expect(mixed.slots()).to.deep.equal(inOrder.slots());
      }),
      { numRuns: 60 },
    );
  });

  it("marks what lies between samples that are too far apart", function () {
    const lab = new Lab();
    lab.keep(0, 0n);
    lab.keep(900, 10n);
    lab.keep(900 + 3_601, 50n);
    lab.keep(5_400, 60n);
    const qualities = lab.slots().map(({ quality }) => quality);
    expect(qualities).to.deep.equal(["measured", GAP, GAP, GAP, GAP, GAP]);
    expect(lab.slots().reduce((sum, { importWh }) => sum + importWh, 0n)).to.equal(60n);
  });

  it("fills a gap when samples come late", function () {
    const lab = new Lab();
    lab.keep(0, 0n);
    lab.keep(9_000, 100n);
    expect(lab.slots().every(({ quality }) => quality === GAP)).to.equal(true);
    for (let slot = 9; slot > 0; slot--) lab.keep(900 * slot, BigInt(10 * slot));
    expect(lab.shown()).to.deep.equal(Array<string>(10).fill("10/0 measured"));
  });

  it("keeps no boundaries of a gap of more than 40 days", function () {
    const lab = new Lab({}, ":memory:", at(-50 * 86_400));
    lab.keep(-50 * 86_400, 5n);
    lab.now = at(0);
    lab.keep(0, 5n);
    expect(lab.queue.slots.between(lab.meter, at(-50 * 86_400), at(0))).to.have.length(2);
  });

  describe("that roll over", function () {
    it("go on at the configured width", function () {
      const lab = new Lab({ wrapWh: 1_000_000n });
      lab.keep(-900, 500_000n);
      expectRefusal(() => lab.keep(0, 5n), "REGISTER_FELL");
      lab.keep(0, 999_900n);
      lab.keep(900, 150n);
      lab.keep(1_800, 250n);
      expect(lab.shown()).to.deep.equal(["250/0 measured", "100/0 measured"]);
      expect(lab.queue.slots.at(lab.meter, at(1_800))?.importWh).to.equal(1_000_250n);
    });

    it("go on at the width that the protocol tells, the configured one first", function () {
      const told = new Lab();
      told.keep(0, 999_999_990n);
      told.keep(900, 10n, 0n, { wrapWh: 1_000_000_000n });
      expect(told.shown()).to.deep.equal(["20/0 measured"]);
      const configured = new Lab({ wrapWh: 100_000n });
      configured.keep(0, 99_990n);
      configured.keep(900, 10n, 0n, { wrapWh: 1_000_000_000n });
      expect(configured.shown()).to.deep.equal(["20/0 measured"]);
    });

    it("are told from a fall by the meter's power", function () {
      const lab = new Lab({ wrapWh: 1_000_000n, maxW: 10_000n });
      lab.keep(0, 990_000n);
      expectRefusal(() => lab.keep(900, 150n), "REGISTER_FELL");
      lab.keep(3_600, 150n);
      expect(lab.slots().reduce((sum, { importWh }) => sum + importWh, 0n)).to.equal(10_150n);
    });
  });

  describe("that fall", function () {
    it("are refused, and the next sample that fits goes on", function () {
      const lab = new Lab();
      lab.keep(0, 100n);
      const error = expectRefusal(() => lab.keep(900, 3n), "REGISTER_FELL");
      expect(error.message).to.include("100 Wh");
      lab.keep(1_800, 120n);
      expect(lab.shown()).to.deep.equal(["10/0 interpolated", "10/0 interpolated"]);
    });

    it("count again from 0 where resets are expected, with the slot marked", function () {
      const lab = new Lab({ onFall: "reset" });
      [0, 900, 1_800, 2_700].forEach((seconds, slot) => lab.keep(seconds, [100n, 200n, 30n, 80n][slot]));
      expect(lab.shown()).to.deep.equal(["100/0 measured", "30/0 gap", "50/0 measured"]);
    });

    it("mark a slot that a reset lies within, between two samples of that slot", function () {
      const lab = new Lab({ onFall: "reset" });
      lab.keep(0, 100n);
      lab.keep(300, 200n);
      lab.keep(600, 30n);
      lab.keep(900, 40n);
      lab.keep(1_800, 50n);
      expect(lab.shown()).to.deep.equal(["140/0 gap", "10/0 measured"]);
    });
  });

  it("refuse more energy than the meter's power allows", function () {
    const lab = new Lab({ maxW: 10_000n });
    lab.keep(0, 0n);
    expectRefusal(() => lab.keep(900, 5_000n), "ADVANCE_IMPLAUSIBLE");
    lab.keep(900, 3_750n);
    expect(lab.shown()).to.deep.equal(["3750/0 measured"]);
  });

  describe("of a meter that was swapped", function () {
    it("go on where the operator says", function () {
      const lab = new Lab();
      lab.keep(0, 5_000n, 100n, { serial: "old" });
      lab.keep(900, 5_100n, 100n, { serial: "old" });
      lab.queue.transaction(() => {
        const [last, first] = [
          { importWh: 5_130n, exportWh: 101n },
          { importWh: 7n, exportWh: 0n },
        ];
        lab.intake.swap({ meter: "m", at: at(1_200), last, first, serial: "new" });
      });
      lab.keep(1_800, 27n, 2n, { serial: "new" });
      lab.keep(2_700, 127n, 2n, { serial: "new" });
      expect(lab.shown()).to.deep.equal(["100/0 measured", "50/3 measured", "100/0 measured"]);
      expect(lab.queue.slots.at(lab.meter, at(2_700))?.importWh).to.equal(5_250n);
    });

    it("go on with what went uncounted marked, where only the serial number changes", function () {
      const lab = new Lab();
      lab.keep(0, 5_000n, 0n, { serial: "old" });
      lab.keep(900, 7n, 0n, { serial: "new" });
      lab.keep(1_800, 107n, 0n);
      expect(lab.shown()).to.deep.equal(["0/0 gap", "100/0 measured"]);
    });

    it("are refused where the configuration names the only serial number", function () {
      const lab = new Lab({ serial: "old" });
      lab.keep(0, 5_000n, 0n, { serial: "old" });
      expectRefusal(() => lab.keep(900, 7n, 0n, { serial: "new" }), "SERIAL_MISMATCH");
      expectRefusal(() => new Lab({ serial: "old" }).keep(900, 7n, 0n, { serial: "new" }), "SERIAL_MISMATCH");
    });

    it("cannot be swapped before a sample that is kept", function () {
      const lab = new Lab();
      lab.keep(900, 5_000n);
      const registers = { importWh: 5_000n, exportWh: 0n };
      for (const seconds of [0, 900]) {
        const swap = { meter: "m", at: at(seconds), last: registers, first: registers };
        expectRefusal(() => {
          lab.intake.swap(swap);
        }, "SWAP_TOO_LATE");
      }
    });

    it("count on from what the meter before them counted", function () {
      const lab = new Lab({ base: { importWh: 1_000n, exportWh: 50n } });
      lab.keep(0, 5n, 1n);
      expect(lab.queue.slots.at(lab.meter, at(0))).to.include({ importWh: 1_005n, exportWh: 51n });
    });
  });

  describe("from clocks that are wrong", function () {
    it("are refused two hours ahead", function () {
      const lab = new Lab({}, ":memory:", at(10_000));
      expectRefusal(() => lab.keep(10_000 + 7_200, 1n), "CLOCK_AHEAD");
      expectRefusal(() => lab.keep(10_000 + 301, 1n), "CLOCK_AHEAD");
      expect(lab.keep(10_000 + 300, 1n)).to.equal("kept");
    });

    it("are refused two hours behind where the meter sends at once, and taken where a line may be slow", function () {
      const lab = new Lab({}, ":memory:", at(10_000));
      expectRefusal(() => lab.keep(10_000 - 7_200, 1n, 0n, { live: true }), "CLOCK_BEHIND");
      expect(lab.keep(10_000 - 300, 1n, 0n, { live: true })).to.equal("kept");
      expect(lab.keep(10_000 - 7_200, 1n)).to.equal("kept");
      expectRefusal(() => lab.keep(10_000 - 4 * 86_400, 1n), "CLOCK_BEHIND");
    });

    it("do not disturb what was kept when the gateway's own clock jumps back", function () {
      const lab = new Lab({}, ":memory:", at(10_000));
      lab.keep(9_000, 100n);
      lab.keep(9_900, 110n);
      lab.now = at(9_950);
      expectRefusal(() => lab.keep(9_950 - 600, 111n), "LATE_CONTRADICTS");
      lab.now = at(10_800);
      lab.keep(10_800, 120n);
      expect(lab.shown()).to.deep.equal(["10/0 measured", "10/0 measured"]);
    });
  });

  describe("on days when clocks change", function () {
    const days: [string, number, (hour: number) => string][] = [
      ["92 quarter hours in March", 92, (q) => stamp("2603", 29, q, (local) => local >= 8, 1)],
      ["100 quarter hours in October", 100, (q) => stamp("2610", 25, q, (local) => local >= 12, -1)],
    ];

    /** Wall time of quarter hour `q` of a local day whose clocks jump by an hour at `changed`. */
    function stamp(month: string, day: number, q: number, changed: (q: number) => boolean, jump: 1 | -1): string {
      const late = changed(q);
      const wall = q + (late ? 4 * jump : 0);
      const two = (value: number) => String(value).padStart(2, "0");
      const [date, quarter] = wall >= 96 ? [day + 1, wall - 96] : [day, wall];
      const season = (jump === 1) === late ? "S" : "W";
      return `${month}${two(date)}${two(Math.floor(quarter / 4))}${two((quarter % 4) * 15)}00${season}`;
    }

    for (const [what, quarters, stampOf] of days) {
      it(`counts ${what} one after the other`, function () {
        const lab = new Lab({ maxLate: asSeconds(300n * 86_400n) }, ":memory:", asSeconds(DAY + 240n * 86_400n));
        const times: bigint[] = [];
        for (let q = 0; q <= quarters; q++) {
          const parts = { at: stampOf(q), import: [`000100.${String(q * 9).padStart(3, "0")}`, "000000.000"] } as const;
          const found = readTelegram(Buffer.from(telegram(parts).trimEnd(), "latin1"));
          times.push(found.at);
          expect(lab.queue.transaction(() => lab.intake.keep({ meter: "m", ...found }))).to.equal("kept");
        }
        expect(times.every((time, q) => q === 0 || time - (times[q - 1] ?? 0n) === 900n)).to.equal(true);
        const boundaries = lab.queue.slots.between(lab.meter, asSeconds(times[0] ?? 0n), asSeconds(times.at(-1) ?? 0n));
        expect(boundaries).to.have.length(quarters + 1);
        expect(boundaries.every(({ importWh }, q) => importWh === 100_000n + 9n * BigInt(q))).to.equal(true);
      });
    }
  });

  describe("in messages of their own", function () {
    it("are put together, whichever comes first", function () {
      const lab = new Lab();
      expect(lab.half(0, { exportWh: 50n })).to.equal("kept");
      expect(lab.slots()).to.deep.equal([]);
      lab.half(0, { importWh: 100n });
      lab.half(900, { importWh: 150n });
      lab.half(900, { exportWh: 60n });
      lab.half(1_800, { exportWh: 70n });
      lab.half(1_801, { importWh: 160n });
      expect(lab.shown()).to.deep.equal(["50/10 measured", "0/10 measured"]);
      expect(lab.half(900, { exportWh: 60n })).to.equal("duplicate");
      expectRefusal(() => lab.half(900, { exportWh: 61n }), "SAMPLE_CONFLICT");
    });

    it("stay 0 where the meter does not have one", function () {
      const lab = new Lab({ counts: { import: true, export: false } });
      lab.half(0, { importWh: 100n });
      lab.half(900, { importWh: 150n });
      expect(lab.shown()).to.deep.equal(["50/0 measured"]);
    });
  });

  it("know a repeated sample, and refuse another value at its time", function () {
    const lab = new Lab();
    expect(lab.keep(0, 5n)).to.equal("kept");
    expect(lab.keep(0, 5n)).to.equal("duplicate");
    expectRefusal(() => lab.keep(0, 6n), "SAMPLE_CONFLICT");
    expectRefusal(() => lab.keep(0, 5n, 1n), "SAMPLE_CONFLICT");
  });

  it("refuse late samples that contradict what is known", function () {
    const lab = new Lab();
    lab.keep(0, 100n);
    lab.keep(1_800, 200n);
    expectRefusal(() => lab.keep(900, 99n), "LATE_CONTRADICTS");
    expectRefusal(() => lab.keep(900, 201n), "LATE_CONTRADICTS");
    lab.keep(900, 200n);
    expect(lab.shown()).to.deep.equal(["100/0 measured", "0/0 measured"]);
  });

  it("refuse a meter that nobody configured", function () {
    expectRefusal(() => new Lab().keep(0, 1n, 0n, { meter: "west" }), "METER_UNKNOWN");
  });

  it("do not touch boundaries that are in a reading", function () {
    const lab = new Lab();
    lab.keep(0, 0n);
    lab.keep(800, 80n);
    lab.keep(1_000, 100n);
    lab.queue.meters.freeze(lab.meter, at(900));
    expectRefusal(() => lab.keep(850, 85n), "ALREADY_SIGNED");
    expect(lab.keep(800, 80n)).to.equal("duplicate");
    expectRefusal(() => lab.keep(950, 81n), "LATE_CONTRADICTS");
    lab.keep(950, 91n);
    lab.keep(1_800, 100n);
    expect(lab.shown()).to.deep.equal(["90/0 interpolated", "10/0 interpolated"]);
  });
});
