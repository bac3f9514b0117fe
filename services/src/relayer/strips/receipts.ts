/** Receipts, quickly: the strip's digest is known already. */
import { type Hex, type Receipt, type SignedStrip } from "@wattbook/sdk";
import { concat, keccak256 } from "ethers";

/** The receipt for a strip as it was handed over: as `receiptFor`, without hashing the strip again. */
export function receiptOf(digest: Hex, { strip, signature }: SignedStrip): Receipt {
  const name = keccak256(concat([digest, signature.r, signature.vs]));
  return { community: strip.community, period: strip.period, strip: name };
}
