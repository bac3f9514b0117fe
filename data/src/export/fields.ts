/** Named integers of a record, as columns and back. */

import { DataError } from "../errors.ts";

/** A field: its key in the record, its column with the unit, the factory that checks it when it is read. */
export interface Field<K extends string, V extends bigint> {
  readonly key: K;
  readonly column: string;
  readonly as: (value: bigint) => V;
}

/** A whole number in text. @throws DataError RECORD_INVALID */
export function integerOf(text: unknown, column: string): bigint {
  if (typeof text === "string" && /^-?\d{1,40}$/.test(text)) return BigInt(text);
  throw new DataError("RECORD_INVALID", `${column} is ${shown(text)}. A whole number as text is needed.`);
}

/** A number through its factory. @throws DataError RECORD_INVALID */
export function quantityOf<V>(text: unknown, column: string, as: (value: bigint) => V): V {
  const value = integerOf(text, column);
  try {
    return as(value);
  } catch (cause) {
    throw new DataError("RECORD_INVALID", `${column} is ${value}, out of range for its unit.`, { cause });
  }
}

/** A part of a JSON document that must be an object. @throws DataError RECORD_INVALID */
export function recordOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new DataError("RECORD_INVALID", `${name} is ${shown(value)}. An object is needed.`);
}

/** A part of a JSON document that must be a list. @throws DataError RECORD_INVALID */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new DataError("RECORD_INVALID", `${name} is ${shown(value)}. A list is needed.`);
}

/** A part of a JSON document that must be text. @throws DataError RECORD_INVALID */
export function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new DataError("RECORD_INVALID", `${name} is ${shown(value)}. Text is needed.`);
}

/** A document of this package. @throws DataError RECORD_INVALID */
export function documentOf(text: string, format: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError("RECORD_INVALID", "the text is no JSON.", { cause });
  }
  const document = recordOf(value, "the document");
  if (document["format"] !== format || document["version"] !== 1) {
    throw new DataError("RECORD_INVALID", `format and version must be "${format}" and 1.`);
  }
  return document;
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${value.slice(0, 60)}"` : typeof value;
}
