import { expect } from "chai";
import fc from "fast-check";
import {
  DataError,
  greenButtonXml,
  importAny,
  importGreenButton,
  importLong,
  importWide,
  longCsv,
  type Meter,
  type MeterData,
  wideCsv,
} from "@wattbook/data";
import { energyOf, meterData } from "./factories.ts";

const load = (name: string, imported: readonly bigint[]): Meter => ({
  name,
  kind: "load",
  imported,
  exported: imported.map(() => 0n),
  quality: imported.map(() => "measured"),
});
const plant = (name: string, exported: readonly bigint[]): Meter => ({
  ...load(name, exported),
  kind: "plant",
  imported: exported.map(() => 0n),
  exported,
});
const wideData = (meters: readonly Meter[]): MeterData => ({
  provenance: {
    format: "wide",
    source: "",
    unit: "",
    values: "interval",
    clockChanges: [],
    rounding: "running total, down",
  },
  slotDuration: 900,
  start: 0,
  slots: meters[0]?.imported.length ?? 0,
  meters,
  problems: [],
});

const WIDE = { loadUnit: "W", pvKwp: { digits: 85n, scale: 1 } } as const;

describe("meter data, written and read again", function () {
  it("are the same as long CSV", function () {
    fc.assert(
      fc.property(meterData, (data) => {
        const back = importLong(longCsv(data), "back.csv");
        expect(back).to.deep.include({ start: data.start, slots: data.slots, slotDuration: data.slotDuration });
        expect(energyOf(back)).to.deep.equal(energyOf(data));
      }),
    );
  });

  it("are the same as Green Button", function () {
    fc.assert(
      fc.property(meterData, (data) => {
        const back = importGreenButton(greenButtonXml(data), "back.xml");
        expect(back).to.deep.include({ start: data.start, slots: data.slots, slotDuration: data.slotDuration });
        expect(energyOf(back)).to.deep.equal(energyOf(data));
        expect(back.meters.map(({ quality }) => quality)).to.deep.equal(data.meters.map(({ quality }) => quality));
      }),
    );
  });

  it("are the same as wide CSV: loads in W, plants per unit", function () {
    const wh = fc.bigInt(0n, 2_000n);
    const rows = fc.array(fc.record({ load: wh, made: wh }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.constantFrom(300, 900, 1800, 3600), (values, slotDuration) => {
        const zero = values.map(() => 0n);
        const quality = values.map(() => "measured" as const);
        const load = values.map((value) => value.load);
        const made = values.map((value) => value.made);
        const text = wideCsv(
          {
            provenance: {
              format: "wide",
              source: "",
              unit: "",
              values: "interval",
              clockChanges: [],
              rounding: "running total, down",
            },
            slotDuration,
            start: 0,
            slots: values.length,
            meters: [
              { name: "home", kind: "load", imported: load, exported: zero, quality },
              { name: "roof", kind: "plant", imported: zero, exported: made.map((each) => each % 700n), quality },
            ],
            problems: [],
          },
          WIDE.pvKwp,
        );
        const back = importWide(text, "back.csv", WIDE);
        expect(energyOf(back)["home"]?.imported).to.deep.equal(load);
        expect(energyOf(back)["roof_pu"]?.exported).to.deep.equal(made.map((each) => each % 700n));
      }),
    );
  });

  it("are the same as wide CSV over years, for plants of any size", function () {
    const pvKwp = { digits: 700n, scale: 0 };
    const made = Array.from({ length: 40_000 }, (_, k) => BigInt(k % 7));
    const text = wideCsv(wideData([plant("roof", made), load("home", made)]), pvKwp);
    const back = importWide(text, "back.csv", { loadUnit: "W", pvKwp });
    expect(energyOf(back)["roof_pu"]?.exported).to.deep.equal(made);
  });

  it("are not written as wide CSV where they would be read as something else", function () {
    const values = [1n, 0n];
    const refused = [
      [load("heat_pu", values), plant("roof", values)],
      [load("home", values), load("home", values), plant("roof", values)],
      [load("home", values), plant("roof", values), plant("roof_pu", values)],
      [load("time", values), plant("roof", values)],
    ];
    for (const meters of refused) {
      expect(() => wideCsv(wideData(meters), WIDE.pvKwp))
        .to.throw(DataError)
        .with.property("code", "RECORD_INVALID");
    }
  });

  it("hold no name in wide CSV that a spreadsheet would compute", function () {
    const text = wideCsv(wideData([load("=1+1", [1n, 2n]), plant("@roof", [1n, 2n])]), WIDE.pvKwp);
    expect(text.split("\n")[0]).to.equal("time,'=1+1,'@roof_pu");
    expect(Object.keys(energyOf(importWide(text, "back.csv", WIDE)))).to.deep.equal(["=1+1", "@roof_pu"]);
  });

  it("is told apart by its format", function () {
    fc.assert(
      fc.property(meterData, (data) => {
        for (const text of [longCsv(data), greenButtonXml(data)]) {
          expect(energyOf(importAny(text, "back", { wide: WIDE }))).to.deep.equal(energyOf(data));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("garbage", function () {
  /** Importing gives meter data or a coded error, nothing else. */
  function expectCoded(act: () => unknown) {
    try {
      act();
    } catch (error) {
      expect(error).to.be.instanceOf(DataError);
    }
  }

  const cell = fc.oneof(
    fc.constantFrom(
      "a",
      "meter",
      "time",
      "import",
      "import_kwh",
      "x_pu",
      "0",
      "900",
      "1800",
      "-1",
      "1e99",
      "NaN",
      "",
      '"',
      "'",
    ),
    fc.constantFrom("2026-10-25 02:30", "2026-03-29T02:30", "9999-12-31T23:59", "0000-01-01T00:00Z", "99999999999"),
    fc.string({ maxLength: 6 }),
  );
  const table = fc.array(
    fc.array(cell, { maxLength: 5 }).map((row) => row.join(",")),
    { maxLength: 8 },
  );

  it("in CSV raises nothing but coded errors", function () {
    const heads = fc.constantFrom("meter,time,import,export", "time,home,roof_pu", "meter;time;import_kw", "");
    fc.assert(
      fc.property(heads, table, fc.boolean(), (head, rows, register) => {
        const text = [head, ...rows].join("\n");
        const values = register ? "register" : "interval";
        expectCoded(() => importAny(text, "x", { wide: WIDE, zone: "Europe/Berlin", values, splitLonger: true }));
        expectCoded(() => importLong(text, "x", { slotDuration: 900, zone: "Australia/Lord_Howe", splitLonger: true }));
      }),
      { numRuns: 400 },
    );
  });

  it("in XML raises nothing but coded errors", function () {
    const names = [
      "feed",
      "entry",
      "content",
      "UsagePoint",
      "MeterReading",
      "ReadingType",
      "IntervalBlock",
      "IntervalReading",
    ];
    const leaf = [
      "timePeriod",
      "start",
      "duration",
      "value",
      "uom",
      "flowDirection",
      "LocalTimeParameters",
      "tzOffset",
      "link",
    ];
    const name = fc.constantFrom(...names, ...leaf);
    const text = fc.oneof(
      fc.constantFrom("72", "1", "900", "0", "-3", "B40E2000", "&lt;", "&x;", "<", "]]>"),
      fc.string({ maxLength: 4 }),
    );
    const { node } = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        text,
        fc
          .tuple(name, fc.array(tie("node"), { maxLength: 4 }))
          .map(([tag, inner]) => `<${tag} rel="up" href="/a">${inner.join("")}</${tag}>`),
      ),
    }));
    fc.assert(
      fc.property(node, (xml) => {
        expectCoded(() => importGreenButton(xml, "x", { splitLonger: true, slotDuration: 900 }));
        expectCoded(() => importGreenButton(`<feed>${xml}</feed>`, "x"));
      }),
      { numRuns: 400 },
    );
  });

  it("made by damaging a good file raises nothing but coded errors", function () {
    const damage = fc.tuple(fc.nat(5_000), fc.nat(40), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(meterData, fc.array(damage, { minLength: 1, maxLength: 3 }), (data, damages) => {
        for (const good of [longCsv(data), greenButtonXml(data)]) {
          const bad = damages.reduce((text, [at, length, other]) => {
            const from = at % text.length;
            return text.slice(0, from) + other + text.slice(from + length);
          }, good);
          expectCoded(() => importAny(bad, "x", { wide: WIDE }));
        }
      }),
    );
  });
});
