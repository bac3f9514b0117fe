/** Reverts: one class, the error's name, its named arguments and what to do. */
import { FaultError } from "./fault-errors.ts";
import { HINTS } from "./hints.ts";
import { ENTRY_HINTS, STRIP_HINTS } from "./reason-hints.ts";
import type { EntryReason, StripReason } from "./reasons.ts";
import type { RevertName } from "./revert-names.ts";

/** A call that a contract refuses. Errors of inner calls come through unchanged. */
export class ContractRevertError extends FaultError {
  readonly code = "CONTRACT_REVERTED";

  constructor(
    /** Name of the custom error; "Error" for a text, "Panic" for a failed check of the compiler, else "Unknown". */
    readonly error: RevertName,
    /** Its arguments by name; integers are bigints, a `reason` of the order book is its name. */
    readonly args: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    const text = Object.entries(args).map(([name, value]) => `${name} ${String(value)}`);
    super(`The contract refused the call: ${error}(${text.join(", ")}).`, hintOf(error, args), options);
  }
}

/**
 * Whether a contract refused a call, with the error `name` if one is given.
 * @example
 * const refused = await wattbook.escrow.send.claimDue(community, member).catch((error: unknown) => error);
 * if (isRevert(refused, "UnknownMember")) console.log(refused.args, refused.hint);
 */
export function isRevert(error: unknown, name?: RevertName): error is ContractRevertError {
  return error instanceof ContractRevertError && (name === undefined || error.error === name);
}

function hintOf(error: RevertName, { reason }: Readonly<Record<string, unknown>>): string {
  const specific: Readonly<Record<string, string | undefined>> =
    error === "StripRefused" ? STRIP_HINTS : error === "EntryRefused" ? ENTRY_HINTS : {};
  return specific[String(reason) as StripReason | EntryReason] ?? HINTS[error];
}
