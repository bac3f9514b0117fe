/** JSON whose numbers stay the digits that were sent: none of them passes through a float. */
import { GatewayError } from "./errors.ts";

/** A number as it stands in the text. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** What `parseJson` returns. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [name: string]: Json };

/** `JSON.parse` hands its reviver the source of every primitive (ES2025, Node 21 and later). */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => Json;

const keepDigits: Reviver = (_, value, context) =>
  typeof value === "number" ? new JsonNumber(context.source ?? "") : value;

/**
 * Parses JSON.
 * @throws GatewayError MESSAGE_MALFORMED; NaN and Infinity are no JSON
 * @example (parseJson('{"kWh": 12.340}', "payload") as { kWh: JsonNumber }).kWh.text // "12.340"
 */
export function parseJson(text: string, field: string): Json {
  try {
    return parse(text, keepDigits);
  } catch (cause) {
    throw new GatewayError("MESSAGE_MALFORMED", field, text, "it is no JSON. Check what the device sends.", { cause });
  }
}

/** The value at a path of names and indices with dots between them, such as `ENERGY.Total`; undefined where there is none. */
export function valueAt(json: Json, path: string): Json | undefined {
  let at: Json | undefined = json;
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || at instanceof JsonNumber || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, Json>>)[name];
  }
  return at;
}

/** Text of a string or a number; undefined for anything else. */
export function textOf(json: Json | undefined): string | undefined {
  if (typeof json === "string") return json;
  return json instanceof JsonNumber ? json.text : undefined;
}
