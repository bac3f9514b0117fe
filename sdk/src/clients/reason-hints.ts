/** What to do about the reasons that market modules and settlement give as numbers. Complete by type. */
import type { EntryReason, SharingReason, SkipReason, StripReason, VoidReasonName } from "./reasons.ts";

/** Why a strip was not accepted, and what to do. */
export const STRIP_HINTS: Readonly<Record<StripReason, string>> = {
  None: "Nothing: it was accepted.",
  BadLength: "Encode the entries with `encodeEntries`.",
  NotActive: "The member is not enrolled, has no meter, or is suspended, stopped or leaving.",
  ModuleOff: "The owner enables the order book first (`enableModule`).",
  BadSignature: "Sign with the trading key in force, over the order book's domain.",
  WrongEpoch: "Read the epoch (`escrow.account`) and sign anew: the owner voided earlier strips.",
  Expired: "Sign anew with a later deadline.",
  WrongFrontier: "Read the frontier (`escrow.journal`) and sign anew: an earlier strip covers these slots.",
  Underfunded: "Deposit, or sign a strip with a smaller reserve.",
  InDebt: "Pay the debt first, or ask the supplier for a credit line.",
  TooManyEntries: "Name fewer price steps: the journal of this period is full.",
  RingBusy: "Clear and settle the older period first: anybody can.",
  NothingAccepted: "Each entry was refused: check gates, caps, reserve and grid.",
};

/** Why an entry was not accepted, and what to do. */
export const ENTRY_HINTS: Readonly<Record<EntryReason, string>> = {
  None: "Nothing: it was accepted.",
  NotAscending: "Sort entries by slot, side and tick, and merge equal ones.",
  OffGrid: "Use slots of the period and prices of the community's grid.",
  ZeroLots: "Drop entries without energy.",
  BehindFrontier: "Drop slots that an earlier strip covers.",
  GateClosed: "Post before the slot's gate: name later slots.",
  OverCap: "Order at most the member's cap per slot and side.",
  OverReserve: "Sign a larger reserve: `buildStrip` computes it. Nothing behind such an entry is looked at.",
  TickFull: "Name another price: the tick holds no more lots.",
};

/** Why settlement left an item out, and what to do. */
export const SKIP_HINTS: Readonly<Record<SkipReason, string>> = {
  None: "Nothing: it went through.",
  NoMeter: "Bind a meter; its first period may also be later.",
  PeriodNotOver: "Send it after the period's end.",
  BadLength: "Encode the values with one pair per slot of the period.",
  OverRated: "Check the meter: a value is above the member's cap and a tenth.",
  BadSignature: "Sign with the meter key in force, over the settlement contract's domain.",
  AlreadyMetered: "Nothing: a reading of this period was accepted before.",
  EarlierMissing: "Send the readings of earlier periods first, or settle those as estimated.",
  RegisterDown: "Start where the last reading ended: registers never go down.",
  RegisterGap: "Sign a reading that closes the gap, or send the missing readings.",
  CorrectionOver: "The correction window is over: only a reading that closes the gap counts.",
  RingBusy: "Settle the older period first. A reading that comes after the claim window goes in by `meterAndSettle`.",
  JournalMismatch: "Rebuild the records from the logs: they do not hash to the journal.",
  NotMetered: "Send the reading first, or wait for the reading deadline and settle as estimated.",
  AlreadySettled: "Nothing: somebody settled it before.",
  NotReady: "Clear the slots of the member's orders first.",
  DeadlineAhead: "Wait for the reading deadline.",
  NotEstimated: "Nothing to correct: the period was settled with a reading.",
};

/** Why settlement voided a module's records of a member, and what to do. */
export const VOID_HINTS: Readonly<Record<VoidReasonName, string>> = {
  None: "Nothing: the records count.",
  CallFailed: "The module failed: disable it until it is mended.",
  BadAnswer: "The module answered in another format: disable it.",
  ChargeAboveReserve: "The module charged more than it reserved: disable it.",
  PositionAboveReserve: "The module traded more energy than it reserved for: disable it.",
  PotOverdrawn: "The module pays out more than it took: disable it.",
};

/** Why a community that shares left a member out, and what to do. */
export const SHARING_HINTS: Readonly<Record<SharingReason, string>> = {
  None: "Nothing: it went through.",
  BadSignature: "Sign with the trading key in force, over the domain of the community's first module.",
  OldSequence: "Sign anew with a larger sequence: a budget with this one or a later one is known.",
  NoBudget: "The member signs a budget or a standing order that covers the period.",
  EpochMismatch: "Read the epoch (`escrow.account`) and sign anew: the owner voided what was signed before.",
  ModuleOff: "The owner enables the module first (`enableModule`).",
  NotActive: "The member is not enrolled, has no meter, or is suspended, stopped or leaving.",
  InDebt: "Pay the debt first, or ask the supplier for a credit line.",
  AlreadyJoined: "Nothing: the member joined the period before.",
  NoFunds: "Deposit: the account does not even hold the settlement fee.",
  AlreadyCounted: "Nothing: the reading is in the totals.",
  NotMetered: "Send the reading first, and the records as the logs have them.",
  OffGrid: "Sign limits that are ticks of the community, or leave out a side.",
};
