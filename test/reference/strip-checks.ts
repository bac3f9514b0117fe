import { byteLength } from "./bytes.ts";
import { traderOf, type Market } from "./market.ts";
import type { Strip } from "./messages.ts";

/** In the order of the checks. */
export type StripReason =
  | "BadLength"
  | "NotActive"
  | "ModuleOff"
  | "WrongEpoch"
  | "Expired"
  | "InDebt"
  | "Underfunded"
  | "RingBusy"
  | "WrongFrontier"
  | "TooManyEntries"
  | "BadSignature"
  | "NothingAccepted";

const MOST_ENTRIES = 2048n;
const MOST_RECORDS = 255n;

/** Everything that is checked before the entries; undefined where the strip passes. */
export function refuseStrip(market: Market, strip: Strip, signed: boolean): StripReason | undefined {
  const { active, moduleOn, epoch, account, journal } = traderOf(market, strip.member);
  const length = byteLength(strip.entries);
  if (length === 0 || length % 4 !== 0) return "BadLength";
  if (!active) return "NotActive";
  if (!moduleOn) return "ModuleOff";
  if (strip.epoch !== epoch) return "WrongEpoch";
  if (market.now > strip.deadline) return "Expired";
  if (account.due > account.creditLine) return "InDebt";
  if (account.free < strip.maxReserve) return "Underfunded";
  if (journal.busy) return "RingBusy";
  if (strip.after !== journal.frontier) return "WrongFrontier";
  if (journal.entries + BigInt(length / 4) > MOST_ENTRIES) return "TooManyEntries";
  if (journal.records >= MOST_RECORDS) return "TooManyEntries";
  if (!signed) return "BadSignature";
  return undefined;
}
