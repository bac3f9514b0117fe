/** What previews of communities that trade after the fact have in common: members, settled by what became of their part. */
import { billOf } from "../bill.ts";
import type { Bill } from "../bill.ts";
import { RepeatedIdError } from "../errors.ts";
import type { Head } from "../journal.ts";
import { settleMember } from "../settlement.ts";
import type { MemberSettlement, Metering } from "../settlement.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asWh } from "../units.ts";
import type { Amount, MemberIndex, Period, Wh } from "../units.ts";
import { noPart } from "./parts.ts";
import type { SharingPart } from "./parts.ts";

/** A member of a period to preview. */
export interface CustomerMember {
  readonly member: MemberIndex;
  /** Its tariff class in the period. */
  readonly tariffClass: bigint;
  /** A reading, or a forecast of one; who is estimated takes no part. */
  readonly metering: Metering;
}

/** One member of a preview. */
export interface SharingMemberPreview {
  readonly member: MemberIndex;
  /** Null for a plain customer of its supplier. */
  readonly part: SharingPart | null;
  readonly settled: MemberSettlement;
  readonly bill: Bill;
  /** Wh beyond its budget. */
  readonly beyondBudget: Wh;
}

const FIRST_MODULE = 0n;

/** @throws RepeatedIdError for a member that is listed twice */
export function checkMembers(members: readonly CustomerMember[]): void {
  const seen = new Set<MemberIndex>();
  for (const { member } of members) {
    if (seen.has(member)) throw new RepeatedIdError("member", member.toString());
    seen.add(member);
  }
}

/**
 * Settles a member with its part.
 * @param budget What its record reserved for its peers, base units; null for one that did not join.
 */
export function previewMember(
  terms: Terms,
  period: Period,
  tariff: Tariff,
  { member, tariffClass, metering }: CustomerMember,
  budget: Amount | null,
  part: SharingPart | null,
): SharingMemberPreview {
  const records = budget === null ? [] : [{ head: headOf(budget) }];
  const answers = new Map([[FIRST_MODULE, part ?? noPart(tariff)]]);
  const settled = settleMember(terms, { tariff, tariffClass, records, answers, metering });
  return {
    member,
    part,
    settled,
    bill: billOf(terms, period, settled),
    beyondBudget: part?.beyondBudget ?? asWh(0n),
  };
}

/** A record that lets the member trade whatever its meter says. */
function headOf(budget: Amount): Head {
  const most = asWh((1n << 48n) - 1n);
  return { module: FIRST_MODULE, entries: 1n, reserve: budget, buyWh: most, sellWh: most };
}
