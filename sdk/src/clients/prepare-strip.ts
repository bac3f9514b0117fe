/** What a strip needs to know of the chain, read at once. */
import { ZeroAddress } from "ethers";
import type { StripContext } from "../build-strip.ts";
import { periodEnd } from "../calendar.ts";
import type { StripHeader } from "../strip.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asSlotOffset } from "../units.ts";
import type { CommunityIndex, MemberIndex, Period } from "../units.ts";
import type { EscrowClient } from "./escrow.ts";
import type { RegistryClient } from "./registry.ts";

/** Clients that are asked; a `Wattbook` has them. */
export interface StripReaders {
  readonly registry: RegistryClient;
  readonly escrow: EscrowClient;
}

/** What `buildStrip` takes besides orders. */
export interface PreparedStrip {
  readonly terms: Terms;
  readonly header: StripHeader;
  readonly context: StripContext;
}

/**
 * Reads terms, tariff, class, caps, epoch and frontier of a member's next strip in a period. The strip pays no relayer
 * and is good until its period ends; override what should differ in `header`.
 * @example
 * const { terms, header, context } = await prepareStrip(wattbook, community, member, period);
 * buildStrip(terms, header, [order], context).maxReserve // 202_000n
 */
export async function prepareStrip(
  { registry, escrow }: StripReaders,
  community: CommunityIndex,
  member: MemberIndex,
  period: Period,
): Promise<PreparedStrip> {
  const terms = await registry.terms(community);
  const [tariff, word, account, journal] = await Promise.all([
    registry.tariff(community, period, terms),
    registry.member(community, member, period),
    escrow.account(community, member),
    escrow.journal(community, member, period),
  ]);
  const header: StripHeader = {
    ...{ community, member, period, epoch: account.epoch, deadline: periodEnd(terms, period) },
    after: asSlotOffset(journal.frontier),
    feePerEntry: asAmount(0n),
    feeTo: ZeroAddress,
  };
  const caps = { buy: word.buyCap, sell: word.sellCap };
  return { terms, header, context: { tariff, tariffClass: word.tariffClass, first: journal.records === 0n, caps } };
}
