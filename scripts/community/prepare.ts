/** What is to be signed, one file per member, as wallets take it with `eth_signTypedData_v4`. */

import { type Address, asMember } from "@wattbook/sdk";
import type { Folder } from "../deploy/folder.ts";
import type { Admission } from "./admit.ts";
import type { Listed } from "../../cli/src/community/file.ts";
import { pointOf } from "../../cli/src/community/messages.ts";
import { requestsOf } from "../../cli/src/community/requests.ts";

/**
 * Writes the missing messages of every good record; returns the names of the files.
 *
 * The binding of a meter names the member's index, which the enrolment gives: for members not enrolled yet it is what they
 * get if the file's order is kept and nobody else enrols in between.
 */
export async function prepareMessages(
  admission: Admission,
  listed: readonly Listed[],
  folder: Folder,
): Promise<string[]> {
  const { wattbook, community, roster } = admission;
  const written: string[] = [];
  const used = new Map<Address, bigint>();
  let next = await wattbook.registry.memberCount(community);
  for (const [index, { record, name }] of listed.entries()) {
    if (record === undefined) continue;
    const enrolled = roster.get(pointOf(record));
    const member = enrolled ?? next;
    if (enrolled === undefined) next = asMember(next + 1n);
    const nonce = used.get(record.owner) ?? (await wattbook.registry.nonceOf(record.owner));
    const { requests, consents } = await requestsOf(admission, record, member, nonce);
    used.set(record.owner, nonce + consents);
    if (requests.length === 0) continue;
    const file = `${String(index + 1).padStart(3, "0")}-${slug(name)}.json`;
    const text = { name, place: listed[index]?.place, member: Number(member), requests };
    await folder.write(file, `${JSON.stringify(text, undefined, 2)}\n`);
    written.push(file);
  }
  return written;
}

function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "member"
  );
}
