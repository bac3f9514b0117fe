/** How the community of a file shares: what the coordinator announces once it is there. */
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
  type Wattbook,
} from "@wattbook/sdk";
import type { CommunityInput } from "./schema.ts";

/** A scheme to announce, and the period from which it counts. */
export interface Announcement {
  readonly fromPeriod: Period;
  readonly scheme: AnnouncedScheme;
}

/** The scheme of a file; undefined for communities whose members order, and where the file leaves it to a later announcement. */
export function schemeOf({ mode, sharing }: Pick<CommunityInput, "mode" | "sharing">): AnnouncedScheme | undefined {
  if (mode !== "sharing" || sharing === undefined) return undefined;
  const { rule, compensation, settlementDelay } = sharing;
  return { rule, compensation: asPrice(compensation), settlementDelay: asSeconds(settlementDelay) };
}

/**
 * What is left to announce: the file's scheme from the next period on, where no scheme was announced before.
 * @param community Undefined where it is about to be created.
 */
export async function announcementOf(
  { sharing }: Pick<Wattbook, "sharing">,
  input: CommunityInput,
  community: CommunityIndex | undefined,
  now: Seconds,
  terms: Pick<Terms, "slotDuration" | "slotsPerPeriod">,
): Promise<Announcement | undefined> {
  const scheme = schemeOf(input);
  if (scheme === undefined) return undefined;
  // Schemes are replaced and never taken back: one that is announced shows in every later period.
  const latest = asPeriod(2n ** 32n - 1n);
  if (community !== undefined && (await sharing.scheme(community, latest)) !== null) return undefined;
  return { fromPeriod: asPeriod(periodAt(terms, now) + 1n), scheme };
}

/** A scheme in words, with the warning of a rule that deserves one. */
export function schemeText({ rule, compensation, settlementDelay }: AnnouncedScheme): string[] {
  const more = rule === "sdr-comp" ? `, compensation ${compensation} base units per Wh` : "";
  const warning = sharingWarning(rule);
  return [
    `shares by ${rule}${more}, settled ${settlementDelay} s after a period's end`,
    ...(warning === null ? [] : [`warning: ${warning}`]),
  ];
}
