/** What the demo needs of meter data: complete series of whole Wh per slot, and which of them make up a home. */

import type { EnergySeries, Meter, MeterData } from "@wattbook/data/import";
import { DemoError } from "./errors.ts";

/** One column: Wh per row. */
export interface Series {
  readonly name: string;
  readonly wh: readonly bigint[];
}

/** A home whose plant, battery and car are known, or whose meter was read at the grid. */
export interface HomeSeries {
  /** All that the home uses, its car included; of a meter at the grid what it imports. */
  readonly load: Series;
  /** What its plant makes; of a meter at the grid what it exports. */
  readonly pv: Series | undefined;
  /** Into and out of the battery. */
  readonly charge?: Series | undefined;
  readonly discharge?: Series | undefined;
  /** The part of `load` that charged the car. */
  readonly ev?: Series | undefined;
}

/** Series over one time axis without gaps. */
export interface Dataset {
  /** True where a formula made the values. */
  readonly synthetic: boolean;
  /** Unix seconds of the first row. */
  readonly start: number;
  /** Seconds per row: the community's slot. */
  readonly step: number;
  /** Full periods at the start that only serve as yesterday and are not traded. */
  readonly historyPeriods: number;
  readonly loads: readonly Series[];
  /** For one plant of the configured size. */
  readonly pvs: readonly Series[];
  /** Homes that belong together as they are; without them the demo pairs loads and plants. */
  readonly homes?: readonly HomeSeries[];
  /** What the reader should know about the input, a sentence each. */
  readonly notes?: readonly string[];
}

const MOST_NOTES = 20;
const GRID_ONLY =
  "the input holds meters at the grid: load is what they import, PV what they export. What homes used of their own plants " +
  "is not in it, so self-sufficiency and self-consumption count trade alone.";

/**
 * A dataset from meter data. Meters with gaps are left out and named: a home cannot trade a slot that nobody metered.
 * @throws DemoError METER_INCOMPLETE if no meter is complete
 */
export function datasetOf(data: MeterData, historyPeriods = 0): Dataset {
  const complete = data.meters.filter(isComplete);
  const left = data.meters.filter((meter) => !isComplete(meter));
  const of = (kind: Meter["kind"]) => complete.filter((meter) => meter.kind === kind);
  const homes = of("net").map(homeOf);
  const loads = of("load").map(({ name, imported }) => series(name, imported));
  const pvs = of("plant").map(({ name, exported }) => series(name, exported));
  const lead = left.map(({ name }) => `meter "${name}" has slots without a value and does not trade.`);
  if (homes.length + loads.length === 0) {
    const message = `no meter of ${data.provenance.source} is complete. ${lead[0] ?? ""} Fill the file or cut it to whole days.`;
    throw new DemoError("METER_INCOMPLETE", message);
  }
  const gridOnly = homes.length > 0 && data.provenance.format !== "synthetic" ? [GRID_ONLY] : [];
  const all = [...gridOnly, ...lead, ...data.problems.map(({ message }) => message)];
  const more = all.length > MOST_NOTES ? [`${all.length - MOST_NOTES} more remarks on the input.`] : [];
  return {
    synthetic: data.provenance.format === "synthetic",
    start: data.start,
    step: data.slotDuration,
    historyPeriods,
    loads: homes.length > 0 ? homes.map(({ load }) => load) : loads,
    pvs,
    ...(homes.length > 0 ? { homes } : {}),
    notes: [...all.slice(0, MOST_NOTES), ...more],
  };
}

function isComplete({ imported, exported }: Meter): boolean {
  return !imported.includes(null) && !exported.includes(null);
}

function series(name: string, values: EnergySeries): Series {
  return { name, wh: values.map((wh) => wh ?? 0n) };
}

/** A home from its parts where they are known, else from its meter alone. */
function homeOf({ name, imported, exported, parts }: Meter): HomeSeries {
  const some = (suffix: string, wh: readonly bigint[]) =>
    wh.some((each) => each > 0n) ? { name: `${name} ${suffix}`, wh } : undefined;
  if (parts === undefined) {
    const feedIn = series(`${name} export`, exported);
    return { load: series(name, imported), pv: feedIn.wh.some((wh) => wh > 0n) ? feedIn : undefined };
  }
  const { load, ev, pv, charge, discharge } = parts;
  return {
    load: { name, wh: load.map((wh, i) => wh + (ev[i] ?? 0n)) },
    pv: some("PV", pv),
    charge: some("battery", charge),
    discharge: some("battery", discharge),
    ev: some("car", ev),
  };
}
