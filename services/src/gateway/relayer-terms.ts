/** What a relayer asks of strips: where its fee goes, and how much it is. */
import { asAddress, asAmount } from "@wattbook/sdk/pure";
import type { Address, Amount, CommunityIndex } from "@wattbook/sdk/pure";
import { addressOf, pathOfTerms, RelayerTerms } from "../wire.ts";
import type { PrepareStrip } from "./bidder.ts";
import { boundedText } from "./bounded.ts";
import { asServiceError, GatewayError } from "./errors.ts";

/** Terms of a relayer for a community. */
export interface FeeTerms {
  readonly feeTo: Address;
  /** Base units. */
  readonly feePerEntry: Amount;
}

/** Where to ask. */
export interface TermsOptions {
  /** Address of the relayer. */
  readonly url: string;
  readonly token?: string;
  /** Milliseconds until an answer counts as lost. */
  readonly timeout?: number;
}

const TIMEOUT = 10_000;

/**
 * Asks a relayer for its terms.
 * @throws GatewayError RELAYER_UNAVAILABLE
 */
export async function feeTermsOf(options: TermsOptions, community: CommunityIndex): Promise<FeeTerms> {
  const { url, token, timeout = TIMEOUT } = options;
  const target = addressOf(url, pathOfTerms(community));
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(target, { headers, redirect: "error", signal: AbortSignal.timeout(timeout) });
    const { feeTo, leastFeePerEntry } = RelayerTerms.parse(JSON.parse(await boundedText(response)));
    return { feeTo: asAddress(feeTo, "feeTo"), feePerEntry: asAmount(BigInt(leastFeePerEntry)) };
  } catch (error) {
    const text = `it says no terms for community ${community}. Strips are made once it does.`;
    throw asServiceError(error, "RELAYER_UNAVAILABLE", target.origin, text);
  }
}

/**
 * Strips that pay a relayer what it asks for, up to a limit.
 * @param most Base units per entry.
 */
export function payingRelayer(
  prepare: PrepareStrip,
  termsOf: (community: CommunityIndex) => Promise<FeeTerms>,
  most: Amount,
): PrepareStrip {
  return async (community, member, period) => {
    const prepared = await prepare(community, member, period);
    if (prepared === undefined) return undefined;
    const { feeTo, feePerEntry } = await termsOf(community);
    if (feePerEntry > most) {
      const text = `mostFeePerEntry allows ${most}. Raise it, or name another relayer.`;
      throw new GatewayError("RELAYER_TOO_DEAR", "fee per entry of the relayer", feePerEntry, text);
    }
    return { ...prepared, header: { ...prepared.header, feeTo, feePerEntry } };
  };
}
