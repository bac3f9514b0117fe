/** One member: enrolled, then metered; what is done already is left alone. */

import {
  asMember,
  type Domain,
  faultOf,
  type Hex,
  type MemberIndex,
  ProsumerRegistryAbi,
  revertOf,
  WattbookError,
} from "@wattbook/sdk";
import { Interface } from "ethers";
import { isMetered } from "../../cli/src/community/bound.ts";
import { CommunityError } from "../../cli/src/community/errors.ts";
import type { Listed } from "../../cli/src/community/file.ts";
import { bindingOf, enrolmentOf, pointOf } from "../../cli/src/community/messages.ts";
import { mined } from "./mined.ts";
import type { Gathering } from "../../cli/src/community/requests.ts";
import type { MemberRecord } from "../../cli/src/community/schema.ts";
import { type DevKeys, signatureOf } from "./signing.ts";

/** What admitting works with. */
export interface Admission extends Gathering {
  readonly keys: DevKeys | undefined;
  /** Longest wait for a block, milliseconds. */
  readonly waitMs: number;
}

/** What became of a record. */
export interface Outcome {
  readonly place: string;
  readonly name: string;
  /** Undefined if it is not enrolled. */
  readonly member: MemberIndex | undefined;
  /** What this run did. */
  readonly did: readonly ("enrolled" | "metered")[];
  /** Why the record, or its meter, was left out. */
  readonly fault: { readonly code: string; readonly message: string } | undefined;
}

/**
 * Admits one record, or says why not.
 * @throws WattbookError where the node or the coordinator's account fails: the rest would fail too
 */
export async function admit(admission: Admission, listed: Listed): Promise<Outcome> {
  const { place, name, record } = listed;
  const did: ("enrolled" | "metered")[] = [];
  let member: MemberIndex | undefined;
  try {
    if (record === undefined) throw listed.fault ?? new CommunityError("RECORD_INVALID", `${place} is no record.`);
    member = admission.roster.get(pointOf(record));
    if (member === undefined) {
      member = await enrol(admission, record);
      admission.roster.set(pointOf(record), member);
      did.push("enrolled");
    }
    if (await bindMeter(admission, member, record)) did.push("metered");
    return { place, name, member, did, fault: undefined };
  } catch (error) {
    const fault = ownFault(error);
    if (fault === undefined) throw faultOf(error) ?? error;
    return { place, name, member, did, fault };
  }
}

/** Faults that are the record's own, not the node's. */
function ownFault(error: unknown): Outcome["fault"] {
  if (error instanceof CommunityError) return { code: error.code, message: error.message };
  const revert = revertOf(error);
  if (revert !== undefined)
    return { code: revert.code, message: [revert.message, revert.hint].filter(Boolean).join(" ") };
  const about = error instanceof WattbookError && RECORD_CODES.includes(error.code);
  return about ? { code: error.code, message: error.message } : undefined;
}
const RECORD_CODES: readonly string[] = [
  "OUT_OF_RANGE",
  "INVALID_HEX",
  "INVALID_ADDRESS",
  "BAD_SIGNATURE",
  "BAD_LENGTH",
];

async function enrol(admission: Admission, record: MemberRecord): Promise<MemberIndex> {
  const { wattbook, keys } = admission;
  const { registry, domains } = wattbook;
  const enrolment = enrolmentOf(admission, record, await registry.nonceOf(record.owner));
  const given = record.signatures.enrolment;
  const consent = await signatureOf(domains.registry, "Enrolment", enrolment, record.owner, "enrolment", {
    given,
    keys,
  });
  const receipt = await mined(await registry.send.enroll(enrolment, consent), admission.waitMs);
  for (const log of receipt.logs) {
    const event = REGISTRY.parseLog(log);
    if (event?.name === "MemberEnrolled") return asMember(event.args["member"] as bigint);
  }
  throw new Error("an enrolment without event");
}
const REGISTRY = new Interface(ProsumerRegistryAbi);

/** Whether this run bound the meter; false if it was bound before. */
async function bindMeter(admission: Admission, member: MemberIndex, record: MemberRecord): Promise<boolean> {
  const { wattbook, keys } = admission;
  const { registry, domains } = wattbook;
  const binding = bindingOf(admission, member, record, await registry.nonceOf(record.owner));
  if (await isMetered(wattbook, { ...admission, member }, binding)) return false;
  const sign = (signer: string, role: "binding" | "proof", domain: Domain): Promise<Hex> =>
    signatureOf(domain, "MeterBinding", binding, signer, role, { given: record.signatures[role], keys });
  const consent = await sign(record.owner, "binding", domains.registry);
  const proof = await sign(record.meterKey, "proof", domains.registry);
  await mined(await registry.send.bindMeter(binding, consent, proof), admission.waitMs);
  return true;
}
