/** From options to the homes that will trade. */

import { type Calendar, calendarOf, requireDays } from "./calendar.ts";
import type { DemoOptions } from "./cli.ts";
import type { Dataset } from "./dataset.ts";
import { type Home, makeHomes } from "./homes.ts";
import { readDataset } from "./read.ts";
import { SYNTHETIC_HOMES, syntheticDataset } from "./synthetic.ts";

export interface Community {
  readonly data: Dataset;
  readonly calendar: Calendar;
  readonly homes: readonly Home[];
}

/** Reads or makes the data, and the homes from it. @throws DemoError with a code. */
export async function loadCommunity(options: DemoOptions): Promise<Community> {
  const data = await loadData(options);
  const calendar = calendarOf(data);
  requireDays(calendar, options.days);
  const homes = makeHomes(data, calendar, options.homes ?? data.loads.length, options.pvKwp);
  return { data, calendar, homes };
}

function loadData(options: DemoOptions): Promise<Dataset> {
  const { input, format, seed, homes, days, pvKwp, loadUnit, slot, ...meant } = options;
  if (input === undefined) return Promise.resolve(syntheticDataset(seed, homes ?? SYNTHETIC_HOMES, days, pvKwp));
  const { zone, unit, values, stamp, decimal, splitLonger } = meant;
  return readDataset(input, {
    format: format === "auto" ? undefined : format,
    ...{ zone, unit, values, stamp, decimal, splitLonger },
    slotDuration: slot,
    wide: { loadUnit, pvKwp },
  });
}
