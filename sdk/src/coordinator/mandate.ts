/** Battery mandates: what a member lets a dispatcher do with its battery, signed by its owner. */
import { OutOfRangeError } from "../errors.ts";
import { asAccount } from "../hex.ts";
import type { Address } from "../hex.ts";
import { packWord, unpackWord } from "../internal/words.ts";
import { messageType } from "../typed-data.ts";
import { asPermille, asSeconds, asWatts } from "../units.ts";
import type { CommunityIndex, MemberIndex, Permille, Seconds, Watts } from "../units.ts";

/** Limits of a mandate, as the chain keeps them in one word. */
export interface MandateLimits {
  readonly maxChargeW: Watts;
  readonly maxDischargeW: Watts;
  /** Nobody discharges below this state of charge. */
  readonly minSocPermille: Permille;
  /** Nobody charges above it. */
  readonly maxSocPermille: Permille;
  /** Unix time. */
  readonly validFrom: Seconds;
  /** The first second behind it. */
  readonly validUntil: Seconds;
  /** Above that of the mandate before, which it replaces; 32 bits. */
  readonly sequence: bigint;
}

/** A mandate, ready to sign. Make it with `batteryMandate`. */
export interface BatteryMandate extends MandateLimits {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  /** The plain key that signs set-points. */
  readonly dispatcher: Address;
}

/** A mandate as it stands: what the desk says, or what the owner signed and nobody revoked. */
export interface MandateState {
  readonly mandate: BatteryMandate;
  /** Unix time at which its member revoked it; null while it counts. */
  readonly revokedAt: Seconds | null;
}

/** The signed message: `BatteryMandate(uint32 community,uint32 member,address dispatcher,…)`. */
export const BATTERY_MANDATE_TYPE = /* @__PURE__ */ messageType("BatteryMandate", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "dispatcher", type: "address" },
  { name: "maxChargeW", type: "uint32" },
  { name: "maxDischargeW", type: "uint32" },
  { name: "minSocPermille", type: "uint16" },
  { name: "maxSocPermille", type: "uint16" },
  { name: "validFrom", type: "uint40" },
  { name: "validUntil", type: "uint40" },
  { name: "sequence", type: "uint32" },
]);

/**
 * Checks a mandate as the desk does and returns it.
 * @throws OutOfRangeError for states of charge or times that do not ascend
 * @throws InvalidAddressError for a dispatcher that is nobody
 * @example
 * const limits = { maxChargeW: asWatts(3_000n), maxDischargeW: asWatts(5_000n) };
 * const soc = { minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) };
 * const valid = { validFrom: now, validUntil: periodEnd(terms, period) };
 * const dispatcher = tradingWallet.address;
 * batteryMandate({ community, member, dispatcher, ...limits, ...soc, ...valid, sequence: 1n }).sequence // 1n
 */
export function batteryMandate(mandate: BatteryMandate): BatteryMandate {
  const { minSocPermille, maxSocPermille, validFrom, validUntil } = mandate;
  asPermille(maxSocPermille, "maxSocPermille");
  if (minSocPermille > maxSocPermille) throw new OutOfRangeError("minSocPermille", minSocPermille, 0n, maxSocPermille);
  if (validUntil <= validFrom) {
    throw new OutOfRangeError("validUntil", validUntil, validFrom + 1n, (1n << 40n) - 1n);
  }
  return { ...mandate, dispatcher: asAccount(mandate.dispatcher, "dispatcher") };
}

/** Low bit first (`contracts/types/Mandate.sol`). */
const MANDATE_WORD = [
  { name: "maxChargeW", bits: 32 },
  { name: "maxDischargeW", bits: 32 },
  { name: "minSocPermille", bits: 16 },
  { name: "maxSocPermille", bits: 16 },
  { name: "validFrom", bits: 40 },
  { name: "validUntil", bits: 40 },
  { name: "sequence", bits: 32 },
] as const;

/**
 * The limits in one word, as the desk keeps them.
 * @throws OutOfRangeError naming a field
 */
export function packMandate(limits: MandateLimits): bigint {
  return packWord(MANDATE_WORD, { ...limits });
}

/** Reads the word of a mandate, the inverse of `packMandate`. */
export function unpackMandate(word: bigint): MandateLimits {
  const fields = unpackWord(MANDATE_WORD, word);
  return {
    maxChargeW: asWatts(fields.maxChargeW),
    maxDischargeW: asWatts(fields.maxDischargeW),
    minSocPermille: asPermille(fields.minSocPermille),
    maxSocPermille: asPermille(fields.maxSocPermille),
    validFrom: asSeconds(fields.validFrom),
    validUntil: asSeconds(fields.validUntil),
    sequence: fields.sequence,
  };
}
