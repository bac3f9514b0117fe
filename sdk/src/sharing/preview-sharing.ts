/** Previews of communities that share after the fact: totals, prices, parts and bills of a period, to the base unit. */
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import type { Amount, Period } from "../units.ts";
import { sharePeriod } from "./parts.ts";
import type { SharedSlot, SharingScheme } from "./parts.ts";
import { checkMembers, previewMember } from "./preview-member.ts";
import type { CustomerMember, SharingMemberPreview } from "./preview-member.ts";

/** A member of a period to preview. */
export interface SharingMember extends CustomerMember {
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

/** A period as the chain would share and settle it. */
export interface SharingPreview {
  readonly period: Period;
  readonly slots: readonly SharedSlot[];
  /** In the sequence of the input. */
  readonly members: readonly SharingMemberPreview[];
}

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
  checkMembers(members);
  const sharing = members.flatMap((member) => {
    const { metering, budget } = member;
    return budget === null || metering.kind === "estimated" ? [] : [{ member, values: metering.values, budget }];
  });
  const { slots, parts } = sharePeriod(scheme, tariff, sharing);
  const partOf = new Map(sharing.map(({ member }, index) => [member, parts[index] ?? null]));
  return {
    period,
    slots,
    members: members.map((member) =>
      previewMember(terms, period, tariff, member, member.budget, partOf.get(member) ?? null),
    ),
  };
}
