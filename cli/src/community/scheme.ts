/** How the community of a file trades after the fact: what the coordinator announces once it is there. */
import {
  asPeriod,
  asPrice,
  asSeconds,
  periodAt,
  sharingWarning,
  type AnnouncedScheme,
  type CommunityIndex,
  type Period,
  type Seconds,
  type Terms,
  type UnsignedCall,
  type Wattbook,
} from "@wattbook/sdk";
import type { CommunityInput } from "./schema.ts";

/** What a coordinator announces once its community is there. */
export interface Announcement {
  readonly fromPeriod: Period;
  readonly call: (community: CommunityIndex) => UnsignedCall;
  readonly details: readonly string[];
}

/**
 * What is left to announce: what the file says from the next period on, where nothing was announced before. Undefined for communities whose
 * members order, and where the file leaves it to a later announcement.
 * @param community Undefined where it is about to be created.
 */
export async function announcementOf(
  { sharing, meteredAuction }: Pick<Wattbook, "sharing" | "meteredAuction">,
  input: CommunityInput,
  community: CommunityIndex | undefined,
  now: Seconds,
  terms: Pick<Terms, "slotDuration" | "slotsPerPeriod">,
): Promise<Announcement | undefined> {
  const fromPeriod = asPeriod(periodAt(terms, now) + 1n);
  // Announcements are replaced and never taken back: one that was made shows in every later period.
  const latest = asPeriod(2n ** 32n - 1n);
  if (input.mode === "sharing" && input.sharing !== undefined) {
    if (community !== undefined && (await sharing.scheme(community, latest)) !== null) return undefined;
    const { rule, compensation, settlementDelay } = input.sharing;
    const scheme = { rule, compensation: asPrice(compensation), settlementDelay: asSeconds(settlementDelay) };
    return {
      fromPeriod,
      call: (index) => sharing.calls.announce(index, fromPeriod, scheme),
      details: schemeText(scheme),
    };
  }
  if (input.mode === "metered" && input.metered !== undefined) {
    if (community !== undefined && (await meteredAuction.settlementDelay(community, latest)) !== null) return undefined;
    const delay = asSeconds(input.metered.settlementDelay);
    const details = [`trades what was metered within standing orders, settled ${delay} s after a period's end`];
    return { fromPeriod, call: (index) => meteredAuction.calls.announce(index, fromPeriod, delay), details };
  }
  return undefined;
}

/** A scheme in words, with the warning of a rule that deserves one. */
function schemeText({ rule, compensation, settlementDelay }: AnnouncedScheme): string[] {
  const more = rule === "sdr-comp" ? `, compensation ${compensation} base units per Wh` : "";
  const warning = sharingWarning(rule);
  return [
    `shares by ${rule}${more}, settled ${settlementDelay} s after a period's end`,
    ...(warning === null ? [] : [`warning: ${warning}`]),
  ];
}
