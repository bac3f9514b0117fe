/** A member takes a strip back that was not posted yet. */
import {
  compactSignature,
  digestOf,
  type Domain,
  type Hex,
  messageType,
  recoverSigner,
  signatureBytes,
  signMessage,
  type TypedDataSigner,
} from "@wattbook/sdk";

/** The signed message: `StripWithdrawal(bytes32 strip,address relayer)`, in the domain of the order book. */
export const WITHDRAWAL_TYPE = messageType("StripWithdrawal", [
  { name: "strip", type: "bytes32" },
  { name: "relayer", type: "address" },
]);

/** Strips of a period that a member may take back. */
export const DEFAULT_WITHDRAWALS = 32;

/** What is taken back, and from whom. */
export interface Withdrawal {
  /** The strip's digest. */
  readonly strip: Hex;
  readonly relayer: string;
}

/** Signs a withdrawal with the trading key. */
export async function signWithdrawal(domain: Domain, withdrawal: Withdrawal, signer: TypedDataSigner): Promise<Hex> {
  return signatureBytes(await signMessage(domain, WITHDRAWAL_TYPE, { ...withdrawal }, signer));
}

/** Who signed a withdrawal. @throws BadSignatureError */
export function withdrawalSigner(domain: Domain, withdrawal: Withdrawal, signature: Hex): string {
  return recoverSigner(digestOf(domain, WITHDRAWAL_TYPE, { ...withdrawal }), compactSignature(signature));
}
