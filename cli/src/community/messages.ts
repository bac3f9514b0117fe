/** What a member's owner and meter sign: the enrolment, then the binding of its meter. */

import {
  asLots,
  asSeconds,
  asWh,
  type CommunityIndex,
  type Enrolment,
  type Hex,
  type MemberIndex,
  type MeterBinding,
  meteringPointHash,
} from "@wattbook/sdk";
import type { MemberRecord } from "./schema.ts";

/** The community that a member joins. */
export interface Joining {
  readonly community: CommunityIndex;
  readonly termsHash: Hex;
}

/** The name under which a metering point stands on chain. */
export function pointOf({ meteringPoint }: MemberRecord): Hex {
  if (typeof meteringPoint === "string") return meteringPoint.toLowerCase();
  return meteringPointHash(meteringPoint.salt, meteringPoint.id);
}

/** @param nonce Of the owner, as the registry has it when this consent is used. */
export function enrolmentOf({ community, termsHash }: Joining, record: MemberRecord, nonce: bigint): Enrolment {
  const { owner, tradingKey, tariffClass, zone, kind, modules } = record;
  return {
    community,
    termsHash,
    owner,
    tradingKey,
    buyCap: asLots(record.buyCap),
    sellCap: asLots(record.sellCap),
    tariffClass,
    zone,
    kind,
    modules,
    meteringPoint: pointOf(record),
    deadline: asSeconds(record.deadline),
    nonce,
  };
}

/** @param member Index that the enrolment gave it. */
export function bindingOf(
  { community }: Joining,
  member: MemberIndex,
  record: MemberRecord,
  nonce: bigint,
): MeterBinding {
  return {
    community,
    member,
    meterKey: record.meterKey,
    startImport: asWh(record.startImport),
    startExport: asWh(record.startExport),
    deadline: asSeconds(record.deadline),
    nonce,
  };
}
