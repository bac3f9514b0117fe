/** Green Button files: the ESPI schema of NAESB, in an Atom feed or bare, with any prefixes. */

import { exceeds, parseDecimal } from "../decimal.ts";
import { InputError } from "../errors.ts";
import { Problems } from "../problems.ts";
import { type MeterData, SLOT_DURATIONS } from "../shape.ts";
import { assemble, type Reading } from "./assemble.ts";
import { checkSlotDuration, type LooseMeter, onOneAxis } from "./axis.ts";
import { ofKind, ownerOf, readingTypeOf, type Resource, resourcesOf } from "./espi-resources.ts";
import { espiZone } from "./espi-time.ts";
import { type Kind, kindOf, qualityOf } from "./espi-types.ts";
import { scaled } from "./units.ts";
import { childrenOf, type Element, parseXml, textAt } from "./xml.ts";
import { clockChangesOf, zoneOf } from "./zones.ts";

/** How a Green Button file is meant. */
export interface GreenButtonOptions {
  /** Seconds; default: what most readings last. */
  readonly slotDuration?: number | undefined;
  /** Divides intervals longer than a slot evenly, marked as `split`. Default: they are left out. */
  readonly splitLonger?: boolean | undefined;
  /** IANA zone of local days; default: the file's own LocalTimeParameters. */
  readonly zone?: string | undefined;
}

/** Most energy of a reading, Wh: beyond 10 GWh a multiplier is wrong. */
const MOST_WH = 10_000_000_000n;

/** Readings of one meter in one direction, of one reading type. */
interface ReadingSet {
  readonly meter: string;
  readonly kind: Kind;
  readonly readings: readonly Reading[];
}

/**
 * Reads a Green Button file. Values in Wh times any power of ten; forward is import, reverse export; times are seconds of UTC.
 * @param file Name for messages.
 * @throws InputError where the file as a whole cannot be used; what cannot be used in it is named in `problems`
 * @throws DataError OPTION_INVALID
 * @example
 * const data = syntheticCommunity({ seed: 1n, homes: 1, days: 1, latitude: 41 });
 * importGreenButton(greenButtonXml(data), "back.xml", { zone: "America/New_York" }).meters.length; // 1
 */
export function importGreenButton(text: string, file: string, options: GreenButtonOptions = {}): MeterData {
  if (options.slotDuration !== undefined) checkSlotDuration(options.slotDuration);
  const zone = options.zone === undefined ? undefined : zoneOf(options.zone);
  const resources = resourcesOf(parseXml(text, file));
  const problems = new Problems();
  const sets = setsOf(resources, problems);
  const slotDuration = options.slotDuration ?? slotDurationOf(sets, file, problems);
  const splitLonger = options.splitLonger ?? false;
  const used = shortest(sets, problems);
  const names = [...new Set(used.map(({ meter }) => meter))];
  const meters = names.map((name): LooseMeter => {
    const direction = (wanted: Kind["direction"]) => {
      const own = used.filter(({ meter, kind }) => meter === name && kind.direction === wanted);
      if (own.length === 0) return undefined;
      const readings = own.flatMap((set) => set.readings);
      return assemble(readings, { slotDuration, splitLonger }, { meter: name, field: wanted }, problems);
    };
    const exported = direction("export");
    const imported = direction("import");
    if (exported === undefined) {
      const absent = "the file has no reverse flow of this meter. Exports count as 0.";
      problems.add({ code: "EXPORT_ABSENT", effect: "noted", meter: name, text: absent });
    }
    return { name, kind: "net", imported: imported ?? new Map(), exported };
  });
  const own = espiZone(ofKind(resources, "LocalTimeParameters")[0]?.element);
  const provenance = {
    format: "green-button",
    source: file,
    unit: [...new Set(used.map(({ kind }) => (kind.power === 0 ? "Wh" : `10^${kind.power} Wh`)))].join(", "),
    values: "interval",
    zone: options.zone ?? own?.name,
    rounding: "running total, down",
  } as const;
  return onOneAxis(meters, slotDuration, provenance, problems, (start, end) => {
    if (zone !== undefined) return clockChangesOf(zone, start, end, slotDuration);
    return own?.changes(start, end, slotDuration) ?? [];
  });
}

function setsOf(resources: readonly Resource[], problems: Problems): ReadingSet[] {
  const readings = ofKind(resources, "MeterReading");
  const names = namesOf(ofKind(resources, "UsagePoint"));
  const blocks = Map.groupBy(ofKind(resources, "IntervalBlock"), (block) => ownerOf(block, readings));
  return [...blocks].flatMap(([reading, own]): ReadingSet[] => {
    const [first] = own;
    const child = reading ?? first;
    const point = child && ownerOf(child, [...names.keys()]);
    const meter = (point && names.get(point)) ?? "UsagePoint 1";
    const kind = kindOf(readingTypeOf(reading, resources)?.element, meter, problems);
    if (kind === undefined) return [];
    return [{ meter, kind, readings: own.flatMap(({ element }) => readingsOf(element, kind, meter, problems)) }];
  });
}

/** Names of usage points: their titles where these differ, else the last part of their address, else their number. */
function namesOf(points: readonly Resource[]): Map<Resource, string> {
  const plain = (text: string | undefined) => text?.trim().slice(0, 200) ?? "";
  const titles = points.map(({ title }) => plain(title));
  const titled = titles.every((title, i) => title !== "" && titles.indexOf(title) === i);
  const parts = points.map(({ self }) => plain(self?.split("/").at(-1)));
  const addressed = parts.every((part, i) => part !== "" && parts.indexOf(part) === i);
  return new Map(
    points.map((point, i) => {
      if (titled) return [point, titles[i] ?? ""];
      return [point, `UsagePoint ${addressed ? (parts[i] ?? "") : i + 1}`];
    }),
  );
}

function readingsOf(block: Element, kind: Kind, meter: string, problems: Problems): Reading[] {
  return childrenOf(block, "IntervalReading").flatMap((element): Reading[] => {
    const start = textAt(element, "timePeriod", "start") ?? "";
    const duration = textAt(element, "timePeriod", "duration") ?? "";
    const value = textAt(element, "value") ?? "";
    if (!/^\d{1,11}$/.test(start)) {
      const text = `"${start.slice(0, 40)}" is no time: seconds of UTC are needed. The reading was left out.`;
      problems.add({ code: "NOT_A_TIME", meter, field: "timePeriod/start", value: start, text });
      return [];
    }
    const from = Number(start);
    const seconds = /^\d{1,9}$/.test(duration) ? Number(duration) : 0;
    if (seconds === 0) {
      const text = `"${duration.slice(0, 40)}" is no duration in seconds. The reading was left out.`;
      problems.add({ code: "INTERVAL_UNFIT", meter, field: "timePeriod/duration", value: duration, from, text });
      return [];
    }
    const number = parseDecimal(value);
    if (number === undefined || number.digits < 0n) {
      const code = number === undefined ? "NOT_A_NUMBER" : "NEGATIVE";
      const text = `"${value.slice(0, 40)}" is no amount of energy from 0 on. The reading was left out.`;
      problems.add({ code, meter, field: "value", value, from, text });
      return [];
    }
    const wh = scaled(number, kind.power);
    if (exceeds(wh, MOST_WH)) {
      const text = `"${value.slice(0, 40)}" times 10^${kind.power} Wh is above ${MOST_WH} Wh. The reading was left out: is the multiplier right?`;
      problems.add({ code: "TOO_LARGE", meter, field: "value", value, from, text });
      return [];
    }
    const codes = childrenOf(element, "ReadingQuality").map((quality) => textAt(quality, "quality") ?? quality.text);
    return [{ start: from, duration: seconds, wh, quality: qualityOf(codes) }];
  });
}

/** Readings of a meter and direction in several lengths say the same twice: only the shortest are used. */
function shortest(sets: readonly ReadingSet[], problems: Problems): ReadingSet[] {
  return sets.filter((set) => {
    const length = commonDuration([set]) ?? Number.POSITIVE_INFINITY;
    const better = sets.some(({ meter, kind, readings }) => {
      if (meter !== set.meter || kind.direction !== set.kind.direction) return false;
      return (commonDuration([{ readings }]) ?? Number.POSITIVE_INFINITY) < length;
    });
    if (better && set.readings.length > 0) {
      const text = `readings of ${length} s are left out: the file has shorter ones of the same meter and direction.`;
      const { meter, kind, readings } = set;
      problems.add({ code: "READING_SET_UNUSED", meter, field: kind.direction, count: readings.length, text });
    }
    return !better;
  });
}

function slotDurationOf(sets: readonly ReadingSet[], file: string, problems: Problems): number {
  const place = { file, line: 1, column: 1 };
  const duration = commonDuration(sets.filter((set) => shortest(sets, new Problems(0)).includes(set)));
  if (duration === undefined) {
    throw new InputError("NO_READINGS", place, `the file holds no usable reading.${problems.reason}`);
  }
  if (SLOT_DURATIONS.includes(duration)) return duration;
  const message = `readings last ${duration} s; a slot lasts ${SLOT_DURATIONS.join(", ")} s. Pass slotDuration to sum or split.`;
  throw new InputError("STEP_UNSUPPORTED", place, message);
}

/** What most readings last, the shortest of several. */
function commonDuration(sets: readonly Pick<ReadingSet, "readings">[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { readings } of sets) {
    for (const { duration } of readings) counts.set(duration, (counts.get(duration) ?? 0) + 1);
  }
  return [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b)[0]?.[0];
}
