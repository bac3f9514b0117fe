/** Files of a run for `--out`. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Report, reportJson } from "./report.ts";
import { formatTime } from "@wattbook/data/import";

/** The community in a slot. */
export interface SlotRecord {
  /** Unix seconds. */
  readonly start: number;
  readonly loadWh: bigint;
  readonly pvWh: bigint;
  readonly tradedWh: bigint;
  /** Clearing price, base units per Wh; undefined where nothing was traded. */
  readonly price: bigint | undefined;
}

/** Writes `community.json`, `homes.csv` and `slots.csv`; returns their paths. */
export async function writeFiles(folder: string, report: Report, slots: readonly SlotRecord[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const contents = {
    "community.json": `${reportJson(report)}\n`,
    "homes.csv": homesCsv(report),
    "slots.csv": slotsCsv(slots),
  };
  return Promise.all(
    Object.entries(contents).map(async ([name, text]) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    }),
  );
}

/** Wh and base units, one line per home. */
export function homesCsv({ households }: Report): string {
  const head = "home,name,pv,shift_days,bought_wh,sold_wh,average_price,bill,retailer_bill,saving";
  const lines = households.map((home, i) =>
    [
      i + 1,
      quoted(home.name),
      quoted(home.pv ?? ""),
      home.shiftDays,
      home.boughtWh,
      home.soldWh,
      home.averagePrice,
      home.bill,
      home.retailerBill,
      home.saving,
    ].join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
}

/** Wh and base units per Wh, one line per slot. */
export function slotsCsv(slots: readonly SlotRecord[]): string {
  const lines = slots.map(({ start, loadWh, pvWh, tradedWh, price }) =>
    [formatTime(start), loadWh, pvWh, tradedWh, price ?? ""].join(","),
  );
  return `${["time,load_wh,pv_wh,traded_wh,price", ...lines].join("\n")}\n`;
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
