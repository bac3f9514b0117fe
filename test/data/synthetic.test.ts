import { expect } from "chai";
import fc from "fast-check";
import { DataError } from "@wattbook/data/import";
import { syntheticCommunity, type SyntheticData, type SyntheticOptions } from "@wattbook/data/synthetic";

const DAY = 86_400;
/** 1 January, 1 April, 1 July and 1 October 2025, 00:00 UTC. */
const [JANUARY, APRIL, JULY, OCTOBER] = [1_735_689_600, 1_743_465_600, 1_751_328_000, 1_759_276_800] as const;

const make = (options: Partial<SyntheticOptions> = {}) =>
  syntheticCommunity({ seed: 1n, homes: 4, days: 2, ...options });
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
/** Wh per kW of peak power and day, over all plants. */
function yieldOf({ meters, slots, slotDuration }: SyntheticData): number {
  const plants = meters.flatMap(({ parts, roof }) => (roof ? [(Number(sum(parts.pv)) * 1000) / roof.watts] : []));
  const days = (slots * slotDuration) / DAY;
  return plants.reduce((total, wh) => total + wh, 0) / plants.length / days;
}

const options = fc.record({
  seed: fc.bigInt(0n, (1n << 64n) - 1n),
  homes: fc.integer({ min: 1, max: 6 }),
  days: fc.integer({ min: 1, max: 3 }),
  start: fc.integer({ min: 0, max: 400_000 }).map((hours) => hours * 3600),
  slotDuration: fc.constantFrom(300, 900, 1800, 3600),
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  pvShare: fc.double({ min: 0, max: 1, noNaN: true }),
  batteryShare: fc.double({ min: 0, max: 1, noNaN: true }),
  evShare: fc.double({ min: 0, max: 1, noNaN: true }),
  clearness: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
});

describe("synthetic communities", function () {
  this.timeout(60_000);

  it("balance to the Wh in every home and slot: import - export = load + ev + charge - discharge - pv", function () {
    fc.assert(
      fc.property(options, (given) => {
        const data = syntheticCommunity(given);
        expect(data.meters.length).to.equal(given.homes);
        for (const { imported, exported, parts } of data.meters) {
          for (let k = 0; k < data.slots; k += 1) {
            const [load = -1n, ev = -1n, pv = -1n] = [parts.load[k], parts.ev[k], parts.pv[k]];
            const [charge = -1n, discharge = -1n] = [parts.charge[k], parts.discharge[k]];
            const [into, out] = [imported[k] ?? -1n, exported[k] ?? -1n];
            if ([load, ev, pv, charge, discharge, into, out].some((wh) => wh < 0n)) throw new Error("below zero");
            if (into - out !== load + ev + charge - discharge - pv) throw new Error(`unbalanced in slot ${k}`);
            if (into > 0n && out > 0n) throw new Error(`both directions in slot ${k}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("hold in a battery what went in less losses, never more than it holds and never what it does not have", function () {
    fc.assert(
      fc.property(options, (given) => {
        const data = syntheticCommunity({ ...given, pvShare: 1, batteryShare: 1 });
        for (const { parts, battery, held } of data.meters) {
          if (battery === undefined) throw new Error("no battery");
          const most = BigInt(Math.floor((battery.power * data.slotDuration) / 3600));
          let store = 0n;
          held.forEach((thousandths, k) => {
            const [charge = 0n, discharge = 0n] = [parts.charge[k], parts.discharge[k]];
            store += charge * BigInt(battery.efficiency);
            store -= (discharge * 1_000_000n + BigInt(battery.efficiency) - 1n) / BigInt(battery.efficiency);
            if (store !== BigInt(thousandths)) throw new Error(`slot ${k} holds ${thousandths}, not ${store}`);
            if (store < 0n || store > BigInt(battery.capacity) * 1000n) throw new Error(`slot ${k} holds ${store}`);
            if (charge > most || discharge > most) throw new Error(`slot ${k} is too fast`);
            const [load = 0n, ev = 0n, pv = 0n] = [parts.load[k], parts.ev[k], parts.pv[k]];
            if (charge > 0n && charge > pv - load - ev) throw new Error(`slot ${k} charges from the grid`);
            if (discharge > 0n && discharge > load - pv) throw new Error(`slot ${k} discharges into the grid`);
          });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("are the same for the same seed, and others for another", function () {
    expect(make()).to.deep.equal(make());
    expect(make({ seed: 2n })).not.to.deep.equal(make());
  });

  it("are made of homes that do not depend on how many there are, nor on how long the run is", function () {
    const [few, many] = [make({ homes: 3 }), make({ homes: 9, days: 3 })];
    few.meters.forEach(({ name, parts, roof }, i) => {
      const other = many.meters[i];
      expect(other?.name).to.equal(name);
      expect(other?.roof).to.deep.equal(roof);
      expect(other?.parts.load.slice(0, 96)).to.deep.equal(parts.load.slice(0, 96));
      expect(other?.parts.pv.slice(0, few.slots)).to.deep.equal(parts.pv);
    });
  });

  it("are in longer slots the sum of shorter ones: loads, cars and plants", function () {
    const fine = make({ slotDuration: 300, evShare: 1 });
    for (const slotDuration of [900, 1800, 3600]) {
      const coarse = make({ slotDuration, evShare: 1 });
      const per = slotDuration / 300;
      coarse.meters.forEach(({ parts }, i) => {
        for (const part of ["load", "ev", "pv"] as const) {
          const series = fine.meters[i]?.parts[part] ?? [];
          const sums = parts[part].map((_, k) => sum(series.slice(k * per, (k + 1) * per)));
          expect(parts[part], part).to.deep.equal(sums);
        }
      });
    }
  });

  it("give shares of homes plants, batteries and cars, evenly spread", function () {
    const { meters } = make({ homes: 20, days: 1, pvShare: 0.5, batteryShare: 0.4, evShare: 0.25 });
    expect(meters.filter(({ roof }) => roof).length).to.equal(10);
    expect(meters.filter(({ battery }) => battery).length).to.equal(4);
    expect(meters.every(({ roof, battery }) => battery === undefined || roof !== undefined)).to.equal(true);
    const cars = make({ homes: 20, days: 7, evShare: 0.25 }).meters.filter(({ parts }) => sum(parts.ev) > 0n);
    expect(cars.length).to.equal(5);
    const none = make({ pvShare: 0, evShare: 0 }).meters.flatMap(({ parts }) => [parts.pv, parts.charge, parts.ev]);
    expect(sum(none.flat())).to.equal(0n);
  });

  it("size every plant as asked", function () {
    const watts = make({ plantWatts: 4_200, pvShare: 1 }).meters.map(({ roof }) => roof?.watts);
    expect(watts).to.deep.equal([4_200, 4_200, 4_200, 4_200]);
  });

  it("cannot make more than the peak power", function () {
    const { meters } = make({ plantWatts: 1_000, pvShare: 1, clearness: 0.95, days: 30, start: JULY });
    for (const { parts } of meters) expect(parts.pv.every((wh) => wh <= 251n)).to.equal(true);
  });
});

describe("the synthetic sun", function () {
  const yields = (latitude: number, start: number) =>
    yieldOf(make({ latitude, start, days: 20, homes: 8, pvShare: 1 }));

  it("does not rise in the polar night, and does not set in the polar day", function () {
    const night = make({ latitude: 75, start: JANUARY, pvShare: 1 });
    expect(sum(night.meters.flatMap(({ parts }) => parts.pv))).to.equal(0n);
    const day = make({ latitude: 75, start: JULY, pvShare: 1, slotDuration: 3600, clearness: 0.95 });
    for (const { parts } of day.meters) expect(parts.pv.every((wh) => wh > 0n)).to.equal(true);
  });

  it("turns the seasons over in the south", function () {
    expect(yields(48, JULY) / yields(48, JANUARY)).to.be.greaterThan(2.5);
    expect(yields(-48, JANUARY) / yields(-48, JULY)).to.be.greaterThan(2.5);
    expect(yields(0, JULY) / yields(0, JANUARY)).to.be.within(0.7, 1.4);
  });

  it("gives plants in middle Europe what they give there: 850 to 1,250 kWh per kW in a year", function () {
    const seasons = [JANUARY, APRIL, JULY, OCTOBER].map((start) =>
      yieldOf(make({ latitude: 48, start, days: 90, homes: 4, pvShare: 1, slotDuration: 3600 })),
    );
    const year = (seasons.reduce((total, wh) => total + wh, 0) / 4) * 0.365;
    expect(year).to.be.within(850, 1_250);
  });

  it("is highest at noon of its longitude", function () {
    for (const longitude of [-90, 0, 90]) {
      const { meters } = make({ longitude, start: JULY, days: 10, homes: 8, pvShare: 1, slotDuration: 3600 });
      const hours = Array.from({ length: 24 }, (_, hour) =>
        meters.reduce((total, { parts }) => total + Number(sum(parts.pv.filter((_, k) => k % 24 === hour))), 0),
      );
      const noon = (12 - longitude / 15 + 24) % 24;
      const centre = hours.indexOf(Math.max(...hours));
      const away = Math.abs(centre + 0.5 - noon);
      expect(Math.min(away, 24 - away), `longitude ${longitude}`).to.be.lessThan(2);
    }
  });
});

describe("synthetic loads", function () {
  it("come to the yearly use asked for, within a fifth", function () {
    const total = [JANUARY, APRIL, JULY, OCTOBER].map((start) => {
      const { meters } = make({ homes: 40, days: 14, start, slotDuration: 3600, annualKwh: 3_600 });
      return sum(meters.flatMap(({ parts }) => parts.load));
    });
    const perHome = (Number(sum(total)) / 40 / 56) * 0.365;
    expect(perHome).to.be.within(3_600 * 0.8, 3_600 * 1.2);
  });

  it("need more in winter, wherever winter is", function () {
    const used = (latitude: number, start: number) =>
      Number(sum(make({ homes: 20, days: 14, latitude, start }).meters.flatMap(({ parts }) => parts.load)));
    expect(used(48, JANUARY) / used(48, JULY)).to.be.greaterThan(1.1);
    expect(used(-35, JULY) / used(-35, JANUARY)).to.be.greaterThan(1.1);
  });

  it("follow the clocks of their zone", function () {
    const use = (zone: string) => {
      const { meters } = make({ homes: 30, days: 7, zone, slotDuration: 3600, start: OCTOBER });
      return Number(sum(meters.flatMap(({ parts }) => parts.load.filter((_, k) => k % 24 === 10))));
    };
    // 10 UTC is noon in Berlin and 2 o'clock at night in Anchorage.
    expect(use("Europe/Berlin") / use("America/Anchorage")).to.be.greaterThan(1.4);
  });

  it("say on which days clocks change", function () {
    const data = make({ zone: "Europe/Berlin", start: OCTOBER, days: 31 });
    expect(data.provenance.clockChanges).to.deep.equal([{ date: "2025-10-26", slots: 100 }]);
  });
});

describe("synthetic options", function () {
  const BAD: readonly [keyof SyntheticOptions, unknown][] = [
    ["seed", -1n],
    ["seed", 1n << 64n],
    ["seed", 1],
    ["homes", 0],
    ["homes", 2.5],
    ["homes", 3_000],
    ["days", 0],
    ["days", Number.NaN],
    ["start", 900],
    ["start", -3600],
    ["slotDuration", 600],
    ["latitude", 91],
    ["longitude", Number.POSITIVE_INFINITY],
    ["zone", "Nowhere"],
    ["pvShare", 1.1],
    ["batteryShare", -0.1],
    ["evShare", Number.NaN],
    ["plantWatts", 0],
    ["annualKwh", 0],
    ["clearness", 1],
  ];
  for (const [name, value] of BAD) {
    it(`refuse ${name} ${String(value)}`, function () {
      const act = () => syntheticCommunity({ seed: 1n, homes: 2, days: 1, [name]: value });
      expect(act).to.throw(DataError).that.includes({ code: "OPTION_INVALID" });
      expect(act).to.throw(name);
    });
  }

  it("refuse more than fits into memory", function () {
    expect(() => syntheticCommunity({ seed: 1n, homes: 2_000, days: 1_000 })).to.throw(DataError);
  });
});
