/** Errors of the demo: one base, a stable code, a message that says what to do. */

import type { DataErrorCode } from "@wattbook/data/import";

export type DemoErrorCode =
  | DataErrorCode
  | "OPTION_UNKNOWN"
  | "FILE_UNREADABLE"
  | "METER_INCOMPLETE"
  | "HOME_TOO_LARGE"
  | "DAYS_BEYOND_FILE"
  | "FOLDER_UNWRITABLE"
  | "FILE_UNWRITABLE"
  | "OPTIMUM_FAILED";

/** Whatever stops the demo for a reason it can name. */
export class DemoError extends Error {
  override readonly name: string = "DemoError";
  readonly code: DemoErrorCode;

  constructor(code: DemoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
