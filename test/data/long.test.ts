import { expect } from "chai";
import { importAny, importLong, type LongOptions } from "@wattbook/data/import";
import { codesOf, csv, energyOf, failureOf, MIDNIGHT } from "./factories.ts";

const HEAD = ["meter", "time", "import", "export"];
const at = (slot: number) => MIDNIGHT + 900 * slot;
const read = (text: string, options?: LongOptions) => importLong(text, "test.csv", options);
const rows = (...body: (string | number)[][]) => csv(HEAD, ...body);

describe("long CSV", function () {
  it("reads rows in any order, of several meters, onto one axis", function () {
    const data = read(rows(["b", at(1), 4, 0], ["a", at(1), 2, 1], ["a", at(0), 1, 0], ["b", at(0), 3, 9]));
    expect(data).to.include({ start: MIDNIGHT, slotDuration: 900, slots: 2 });
    expect(energyOf(data)).to.deep.equal({
      b: { imported: [3n, 4n], exported: [9n, 0n] },
      a: { imported: [1n, 2n], exported: [0n, 1n] },
    });
    expect(data.problems).to.deep.equal([]);
  });

  it("takes its columns in any order and their unit from the header", function () {
    const text = "Export_Wh;time;IMPORT_kWh;Meter\n5;2021-02-15T00:00Z;0.25;a\n6;2021-02-15T00:15Z;1;a";
    const data = read(text);
    expect(data.provenance.unit).to.equal("kWh, Wh");
    expect(energyOf(data)).to.deep.equal({ a: { imported: [250n, 1000n], exported: [5n, 6n] } });
  });

  it("reads decimal commas where it is told to", function () {
    const text = "meter;time;import_kwh\na;2021-02-15T00:00Z;0,25\na;2021-02-15T00:15Z;1,5";
    expect(energyOf(read(text, { decimal: "," }))["a"]?.imported).to.deep.equal([250n, 1500n]);
    expect(failureOf(() => read(text)).code).to.equal("NO_READINGS");
  });

  it("carries the rest of kWh with decimals to the next slot, rounding the running total down", function () {
    const data = read(rows(...[0, 1, 2, 3].map((k) => ["a", at(k), "0.0004", 0])), { unit: "kWh" });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([0n, 0n, 1n, 0n]);
    expect(data.provenance.rounding).to.equal("running total, down");
  });

  it("turns mean power into energy of the interval", function () {
    const data = read(rows(["a", at(0), 400, 0], ["a", at(1), 401, 0], ["a", at(2), 403, 0]), { unit: "W" });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([100n, 100n, 101n]);
  });

  it("loses nothing of power over intervals that are no decimal part of an hour", function () {
    const five = Array.from({ length: 24 }, (_, k) => ["a", MIDNIGHT + 300 * k, 1, 0]);
    const wh = energyOf(read(rows(...five), { unit: "W" }))["a"]?.imported ?? [];
    expect(wh.flatMap((value, k) => (value === 1n ? [k] : []))).to.deep.equal([11, 23]);
    const minutes = Array.from({ length: 30 }, (_, k) => ["a", MIDNIGHT + 60 * k, 1, 0]);
    const data = read(rows(...minutes), { unit: "kW", slotDuration: 900 });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([250n, 250n]);
  });

  it("reads files with empty lines before the header, and of any line ending", function () {
    const lines = ["\uFEFF", "", "meter;time;import", `a;${at(0)};1`, `a;${at(1)};2`];
    for (const end of ["\n", "\r\n", "\r"]) {
      const data = importAny(lines.join(end), "test.csv", { wide: { loadUnit: "W", pvKwp: { digits: 5n, scale: 0 } } });
      expect(energyOf(data)["a"]?.imported, JSON.stringify(end)).to.deep.equal([1n, 2n]);
    }
  });

  it("says what cost the values of a file without any", function () {
    const text = csv(["meter", "time", "import"], ["a", at(0), "x"], ["a", at(1), ""]);
    expect(failureOf(() => read(text)).message).to.include("First problem: line 2");
  });

  it("reads registers: a slot is what the register advanced by", function () {
    const body = ["100.0004", "100.2509", "100.2509", "101"].map((value, k) => ["a", at(k), value, 7]);
    const data = read(rows(...body), { values: "register", unit: "kWh" });
    expect(data.slots).to.equal(3);
    expect(energyOf(data)["a"]).to.deep.equal({ imported: [250n, 0n, 749n], exported: [0n, 0n, 0n] });
  });

  it("leaves out the interval in which a register falls", function () {
    const body = [100, 200, 50, 60].map((value, k) => ["a", at(k), value, 0]);
    const data = read(rows(...body), { values: "register" });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([100n, null, 10n]);
    expect(codesOf(data)).to.deep.equal(["REGISTER_DOWN", "READING_MISSING"]);
    expect(data.problems[0]).to.include({ meter: "a", line: 4, from: at(1) });
  });

  it("takes a time for the end of its interval where it is told so", function () {
    const data = read(rows(["a", at(1), 1, 0], ["a", at(2), 2, 0]), { stamp: "end" });
    expect(data.start).to.equal(MIDNIGHT);
  });

  it("names missing slots and leaves them empty", function () {
    const data = read(
      rows(["a", at(0), 1, 0], ["a", at(1), 1, 0], ["a", at(4), 1, 0], ["b", at(0), 2, 2], ["b", at(1), 2, 2]),
    );
    expect(energyOf(data)["a"]?.imported).to.deep.equal([1n, 1n, null, null, 1n]);
    expect(data.meters[0]?.quality).to.deep.equal(["measured", "measured", "missing", "missing", "measured"]);
    const gaps = data.problems.map(({ code, effect, meter, field, from, count }) => ({
      code,
      effect,
      meter,
      field,
      from,
      count,
    }));
    const gap = (meter: string, field: string, from: number, count: number) => ({
      ...{ code: "READING_MISSING", effect: "noted", meter, field, from, count },
    });
    expect(gaps).to.deep.equal([
      gap("a", "import", at(2), 2),
      gap("a", "export", at(2), 2),
      gap("b", "import", at(2), 3),
      gap("b", "export", at(2), 3),
    ]);
  });

  it("drops an equal repetition, and uses neither of two contradictions", function () {
    const data = read(
      rows(["a", at(0), 1, 0], ["a", at(0), "1.0", 0], ["a", at(1), 2, 0], ["a", at(1), 3, 0], ["a", at(2), 1, 0]),
    );
    expect(energyOf(data)["a"]).to.deep.equal({ imported: [1n, null, 1n], exported: [0n, 0n, 0n] });
    expect(data.problems.map(({ code, field, effect }) => [code, field, effect])).to.deep.equal([
      ["READING_DUPLICATE", "import", "noted"],
      ["READING_CONFLICT", "import", "skipped"],
      ["READING_DUPLICATE", "export", "noted"],
      ["READING_DUPLICATE", "export", "noted"],
      ["READING_MISSING", "import", "noted"],
    ]);
  });

  it("counts exports as 0 and says so where the column is missing", function () {
    const data = read(csv(["meter", "time", "import"], ["a", at(0), 1], ["a", at(1), 2]));
    expect(energyOf(data)["a"]?.exported).to.deep.equal([0n, 0n]);
    expect(codesOf(data)).to.deep.equal(["EXPORT_ABSENT"]);
  });

  it("skips bad rows, names line, meter, column and value, and keeps the others", function () {
    const good = [0, 1, 2].map((k) => ["a", at(k), 1, 1]);
    const bad = [
      ["", at(3), 1, 1],
      ["b", "noon", 1, 1],
      ["b", "2021-02-15T00:45", 1, 1],
      ["a", at(3), "many", 1],
      ["a", at(4), -5, 1],
      ["a", at(5), "", 1],
      ["a", at(6), "1e9", 1],
      ["a", at(7), 1],
    ];
    const data = read(rows(...good, ...bad));
    const skipped = data.problems.filter(({ effect }) => effect === "skipped");
    expect(skipped.map(({ code, line, meter, field, value }) => [code, line, meter, field, value])).to.deep.equal([
      ["CELL_MISSING", 12, undefined, undefined, undefined],
      ["METER_UNNAMED", 5, undefined, "meter", undefined],
      ["NOT_A_TIME", 6, "b", "time", "noon"],
      ["TIME_WITHOUT_ZONE", 7, "b", "time", "2021-02-15T00:45"],
      ["NOT_A_NUMBER", 8, "a", "import", "many"],
      ["NEGATIVE", 9, "a", "import", "-5"],
      ["CELL_MISSING", 10, "a", "import", ""],
      ["TOO_LARGE", 11, "a", "import", "1e9"],
      ["METER_EMPTY", undefined, "b", undefined, undefined],
    ]);
    expect(energyOf(data)["a"]?.imported.slice(0, 4)).to.deep.equal([1n, 1n, 1n, null]);
    expect(energyOf(data)["a"]?.exported).to.deep.equal(Array.from({ length: 7 }, () => 1n));
  });

  it("does not take hourly rows for quarter-hourly ones", function () {
    const hourly = [0, 4, 8].map((k) => ["b", at(k), 400, 0]);
    const data = read(rows(...Array.from({ length: 12 }, (_, k) => ["a", at(k), 1, 0]), ...hourly));
    expect(data.meters.map(({ name }) => name)).to.deep.equal(["a"]);
    expect(codesOf(data)).to.deep.equal(["INTERVAL_UNFIT", "METER_EMPTY"]);
  });

  it("leaves long intervals out, or divides them exactly and marks them where it is asked to", function () {
    const hourly = rows(["a", at(0), 401, 0], ["a", at(4), 402, 0]);
    expect(failureOf(() => read(hourly, { slotDuration: 900 })).code).to.equal("NO_READINGS");
    const data = read(hourly, { slotDuration: 900, splitLonger: true });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([100n, 100n, 100n, 101n, 100n, 101n, 100n, 101n]);
    expect(data.meters[0]?.quality).to.deep.equal(Array.from({ length: 8 }, () => "split"));
    expect(new Set(codesOf(data))).to.deep.equal(new Set(["READING_SPLIT"]));
  });

  it("adds short intervals up where they fill a slot, and leaves the others out", function () {
    const body = [0, 1, 2, 3, 4].map((k) => ["a", MIDNIGHT + 300 * k, k, 0]);
    const data = read(rows(...body), { slotDuration: 900 });
    expect(energyOf(data)["a"]?.imported).to.deep.equal([3n]);
    expect(codesOf(data)).to.deep.equal(["INTERVAL_INCOMPLETE", "INTERVAL_INCOMPLETE"]);
  });

  const UNUSABLE: readonly { name: string; text: string; code: string; options?: LongOptions }[] = [
    { name: "a file without import", text: csv(["meter", "time", "export"], ["a", at(0), 1]), code: "COLUMN_MISSING" },
    { name: "an unknown column", text: csv([...HEAD, "price"], ["a", at(0), 1, 1, 1]), code: "COLUMN_UNKNOWN" },
    { name: "an unknown unit", text: csv(["meter", "time", "import_joule"], ["a", 0, 1]), code: "COLUMN_UNKNOWN" },
    {
      name: "a unit that the header contradicts",
      text: csv(["meter", "time", "import_kwh"], ["a", 0, 1]),
      code: "COLUMN_UNKNOWN",
      options: { unit: "Wh" },
    },
    {
      name: "two import columns",
      text: csv(["meter", "time", "import", "import_kwh"], ["a", 0, 1, 1]),
      code: "COLUMN_DUPLICATE",
    },
    { name: "one row", text: rows(["a", at(0), 1, 1]), code: "CSV_TOO_SHORT" },
    { name: "steps of a minute", text: rows(["a", at(0), 1, 1], ["a", at(0) + 60, 1, 1]), code: "STEP_UNSUPPORTED" },
    {
      name: "a lost century",
      text: rows(["a", 0, 1, 1], ["a", 900, 1, 1], ["a", at(2_000_000), 1, 1]),
      code: "RANGE_TOO_LONG",
    },
    {
      name: "a register of watts",
      text: rows(["a", at(0), 1, 1], ["a", at(1), 1, 1]),
      code: "NO_READINGS",
      options: { values: "register", unit: "W" },
    },
  ];
  for (const { name, text, code, options } of UNUSABLE) {
    it(`refuses ${name} with ${code}`, function () {
      expect(failureOf(() => read(text, options)).code).to.equal(code);
    });
  }

  it("refuses unknown zones, slot durations and intervals with OPTION_INVALID", function () {
    const text = rows(["a", at(0), 1, 1], ["a", at(1), 1, 1]);
    for (const options of [{ zone: "Mars/Olympus" }, { slotDuration: 600 }, { interval: 0.5 }]) {
      expect(() => read(text, options))
        .to.throw()
        .with.property("code", "OPTION_INVALID");
    }
  });

  it("stops listing problems at a thousand", function () {
    const bad = Array.from({ length: 1_500 }, () => ["a", "noon", 1, 1]);
    const { problems } = read(rows(["a", at(0), 1, 1], ["a", at(1), 1, 1], ...bad));
    expect(problems.length).to.equal(1_001);
    expect(problems.at(-1)).to.include({ code: "PROBLEMS_CUT", count: 500 });
  });
});
