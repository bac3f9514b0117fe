/** What trades the energy of a community that does not bid, as far as whoever brings its readings on chain needs it. */
import {
  type CommunityIndex,
  type MeteredAuctionClient,
  type MeteredItem,
  mostShared,
  type Period,
  type Seconds,
  type SharingClient,
  type Terms,
  type UnsignedCall,
} from "@wattbook/sdk";
import { MOST_BYTES } from "../post/fit.ts";

/** The module of a community whose meters decide. */
export interface MeterModule {
  /** From the end of a period to its settlement. @throws Faults of the node */
  readonly delay: (period: Period) => Promise<Seconds>;
  /** Meters, counts and settles everybody who joined. */
  readonly meterAndSettle: (period: Period, items: readonly MeteredItem[]) => UnsignedCall;
  /**
   * Counts what it hands to settlement. Null where that takes the latest totals along: whoever counts next makes others' calls void, so
   * readings go to settlement alone, and keepers count them.
   */
  readonly meter: ((period: Period, items: readonly MeteredItem[]) => UnsignedCall) | null;
  /** Most members of a call that does all at once, see `docs/sharing.md`. */
  readonly mostTogether: number;
}

/** So many members are measured, and fit. */
const MOST_SHARED = 60;

/** Of a call of an auction: selector and head; a member with the record of its order, beside its values; a slot's values. */
const BYTES_OF_CALL = 132;
const BYTES_OF_MEMBER = 576;
const BYTES_OF_VALUE = 6;

/** By a rule. */
export function sharingModule(
  sharing: SharingClient,
  community: CommunityIndex,
  terms: Pick<Terms, "slotsPerPeriod">,
): MeterModule {
  const { calls } = sharing;
  return {
    delay: async (period) => (await sharing.scheme(community, period))?.settlementDelay ?? AT_ONCE,
    meterAndSettle: (period, items) => calls.meterAndSettle(community, period, items),
    meter: (period, items) => calls.meter(community, period, items),
    mostTogether: Math.min(MOST_SHARED, mostShared(terms)),
  };
}

/** Within standing orders. */
export function auctionModule(
  auction: MeteredAuctionClient,
  community: CommunityIndex,
  { slotsPerPeriod }: Pick<Terms, "slotsPerPeriod">,
): MeterModule {
  return {
    delay: async (period) => (await auction.settlementDelay(community, period)) ?? AT_ONCE,
    meterAndSettle: (period, items) => auction.calls.meterAndSettle(community, period, items),
    meter: null,
    mostTogether: Math.floor((MOST_BYTES - BYTES_OF_CALL) / (BYTES_OF_MEMBER + valueBytes(slotsPerPeriod))),
  };
}

/** Of a member's values, in whole words, as calldata has them. */
function valueBytes(slots: bigint): number {
  return 32 * Math.ceil((BYTES_OF_VALUE * Number(slots)) / 32);
}

/** Nothing is announced: nobody can have joined. */
const AT_ONCE = 0n as Seconds;
