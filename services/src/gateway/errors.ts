/** Errors of the gateway: one class, a stable code, a message that names field and value and says what to do. */

/** What a source sent cannot be used. It is refused for good, and nothing else suffers. */
export type RefusalCode =
  | "NOT_A_NUMBER"
  | "NEGATIVE"
  | "TOO_LARGE"
  | "UNIT_UNKNOWN"
  | "NOT_A_REGISTER"
  | "NOT_A_TIME"
  | "MESSAGE_TOO_LONG"
  | "MESSAGE_MALFORMED"
  | "FIELD_MISSING"
  | "TOPIC_UNKNOWN"
  | "RETAINED_WITHOUT_TIME"
  | "PAYLOAD_OF_ANOTHER"
  | "TELEGRAM_TOO_LONG"
  | "TELEGRAM_CUT"
  | "CRC_MISSING"
  | "CRC_MISMATCH"
  | "SUNSPEC_ABSENT"
  | "SUNSPEC_MALFORMED"
  | "MODEL_ABSENT"
  | "NOT_IMPLEMENTED"
  | "FLOAT_TOO_COARSE"
  | "METER_UNKNOWN"
  | "CLOCK_AHEAD"
  | "CLOCK_BEHIND"
  | "SERIAL_MISMATCH"
  | "REGISTER_FELL"
  | "ADVANCE_IMPLAUSIBLE"
  | "SAMPLE_CONFLICT"
  | "LATE_CONTRADICTS"
  | "ALREADY_SIGNED"
  | "STEP_FAILED";

/** The queue cannot keep anything: the source has to offer it again. */
export type StoreCode = "STORE_FULL" | "STORE_READ_ONLY" | "STORE_IN_USE" | "STORE_FAILED";

/** A source or a relayer that cannot be reached at the moment. */
export type LinkCode =
  "LINK_DOWN" | "LINK_REFUSED" | "RELAYER_UNAVAILABLE" | "HAND_OVER_REFUSED" | "SIGNER_UNAVAILABLE";

/** Set-up that an operator has to mend. */
export type SetupCode =
  | "CONFIG_INVALID"
  | "FILE_UNREADABLE"
  | "KEY_FILE_OPEN"
  | "KEY_PASSWORD_WRONG"
  | "KEY_FILE_INVALID"
  | "KEY_MISMATCH"
  | "STORE_VERSION"
  | "SWAP_TOO_LATE";

/** Energy that cannot be signed or traded as it stands. */
export type ReadingCode = "READING_HAS_GAPS" | "REGISTER_BELOW_CHAIN";

export type GatewayErrorCode = RefusalCode | StoreCode | LinkCode | SetupCode | ReadingCode;

const STORE: readonly GatewayErrorCode[] = ["STORE_FULL", "STORE_READ_ONLY", "STORE_IN_USE", "STORE_FAILED"];
const MOST_VALUE = 64;

export interface GatewayErrorOptions extends ErrorOptions {
  readonly retryAfter?: bigint | undefined;
}

/** Whatever stops a message, a reading or the gateway for a reason it can name. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  /** Seconds to wait before trying again, where the other side asks for it. */
  readonly retryAfter: bigint | undefined;

  /**
   * @param field What is wrong: a field of a message, a file, a meter.
   * @param value Its value as it came; the message shows the first 64 characters.
   * @param text What is wrong with it, and what to do.
   */
  constructor(
    readonly code: GatewayErrorCode,
    readonly field: string,
    readonly value: unknown,
    text: string,
    options?: GatewayErrorOptions,
  ) {
    super(`${field} is ${shown(value)}: ${text}`, options);
    this.retryAfter = options?.retryAfter;
  }

  /** Whether the same message may be kept later: then it must not be acknowledged. */
  get retry(): boolean {
    return STORE.includes(this.code);
  }
}

/** Whether `error` is the gateway's, with the given code if one is named. */
export function isGatewayError(error: unknown, code?: GatewayErrorCode): error is GatewayError {
  return error instanceof GatewayError && (code === undefined || error.code === code);
}

/** A thrown value as an error of the gateway; anything unexpected takes `code`. */
export function asGatewayError(error: unknown, code: GatewayErrorCode, field: string, text: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new GatewayError(code, field, reason, text, { cause: error });
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}… (${text.length} characters)` : text;
}
