/** What a member's owner and meter still have to sign, as wallets take it with `eth_signTypedData_v4`. */

import {
  type Address,
  type ConsentName,
  type Consents,
  consentTypedData,
  type Domain,
  type MemberIndex,
  type Wattbook,
} from "@wattbook/sdk";
import { TypedDataEncoder } from "ethers";
import { isMetered } from "./bound.ts";
import { bindingOf, enrolmentOf, type Joining, pointOf } from "./messages.ts";
import type { Roster } from "./roster.ts";
import type { MemberRecord } from "./schema.ts";

/** Whom a record joins. */
export interface Gathering extends Joining {
  readonly wattbook: Wattbook;
  readonly roster: Roster;
  readonly coordinator: Address;
}

/** A message, who signs it, and where the signature goes. */
export interface SigningRequest {
  readonly signer: Address;
  /** Name of the field in the member's `signatures`. */
  readonly signature: "enrolment" | "binding" | "proof";
  readonly typedData: unknown;
}

/**
 * The missing messages of a record, and how many nonces of its owner they use.
 * @param member Index that it has, or will get.
 * @param nonce Of the owner's next consent.
 */
export async function requestsOf(
  admission: Gathering,
  record: MemberRecord,
  member: MemberIndex,
  nonce: bigint,
): Promise<{ requests: SigningRequest[]; consents: bigint }> {
  const { wattbook, roster } = admission;
  const domain = wattbook.domains.registry;
  const { owner, meterKey } = record;
  const requests: SigningRequest[] = [];
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
