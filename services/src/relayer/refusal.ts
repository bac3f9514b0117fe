/** Why the relayer does not take something, in the words of the contract that would leave it out. */
import {
  ENTRY_HINTS,
  SKIP_HINTS,
  STRIP_HINTS,
  type EntryReason,
  type SkipReason,
  type StripReason,
} from "@wattbook/sdk";
import { ServiceError } from "../errors.ts";

/** What a refusal says besides its code and message. */
export interface RefusalDetail {
  /** As the contract names it, or as the relayer does for its own conditions. */
  readonly reason: string;
  /** Of the entry. */
  readonly index?: number;
}

/** Something that would be left out, or that this relayer does not take. */
export class Refusal extends ServiceError {
  constructor(
    code: "STRIP_REFUSED" | "ENTRY_REFUSED" | "READING_REFUSED" | "RELAYER_REFUSED",
    message: string,
    readonly detail: RefusalDetail,
  ) {
    super(code, message);
    this.name = "Refusal";
  }
}

/** The contract would skip the whole strip. */
export function refuseStrip(reason: StripReason, found: string): Refusal {
  return new Refusal("STRIP_REFUSED", `${found}. ${STRIP_HINTS[reason]}`, { reason });
}

/** The contract would leave out an entry. */
export function refuseEntry(index: number, reason: EntryReason, found: string): Refusal {
  return new Refusal("ENTRY_REFUSED", `entries[${index}]: ${found}. ${ENTRY_HINTS[reason]}`, { reason, index });
}

/** The contract would leave out the reading. */
export function refuseReading(reason: SkipReason, found: string): Refusal {
  return new Refusal("READING_REFUSED", `${found}. ${SKIP_HINTS[reason]}`, { reason });
}

/** This relayer's own conditions, or the community's state. */
export function refuse(reason: string, message: string): Refusal {
  return new Refusal("RELAYER_REFUSED", message, { reason });
}
