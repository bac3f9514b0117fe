/** Previews of communities that share after the fact: totals, prices, parts and bills of a period, to the base unit. */
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
import { noPart, sharePeriod } from "./parts.ts";
import type { SharedSlot, SharingPart, SharingScheme } from "./parts.ts";

/** A member of a period to preview. */
export interface SharingMember {
  readonly member: MemberIndex;
  /** Its tariff class in the period. */
  readonly tariffClass: bigint;
  /** A reading, or a forecast of one; who is estimated takes no part. */
  readonly metering: Metering;
  /** What its record reserved for its peers, base units; null for one that did not join. 0 is enough to give. */
  readonly budget: Amount | null;
}

/** A period to preview. */
export interface SharingPreviewInput {
  readonly period: Period;
  readonly tariff: Tariff;
  readonly scheme: SharingScheme;
  /** Those who share in the order in which they are counted. */
  readonly members: readonly SharingMember[];
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

/** A period as the chain would share and settle it. */
export interface SharingPreview {
  readonly period: Period;
  readonly slots: readonly SharedSlot[];
  /** In the sequence of the input. */
  readonly members: readonly SharingMemberPreview[];
}

const ENERGY_SHARING = 0n; // the first module of its community

/**
 * Shares and settles a period offline.
 * @throws RepeatedIdError for a member that is listed twice
 * @throws UnknownTariffClassError
 * @throws BadLengthError for values of another number of slots
 * @example
 * const noon = (imported: bigint, exported: bigint) => ({
 *   kind: "metered" as const,
 *   gapLeg: asSignedAmount(0n),
 *   values: Array.from({ length: 96 }, (_, slot) => ({
 *     imported: asWh(slot === 48 ? imported : 0n),
 *     exported: asWh(slot === 48 ? exported : 0n),
 *   })),
 * });
 * const member = (index: bigint, imported: bigint, exported: bigint) => ({
 *   member: asMember(index),
 *   tariffClass: 0n,
 *   metering: noon(imported, exported),
 *   budget: asAmount(1_000_000n),
 * });
 * const scheme = { rule: "mmr", compensation: asPrice(0n) } as const;
 * const members = [member(4n, 0n, 1_000n), member(5n, 900n, 0n)];
 * const preview = previewSharing(terms, { period: yesterday, tariff, scheme, members });
 * preview.members[1]?.part?.position[48]?.bought // 900n
 */
export function previewSharing(terms: Terms, input: SharingPreviewInput): SharingPreview {
  const { period, tariff, scheme, members } = input;
  const seen = new Set<MemberIndex>();
  for (const { member } of members) {
    if (seen.has(member)) throw new RepeatedIdError("member", member.toString());
    seen.add(member);
  }
  const sharing = members.flatMap((member) => {
    const { metering, budget } = member;
    return budget === null || metering.kind === "estimated" ? [] : [{ member, values: metering.values, budget }];
  });
  const { slots, parts } = sharePeriod(scheme, tariff, sharing);
  const partOf = new Map(sharing.map(({ member }, index) => [member, parts[index] ?? null]));
  return {
    period,
    slots,
    members: members.map((member) => memberPreview(terms, input, member, partOf.get(member) ?? null)),
  };
}

function memberPreview(
  terms: Terms,
  { period, tariff }: SharingPreviewInput,
  { member, tariffClass, metering, budget }: SharingMember,
  part: SharingPart | null,
): SharingMemberPreview {
  const records = budget === null ? [] : [{ head: headOf(budget) }];
  const answers = new Map([[ENERGY_SHARING, part ?? noPart(tariff)]]);
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
  return { module: ENERGY_SHARING, entries: 1n, reserve: budget, buyWh: most, sellWh: most };
}
