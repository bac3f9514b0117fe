import { expect } from "chai";
import { type GreenButtonOptions, importGreenButton } from "@wattbook/data/import";
import { codesOf, energyOf, failureOf, MIDNIGHT } from "./factories.ts";

const read = (text: string, options?: GreenButtonOptions) => importGreenButton(text, "test.xml", options);

interface TypeFields {
  readonly flow?: number | undefined;
  readonly uom?: number;
  readonly power?: number;
  readonly accumulation?: number;
}

function readingType({ flow = 1, uom = 72, power = 0, accumulation = 4 }: TypeFields = {}): string {
  return `<ReadingType><accumulationBehaviour>${accumulation}</accumulationBehaviour><flowDirection>${flow}</flowDirection>
    <powerOfTenMultiplier>${power}</powerOfTenMultiplier><uom>${uom}</uom></ReadingType>`;
}

function reading(slot: number, value: number | string, quality = "", duration = 900): string {
  const mark = quality === "" ? "" : `<ReadingQuality><quality>${quality}</quality></ReadingQuality>`;
  const start = MIDNIGHT + 900 * slot;
  return `<IntervalReading>${mark}<timePeriod><duration>${duration}</duration><start>${start}</start></timePeriod>
    <value>${value}</value></IntervalReading>`;
}

const block = (...readings: string[]) => `<IntervalBlock>${readings.join("")}</IntervalBlock>`;
const bare = (...parts: string[]) =>
  `<?xml version="1.0"?><root xmlns="http://naesb.org/espi">${parts.join("")}</root>`;

function entry(self: string, up: string, related: readonly string[], title: string, content: string): string {
  const links = [["self", self], ["up", up], ...related.map((href) => ["related", href])];
  const xml = links.map(([rel, href]) => `<link href="${href ?? ""}" rel="${rel ?? ""}"/>`).join("");
  return `<entry>${xml}<title>${title}</title><content>${content}</content></entry>`;
}

describe("an absurd Green Button file", function () {
  it("has no reading beyond what a meter can count", function () {
    const readings = block(reading(0, 10_000), reading(1, 10_001), reading(2, "1e60"), reading(3, 0));
    const data = read(bare("<MeterReading/>", readingType({ power: 6 }), readings));
    expect(energyOf(data)["UsagePoint 1"]?.imported).to.deep.equal([10_000_000_000n, null, null, 0n]);
    expect(codesOf(data).filter((code) => code === "TOO_LARGE")).to.have.length(2);
  });

  it("states the day on which clocks change where it holds no other", function () {
    const hours = (from: string, count: number) => {
      const start = (Date.parse(from) / 1000 - MIDNIGHT) / 900;
      return Array.from({ length: count }, (_, k) => reading(start + 4 * k, 1, "", 3600));
    };
    const changes = (readings: string[]) =>
      read(bare(NEW_YORK, "<MeterReading/>", readingType(), block(...readings))).provenance.clockChanges;
    const spring = hours("2021-03-14T05:00Z", 23);
    const autumn = hours("2021-11-07T04:00Z", 25);
    expect(changes(spring)).to.deep.equal([{ date: "2021-03-14", slots: 23 }]);
    expect(changes(autumn)).to.deep.equal([{ date: "2021-11-07", slots: 25 }]);
    for (const part of [spring.slice(1), spring.slice(0, -1), autumn.slice(1), autumn.slice(0, -1)]) {
      expect(changes(part)).to.deep.equal([]);
    }
  });
});

/** Two usage points, forward and reverse; blocks out of order and before their meter readings. */
const FEED = `<feed xmlns="http://www.w3.org/2005/Atom">
  ${entry("/B/2", "/B", ["/B/2/MR"], "Bea &amp; Bo", "<UsagePoint/>")}
  ${entry("/B/2/MR/1/IB/7", "/B/2/MR/1/IB", [], "", block(reading(1, 12)))}
  ${entry("/A/1/MR/1/IB/1", "/A/1/MR/1/IB", [], "", block(reading(1, 2), reading(0, 1)))}
  ${entry("/A/1", "/A", ["/A/1/MR"], "Ada", "<UsagePoint/>")}
  ${entry("/A/1/MR/1", "/A/1/MR", ["/A/1/MR/1/IB", "/RT/in"], "", "<MeterReading/>")}
  ${entry("/A/1/MR/2", "/A/1/MR", ["/A/1/MR/2/IB", "/RT/out"], "", "<MeterReading/>")}
  ${entry("/A/1/MR/2/IB/1", "/A/1/MR/2/IB", [], "", block(reading(0, 5), reading(1, 6)))}
  ${entry("/B/2/MR/1", "/B/2/MR", ["/B/2/MR/1/IB", "/RT/in"], "", "<MeterReading/>")}
  ${entry("/B/2/MR/1/IB/3", "/B/2/MR/1/IB", [], "", block(reading(0, 11)))}
  ${entry("/RT/out", "/RT", [], "", readingType({ flow: 19 }))}
  ${entry("/RT/in", "/RT", [], "", readingType({ flow: 1 }))}
</feed>`;

/** New York: UTC-5, second Sunday of March to first Sunday of November, 2 o'clock. */
const NEW_YORK = `<LocalTimeParameters><dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>
  <dstStartRule>360E2000</dstStartRule><tzOffset>-18000</tzOffset></LocalTimeParameters>`;

describe("Green Button files", function () {
  it("are read from an Atom feed by their links, in whatever order the entries stand", function () {
    const data = read(FEED);
    expect(data).to.include({ start: MIDNIGHT, slotDuration: 900, slots: 2 });
    expect(energyOf(data)).to.deep.equal({
      "Bea & Bo": { imported: [11n, 12n], exported: [0n, 0n] },
      Ada: { imported: [1n, 2n], exported: [5n, 6n] },
    });
    expect(codesOf(data)).to.deep.equal(["EXPORT_ABSENT"]);
  });

  it("are read with any namespace prefix", function () {
    const prefixed = FEED.replace(/<(\/?)(?!feed|entry|link|title|content)(\w+)/g, "<$1ns7:$2").replace(
      /<(\/?)(feed|entry|link|title|content)/g,
      "<$1a:$2",
    );
    const declared = prefixed.replace("<a:feed xmlns=", '<a:feed xmlns:ns7="http://naesb.org/espi" xmlns:a=');
    expect(energyOf(read(declared))).to.deep.equal(energyOf(read(FEED)));
  });

  it("are read bare: a reading type holds for the meter reading before it", function () {
    const into = ["<MeterReading/>", readingType(), block(reading(0, 1), reading(1, 2))];
    const out = ["<MeterReading/>", readingType({ flow: 19 }), block(reading(0, 3), reading(1, 4))];
    const data = read(bare("<UsagePoint/>", ...into, ...out));
    expect(energyOf(data)).to.deep.equal({ "UsagePoint 1": { imported: [1n, 2n], exported: [3n, 4n] } });
    expect(energyOf(read(bare(readingType(), block(reading(0, 1), reading(1, 2)))))).to.have.key("UsagePoint 1");
  });

  it("scale by the power of ten without losing a Wh", function () {
    const values = [400, 400, 400, 400, 400];
    const fine = read(bare(readingType({ power: -3 }), block(...values.map((value, k) => reading(k, value)))));
    expect(energyOf(fine)["UsagePoint 1"]?.imported).to.deep.equal([0n, 0n, 1n, 0n, 1n]);
    expect(fine.provenance.unit).to.equal("10^-3 Wh");
    const coarse = read(bare(readingType({ power: 3 }), block(reading(0, "0.25"), reading(1, 2))));
    expect(energyOf(coarse)["UsagePoint 1"]?.imported).to.deep.equal([250n, 2000n]);
  });

  it("keep the quality that the file states", function () {
    const readings = ["", "0", "8", "10", "19", "14"].map((quality, k) => reading(k, 1, quality));
    const { meters } = read(bare(readingType(), block(...readings)));
    expect(meters[0]?.quality).to.deep.equal([
      "measured",
      "measured",
      "estimated",
      "questionable",
      "measured",
      "questionable",
    ]);
  });

  it("drop equal readings of overlapping blocks and use no contradictory ones", function () {
    const blocks = [
      block(reading(0, 1), reading(1, 2), reading(2, 3)),
      block(reading(1, 2), reading(2, 4), reading(3, 5)),
    ];
    const data = read(bare(readingType(), ...blocks));
    expect(energyOf(data)["UsagePoint 1"]?.imported).to.deep.equal([1n, 2n, null, 5n]);
    expect(codesOf(data)).to.deep.equal(["READING_DUPLICATE", "READING_CONFLICT", "EXPORT_ABSENT", "READING_MISSING"]);
  });

  it("use no readings that lie partly on each other", function () {
    const data = read(
      bare(readingType(), block(reading(0, 1), reading(1, 2), reading(2, 9, "", 3600), reading(3, 3), reading(7, 4))),
    );
    expect(energyOf(data)["UsagePoint 1"]?.imported).to.deep.equal([1n, 2n, null, null, null, null, null, 4n]);
    expect(codesOf(data)).to.include("READING_OVERLAP");
  });

  it("leave intervals longer than a slot out, and divide them exactly where they are asked to", function () {
    const text = bare(readingType(), block(reading(0, 1), reading(1, 2), reading(4, 11, "", 3600)));
    const plain = read(text);
    expect(codesOf(plain)).to.include("INTERVAL_TOO_LONG");
    expect(plain.slots).to.equal(2);
    const split = read(text, { splitLonger: true });
    expect(energyOf(split)["UsagePoint 1"]?.imported.slice(4)).to.deep.equal([2n, 3n, 3n, 3n]);
    expect(split.meters[0]?.quality.slice(4)).to.deep.equal(["split", "split", "split", "split"]);
  });

  it("make hourly files an hourly community", function () {
    const data = read(bare(readingType(), block(...[0, 4, 8].map((slot) => reading(slot, 500, "", 3600)))));
    expect(data).to.include({ slotDuration: 3600, slots: 3 });
  });

  it("use the finest of several readings of the same flow", function () {
    const daily = ["<MeterReading/>", readingType(), block(reading(0, 96, "", 86_400))];
    const fine = ["<MeterReading/>", readingType(), block(reading(0, 1), reading(1, 1))];
    const data = read(bare("<UsagePoint/>", ...daily, ...fine));
    expect(energyOf(data)["UsagePoint 1"]?.imported).to.deep.equal([1n, 1n]);
    expect(codesOf(data)).to.deep.equal(["READING_SET_UNUSED", "EXPORT_ABSENT"]);
  });

  it("state local days: from the zone asked for, or by the file's own rules", function () {
    const march = Array.from({ length: 14 * 96 }, (_, k) => reading(1_766 + k, 1)); // 5 to 19 March 2021
    const text = bare(NEW_YORK, readingType(), block(...march));
    const own = read(text).provenance;
    expect(own.zone).to.equal("UTC-05:00, daylight saving +60 min");
    expect(own.clockChanges).to.deep.equal([{ date: "2021-03-14", slots: 92 }]);
    const asked = read(text, { zone: "America/New_York" }).provenance;
    expect(asked).to.deep.include({ zone: "America/New_York", clockChanges: own.clockChanges });
    expect(read(text, { zone: "Europe/Berlin" }).provenance.clockChanges).to.deep.equal([]);
  });

  const UNUSABLE: readonly { readonly name: string; readonly type: TypeFields; readonly code: string }[] = [
    { name: "power in W", type: { uom: 38 }, code: "UNIT_UNSUPPORTED" },
    { name: "gas in cubic metres", type: { uom: 42 }, code: "UNIT_UNSUPPORTED" },
    { name: "registers", type: { accumulation: 1 }, code: "ACCUMULATION_UNSUPPORTED" },
    { name: "net flow", type: { flow: 4 }, code: "FLOW_UNSUPPORTED" },
    { name: "an absurd power of ten", type: { power: 99 }, code: "UNIT_UNSUPPORTED" },
  ];
  for (const { name, type, code } of UNUSABLE) {
    it(`leave ${name} out with ${code}, and keep the rest`, function () {
      const bad = ["<MeterReading/>", readingType(type), block(reading(0, 9))];
      const good = ["<MeterReading/>", readingType(), block(reading(0, 1), reading(1, 2))];
      const data = read(bare("<UsagePoint/>", ...bad, ...good));
      expect(codesOf(data)).to.deep.equal([code, "EXPORT_ABSENT"]);
      expect(energyOf(data)["UsagePoint 1"]?.imported).to.deep.equal([1n, 2n]);
      expect(failureOf(() => read(bare(...bad))).code).to.equal("NO_READINGS");
    });
  }

  it("name bad readings and keep the others", function () {
    const bad = [reading(2, "many"), reading(3, -4), reading(4, 1, "", 0)];
    const lost = "<IntervalReading><value>1</value></IntervalReading>";
    const data = read(bare(readingType(), block(reading(0, 1), reading(1, 2), ...bad, lost)));
    const skipped = data.problems.filter(({ effect }) => effect === "skipped");
    expect(skipped.map(({ code, field }) => [code, field])).to.deep.equal([
      ["NOT_A_NUMBER", "value"],
      ["NEGATIVE", "value"],
      ["INTERVAL_UNFIT", "timePeriod/duration"],
      ["NOT_A_TIME", "timePeriod/start"],
    ]);
    expect(data.slots).to.equal(2);
  });

  it("take a missing flow direction for forward and say so", function () {
    const type = readingType().replace(/<flowDirection>.*?<\/flowDirection>/, "");
    expect(codesOf(read(bare(type, block(reading(0, 1), reading(1, 1)))))).to.include("FLOW_ASSUMED");
  });
});

describe("hostile XML", function () {
  it("cannot expand entities without end", function () {
    const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join("");
    const text = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">${laughs}]><r>&l9;</r>`;
    expect(failureOf(() => read(text)).code).to.equal("XML_DOCTYPE");
  });

  it("cannot read other files", function () {
    const text = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>';
    expect(failureOf(() => read(text)).code).to.equal("XML_DOCTYPE");
  });

  it("cannot exhaust the stack", function () {
    const text = `${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`;
    expect(failureOf(() => read(text)).code).to.equal("XML_MALFORMED");
  });

  it("cannot reach the prototypes of objects", function () {
    const text = bare(
      "<__proto__><polluted>1</polluted></__proto__>",
      "<constructor/>",
      readingType(),
      block(reading(0, 1), reading(1, 1)),
    );
    const outcome = (() => {
      try {
        return read(text).slots;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    })();
    expect(outcome).to.be.oneOf([2, "XML_MALFORMED"]);
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  for (const text of ["", "<", "<a>", "<a></b>", "plain", "<a b></a>", "\u0000<a/>", "<!-- -->"]) {
    it(`${JSON.stringify(text)} is refused with a code`, function () {
      expect(failureOf(() => read(text)).code).to.be.oneOf(["XML_MALFORMED", "NO_READINGS"]);
    });
  }
});
