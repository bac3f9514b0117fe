/** Meter data as a Green Button file: the ESPI schema in an Atom feed. */

import type { Meter, MeterData } from "../shape.ts";

const FLOWS = [
  { direction: "import", code: 1, id: "forward" },
  { direction: "export", code: 19, id: "reverse" },
] as const;

/** ESPI qualities: valid, estimated, questionable. A split or synthetic value is an estimate to whoever reads the file. */
const QUALITY = { measured: 0, split: 8, synthetic: 8, estimated: 8, questionable: 10, missing: 0 } as const;

/**
 * Meters as ESPI: a usage point each, a meter reading per direction, one interval block, whole Wh, times in seconds of UTC.
 * Slots of which nothing is known have no reading. Attributes of people are not written: there are none in the data.
 * @example
 * const data = syntheticCommunity({ seed: 1n, homes: 1, days: 1, latitude: 48 });
 * importGreenButton(greenButtonXml(data), "back.xml").meters[0]?.imported[0] === data.meters[0]?.imported[0]; // true
 */
export function greenButtonXml(data: MeterData): string {
  const updated = new Date((data.start + data.slots * data.slotDuration) * 1000).toISOString().slice(0, 19);
  const entries = data.meters.flatMap((meter, i) => usagePoint(data, meter, i + 1));
  const types = FLOWS.map(({ code, id }) => readingType(code, id, data.slotDuration));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">',
    "<id>urn:wattbook:meter-data</id>",
    "<title>Meter data</title>",
    `<updated>${updated}Z</updated>`,
    ...types,
    ...entries,
    "</feed>",
    "",
  ].join("\n");
}

function usagePoint(data: MeterData, meter: Meter, number: number): string[] {
  const self = `UsagePoint/${number}`;
  const own = `<espi:UsagePoint><espi:ServiceCategory><espi:kind>0</espi:kind></espi:ServiceCategory></espi:UsagePoint>`;
  const readings = FLOWS.flatMap(({ direction, id }) => {
    const path = `${self}/MeterReading/${id}`;
    const series = direction === "import" ? meter.imported : meter.exported;
    const links = { self: path, up: `${self}/MeterReading`, related: [`${path}/IntervalBlock`, `ReadingType/${id}`] };
    return [
      entry(links, "", "<espi:MeterReading/>"),
      entry(
        { self: `${path}/IntervalBlock/1`, up: `${path}/IntervalBlock`, related: [] },
        "",
        block(data, meter, series),
      ),
    ];
  });
  return [entry({ self, up: "UsagePoint", related: [`${self}/MeterReading`] }, meter.name, own), ...readings];
}

function readingType(flow: number, id: string, intervalLength: number): string {
  const fields = {
    accumulationBehaviour: 4,
    commodity: 1,
    flowDirection: flow,
    intervalLength,
    kind: 12,
    powerOfTenMultiplier: 0,
    uom: 72,
  };
  const inner = Object.entries(fields).map(([name, value]) => `<espi:${name}>${value}</espi:${name}>`);
  const links = { self: `ReadingType/${id}`, up: "ReadingType", related: [] };
  return entry(links, "", `<espi:ReadingType>${inner.join("")}</espi:ReadingType>`);
}

function block({ start, slotDuration, slots }: MeterData, { quality }: Meter, series: Meter["imported"]): string {
  const period = (from: number, duration: number) =>
    `<espi:duration>${duration}</espi:duration><espi:start>${from}</espi:start>`;
  const readings = series.flatMap((wh, k) => {
    if (wh === null) return [];
    const code = QUALITY[quality[k] ?? "measured"];
    const mark = code === 0 ? "" : `<espi:ReadingQuality><espi:quality>${code}</espi:quality></espi:ReadingQuality>`;
    const time = `<espi:timePeriod>${period(start + k * slotDuration, slotDuration)}</espi:timePeriod>`;
    return [`<espi:IntervalReading>${mark}${time}<espi:value>${wh}</espi:value></espi:IntervalReading>`];
  });
  const interval = `<espi:interval>${period(start, slots * slotDuration)}</espi:interval>`;
  return ["<espi:IntervalBlock>", interval, ...readings, "</espi:IntervalBlock>"].join("\n");
}

interface Links {
  readonly self: string;
  readonly up: string;
  readonly related: readonly string[];
}

function entry({ self, up, related }: Links, title: string, content: string): string {
  const link = (rel: string, href: string) => `<link rel="${rel}" href="${href}"/>`;
  const links = [link("self", self), link("up", up), ...related.map((href) => link("related", href))];
  return `<entry>${links.join("")}<title>${escaped(title)}</title><content>${content}</content></entry>`;
}

/** Text in XML: markup escaped, characters that XML 1.0 cannot hold replaced. */
function escaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };
  return text.replace(/[^\t\n\r\u0020-\uFFFD]/g, "?").replace(/[<>&"]/g, (character) => marks[character] ?? "");
}
