/** Files of a run: the page, and what `--out` asks for. */

import { access, constants, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { billLinesCsv, billsJson, billTotalsCsv, type NamedBill, safe } from "@wattbook/data/export";
import { formatTime, reasonOf } from "@wattbook/data/import";
import { billFiles } from "./bills.ts";
import type { DemoOptions } from "./cli.ts";
import { DemoError } from "./errors.ts";
import type { Comparison } from "./modes/compare.ts";
import { type SharingReport, sharingJson } from "./modes/report.ts";
import { sharedSlots, sharedSlotsCsv } from "./modes/slots.ts";
import { type Report, reportJson } from "./report.ts";
import type { Trace } from "./trace.ts";

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

/** The page's file name. */
const PAGE = "report.html";

/**
 * Makes sure, before a run that takes long, that its files can be written.
 * @throws DemoError FOLDER_UNWRITABLE
 */
export async function prepareFolder({ out, report }: Pick<DemoOptions, "out" | "report">): Promise<void> {
  if (out === undefined && !report) return;
  const folder = resolve(out ?? ".");
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `${folder}: no files can be written there. Name another folder with --out, or leave the report out with --no-report.`;
    throw new DemoError("FOLDER_UNWRITABLE", message, { cause });
  }
}

/** Writes `community.json`, `homes.csv`, `slots.csv`, bills and schedules; returns their paths. */
export async function writeFiles(
  folder: string,
  report: Report,
  { slots, trace }: { readonly slots: readonly SlotRecord[]; readonly trace: Pick<Trace, "periods"> },
): Promise<string[]> {
  const slotDuration = (slots[1]?.start ?? 0) - (slots[0]?.start ?? 0);
  const names = report.households.map(({ name }) => name);
  const contents = {
    "community.json": `${reportJson(report)}\n`,
    "homes.csv": homesCsv(report),
    "slots.csv": slotsCsv(slots),
    ...billFiles(names, trace.periods, slotDuration),
  };
  return writeAll(folder, contents);
}

/** Writes `community.json`, `homes.csv`, `slots.csv` and the bills of the rule whose homes are listed; returns their paths. */
export async function writeSharing(
  folder: string,
  report: SharingReport,
  { runs }: Comparison,
  slotDuration: number,
): Promise<string[]> {
  const run = runs.get(report.rule);
  if (run === undefined) throw new RangeError(`no run of ${report.rule}`);
  const bills = run.bills.map(({ home, bill }): NamedBill => {
    return { member: report.households[home]?.name ?? "", bill };
  });
  return writeAll(folder, {
    "community.json": `${sharingJson(report)}\n`,
    "homes.csv": homesCsv(report),
    "slots.csv": sharedSlotsCsv(sharedSlots(run)),
    "bills.csv": billTotalsCsv(bills),
    "bill-lines.csv": billLinesCsv(bills, slotDuration),
    "bills.json": billsJson(bills, slotDuration),
  });
}

function writeAll(folder: string, contents: Readonly<Record<string, string>>): Promise<string[]> {
  return Promise.all(
    Object.entries(contents).map(async ([name, text]) => {
      const path = join(folder, name);
      await writeWhole(path, text);
      return path;
    }),
  );
}

/** Writes the page into a folder; returns its absolute path. */
export async function writePage(folder: string, html: string): Promise<string> {
  const path = resolve(folder, PAGE);
  await writeWhole(path, html);
  return path;
}

/** All of it or nothing: who opens the file never sees a half. @throws DemoError FILE_UNWRITABLE */
async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (cause) {
    const message = `${path}: cannot be written (${reasonOf(cause)}). Move what is there, or name another folder with --out.`;
    throw new DemoError("FILE_UNWRITABLE", message, { cause });
  } finally {
    await rm(beside, { force: true });
  }
}

/** Wh and base units, one line per home. */
export function homesCsv({ households }: Pick<Report, "households">): string {
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

/** A name from an input file as a cell that no spreadsheet takes for a formula. */
function quoted(name: string): string {
  const text = safe(name);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
