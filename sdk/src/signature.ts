/** Signatures of plain keys in 64 bytes. https://eips.ethereum.org/EIPS/eip-2098 */
import { recoverAddress } from "ethers";
import { BadSignatureError, isWattbookError } from "./errors.ts";
import { asAddress, asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import { digestOf, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, MessageType, TypedDataSigner } from "./typed-data.ts";

/** A compact signature: `vs` is s with the parity of the point in its highest bit. */
export interface CompactSignature {
  readonly r: Hex;
  readonly vs: Hex;
}

/** Order of secp256k1, halved: the largest low s. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const PARITY = 1n << 255n;

/**
 * A signature of 65 bytes (r, s, v) or 64 bytes (r, vs) as a compact one.
 * @throws BadSignatureError for any other length, a v
 * other than 0, 1, 27 and 28, or a high s
 * @example
 * const { domain, types, value } = stripTypedData(marketDomain, strip);
 * compactSignature(await tradingWallet.signTypedData(domain, types, value)).vs === signature.vs // true
 */
export function compactSignature(signature: Hex): CompactSignature {
  const digits = digitsOf(bytesOf(signature));
  if (digits.length === 128) return checkLow({ r: `0x${digits.slice(0, 64)}`, vs: `0x${digits.slice(64)}` });
  if (digits.length !== 130) throw new BadSignatureError(`it has ${digits.length / 2} bytes, not 64 or 65`);
  const v = uintAt(digits, 64, 1);
  const parity = v >= 27n ? v - 27n : v;
  if (parity > 1n) throw new BadSignatureError(`v is ${v}, not 27 or 28`);
  const s = uintAt(digits, 32, 32);
  if (s > HALF_ORDER) throw new BadSignatureError("s is in the upper half");
  return { r: `0x${digits.slice(0, 64)}`, vs: `0x${uintDigits("vs", s | (parity * PARITY), 256)}` };
}

/** The 64 bytes r, vs: what consents take besides 65 bytes. */
export function signatureBytes(signature: CompactSignature): Hex {
  return `0x${digitsOf(signature.r)}${digitsOf(signature.vs)}`;
}

/**
 * The account whose key signed a digest.
 * @throws BadSignatureError for a malformed signature, a high s or an r on no point
 * @example recoverSigner(stripDigest(marketDomain, strip), signature) === tradingWallet.address // true
 */
export function recoverSigner(digest: Hex, signature: CompactSignature): Address {
  const { r, vs } = checkLow(signature);
  const word = BigInt(vs);
  const s = `0x${uintDigits("s", word & ~PARITY, 256)}`;
  try {
    return recoverAddress(digest, { r, s, v: word >= PARITY ? 28 : 27 });
  } catch (cause) {
    throw new BadSignatureError("it recovers no key", { cause });
  }
}

/**
 * Signs a message with any signer of typed data that holds a plain key.
 * @throws BadSignatureError
 */
export async function signMessage(
  domain: Domain,
  type: MessageType,
  message: Message,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  const typed = typedDataOf(domain, type, message);
  return compactSignature(await signer.signTypedData(typed.domain, typed.types, typed.value));
}

/** Whether the key of `account` signed a message; 64 or 65 bytes will do too. False for a malformed signature. */
export function verifyMessage(
  domain: Domain,
  type: MessageType,
  message: Message,
  signature: CompactSignature | Hex,
  account: Address,
): boolean {
  const expected = asAddress(account, "account");
  const digest = digestOf(domain, type, message);
  try {
    const compact = typeof signature === "string" ? compactSignature(signature) : signature;
    return recoverSigner(digest, compact) === expected;
  } catch (error) {
    if (isWattbookError(error, "BAD_SIGNATURE")) return false;
    throw error;
  }
}

function bytesOf(signature: Hex): Hex {
  try {
    return asHex(signature, "signature");
  } catch (cause) {
    throw new BadSignatureError("it is no hexadecimal byte string", { cause });
  }
}

function checkLow(signature: CompactSignature): CompactSignature {
  const r = bytesOf(signature.r);
  const vs = bytesOf(signature.vs);
  if (r.length !== 66 || vs.length !== 66) throw new BadSignatureError("r and vs have 32 bytes each");
  if ((BigInt(vs) & ~PARITY) > HALF_ORDER) throw new BadSignatureError("s is in the upper half");
  return { r, vs };
}
