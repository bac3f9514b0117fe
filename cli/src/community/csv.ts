/** Members from CSV: a header with the names of the fields, signatures as `enrolment`, `binding` and `proof`. */

import { parse } from "csv-parse/sync";
import { CommunityError } from "./errors.ts";

const SIGNATURES = ["enrolment", "binding", "proof"];

/**
 * One value per line, in the shape that JSON members have; empty cells count as left out.
 * @throws CommunityError FILE_MALFORMED
 */
export function csvRecords(path: string, text: string): { place: string; value: unknown }[] {
  let rows;
  try {
    rows = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommunityError("FILE_MALFORMED", `${path}: ${reason}`, { cause: error });
  }
  return (rows as unknown as Row[]).map(({ record, info }) => ({
    place: `${path}:${info.lines}`,
    value: memberOf(record),
  }));
}

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

function memberOf(row: Readonly<Record<string, string>>): unknown {
  const filled = Object.entries(row).filter(([, value]) => value !== "");
  const fields = filled.filter(([name]) => !SIGNATURES.includes(name));
  const signatures = filled.filter(([name]) => SIGNATURES.includes(name));
  return { ...Object.fromEntries(fields), signatures: Object.fromEntries(signatures) };
}
