/** When a run starts. */

import { parseTime } from "@wattbook/data/import";
import type { CommandOptions, Season } from "./cli.ts";
import { SyntheticError } from "./errors.ts";

/** First days of the seasons' middles, month and day, in the north; the south lives them half a year apart. */
const NORTH: Readonly<Record<Season, string>> = { winter: "01-10", spring: "04-10", summer: "07-01", autumn: "10-10" };
const OPPOSITE: Readonly<Record<Season, Season>> = {
  winter: "summer",
  spring: "autumn",
  summer: "winter",
  autumn: "spring",
};

/**
 * Unix seconds of the first slot: `--start`, else the season's, else that of the file compared with, else 1 June 2025.
 * @throws SyntheticError OPTION_INVALID
 */
export function startOf(
  { start, season, latitude }: Pick<CommandOptions, "start" | "season" | "latitude">,
  compared: number | undefined,
): number {
  if (start !== undefined && season !== undefined) {
    throw new SyntheticError("OPTION_INVALID", "--start and --season both say when to start. Leave one out.");
  }
  if (start !== undefined) return midnight(start);
  if (season !== undefined) return midnight(`2025-${NORTH[latitude < 0 ? OPPOSITE[season] : season]}`);
  return compared ?? midnight("2025-06-01");
}

function midnight(date: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(date) ? parseTime(`${date}T00:00Z`) : undefined;
  if (time !== undefined) return time;
  throw new SyntheticError("OPTION_INVALID", `--start ${date}: a day such as 2021-02-15 is needed.`);
}
