/** Receipts, quickly: the strip's digest is known already, and a plain wallet can sign the receipt's. */
import {
  compactSignature,
  type Domain,
  type Hex,
  type Receipt,
  receiptDigest,
  signatureBytes,
  type SignedStrip,
  signReceipt,
  type TypedDataSigner,
} from "@wattbook/sdk";
import { BaseWallet, concat, keccak256 } from "ethers";

/** The receipt for a strip as it was handed over: as `receiptFor`, without hashing the strip again. */
export function receiptOf(digest: Hex, { strip, signature }: SignedStrip): Receipt {
  const name = keccak256(concat([digest, signature.r, signature.vs]));
  return { community: strip.community, period: strip.period, strip: name };
}

/** Signs receipts in the domain of the commit book. */
export class ReceiptSigner {
  readonly #domain: Domain;
  readonly #signer: TypedDataSigner;

  constructor(domain: Domain, signer: TypedDataSigner) {
    this.#domain = domain;
    this.#signer = signer;
  }

  async sign(receipt: Receipt): Promise<Hex> {
    if (this.#signer instanceof BaseWallet) {
      const { serialized } = this.#signer.signingKey.sign(receiptDigest(this.#domain, receipt));
      return signatureBytes(compactSignature(serialized));
    }
    return signatureBytes(await signReceipt(this.#domain, receipt, this.#signer));
  }
}
