import { expect } from "chai";
import fc from "fast-check";
import { importLong, type LongOptions } from "@wattbook/data/import";
import { DateTime } from "luxon";
import { codesOf, energyOf } from "./factories.ts";

/** A local day with a change of clocks. */
interface Day {
  readonly zone: string;
  readonly date: string;
  /** Of 900 s. */
  readonly slots: number;
}

const DAYS: readonly Day[] = [
  { zone: "Europe/Berlin", date: "2026-03-29", slots: 92 },
  { zone: "Europe/Berlin", date: "2026-10-25", slots: 100 },
  { zone: "America/New_York", date: "2026-03-08", slots: 92 },
  { zone: "America/New_York", date: "2026-11-01", slots: 100 },
  { zone: "Australia/Lord_Howe", date: "2026-10-04", slots: 94 },
  { zone: "Australia/Lord_Howe", date: "2026-04-05", slots: 98 },
  { zone: "Europe/Berlin", date: "2026-06-01", slots: 96 },
];

/** Rows of a local day as a meter with a wall clock writes them; values count up from 1. */
function wallRows({ zone, date, slots }: Day): string[] {
  const start = DateTime.fromISO(date, { zone }).startOf("day");
  return Array.from({ length: slots }, (_, k) => {
    const wall = start.plus({ seconds: 900 * k }).toFormat("yyyy-MM-dd HH:mm");
    return `m,${wall},${k + 1},0`;
  });
}

const read = (rows: readonly string[], options: LongOptions) =>
  importLong(["meter,time,import,export", ...rows].join("\n"), "wall.csv", options);

describe("local times in files", function () {
  for (const day of DAYS) {
    it(`read all ${day.slots} slots of ${day.date} in ${day.zone}, and say so`, function () {
      const data = read(wallRows(day), { zone: day.zone });
      const counted = Array.from({ length: day.slots }, (_, k) => BigInt(k + 1));
      expect(energyOf(data)["m"]?.imported).to.deep.equal(counted);
      expect(data.start).to.equal(DateTime.fromISO(day.date, { zone: day.zone }).startOf("day").toSeconds());
      const { zone, clockChanges } = data.provenance;
      expect(zone).to.equal(day.zone);
      expect(clockChanges).to.deep.equal(day.slots === 96 ? [] : [{ date: day.date, slots: day.slots }]);
      expect(data.problems).to.deep.equal([]);
    });
  }

  it("read a day that runs backwards, with its repeated hour", function () {
    const [, autumn] = DAYS;
    if (autumn === undefined) throw new Error("no day");
    const data = read(wallRows(autumn).reverse(), { zone: autumn.zone });
    expect(energyOf(data)["m"]?.imported).to.deep.equal(Array.from({ length: 100 }, (_, k) => BigInt(k + 1)));
  });

  it("leave out a repeated hour that is there once, or three times, or that they are told to refuse", function () {
    const autumn = { zone: "Europe/Berlin", date: "2026-10-25", slots: 100 };
    const all = wallRows(autumn);
    const once = read([...all.slice(0, 12), ...all.slice(16)], { zone: autumn.zone });
    expect(codesOf(once).filter((code) => code === "TIME_AMBIGUOUS").length).to.equal(4);
    expect(energyOf(once)["m"]?.imported.slice(8, 16)).to.deep.equal(Array.from({ length: 8 }, () => null));
    const thrice = read([...all, ...all.slice(8, 12)], { zone: autumn.zone });
    expect(codesOf(thrice).filter((code) => code === "TIME_AMBIGUOUS").length).to.equal(12);
    const refused = read(all, { zone: autumn.zone, ambiguous: "refuse" });
    expect(codesOf(refused).filter((code) => code === "TIME_AMBIGUOUS").length).to.equal(8);
  });

  it("leave out times that clocks skip in spring", function () {
    const spring = { zone: "Europe/Berlin", date: "2026-03-29", slots: 92 };
    const { problems } = read([...wallRows(spring), "m,2026-03-29 02:30,5,0"], { zone: spring.zone });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include({ code: "TIME_SKIPPED", line: 94, meter: "m", value: "2026-03-29 02:30" });
  });

  it("need no zone where they carry offsets", function () {
    const rows = ["m,2026-10-25T02:45+02:00,1,0", "m,2026-10-25T02:00+01:00,2,0", "m,2026-10-25T02:15+01:00,3,0"];
    const data = read(rows, { ambiguous: "refuse" });
    expect(energyOf(data)["m"]?.imported).to.deep.equal([1n, 2n, 3n]);
  });

  it("read every hour of every zone back from its wall clock", function () {
    const zones = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC");
    const days = fc.integer({ min: 0, max: 3_650 });
    fc.assert(
      fc.property(zones, days, (zone, day) => {
        const start = DateTime.fromISO("2024-01-01", { zone }).plus({ days: day });
        const slots = start.plus({ days: 1 }).diff(start, "seconds").seconds / 900;
        const data = read(wallRows({ zone, date: start.toISODate() ?? "", slots }), { zone });
        expect(energyOf(data)["m"]?.imported).to.deep.equal(Array.from({ length: slots }, (_, k) => BigInt(k + 1)));
        expect(data.start).to.equal(start.toSeconds());
      }),
      { numRuns: 30 },
    );
  });
});
