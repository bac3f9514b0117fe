/** Configuration: a JSON file, comments allowed, secrets from files of their own, everything checked before anything runs. */
import stripJsonComments from "strip-json-comments";
import { z } from "zod";
import { ServiceError } from "../errors.ts";
import { readSecret, readText } from "./files.ts";
import type { Secrets } from "./secrets.ts";

/** What may come from a file that a variable names: the variable without `_FILE`, and the field that it fills. */
export type SecretFields = Readonly<Record<string, readonly string[]>>;

/** Where a configuration comes from. */
export interface ConfigSource {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `{ RPC_URL: ["node", "urls", "0"] }` lets `RPC_URL_FILE` name the file with the first address. */
  readonly secretFields: SecretFields;
  readonly secrets: Secrets;
}

/**
 * Reads a configuration.
 * @throws ServiceError CONFIG_INVALID naming every field that is wrong, FILE_UNREADABLE, FILE_OPEN
 */
export function readConfig<T extends z.ZodType>(schema: T, source: ConfigSource): z.output<T> {
  const json = parsed(source.path);
  for (const [name, field] of Object.entries(source.secretFields)) {
    const file = source.env[`${name}_FILE`];
    if (file !== undefined && file !== "") put(json, field, readSecret(`${name}_FILE`, file));
  }
  for (const field of Object.values(source.secretFields)) {
    const value = valueAt(json, field);
    if (typeof value === "string") source.secrets.add(value);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const secret = new Set(Object.values(source.secretFields).map(nameOf));
  const lines = result.error.issues.map((issue) => `  ${problemIn(json, issue, secret)}`);
  throw new ServiceError("CONFIG_INVALID", source.secrets.scrub(`${source.path} is not sound:\n${lines.join("\n")}`));
}

function parsed(path: string): Record<string, unknown> {
  const text = readText("configuration", path);
  try {
    const json: unknown = JSON.parse(stripJsonComments(text));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError("CONFIG_INVALID", `${path} is no JSON: ${reason}. Check commas and quotes.`, { cause });
  }
  throw new ServiceError("CONFIG_INVALID", `${path} holds no object. Begin it with { and end it with }.`);
}

function problemIn(json: unknown, issue: z.core.$ZodIssue, secret: ReadonlySet<string>): string {
  const field = nameOf(issue.path.map(String));
  if (issue.code === "unrecognized_keys") {
    const where = field === "" ? "" : ` in ${field}`;
    return `${issue.keys.join(", ")}${where}: nothing of this name is known. Remove it, or correct its spelling.`;
  }
  const value = valueAt(json, issue.path.map(String));
  const shown = secret.has(field) ? "not shown" : shownOf(value);
  return `${field === "" ? "the file" : field} is ${shown}: ${issue.message}.`;
}

function shownOf(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function valueAt(json: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    return typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }, json);
}

/** Objects and lists on the way are made where they are missing. */
function put(json: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    json[key] = value;
    return;
  }
  const inner = json[key];
  const next = typeof inner === "object" && inner !== null ? inner : /^\d+$/.test(rest[0] ?? "") ? [] : {};
  json[key] = next;
  put(next as Record<string, unknown>, rest, value);
}

/** `node.urls[0]`. */
function nameOf(path: readonly string[]): string {
  return path.reduce((name, key) => (/^\d+$/.test(key) ? `${name}[${key}]` : name === "" ? key : `${name}.${key}`), "");
}
