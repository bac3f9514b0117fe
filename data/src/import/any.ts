/** Any of the three formats, told apart by what the file begins with. */

import { InputError } from "../errors.ts";
import type { MeterData } from "../shape.ts";
import { type GreenButtonOptions, importGreenButton } from "./green-button.ts";
import { importLong, type LongOptions } from "./long.ts";
import { importWide, type WideOptions } from "./wide.ts";

/** The formats that can be read. */
export const FORMATS = ["wide", "long", "green-button"] as const;
export type Format = (typeof FORMATS)[number];

/** Options of all formats; each takes its own. */
export interface AnyOptions extends LongOptions, GreenButtonOptions {
  /** Default: found by `formatOf`. */
  readonly format?: Format | undefined;
  readonly wide: WideOptions;
}

/**
 * The format of a file: XML is Green Button; a header with `meter`, `time` and `import` is long; any other table is wide.
 * @throws InputError FORMAT_UNKNOWN for an empty or binary file
 */
export function formatOf(text: string, file: string): Format {
  const head = text
    .slice(0, 4_000)
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (head.startsWith("<")) return "green-button";
  const line = head.split(/[\r\n]/, 1)[0] ?? "";
  if (line === "" || line.includes("\u0000")) {
    const message = "this is no CSV and no XML. Pass a wide or long CSV, or a Green Button file.";
    throw new InputError("FORMAT_UNKNOWN", { file, line: 1, column: 1 }, message);
  }
  const names = line
    .toLowerCase()
    .split(/[,;\t]/)
    .map((name) => name.trim().replace(/^"|"$/g, ""));
  const isLong = names.includes("meter") && names.includes("time") && names.some((name) => /^import(?:_|$)/.test(name));
  return isLong ? "long" : "wide";
}

/**
 * Reads a file of any format.
 * @throws InputError, DataError as the importer of its format
 */
export function importAny(text: string, file: string, options: AnyOptions): MeterData {
  const format = options.format ?? formatOf(text, file);
  if (format === "wide") return importWide(text, file, options.wide);
  return format === "long" ? importLong(text, file, options) : importGreenButton(text, file, options);
}
