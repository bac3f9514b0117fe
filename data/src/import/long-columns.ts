/** The columns of a long CSV, from its header. */

import { InputError } from "../errors.ts";
import type { Table } from "./csv.ts";
import { type EnergyUnit, unitOf } from "./units.ts";

/** A value column. */
export interface ValueColumn {
  readonly header: string;
  readonly index: number;
  readonly unit: EnergyUnit;
}

/** Where in a row what stands; indexes from 0. */
export interface LongColumns {
  readonly meter: number;
  readonly time: number;
  readonly imported: ValueColumn;
  readonly exported: ValueColumn | undefined;
}

/**
 * Finds `meter`, `time`, `import` and `export` in any order and case; values may name their unit, `import_kwh`.
 * @param unit Stated by the caller; a different one in a header is an error.
 * @throws InputError COLUMN_MISSING, COLUMN_DUPLICATE, COLUMN_UNKNOWN
 */
export function longColumns(table: Table, unit: EnergyUnit | undefined): LongColumns {
  const names = table.headers.map((header) => header.toLowerCase());
  const imported = valueColumn(table, names, "import", unit);
  if (imported === undefined) throw missing(table, "import");
  const known = (name: string) => ["meter", "time"].includes(name) || /^(?:import|export)(?:_|$)/.test(name);
  names.forEach((name, index) => {
    if (known(name)) return;
    const place = { file: table.file, line: 1, column: index + 1 };
    const message = `"${table.headers[index] ?? ""}" is no column of this format: meter, time, import, export. Remove it.`;
    throw new InputError("COLUMN_UNKNOWN", place, message);
  });
  return {
    meter: only(table, names, "meter"),
    time: only(table, names, "time"),
    imported,
    exported: valueColumn(table, names, "export", unit),
  };
}

function only(table: Table, names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw missing(table, name);
  if (names.lastIndexOf(name) !== index) throw twice(table, name, names.lastIndexOf(name));
  return index;
}

function valueColumn(
  table: Table,
  names: readonly string[],
  name: "import" | "export",
  stated: EnergyUnit | undefined,
): ValueColumn | undefined {
  const found = names.flatMap((header, index) => (header === name || header.startsWith(`${name}_`) ? [index] : []));
  const [index, second] = found;
  if (index === undefined) return undefined;
  if (second !== undefined) throw twice(table, name, second);
  const header = table.headers[index] ?? name;
  const suffix = header.slice(name.length + 1);
  const own = suffix === "" ? undefined : unitOf(suffix);
  const place = { file: table.file, line: 1, column: index + 1, header };
  if (suffix !== "" && own === undefined) {
    throw new InputError("COLUMN_UNKNOWN", place, `"${suffix}" is no unit: Wh, kWh, MWh, W or kW.`);
  }
  if (own !== undefined && stated !== undefined && own !== stated) {
    throw new InputError("COLUMN_UNKNOWN", place, `the header says ${own}, the option ${stated}. Leave one out.`);
  }
  return { header, index, unit: own ?? stated ?? "Wh" };
}

function missing(table: Table, name: string): InputError {
  const place = { file: table.file, line: 1, column: table.headers.length + 1 };
  return new InputError("COLUMN_MISSING", place, `no column "${name}": meter, time, import and perhaps export.`);
}

function twice(table: Table, name: string, index: number): InputError {
  const place = { file: table.file, line: 1, column: index + 1 };
  return new InputError("COLUMN_DUPLICATE", place, `"${name}" is there twice.`);
}
