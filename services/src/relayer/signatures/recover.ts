/** Who signed a digest, for a thread of its own: it takes a millisecond, and hundreds come at once. */
import { recoverSigner, type CompactSignature, type Hex } from "@wattbook/sdk/pure";

/** A digest and a signature of it. */
export interface Signed {
  readonly digest: Hex;
  readonly signature: CompactSignature;
}

/** The account that signed; null where the signature is none. */
export function signerOf({ digest, signature }: Signed): string | null {
  try {
    return recoverSigner(digest, signature);
  } catch {
    return null;
  }
}
