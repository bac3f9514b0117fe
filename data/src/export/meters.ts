/** Meter data as CSV files that the importers read back. */

import type { Decimal } from "../decimal.ts";
import { pow10 } from "../decimal.ts";
import { DataError } from "../errors.ts";
import type { Meter, MeterData } from "../shape.ts";
import { csvOf, safe } from "./cells.ts";

/**
 * Meters as long CSV, in Wh: `meter,time,import_wh,export_wh`, times in UTC. Slots of which nothing is known have no row.
 * Names that a spreadsheet would take for a formula have an apostrophe before them, which the importer takes away again.
 */
export function longCsv({ meters, start, slotDuration }: MeterData): string {
  const rows = meters.flatMap(({ name, imported, exported }) =>
    imported.flatMap((wh, k) => {
      const other = exported[k] ?? null;
      if (wh === null && other === null) return [];
      const time = new Date((start + k * slotDuration) * 1000).toISOString().replace(".000", "");
      return [[safe(name), time, wh?.toString() ?? "", other?.toString() ?? ""]];
    }),
  );
  return csvOf(["meter", "time", "import_wh", "export_wh"], rows);
}

const PER_UNIT_DIGITS = 9;

/**
 * Loads and plants as the project's wide CSV: mean W per load (exact), per unit of `pvKwp` per plant (nine decimals, their
 * running total rounded up: read back with the same `pvKwp` it gives the same Wh, since the importer rounds its running total
 * down). Names that a spreadsheet would take for a formula are marked as in long CSV.
 * @throws DataError RECORD_INVALID for meters at the grid or with gaps, for two of a name, and for a load whose name ends
 * `_pu`: the wide format has no place for them
 */
export function wideCsv({ meters, start, slotDuration, slots }: MeterData, pvKwp: Decimal): string {
  const columns = meters.map((meter) => columnOf(meter, slotDuration, pvKwp));
  columns.forEach(({ header }, i) => {
    if (columns.findIndex((other) => other.header === header) === i && header !== "time") return;
    throw new DataError(
      "RECORD_INVALID",
      `column "${header}" would be there twice. Give every meter a name of its own.`,
    );
  });
  const rows = Array.from({ length: slots }, (_, k) => [
    String(start + k * slotDuration),
    ...columns.map(({ cells }) => cells[k] ?? ""),
  ]);
  return csvOf(["time", ...columns.map(({ header }) => header)], rows);
}

function columnOf({ name, kind, imported, exported }: Meter, step: number, pvKwp: Decimal) {
  const values = (kind === "plant" ? exported : imported).map((wh, k) => {
    if (wh !== null) return wh;
    throw new DataError("RECORD_INVALID", `meter "${name}" has no value in slot ${k}; the wide format has no gaps.`);
  });
  if (kind === "net") {
    const message = `meter "${name}" was read at the grid; the wide format holds loads and plants. Write long CSV.`;
    throw new DataError("RECORD_INVALID", message);
  }
  if (kind === "load") {
    if (!name.endsWith("_pu")) return { header: safe(name), cells: values.map((wh) => watts(wh, step)) };
    const message = `load "${name}" would be read as a plant, since its name ends in _pu. Rename it, or write long CSV.`;
    throw new DataError("RECORD_INVALID", message);
  }
  const full = pvKwp.digits * 1000n * BigInt(step);
  let exact = 0n;
  let written = 0n;
  const perUnit = (wh: bigint) => {
    exact += wh * 3600n * pow10(pvKwp.scale + PER_UNIT_DIGITS);
    const before = written;
    written = (exact + full - 1n) / full;
    return decimal(written - before);
  };
  return { header: safe(name.endsWith("_pu") ? name : `${name}_pu`), cells: values.map(perUnit) };
}

/** Mean power of a slot: whole, since every slot duration divides an hour. */
function watts(wh: bigint, step: number): string {
  return (wh * BigInt(3600 / step)).toString();
}

function decimal(digits: bigint): string {
  const text = digits.toString().padStart(PER_UNIT_DIGITS + 1, "0");
  return `${text.slice(0, -PER_UNIT_DIGITS)}.${text.slice(-PER_UNIT_DIGITS)}`;
}
