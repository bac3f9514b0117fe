/** Members that join: what their owners and meters consent to, and what is signed of it. */
import {
  asMember,
  type CommunityIndex,
  type Enrolment,
  type Hex,
  type MemberIndex,
  type MeterBinding,
  type Wattbook,
} from "@wattbook/sdk";
import { isMetered } from "./bound.ts";
import type { Listed } from "./file.ts";
import { bindingOf, enrolmentOf, pointOf } from "./messages.ts";
import type { Gathering } from "./requests.ts";
import { readRoster } from "./roster.ts";
import type { MemberRecord } from "./schema.ts";

/** A record, what it still needs, and its signatures. */
export interface Joiner {
  readonly listed: Listed;
  readonly record: MemberRecord;
  /** Index that it has or will get. */
  readonly member: MemberIndex;
  /** Null where it is enrolled. */
  readonly enrolment: Enrolment | null;
  /** Null where it has a meter. */
  readonly binding: MeterBinding | null;
  readonly signatures: {
    readonly enrolment?: Hex | undefined;
    readonly binding?: Hex | undefined;
    readonly proof?: Hex | undefined;
  };
  /** Signatures that a dry run leaves out. */
  readonly unsigned: readonly SignatureName[];
}

/** Name of a signature in a record. */
export type SignatureName = keyof Joiner["signatures"];

/** What records join. */
export async function gather(wattbook: Wattbook, community: CommunityIndex): Promise<Gathering> {
  const [termsHash, coordinator, roster] = await Promise.all([
    wattbook.registry.termsHash(community),
    wattbook.registry.ownerOf(community, asMember(0n)),
    readRoster(wattbook, community),
  ]);
  return { wattbook, community, termsHash, coordinator, roster };
}

/** Walks through the good records with the index and the nonce that each will have. */
export async function walk<T>(
  { wattbook, community, roster }: Gathering,
  listed: readonly Listed[],
  visit: (
    listed: Listed,
    record: MemberRecord,
    member: MemberIndex,
    nonce: bigint,
  ) => Promise<{ value: T; consents: bigint }>,
): Promise<T[]> {
  const used = new Map<string, bigint>();
  const values: T[] = [];
  let next = await wattbook.registry.memberCount(community);
  for (const each of listed) {
    const { record } = each;
    if (record === undefined) continue;
    const enrolled = roster.get(pointOf(record));
    const member = enrolled ?? next;
    if (enrolled === undefined) next = asMember(next + 1n);
    const nonce = used.get(record.owner) ?? (await wattbook.registry.nonceOf(record.owner));
    const { value, consents } = await visit(each, record, member, nonce);
    used.set(record.owner, nonce + consents);
    values.push(value);
  }
  return values;
}

/** The good records, and what each still needs. */
export async function joinersOf(gathering: Gathering, listed: readonly Listed[]): Promise<Joiner[]> {
  return walk(gathering, listed, async (each, record, member, nonce) => {
    const fresh = !gathering.roster.has(pointOf(record));
    const enrolment = fresh ? enrolmentOf(gathering, record, nonce) : null;
    const wanted = bindingOf(gathering, member, record, fresh ? nonce + 1n : nonce);
    const metered = !fresh && (await isMetered(gathering.wattbook, { ...gathering, member }, wanted));
    const binding = metered ? null : wanted;
    const consents = BigInt(Number(enrolment !== null) + Number(binding !== null));
    return {
      value: { listed: each, record, member, enrolment, binding, signatures: record.signatures, unsigned: [] },
      consents,
    };
  });
}
