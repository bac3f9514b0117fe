/** Checks a configuration and says of every mistake where it is, what stands there and what to do. */
import type { z } from "zod";
import { GatewayError } from "../errors.ts";
import { GatewayConfig } from "./schema.ts";

/**
 * Reads a configuration.
 * @param text JSON.
 * @throws GatewayError CONFIG_INVALID naming the first mistake; the message lists all of them
 */
export function parseConfig(text: string): GatewayConfig {
  const json = jsonOf(text);
  const parsed = GatewayConfig.safeParse(json, { reportInput: true });
  const mistakes = parsed.success ? [...crossMistakes(parsed.data)] : parsed.error.issues.map(mistakeOf);
  const [first, ...rest] = mistakes;
  if (first === undefined && parsed.success) return parsed.data;
  const more = rest.map(({ field, value, text: hint }) => `\n${field} is ${String(value)}: ${hint}`).join("");
  const hint = `${first?.text ?? ""}${more}`;
  throw new GatewayError("CONFIG_INVALID", first?.field ?? "configuration", first?.value, hint);
}

interface Mistake {
  readonly field: string;
  readonly value: unknown;
  readonly text: string;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const hint = `it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}.`;
    throw new GatewayError("CONFIG_INVALID", "configuration", text, hint, { cause });
  }
}

function mistakeOf(issue: z.core.$ZodIssue): Mistake {
  const field = issue.path.length === 0 ? "configuration" : pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const [unknown = ""] = issue.keys;
    const place = issue.path.length === 0 ? unknown : `${field}.${unknown}`;
    return { field: place, value: "set", text: "there is no such field. Check its spelling, or leave it out." };
  }
  if (issue.code === "invalid_type" && issue.input === undefined) {
    return { field, value: undefined, text: `add it: ${issue.expected} is needed.` };
  }
  return { field, value: plain(issue.input), text: `${issue.message}.` };
}

/** What a schema of single fields cannot see. */
function* crossMistakes({ meters, members, adapters }: GatewayConfig): Generator<Mistake> {
  const known = new Set<string>();
  for (const [index, { name }] of meters.entries()) {
    if (known.has(name)) yield { field: `meters[${index}].name`, value: name, text: "another meter has this name." };
    known.add(name);
  }
  const unknown = (field: string, value: string): Mistake => ({
    field,
    value,
    text: "no meter has this name. Add it to meters.",
  });
  const owned = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, { meter, community, member }] of members.entries()) {
    if (!known.has(meter)) yield unknown(`members[${index}].meter`, meter);
    if (owned.has(meter))
      yield { field: `members[${index}].meter`, value: meter, text: "another member has this meter." };
    owned.add(meter);
    const number = `${community}/${member}`;
    if (numbers.has(number)) yield { field: `members[${index}].member`, value: member, text: "it stands here twice." };
    numbers.add(number);
  }
  for (const [index, adapter] of adapters.entries()) {
    for (const [field, meter] of metersOf(adapter))
      if (!known.has(meter)) yield unknown(`adapters[${index}].${field}`, meter);
  }
}

function metersOf(adapter: GatewayConfig["adapters"][number]): [string, string][] {
  if (adapter.type === "http") return Object.keys(adapter.tokenFiles).map((meter) => ["tokenFiles", meter]);
  if (adapter.type === "mqtt") {
    return adapter.topics.flatMap(({ meter }, index) =>
      meter === undefined ? [] : [[`topics[${index}].meter`, meter]],
    );
  }
  return adapter.type === "csv" ? [] : [["meter", adapter.meter]];
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

/** Objects as JSON; the rest as it is. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
