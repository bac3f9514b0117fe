/** What stands in a thrown value: ethers, wallets and nodes wrap each other's errors, some levels deep. */

/** Codes and texts of an error and of everything it wraps, outermost first. */
export interface Thrown {
  /** Of ethers ("TIMEOUT"), Node ("ECONNREFUSED"), JSON-RPC (-32005) and wallets (4001). */
  readonly codes: readonly (string | number)[];
  /** Of an HTTP answer. */
  readonly statuses: readonly number[];
  /** Class names, such as "TimeoutError". */
  readonly names: readonly string[];
  readonly texts: readonly string[];
}

const MOST_DEPTH = 6;
/** Where the wrapped error stands. `action`, `request` and `payload` do not belong to it. */
const INNER = ["error", "cause", "info", "data", "response", "originalError", "errors"] as const;

/**
 * Collects what an error and everything it wraps say.
 * @example
 * thrownOf(Object.assign(new Error("busy"), { code: -32005 })).codes; // [-32005]
 */
export function thrownOf(error: unknown): Thrown {
  const found = {
    codes: [] as (string | number)[],
    statuses: [] as number[],
    names: [] as string[],
    texts: [] as string[],
  };
  collect(error, found, 0);
  return found;
}

type Found = { [K in keyof Thrown]: Thrown[K][number][] };

function collect(value: unknown, found: Found, depth: number): void {
  if (depth > MOST_DEPTH) return;
  if (typeof value === "string") found.texts.push(value);
  if (typeof value !== "object" || value === null) return;
  const fields = value as Readonly<Record<string, unknown>>;
  const { code, status, statusCode, name } = fields;
  if (typeof code === "string" || typeof code === "number") found.codes.push(code);
  for (const each of [status, statusCode]) if (typeof each === "number") found.statuses.push(each);
  if (typeof name === "string") found.names.push(name);
  for (const key of ["shortMessage", "message", "responseStatus", "responseBody", "payload"] as const) {
    const text = fields[key];
    if (typeof text === "string") found.texts.push(text);
  }
  const status2 = /^(\d{3})\b/.exec(typeof fields["responseStatus"] === "string" ? fields["responseStatus"] : "");
  if (status2?.[1] !== undefined) found.statuses.push(Number(status2[1]));
  for (const key of INNER) collect(fields[key], found, depth + 1);
  if (Array.isArray(value)) for (const each of value) collect(each, found, depth + 1);
}
