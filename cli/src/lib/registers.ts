/** Registers of one meter at the boundaries of a period's slots, from a CSV file. */
import { asWh, periodStart, type MeterValue, type Period, type Terms } from "@wattbook/sdk";
import { parse } from "csv-parse/sync";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import { instantOf } from "./options.ts";

const COLUMNS = ["time", "import_Wh", "export_Wh"] as const;

type Cells = Readonly<Record<(typeof COLUMNS)[number], string>>;

interface Row {
  readonly record: Partial<Cells>;
  readonly info: { readonly lines: number };
}

/**
 * Reads those of a period; rows of other times are left alone.
 * @return `slotsPerPeriod + 1` registers, the first at the period's start
 * @throws CliError FILE_MALFORMED, FILE_UNREADABLE
 */
export function registersOf(path: string, terms: Terms, period: Period): MeterValue[] {
  const found = new Map<bigint, MeterValue>();
  const refused = (line: number, field: string, value: string, advice: string) =>
    new CliError(
      "FILE_MALFORMED",
      `${path}:${line}: ${field} is "${value.slice(0, 40)}". Correct that row: ${advice}.`,
    );
  const start = periodStart(terms, period);
  const boundaries = Array.from(
    { length: Number(terms.slotsPerPeriod) + 1 },
    (_, k) => start + BigInt(k) * terms.slotDuration,
  );
  const wanted = new Set(boundaries);
  for (const { record, info } of rowsOf(path)) {
    const { time = "", import_Wh = "", export_Wh = "" } = record;
    const at = /^\d{1,12}$/.test(time) ? BigInt(time) : instantOf(time);
    if (at === undefined) {
      const advice = "write Unix seconds, or ISO 8601 with its offset such as 2026-11-30T12:00Z";
      throw refused(info.lines, "time", time, advice);
    }
    if (!wanted.has(at)) continue;
    if (found.has(at)) throw refused(info.lines, "time", time, "it stands there twice. Leave one of them");
    const wh = (field: string, text: string) => {
      if (/^\d{1,28}$/.test(text)) return asWh(BigInt(text));
      throw refused(info.lines, field, text, "write the register in whole Wh, rounded down");
    };
    found.set(at, { imported: wh("import_Wh", import_Wh), exported: wh("export_Wh", export_Wh) });
  }
  return boundaries.map((at) => {
    const register = found.get(at);
    if (register !== undefined) return register;
    const time = new Date(Number(at) * 1_000).toISOString().replace(".000Z", "Z");
    const advice = "A reading needs the registers at each boundary of its slots; add the row, or name another --period";
    throw new CliError("FILE_MALFORMED", `${path} has no row of ${time}. ${advice}.`);
  });
}

function rowsOf(path: string): Row[] {
  const text = readText("--file", path);
  let rows: Row[];
  try {
    rows = parse(text, {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as Row[];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("FILE_MALFORMED", `${path} is no CSV: ${reason}. Check commas and quotes.`, { cause });
  }
  const missing = COLUMNS.filter((name) => rows[0]?.record[name] === undefined);
  if (missing.length === 0) return rows;
  const lacking = `${path} has no column ${missing.join(", ")}`;
  throw new CliError("FILE_MALFORMED", `${lacking}. Name ${COLUMNS.join(", ")} in its first line.`);
}
