/** Errors of the gateway: what comes in and cannot be used names the field, its value and what to do. */
import { ServiceError, type ServiceErrorCode } from "../errors.ts";

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
  | "HELD_DROPPED"
  | "SERIAL_MISMATCH"
  | "REGISTER_FELL"
  | "ADVANCE_IMPLAUSIBLE"
  | "SAMPLE_CONFLICT"
  | "LATE_CONTRADICTS"
  | "ALREADY_SIGNED"
  | "STEP_FAILED";

/** A source or a relayer that cannot be reached at the moment. */
export type LinkCode =
  | "LINK_DOWN"
  | "LINK_REFUSED"
  | "RELAYER_UNAVAILABLE"
  | "ANSWER_TOO_LONG"
  | "RELAYER_TOO_DEAR"
  | "HAND_OVER_REFUSED"
  | "SIGNER_UNAVAILABLE"
  | "OWN_CLOCK_BEHIND";

/** Energy that cannot be signed or traded as it stands. */
export type ReadingCode = "READING_HAS_GAPS" | "REGISTER_BELOW_CHAIN" | "SWAP_TOO_LATE" | "TERMS_UNKNOWN";

export type GatewayErrorCode = RefusalCode | LinkCode | ReadingCode;

const MOST_VALUE = 64;

export interface GatewayErrorOptions extends ErrorOptions {
  readonly retryAfter?: bigint | undefined;
}

/** What stops a message or a reading. Set-up, files and keys fail with a plain `ServiceError`. */
export class GatewayError extends ServiceError {
  /** Seconds to wait before trying again, where the other side asks for it. */
  readonly retryAfter: bigint | undefined;

  /**
   * @param field What is wrong: a field of a message, a file, a meter.
   * @param value Its value as it came; the message shows the first 64 characters.
   * @param text What is wrong with it, and what to do.
   */
  constructor(
    code: ServiceErrorCode,
    readonly field: string,
    readonly value: unknown,
    text: string,
    options?: GatewayErrorOptions,
  ) {
    super(code, `${field} is ${shown(value)}: ${text}`, options);
    this.retryAfter = options?.retryAfter;
  }
}

/** A thrown value as a coded error; anything unexpected takes `code`. */
export function asServiceError(error: unknown, code: ServiceErrorCode, field: string, text: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new GatewayError(code, field, reason, text, { cause: error });
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}… (${text.length} characters)` : text;
}
