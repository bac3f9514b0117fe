/** Errors of the services: a stable `code`, and a message that names the field, the value and what to do. */

import type { GatewayErrorCode } from "./gateway/errors.ts";

/** Every code that the services throw beside the SDK's. */
export type ServiceErrorCode =
  | GatewayErrorCode
  | "STORE_UNREADABLE"
  | "STORE_IN_USE"
  | "STORE_NEWER"
  | "STORE_FULL"
  | "STORE_FAILED"
  | "OUTBOX_MISMATCH"
  | "JOB_MISMATCH"
  | "NODE_LAGGING"
  | "NODE_DISAGREES"
  | "FEES_CAPPED"
  | "OWN_CLOCK_AHEAD"
  | "CONFIG_INVALID"
  | "LISTEN_FAILED"
  | "FILE_UNREADABLE"
  | "FILE_OPEN"
  | "KEY_FILE_INVALID"
  | "KEY_PASSWORD_WRONG"
  | "KEY_MISMATCH"
  | "PASSWORD_NEEDED"
  | "STRIP_REFUSED"
  | "ENTRY_REFUSED"
  | "READING_REFUSED"
  | "RELAYER_REFUSED"
  | "COMMUNITY_UNKNOWN"
  | "STRIP_UNKNOWN"
  | "READING_UNKNOWN"
  | "WITHDRAWAL_LATE"
  | "SIGNATURE_INVALID"
  | "MESSAGE_INVALID"
  | "KEY_REUSED"
  | "RATE_LIMITED"
  | "BUNDLE_MISSING";

/** An error of a service. Test codes, not messages. */
export class ServiceError extends Error {
  constructor(
    readonly code: ServiceErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "ServiceError";
  }

  /** Whether a file cannot keep anything at the moment: what came must not be acknowledged, and has to be offered again. */
  get retry(): boolean {
    return this.code.startsWith("STORE_");
  }
}

/** Whether `error` is a `ServiceError`, of the given code if one is named. */
export function isServiceError(error: unknown, code?: ServiceErrorCode): error is ServiceError {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}
