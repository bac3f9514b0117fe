/** What became of a file, in words and as JSON. */

import { tableText } from "../lib/table.ts";
import type { Outcome } from "./admit.ts";

/** A table of members, and the faults below it. */
export function outcomeText(community: bigint, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ place, name, member, did, fault }) => {
    const done = did.length > 0 ? did.join(", ") : "nothing to do";
    return [place, name, String(member ?? "-"), fault === undefined ? done : [...did, "SKIPPED"].join(", ")];
  });
  const table = tableText(["Record", "Name", "Member", "This run"], rows);
  const bad = outcomes.filter(({ fault }) => fault !== undefined);
  const lines = bad.map(({ place, name, fault }) => `${place} ${name}: ${fault?.code ?? ""}: ${fault?.message ?? ""}`);
  const good = outcomes.length - bad.length;
  return [`Community ${community}`, table, `${good} members stand, ${bad.length} skipped.`, ...lines].join("\n");
}

/** For a program. */
export function outcomeJson(community: bigint, created: boolean, outcomes: readonly Outcome[]): object {
  return {
    community: Number(community),
    created,
    members: outcomes.map(({ place, name, member, did, fault }) => ({
      place,
      name,
      member: member === undefined ? null : Number(member),
      did,
      fault: fault ?? null,
    })),
  };
}
