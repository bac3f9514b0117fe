/** Errors of the demo: one base, a stable code, a message that says what to do. */

export type DemoErrorCode =
  | "OPTION_INVALID"
  | "OPTION_UNKNOWN"
  | "FILE_UNREADABLE"
  | "CSV_MALFORMED"
  | "CSV_EMPTY"
  | "CSV_TOO_SHORT"
  | "COLUMN_MISSING"
  | "COLUMN_DUPLICATE"
  | "CELL_MISSING"
  | "CELL_SURPLUS"
  | "NOT_A_TIME"
  | "NOT_A_NUMBER"
  | "NEGATIVE"
  | "TOO_LARGE"
  | "TIME_DUPLICATE"
  | "TIME_BACKWARDS"
  | "TIME_GAP"
  | "TIME_IRREGULAR"
  | "TIME_UNALIGNED"
  | "STEP_UNSUPPORTED"
  | "HOME_TOO_LARGE"
  | "DAYS_BEYOND_FILE"
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

/** Where in an input file something is wrong; lines and columns count from 1, the header is line 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Header of the column, where there is one. */
  readonly header?: string | undefined;
}

/** An input file that cannot be used, and the place that shows it: `file:line:column`. */
export class InputError extends DemoError {
  override readonly name = "InputError";
  readonly place: Place;

  constructor(code: DemoErrorCode, place: Place, message: string, options?: ErrorOptions) {
    const header = place.header === undefined ? "" : ` column "${place.header}":`;
    super(code, `${place.file}:${place.line}:${place.column}:${header} ${message}`, options);
    this.place = place;
  }
}
