/** How many signatures per second and core are checked, in this thread and in a pool. */
import { id, Wallet } from "ethers";
import { compactSignature, type Hex } from "@wattbook/sdk";
import { SignaturePool } from "../../services/src/relayer/signatures/pool.ts";
import { type Signed, signerOf } from "../../services/src/relayer/signatures/recover.ts";

/** Rates of signature checks. */
export interface SignatureRates {
  /** Per second of one core's time. */
  readonly perCore: number;
  /** Per second of wall time, with so many threads. */
  readonly pooled: number;
  readonly threads: number;
}

const COUNT = 400;

export async function signatureRates(threads: number): Promise<SignatureRates> {
  const { signingKey } = new Wallet(id("a trading key"));
  const signed = Array.from({ length: COUNT }, (_, index): Signed => {
    const digest = id(`strip ${index}`) as Hex;
    return { digest, signature: compactSignature(signingKey.sign(digest).serialized) };
  });
  for (const each of signed.slice(0, 100)) signerOf(each);
  const before = process.cpuUsage();
  for (const each of signed) signerOf(each);
  const { user, system } = process.cpuUsage(before);
  const pool = new SignaturePool(threads);
  await Promise.all(signed.map((each) => pool.signerOf(each)));
  const start = performance.now();
  await Promise.all(signed.map((each) => pool.signerOf(each)));
  const pooled = (COUNT * 1_000) / (performance.now() - start);
  await pool.close();
  return { perCore: (COUNT * 1e6) / (user + system), pooled, threads };
}
