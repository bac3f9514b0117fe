/**
 * Errors of the SDK: one base, a stable `code` per class, a message that names the field, the value and what to do.
 * Test codes, not messages: messages may get better at any time, codes never change.
 */

/** Every code that this part of the SDK throws. */
export type WattbookErrorCode =
  | "OUT_OF_RANGE"
  | "INVALID_DECIMAL"
  | "INVALID_HEX"
  | "INVALID_ADDRESS"
  | "BAD_LENGTH"
  | "TERMS_OUT_OF_BOUNDS"
  | "TARIFF_ABOVE_MAXIMUM"
  | "TARIFF_MONEY_PUMP"
  | "UNKNOWN_TARIFF_CLASS"
  | "OFF_GRID_PRICE"
  | "OFF_LOT_QUANTITY"
  | "SLOT_OUTSIDE_PERIOD"
  | "BEHIND_FRONTIER"
  | "DUPLICATE_ORDER"
  | "REPEATED_ID"
  | "ORDER_FILE_INVALID"
  | "NOT_ASCENDING"
  | "EMPTY_STRIP"
  | "EMPTY_BATCH"
  | "TOO_MANY_ENTRIES"
  | "OVER_CAP"
  | "BAD_SIGNATURE"
  | "REGISTER_DOWN"
  | "OVER_RATED"
  | "SLOT_NOT_CLEARED"
  | "MISSING_ANSWER"
  | "BILL_MISMATCH"
  | "SET_POINT_REFUSED"
  | "MIXED_STRIPS"
  | "OVER_CHUNK_LIMIT"
  | "NOT_IN_COMMIT"
  | "RUNNER_UNFIT"
  | "PERMIT_UNSUPPORTED"
  | "BATTERY_INVALID"
  | "STORED_OUT_OF_LIMITS"
  | "END_UNREACHABLE"
  | "FORECAST_MISSING"
  | "EXPORT_ABOVE_IMPORT"
  | "PLAN_REFUSED"
  | "SOLVER_UNFIT"
  | "SOLVER_FAILED"
  | "CONTRACT_REVERTED"
  | "LOGS_INCOMPLETE"
  | "NOT_SETTLED"
  | "LOGS_PRUNED"
  | "LOG_RANGE_TOO_LARGE"
  | "CHECKPOINT_INVALID"
  | "DEPLOYMENT_INVALID"
  | "DEPLOYMENT_VERSION"
  | "DEPLOYMENT_MISMATCH"
  | "WRONG_CHAIN"
  | "NO_CONTRACT"
  | "INSUFFICIENT_FUNDS"
  | "SIGNATURE_REJECTED"
  | "NONCE_TAKEN"
  | "RPC_TIMEOUT"
  | "RPC_UNAVAILABLE"
  | "RPC_REFUSED"
  | "RPC_INVALID"
  | "RPC_INCONSISTENT";

/** Base of all errors of the SDK. */
export abstract class WattbookError extends Error {
  /** Stable, upper case: what programs test. */
  abstract readonly code: WattbookErrorCode;
  /** What to do about it, one sentence or two; part of the message. Errors of the network and of contracts have one. */
  readonly hint?: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * Whether `error` comes from the SDK, with the given code if one is named.
 *
 * @example
 * try {
 *   tickOf(terms, asPrice(101n));
 * } catch (error) {
 *   if (!isWattbookError(error, "OFF_GRID_PRICE")) throw error;
 *   console.log(error.message);
 * }
 */
export function isWattbookError(error: unknown, code?: WattbookErrorCode): error is WattbookError {
  return error instanceof WattbookError && (code === undefined || error.code === code);
}

/** A number that does not fit its quantity or field, or that is no bigint. */
export class OutOfRangeError extends WattbookError {
  readonly code = "OUT_OF_RANGE";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly least: bigint,
    readonly most: bigint,
  ) {
    super(`${field} is ${String(value)} (${typeof value}). Pass a bigint from ${least} to ${most}.`);
  }
}

/** A text that is no decimal number, or one with more digits than its unit holds. */
export class InvalidDecimalError extends WattbookError {
  readonly code = "INVALID_DECIMAL";

  constructor(
    readonly field: string,
    readonly text: string,
    readonly mostDigits: number,
  ) {
    super(
      `${field} is "${text}". Write digits with a point and at most ${mostDigits} digits behind it, such as "1.5".`,
    );
  }
}

/** A string that is no hexadecimal byte string. */
export class InvalidHexError extends WattbookError {
  readonly code = "INVALID_HEX";

  constructor(
    readonly field: string,
    readonly value: unknown,
  ) {
    super(`${field} is ${String(value)}. Pass "0x" and two hexadecimal digits per byte.`);
  }
}

/** A string that is no address, has a wrong checksum, or is zero where an account is needed. */
export class InvalidAddressError extends WattbookError {
  readonly code = "INVALID_ADDRESS";

  constructor(
    readonly field: string,
    readonly value: unknown,
  ) {
    super(`${field} is ${String(value)}. Pass the address of an account, 20 bytes with "0x".`);
  }
}

/** Bytes or a list of the wrong length. */
export class BadLengthError extends WattbookError {
  readonly code = "BAD_LENGTH";

  constructor(
    readonly field: string,
    readonly length: number,
    readonly expected: string,
  ) {
    super(`${field} has length ${length}. Pass ${expected}.`);
  }
}

/** A parameter of a community outside the bounds that the registry accepts. */
export class TermsError extends WattbookError {
  readonly code = "TERMS_OUT_OF_BOUNDS";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly rule: string,
  ) {
    super(`${field} is ${String(value)}. ${rule}`);
  }
}

/** A tariff above the maxima that the members of a community signed. */
export class TariffMaximumError extends WattbookError {
  readonly code = "TARIFF_ABOVE_MAXIMUM";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly most: bigint,
  ) {
    super(`${field} is ${value} base units per Wh. The terms of the community allow at most ${most}: lower it.`);
  }
}

/** A tariff under which one member can sell to the grid dearer than another buys from it. */
export class MoneyPumpError extends WattbookError {
  readonly code = "TARIFF_MONEY_PUMP";

  constructor(
    readonly offset: number,
    readonly lowestImport: bigint,
    readonly highestExport: bigint,
  ) {
    super(
      `In slot ${offset} of the period an export price is ${highestExport} and an import price is ${lowestImport}. ` +
        `Keep every class's export price at or below the lowest import price of all classes.`,
    );
  }
}

/** A tariff class that the tariff does not hold. */
export class UnknownTariffClassError extends WattbookError {
  readonly code = "UNKNOWN_TARIFF_CLASS";

  constructor(
    readonly tariffClass: bigint,
    readonly count: number,
  ) {
    super(`tariffClass is ${tariffClass}. The tariff holds ${count} classes: pass 0 to ${count - 1}.`);
  }
}

/** A field, of the order where one is known. */
function named(field: string, order: string | undefined): string {
  return order === undefined ? field : `${field} of order ${JSON.stringify(order)}`;
}

/** A price between two ticks, or outside the grid. */
export class OffGridPriceError extends WattbookError {
  readonly code = "OFF_GRID_PRICE";

  constructor(
    readonly price: bigint,
    readonly floorPrice: bigint,
    readonly tickSize: bigint,
    readonly topPrice: bigint,
    /** Id of the order, where orders have one. */
    readonly order?: string,
  ) {
    super(
      `${named("price", order)} is ${price} base units per Wh. Pass ${floorPrice} to ${topPrice} in steps of ${tickSize}; ` +
        `priceDown and priceUp find the next one.`,
    );
  }
}

/** An amount of energy that is not a whole, positive number of lots, or more lots than an entry holds. */
export class OffLotQuantityError extends WattbookError {
  readonly code = "OFF_LOT_QUANTITY";

  constructor(
    readonly energy: bigint,
    readonly lotWh: bigint,
    readonly mostLots: bigint,
    /** Id of the order, where orders have one. */
    readonly order?: string,
  ) {
    super(
      `${named("energy", order)} is ${energy} Wh. Pass 1 to ${mostLots} lots of ${lotWh} Wh; lotsDown and lotsUp round to lots.`,
    );
  }
}

/** A slot of another period. */
export class SlotOutsidePeriodError extends WattbookError {
  readonly code = "SLOT_OUTSIDE_PERIOD";

  constructor(
    readonly slot: bigint,
    readonly period: bigint,
    readonly firstSlot: bigint,
    readonly lastSlot: bigint,
  ) {
    super(`slot is ${slot}. Period ${period} holds the slots ${firstSlot} to ${lastSlot}: use a strip per period.`);
  }
}

/** An order for a slot that an earlier strip of the member covers. */
export class BehindFrontierError extends WattbookError {
  readonly code = "BEHIND_FRONTIER";

  constructor(
    readonly offset: bigint,
    readonly after: bigint,
  ) {
    super(`An order names slot ${offset} of the period. An earlier strip covers the slots before ${after}: drop it.`);
  }
}

/** Two orders of the same slot, side and price. */
export class DuplicateOrderError extends WattbookError {
  readonly code = "DUPLICATE_ORDER";

  constructor(
    readonly slot: bigint,
    readonly side: string,
    readonly price: bigint,
  ) {
    super(`Two orders ${side} in slot ${slot} at ${price} base units per Wh. Merge them into one.`);
  }
}

/** Two orders, or two members, of the same id in one list. */
export class RepeatedIdError extends WattbookError {
  readonly code = "REPEATED_ID";

  constructor(
    readonly kind: string,
    readonly id: string,
  ) {
    super(`${kind} ${JSON.stringify(id)} stands in the list more than once. Give each ${kind} an id of its own.`);
  }
}

/** An order, or a file of orders, that is not what `clearOrders` and `parseOrderFile` take. */
export class OrderFileError extends WattbookError {
  readonly code = "ORDER_FILE_INVALID";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly rule: string,
  ) {
    super(`${field} is ${String(value)}. ${rule}`);
  }
}

/** Entries that do not ascend strictly by (slot, side, tick): the chain would refuse them. */
export class NotAscendingError extends WattbookError {
  readonly code = "NOT_ASCENDING";

  constructor(readonly index: number) {
    super(`entries[${index}] does not come after the one before it. Sort by slot, side, tick and merge equal ones.`);
  }
}

/** A strip without orders. */
export class EmptyStripError extends WattbookError {
  readonly code = "EMPTY_STRIP";

  constructor() {
    super("The strip has no orders. Pass at least one.");
  }
}

/** No strips to post together: they say who gets their fees. */
export class EmptyBatchError extends WattbookError {
  readonly code = "EMPTY_BATCH";

  constructor() {
    super("The batch has no strips. Pass at least one.");
  }
}

/** More entries than a member's journal takes in a period. */
export class TooManyEntriesError extends WattbookError {
  readonly code = "TOO_MANY_ENTRIES";

  constructor(
    readonly count: number,
    readonly most: number,
  ) {
    super(`The strip has ${count} entries. A member's period takes at most ${most}: name fewer price steps.`);
  }
}

/** More lots in a slot and side than the member may trade. */
export class OverCapError extends WattbookError {
  readonly code = "OVER_CAP";

  constructor(
    readonly slot: bigint,
    readonly side: string,
    readonly lots: bigint,
    readonly cap: bigint,
  ) {
    super(`Orders to ${side} in slot ${slot} add up to ${lots} lots. The member's cap is ${cap}: order less.`);
  }
}

/** A signature that is malformed, has a high s, or recovers no key. */
export class BadSignatureError extends WattbookError {
  readonly code = "BAD_SIGNATURE";

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The signature is not usable: ${reason}. Sign again with a plain key, s in its lower half.`, options);
  }
}

/** A meter register that goes down. */
export class RegisterDownError extends WattbookError {
  readonly code = "REGISTER_DOWN";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly before: bigint,
  ) {
    super(`${field} is ${value} Wh after ${before} Wh. Registers never go down: check the meter or its replacement.`);
  }
}

/** A meter value above the member's rated energy and a tenth: settlement would leave the reading out. */
export class OverRatedError extends WattbookError {
  readonly code = "OVER_RATED";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly most: bigint,
  ) {
    super(`${field} is ${value} Wh. The member's cap allows ${most} Wh per slot: check the meter or raise the cap.`);
  }
}

/** An accepted entry of a slot whose result is missing. */
export class SlotNotClearedError extends WattbookError {
  readonly code = "SLOT_NOT_CLEARED";

  constructor(readonly slot: bigint) {
    super(`Slot ${slot} has an accepted order and no result. Clear it, or pass its result (null for no trade).`);
  }
}

/** Records of a module whose answer is missing. */
export class MissingAnswerError extends WattbookError {
  readonly code = "MISSING_ANSWER";

  constructor(readonly module: bigint) {
    super(`Module ${module} has records and no answer. Pass what it answers, or null for a failing call.`);
  }
}

/** A bill whose lines do not add up to the settled legs: the inputs belong to different periods or members. */
export class BillMismatchError extends WattbookError {
  readonly code = "BILL_MISMATCH";

  constructor(
    readonly field: string,
    readonly lines: bigint,
    readonly settled: bigint,
  ) {
    super(`${field} of the lines is ${lines}, of the settlement ${settled}. Pass the trades that the settlement used.`);
  }
}

/** A client whose runner cannot do what is asked of it. */
export class RunnerError extends WattbookError {
  readonly code = "RUNNER_UNFIT";

  constructor(
    readonly action: string,
    readonly needed: string,
  ) {
    super(`The client's runner cannot ${action}. Make the client with ${needed}.`);
  }
}

/** A payment token whose permits cannot be signed: it has none, or does not say under which EIP-712 domain. */
export class PermitDomainError extends WattbookError {
  readonly code = "PERMIT_UNSUPPORTED";

  constructor(readonly token: string) {
    super(
      `The token ${token} states no EIP-712 domain for permits. Approve the escrow and deposit from the allowance.`,
    );
  }
}

/** Logs that do not explain what the chain did: some are missing. */
export class LogsIncompleteError extends WattbookError {
  readonly code = "LOGS_INCOMPLETE";

  constructor(readonly subject: string) {
    super(`The logs do not explain ${subject}. Scan from an earlier block, or ask another node.`);
  }
}

/** A member's period that nobody settled yet. */
export class NotSettledError extends WattbookError {
  readonly code = "NOT_SETTLED";

  constructor(
    readonly member: bigint,
    readonly period: bigint,
  ) {
    super(
      `Period ${period} of member ${member} is not settled. Settle it, or preview it with settleMember and billOf; ` +
        `if it was settled long ago, scan from an earlier block.`,
    );
  }
}

/** A set-point that a battery must not follow. */
export class SetPointRefusedError extends WattbookError {
  readonly code = "SET_POINT_REFUSED";

  constructor(
    readonly field: string,
    readonly value: bigint | string,
    /** What the value should be, and what to do. */
    readonly rule: string,
    /** Name of the breach as `CoordinatorDesk.auditSetPoint` gives it; "Replayed" or "NotNow" where only the battery knows. */
    readonly reason: string = "None",
  ) {
    super(`${field} is ${value}. ${rule}`);
  }
}

/** Strips in one batch, chunk or commit that do not belong together. */
export class MixedStripsError extends WattbookError {
  readonly code = "MIXED_STRIPS";

  constructor(
    readonly index: number,
    readonly field: string,
    readonly value: unknown,
    readonly expected: unknown,
  ) {
    super(
      `strips[${index}].${field} is ${String(value)}, not ${String(expected)}. Keep strips of different ${field} apart.`,
    );
  }
}

/** A strip that no chunk can hold within its limits. */
export class ChunkLimitError extends WattbookError {
  readonly code = "OVER_CHUNK_LIMIT";

  constructor(
    readonly index: number,
    readonly limit: string,
    readonly value: bigint,
    readonly most: bigint,
  ) {
    super(`strips[${index}] takes ${value} ${limit}. A chunk has ${most}: raise the limit or leave the strip out.`);
  }
}

/** A strip that a commit does not hold, so that no chunk of it answers a challenge. */
export class NotInCommitError extends WattbookError {
  readonly code = "NOT_IN_COMMIT";

  constructor(
    readonly strip: string,
    readonly root: string,
  ) {
    super(`The commit ${root} does not hold the strip ${strip}. Look in the commit of the receipt's period.`);
  }
}
