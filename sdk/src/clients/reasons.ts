/** Names of the reasons that contracts give as numbers, in the order of their enums. */
import type { VoidReason } from "../market-module.ts";

/** Why a strip was not accepted (`IDoubleAuction.StripReason`). */
export const STRIP_REASONS = [
  "None",
  "BadLength",
  "NotActive",
  "ModuleOff",
  "BadSignature",
  "WrongEpoch",
  "Expired",
  "WrongFrontier",
  "Underfunded",
  "InDebt",
  "TooManyEntries",
  "RingBusy",
  "NothingAccepted",
] as const;
/** Name of a reason why a strip was not accepted. */
export type StripReason = (typeof STRIP_REASONS)[number];

/** Why an entry was not accepted (`IDoubleAuction.EntryReason`). */
export const ENTRY_REASONS = [
  "None",
  "NotAscending",
  "OffGrid",
  "ZeroLots",
  "BehindFrontier",
  "GateClosed",
  "OverCap",
  "OverReserve",
  "TickFull",
] as const;
/** Name of a reason why an entry was not accepted. */
export type EntryReason = (typeof ENTRY_REASONS)[number];

/** Why settlement left an item out (`ISettlement.Skip`). */
export const SKIP_REASONS = [
  "None",
  "NoMeter",
  "PeriodNotOver",
  "BadLength",
  "OverRated",
  "BadSignature",
  "AlreadyMetered",
  "EarlierMissing",
  "RegisterDown",
  "RegisterGap",
  "CorrectionOver",
  "RingBusy",
  "JournalMismatch",
  "NotMetered",
  "AlreadySettled",
  "NotReady",
  "DeadlineAhead",
  "NotEstimated",
] as const;
/** Name of a reason why settlement left an item out. */
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Why settlement voided a module's records of a member (`ISettlement.Void`). */
export const VOID_REASONS = [
  "None",
  "CallFailed",
  "BadAnswer",
  "ChargeAboveReserve",
  "PositionAboveReserve",
  "PotOverdrawn",
] as const satisfies readonly ("None" | VoidReason)[];
/** Name of a reason why settlement voided a module's records. */
export type VoidReasonName = (typeof VOID_REASONS)[number];

/** Why a community that trades after the fact left a member out (`IMeteredModule.Skip`). */
export const SHARING_REASONS = [
  "None",
  "BadSignature",
  "OldSequence",
  "NoBudget",
  "EpochMismatch",
  "ModuleOff",
  "NotActive",
  "InDebt",
  "AlreadyJoined",
  "NoFunds",
  "AlreadyCounted",
  "NotMetered",
  "OffGrid",
] as const;
/** Name of a reason why a community that trades after the fact left a member out. */
export type SharingReason = (typeof SHARING_REASONS)[number];

/**
 * The name of a reason.
 * @example reasonOf(SKIP_REASONS, 12n) // "JournalMismatch"
 */
export function reasonOf<R extends string>(names: readonly R[], value: bigint): R | `Unknown${bigint}` {
  return names[Number(value)] ?? `Unknown${value}`;
}
