/** JSON with exact integers and ratios of six decimals. */

import { formatRatio, type Ratio } from "./ratio.ts";

/** What a report is made of. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Ratio
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * Serialises: a bigint becomes an integer, a ratio a number with six decimals, keys stay in their order, an undefined one is
 * left out.
 *
 * @example
 * toJson({ wh: 12n, share: { millionths: 250_000n } }); // '{\n  "wh": 12,\n  "share": 0.250000\n}'
 */
export function toJson(value: JsonValue, indent = ""): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const inner = `${indent}  `;
  if (isList(value)) {
    const items = value.map((item) => `${inner}${toJson(item, inner)}`);
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (isRatio(value)) return formatRatio(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${toJson(item, inner)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isRatio(value: object): value is Ratio {
  return "millionths" in value && typeof value.millionths === "bigint";
}
