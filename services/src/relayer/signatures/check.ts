/** Checks a signature, and signs the receipt for what was signed: all of a message that takes arithmetic on the curve. */
import { type CompactSignature, type Hex, signatureBytes } from "@wattbook/sdk/pure";
import type { Curve } from "./curve.ts";

/** A signature to check. */
export interface Task {
  readonly digest: Hex;
  readonly signature: CompactSignature;
  /** Whose it has to be. */
  readonly by: string;
  /** Digest of the receipt to sign if it is. */
  readonly receipt?: Hex;
}

/** What was found. */
export interface Found {
  /** Who signed; null where the signature is none. */
  readonly signer: string | null;
  /** The receipt's signature, where one was asked for, the signer is right and the key at hand. */
  readonly receipt: Hex | null;
}

/** @param privateKey Signs receipts; null where somebody else does. */
export function check(curve: Curve, privateKey: string | null, task: Task): Found {
  const signer = curve.recover(task.digest, task.signature);
  const isRight = signer !== null && signer.toLowerCase() === task.by.toLowerCase();
  if (!isRight || task.receipt === undefined || privateKey === null) return { signer, receipt: null };
  return { signer, receipt: signatureBytes(curve.sign(task.receipt, privateKey)) };
}
