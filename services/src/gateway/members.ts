/** Members of communities that the gateway serves. */
import type { CommunityIndex, Domain, MemberIndex, Terms, TypedDataSigner } from "@wattbook/sdk/pure";

/** Anything that signs: every ethers `Signer`, or a module in another machine. */
export type KeySigner = TypedDataSigner & { getAddress(): Promise<string> };

/** What the gateway has to know of a community. */
export interface Community {
  readonly community: CommunityIndex;
  readonly terms: Terms;
  /** Of `Settlement`, where readings count. */
  readonly settlement: Domain;
  /** Of the order book, where strips count; without it nobody trades. */
  readonly market?: Domain;
}

/** A member with its meter. */
export interface MeteredMember {
  readonly community: Community;
  readonly member: MemberIndex;
  /** Name of the meter in the configuration. */
  readonly meter: string;
  /** Signs readings. */
  readonly meterKey: KeySigner;
  /** Whether periods with slots that nobody measured are signed, with their known total spread over them. */
  readonly acceptGaps: boolean;
}

/** Finds a member again by its numbers. */
export function memberKey({ community }: Pick<Community, "community">, member: MemberIndex): string {
  return `${community}/${member}`;
}
