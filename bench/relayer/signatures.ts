/** How many signatures per second are checked: with ethers and with the faster curve in this thread, and in a pool. */
import { type CompactSignature, compactSignature, type Hex } from "@wattbook/sdk";
import { id, Wallet } from "ethers";
import { type Curve, ETHERS_CURVE, fastestCurve } from "../../services/src/relayer/signatures/curve.ts";
import { SignaturePool } from "../../services/src/relayer/signatures/pool.ts";

/** Rates of signature checks. */
export interface SignatureRates {
  /** Per second of a core's time. */
  readonly ethers: number;
  readonly fastest: number;
  readonly curve: Curve["name"];
  /** Per second of wall time, with so many threads. */
  readonly pooled: number;
  readonly threads: number;
}

interface Signed {
  readonly digest: Hex;
  readonly signature: CompactSignature;
}

const COUNT = 400;
const WALLET = new Wallet(id("a trading key"));

export async function signatureRates(threads: number): Promise<SignatureRates> {
  const signed = Array.from({ length: COUNT }, (_, index): Signed => {
    const digest = id(`strip ${index}`);
    return { digest, signature: compactSignature(WALLET.signingKey.sign(digest).serialized) };
  });
  const curve = await fastestCurve();
  const rates = { ethers: rateOf(ETHERS_CURVE, signed), fastest: rateOf(curve, signed), curve: curve.name };
  const pool = new SignaturePool(null, threads);
  const all = () => Promise.all(signed.map((each) => pool.check({ ...each, by: WALLET.address })));
  await all();
  const start = performance.now();
  await all();
  const pooled = (COUNT * 1_000) / (performance.now() - start);
  await pool.close();
  return { ...rates, pooled, threads };
}

function rateOf(curve: Curve, signed: readonly Signed[]): number {
  const all = () => {
    for (const { digest, signature } of signed) curve.recover(digest, signature);
  };
  all();
  const before = process.cpuUsage();
  all();
  const { user, system } = process.cpuUsage(before);
  return (COUNT * 1e6) / (user + system);
}
