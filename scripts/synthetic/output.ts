/** What the command prints and writes. */

import { greenButtonXml, longCsv, wideCsv } from "@wattbook/data/export";
import type { Meter, MeterData } from "@wattbook/data/import";
import type { Figure } from "@wattbook/data/statistics";
import type { SyntheticData } from "@wattbook/data/synthetic";
import { plainTable } from "../lib/plain-table.ts";
import type { CommandOptions } from "./cli.ts";
import type { Row } from "./comparison.ts";

/** The table: mean over the homes, and the range. */
export function comparisonTable(rows: readonly Row[]): string {
  const beside = rows.some(({ measured }) => measured !== undefined);
  const head = ["figure", "unit", "synthetic", "least..most"];
  const table = plainTable(beside ? [...head, "measured", "least..most", "synthetic / measured"] : head, [
    "left",
    "left",
    ...Array.from({ length: 5 }, () => "right" as const),
  ]);
  for (const { name, unit, synthetic, measured } of rows) {
    const ratio = measured === undefined || measured.mean === 0 ? "" : (synthetic.mean / measured.mean).toFixed(2);
    const other = measured === undefined ? ["", "", ""] : [shown(measured.mean, unit), range(measured), ratio];
    table.push([name, unit, shown(synthetic.mean, unit), range(synthetic), ...(beside ? other : [])]);
  }
  return table.toString().replace(/ +$/gm, "");
}

function range({ least, most, unit }: Figure): string {
  return least === most ? "" : `${shown(least, unit)}..${shown(most, unit)}`;
}

function shown(value: number, unit: string): string {
  return unit === "" ? value.toFixed(2) : value.toFixed(0);
}

/** What the community did behind its meters, a sentence. */
export function energySentence({ meters }: SyntheticData): string {
  const sum = (wh: (meter: SyntheticData["meters"][number]) => readonly bigint[]) =>
    Number(meters.reduce((total, meter) => wh(meter).reduce((part, each) => part + each, total), 0n)) / 1000;
  const kwh = (value: number) => `${value.toFixed(0)} kWh`;
  const used = `Homes used ${kwh(sum(({ parts }) => parts.load))}, cars ${kwh(sum(({ parts }) => parts.ev))}`;
  const made = `plants made ${kwh(sum(({ parts }) => parts.pv))}`;
  const stored = `batteries took ${kwh(sum(({ parts }) => parts.charge))} and gave ${kwh(sum(({ parts }) => parts.discharge))}`;
  return `${used}; ${made}; ${stored}.`;
}

/** One JSON object: options, figures, and the file if one was written. */
export function comparisonJson(options: CommandOptions, start: number, rows: readonly Row[]): string {
  const spread = (figure: Figure | undefined) =>
    figure && { mean: figure.mean, least: figure.least, most: figure.most };
  const figures = rows.map(({ name, unit, synthetic, measured }) => ({
    name,
    unit,
    synthetic: spread(synthetic),
    measured: spread(measured),
  }));
  const named = { ...options, seed: options.seed.toString(), startTime: start };
  return JSON.stringify({ options: named, figures }, null, 2);
}

/** The community as a file. Wide CSV has no place for batteries: its loads are homes and cars, its plants what they make. */
export function fileOf(data: SyntheticData, { format, pvKwp }: Pick<CommandOptions, "format" | "pvKwp">): string {
  if (format === "long") return longCsv(data);
  if (format === "green-button") return greenButtonXml(data);
  return wideCsv(apart(data), { digits: BigInt(Math.round(pvKwp * 1000)), scale: 3 });
}

/** Loads and plants as meters of their own. */
function apart(data: SyntheticData): MeterData {
  const none = Array.from({ length: data.slots }, () => 0n);
  const meters = data.meters.flatMap(({ name, quality, parts, roof }): Meter[] => {
    const used = parts.load.map((wh, k) => wh + (parts.ev[k] ?? 0n));
    const load: Meter = { name, kind: "load", imported: used, exported: none, quality };
    const plant: Meter = { name: `${name} PV`, kind: "plant", imported: none, exported: parts.pv, quality };
    return roof === undefined ? [load] : [load, plant];
  });
  return { ...data, meters };
}
