/** What is to be signed, one file per member, as wallets take it with `eth_signTypedData_v4`. */

import {
  type Address,
  asMember,
  type ConsentName,
  type Consents,
  consentTypedData,
  type Domain,
  type MemberIndex,
} from "@wattbook/sdk";
import { TypedDataEncoder } from "ethers";
import type { Folder } from "../deploy/folder.ts";
import type { Admission } from "./admit.ts";
import { isMetered } from "./bound.ts";
import type { Listed } from "./file.ts";
import { bindingOf, enrolmentOf, pointOf } from "./messages.ts";
import type { MemberRecord } from "./schema.ts";

/** A message, who signs it, and where the signature goes. */
interface Request {
  readonly signer: Address;
  /** Name of the field in the member's `signatures`. */
  readonly signature: "enrolment" | "binding" | "proof";
  readonly typedData: unknown;
}

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

async function requestsOf(
  admission: Admission,
  record: MemberRecord,
  member: MemberIndex,
  nonce: bigint,
): Promise<{ requests: Request[]; consents: bigint }> {
  const { wattbook, roster } = admission;
  const domain = wattbook.domains.registry;
  const { owner, meterKey } = record;
  const requests: Request[] = [];
  const fresh = !roster.has(pointOf(record));
  const binding = bindingOf(admission, member, record, fresh ? nonce + 1n : nonce);
  if (fresh) {
    const enrolment = enrolmentOf(admission, record, nonce);
    requests.push({ signer: owner, signature: "enrolment", typedData: payload(domain, "Enrolment", enrolment) });
  } else if (await isMetered(wattbook, { ...admission, member }, binding)) {
    return { requests, consents: 0n };
  }
  const typedData = payload(domain, "MeterBinding", binding);
  requests.push({ signer: owner, signature: "binding", typedData });
  requests.push({ signer: meterKey, signature: "proof", typedData });
  return { requests, consents: fresh ? 2n : 1n };
}

/** With its domain's type, as JSON-RPC wants it; numbers as text. */
function payload<N extends ConsentName>(domain: Domain, name: N, consent: Consents[N]): unknown {
  const { domain: named, types, value } = consentTypedData(domain, name, consent);
  return TypedDataEncoder.getPayload(named, types, value);
}

function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "member"
  );
}
