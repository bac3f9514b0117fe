/** What a previewed period costs in the community, and what it would have cost at the supplier alone. */
import type { MemberPreview, PeriodPreview } from "./preview.ts";
import { asSignedAmount, sumSigned } from "./units.ts";
import type { MemberIndex, SignedAmount } from "./units.ts";

/** Two ways to pay for the same meter values, base units; positive: costs, negative: earns. */
export interface Saving {
  /** At the supplier alone, each slot netted as on chain. */
  readonly retailOnly: SignedAmount;
  /** In the community: peers, network fee, settlement fee, grid leg, relayer fees. */
  readonly community: SignedAmount;
  /** retailOnly - community; negative where trading cost more than it brought. */
  readonly saving: SignedAmount;
}

/** One member's comparison. */
export interface MemberSaving extends Saving {
  readonly member: MemberIndex;
}

/** Everybody's comparison, and the sums. */
export interface Savings extends Saving {
  readonly members: readonly MemberSaving[];
}

/**
 * Compares "retailer only" with the community, per member and in total. Unlike `Bill.saving` it counts relayer fees.
 * @example
 * const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
 * const members = [{ member, tariffClass: 0n, metering }];
 * savingsOf(previewPeriod(terms, { period, tariff, members, strips: [strip, partner.strip] })).saving // 58_000n
 */
export function savingsOf(preview: Pick<PeriodPreview, "members">): Savings {
  const members = preview.members.map(savingOf);
  return {
    retailOnly: sumSigned(members.map((member) => member.retailOnly)),
    community: sumSigned(members.map((member) => member.community)),
    saving: sumSigned(members.map((member) => member.saving)),
    members,
  };
}

function savingOf({ member, bill, relayerFees }: MemberPreview): MemberSaving {
  const community = asSignedAmount(bill.total + relayerFees);
  return { member, retailOnly: bill.retailOnly, community, saving: asSignedAmount(bill.retailOnly - community) };
}
