/** The curve's arithmetic in WebAssembly where it is installed, seven times as fast as ethers', which is used otherwise. */
import { type CompactSignature, compactSignature, type Hex, recoverSigner } from "@wattbook/sdk/pure";
import { dataSlice, getAddress, getBytes, hexlify, keccak256, SigningKey } from "ethers";

/** Recovers and signs. */
export interface Curve {
  readonly name: "wasm" | "ethers";
  /** The account that signed; null where the signature is none. */
  recover(digest: Hex, signature: CompactSignature): string | null;
  sign(digest: Hex, privateKey: string): CompactSignature;
}

/** Ethers' own. */
export const ETHERS_CURVE: Curve = {
  name: "ethers",
  recover: (digest, signature) => {
    try {
      return recoverSigner(digest, signature);
    } catch {
      return null;
    }
  },
  sign: (digest, privateKey) => compactSignature(new SigningKey(privateKey).sign(digest).serialized),
};

type Wasm = typeof import("tiny-secp256k1");

/** A vs has the parity of the point in its highest bit, and a low s leaves that free. */
const PARITY = 0x80;
/** Order of the group, halved: above it s is high, and contracts refuse it. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** The faster curve that there is. */
export async function fastestCurve(): Promise<Curve> {
  try {
    return wasmCurve(await import("tiny-secp256k1"));
  } catch {
    return ETHERS_CURVE;
  }
}

function wasmCurve(wasm: Wasm): Curve {
  return {
    name: "wasm",
    recover: (digest, { r, vs }) => {
      const signature = getBytes(`${r}${vs.slice(2)}`);
      const parity = (signature[32] ?? 0) & PARITY ? 1 : 0;
      signature[32] = (signature[32] ?? 0) & ~PARITY;
      if (BigInt(hexlify(signature.subarray(32))) > HALF_ORDER) return null;
      try {
        const key = wasm.recover(getBytes(digest), signature, parity, false);
        return key === null ? null : getAddress(dataSlice(keccak256(key.subarray(1)), 12));
      } catch {
        return null; // r or s is 0 or not below the order
      }
    },
    sign: (digest, privateKey) => {
      const { signature, recoveryId } = wasm.signRecoverable(getBytes(digest), getBytes(privateKey));
      const r = hexlify(signature.subarray(0, 32));
      if (recoveryId & 1) signature[32] = (signature[32] ?? 0) | PARITY;
      return { r, vs: hexlify(signature.subarray(32)) };
    },
  };
}
