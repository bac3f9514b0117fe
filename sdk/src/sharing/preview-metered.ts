/** Previews of communities whose meters trade within standing orders: clearing, parts and bills of a period, to the base unit. */
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import type { Period } from "../units.ts";
import { tradePeriod } from "./metered.ts";
import type { MeteredLimits, MeteredSlot } from "./metered.ts";
import { checkMembers, previewMember } from "./preview-member.ts";
import type { CustomerMember, SharingMemberPreview } from "./preview-member.ts";

/** A member of a period to preview. */
export interface MeteredMember extends CustomerMember {
  /** Its standing order, with what its record reserved; null for one that did not join. */
  readonly limits: MeteredLimits | null;
}

/** A period to preview. */
export interface MeteredPreviewInput {
  readonly period: Period;
  readonly tariff: Tariff;
  /** Those who trade in the order in which they are counted. */
  readonly members: readonly MeteredMember[];
}

/** A period as the chain would clear and settle it. */
export interface MeteredPreview {
  readonly period: Period;
  readonly slots: readonly MeteredSlot[];
  /** In the sequence of the input. */
  readonly members: readonly SharingMemberPreview[];
}

/**
 * Clears and settles a period offline.
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
 * const budget = asAmount(1_000_000n);
 * const seller = { buyTick: null, sellTick: asTick(10n), budget };
 * const buyer = { buyTick: asTick(40n), sellTick: null, budget };
 * const members = [
 *   { member: asMember(4n), tariffClass: 0n, metering: noon(0n, 1_000n), limits: seller },
 *   { member: asMember(5n), tariffClass: 0n, metering: noon(900n, 0n), limits: buyer },
 * ];
 * const preview = previewMeteredAuction(terms, { period: yesterday, tariff, members });
 * preview.slots[48]?.price // 100n: the seller has more than is wanted
 * preview.members[1]?.part?.paid // 90_000n
 */
export function previewMeteredAuction(terms: Terms, input: MeteredPreviewInput): MeteredPreview {
  const { period, tariff, members } = input;
  checkMembers(members);
  const trading = members.flatMap((member) => {
    const { metering, limits } = member;
    return limits === null || metering.kind === "estimated" ? [] : [{ member, values: metering.values, ...limits }];
  });
  const { slots, parts } = tradePeriod(terms, tariff, trading);
  const partOf = new Map(trading.map(({ member }, index) => [member, parts[index] ?? null]));
  return {
    period,
    slots,
    members: members.map((member) =>
      previewMember(terms, period, tariff, member, member.limits?.budget ?? null, partOf.get(member) ?? null),
    ),
  };
}
