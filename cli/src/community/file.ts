/** Reads a community file: JSON, and members from CSV besides. A bad member is set aside with its reason, and named. */

import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { CommunityError } from "./errors.ts";
import { csvRecords } from "./csv.ts";
import { type CommunityInput, communitySchema, type MemberRecord, memberSchema } from "./schema.ts";

/** A member of a file, or why it is none. */
export interface Listed {
  /** Where it stands, such as `members[2]` or `members.csv:4`. */
  readonly place: string;
  readonly name: string;
  readonly record: MemberRecord | undefined;
  readonly fault: CommunityError | undefined;
}

/** A file with its members, good and bad. */
export interface CommunityFile {
  readonly community: CommunityInput;
  readonly listed: readonly Listed[];
}

/**
 * Reads a community, and the members of a CSV file after its own.
 * @throws CommunityError FILE_UNREADABLE, FILE_MALFORMED
 */
export async function readCommunity(path: string, csvPath?: string): Promise<CommunityFile> {
  const { success, data, error } = communitySchema.safeParse(parseJson(path, await textOf(path)));
  if (!success) throw new CommunityError("FILE_MALFORMED", `${path}: ${issueText(error)}`);
  const own = data.members.map((value, index) => ({ place: `members[${index}]`, value }));
  const more = csvPath === undefined ? [] : csvRecords(csvPath, await textOf(csvPath));
  return { community: data, listed: listMembers([...own, ...more]) };
}

/** Members from anywhere, each checked, and none with what another one has. */
export function listMembers(values: readonly { readonly place: string; readonly value: unknown }[]): Listed[] {
  return withoutDuplicates(values.map(check));
}

function check({ place, value }: { readonly place: string; readonly value: unknown }): Listed {
  const { success, data, error } = memberSchema.safeParse(value);
  if (success) return { place, name: data.name, record: data, fault: undefined };
  const name = (value as { readonly name?: unknown } | null)?.name;
  const fault = new CommunityError("RECORD_INVALID", `${place}: ${issueText(error)}`);
  return { place, name: typeof name === "string" ? name : place, record: undefined, fault };
}

/** Metering points and meter keys are each somebody's; the first who names one has it. */
function withoutDuplicates(listed: readonly Listed[]): Listed[] {
  const seen = new Map<string, string>();
  return listed.map((entry) => {
    if (entry.record === undefined) return entry;
    const { meterKey, meteringPoint } = entry.record;
    const owned = { meterKey, meteringPoint: JSON.stringify(meteringPoint).toLowerCase() };
    for (const [field, value] of Object.entries(owned)) {
      const first = seen.get(`${field} ${value}`);
      seen.set(`${field} ${value}`, first ?? entry.place);
      if (first === undefined) continue;
      const message = `${entry.place}: ${field} is that of ${first}. Give each member its own.`;
      return { ...entry, record: undefined, fault: new CommunityError("RECORD_DUPLICATE", message) };
    }
    return entry;
  });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CommunityError("FILE_UNREADABLE", `${path} cannot be read. Check the path.`, { cause: error });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommunityError("FILE_MALFORMED", `${path} is not JSON: ${reason}`, { cause: error });
  }
}

/** The field that is wrong and what it must be. */
function issueText({ issues }: z.ZodError): string {
  const [issue] = issues;
  const field = issue?.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("") ?? "";
  return `${field.replace(/^\./, "") || "file"}: ${issue?.message ?? "malformed"}`;
}
