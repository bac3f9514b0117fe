/** Set-points: what a battery is to do for a while, signed by the dispatcher that its member mandated. */
import type { Address, Hex } from "../hex.ts";
import { recoverSigner, signMessage, verifyMessage } from "../signature.ts";
import type { CompactSignature } from "../signature.ts";
import { digestOf, messageType, typedDataOf } from "../typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "../typed-data.ts";
import type { CommunityIndex, MemberIndex, Permille, Seconds, Watts } from "../units.ts";
import type { MandateLimits, MandateState } from "./mandate.ts";

/** A set-point, ready to sign. */
export interface SetPoint {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  /** Sequence of the mandate it relies on, 32 bits. */
  readonly mandate: bigint;
  /** Above that of every set-point before, 48 bits, from 1 on: a battery follows each once. */
  readonly counter: bigint;
  /** Unix time. */
  readonly validFrom: Seconds;
  /** The first second behind it. */
  readonly validUntil: Seconds;
  /** Otherwise it charges. */
  readonly discharging: boolean;
  readonly powerW: Watts;
  /** Discharging ends at this state of charge. */
  readonly minSocPermille: Permille;
  /** Charging ends at it. */
  readonly maxSocPermille: Permille;
}

/** A set-point and its dispatcher's signature. */
export interface SignedSetPoint {
  readonly setPoint: SetPoint;
  readonly signature: CompactSignature;
}

/** The signed message: `SetPoint(uint32 community,uint32 member,uint32 mandate,uint48 counter,…)`. */
export const SET_POINT_TYPE = /* @__PURE__ */ messageType("SetPoint", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "mandate", type: "uint32" },
  { name: "counter", type: "uint48" },
  { name: "validFrom", type: "uint40" },
  { name: "validUntil", type: "uint40" },
  { name: "discharging", type: "bool" },
  { name: "powerW", type: "uint32" },
  { name: "minSocPermille", type: "uint16" },
  { name: "maxSocPermille", type: "uint16" },
]);

/** What can be wrong with a set-point, as `ICoordinatorDesk.Breach` numbers it. */
export const SET_POINT_BREACHES = [
  "None",
  "BadSignature",
  "NoMandate",
  "OtherMandate",
  "Revoked",
  "OutsideTime",
  "OverPower",
  "OutsideSoc",
] as const;
/** Name of what is wrong with a set-point. */
export type SetPointBreach = (typeof SET_POINT_BREACHES)[number];

/**
 * What takes a set-point out of its mandate, as `CoordinatorDesk.auditSetPoint` says. Whether it is a replay only the battery's own counter
 * tells: see `BatteryController`.
 * @param domain Of `CoordinatorDesk`.
 * @param state Null where the member has no mandate.
 */
export function auditSetPoint(
  domain: Domain,
  { setPoint, signature }: SignedSetPoint,
  state: MandateState | null,
): SetPointBreach {
  const known = state?.mandate;
  if (known?.community !== setPoint.community || known.member !== setPoint.member) return "NoMandate";
  if (!verifySetPoint(domain, setPoint, signature, known.dispatcher)) return "BadSignature";
  return breachOf(known, state?.revokedAt ?? null, setPoint);
}

function breachOf(mandate: MandateLimits, revokedAt: Seconds | null, s: SetPoint): SetPointBreach {
  if (s.mandate !== mandate.sequence) return "OtherMandate";
  if (revokedAt !== null && s.validFrom >= revokedAt) return "Revoked";
  const inTime = mandate.validFrom <= s.validFrom && s.validFrom < s.validUntil && s.validUntil <= mandate.validUntil;
  if (!inTime) return "OutsideTime";
  if (s.powerW > (s.discharging ? mandate.maxDischargeW : mandate.maxChargeW)) return "OverPower";
  const { minSocPermille: least, maxSocPermille: most } = mandate;
  const within = least <= s.minSocPermille && s.minSocPermille <= s.maxSocPermille && s.maxSocPermille <= most;
  return within ? "None" : "OutsideSoc";
}

function messageOf(setPoint: SetPoint): Message {
  return { ...setPoint };
}

/**
 * Typed data for wallets.
 * @param domain Of `CoordinatorDesk`.
 */
export function setPointTypedData(domain: Domain, setPoint: SetPoint): TypedData {
  return typedDataOf(domain, SET_POINT_TYPE, messageOf(setPoint));
}

/**
 * The digest that the dispatcher signs, as `CoordinatorDesk.setPointDigest`.
 * @throws OutOfRangeError naming a field
 */
export function setPointDigest(domain: Domain, setPoint: SetPoint): Hex {
  return digestOf(domain, SET_POINT_TYPE, messageOf(setPoint));
}

/**
 * Signs a set-point with the dispatcher's plain key.
 * @throws BadSignatureError
 */
export async function signSetPoint(
  domain: Domain,
  setPoint: SetPoint,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, SET_POINT_TYPE, messageOf(setPoint), signer);
}

/**
 * The account that signed a set-point.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverSetPointSigner(domain: Domain, setPoint: SetPoint, signature: CompactSignature): Address {
  return recoverSigner(setPointDigest(domain, setPoint), signature);
}

/** Whether the dispatcher signed a set-point, with a low s. False for a malformed signature too. */
export function verifySetPoint(
  domain: Domain,
  setPoint: SetPoint,
  signature: CompactSignature,
  dispatcher: Address,
): boolean {
  return verifyMessage(domain, SET_POINT_TYPE, messageOf(setPoint), signature, dispatcher);
}
