/** Errors of the data package: one base, a stable code, a message that names what is wrong and says what to do. */

/** Every code of the package. Codes are what programs test. */
export type DataErrorCode =
  | "OPTION_INVALID"
  | "FORMAT_UNKNOWN"
  | "FILE_TOO_LARGE"
  | "CSV_MALFORMED"
  | "CSV_EMPTY"
  | "CSV_TOO_SHORT"
  | "COLUMN_MISSING"
  | "COLUMN_DUPLICATE"
  | "COLUMN_UNKNOWN"
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
  | "XML_MALFORMED"
  | "XML_DOCTYPE"
  | "NO_READINGS"
  | "RANGE_TOO_LONG"
  | "RECORD_INVALID";

/** Whatever stops an importer, an exporter or the generator for a reason it can name. */
export class DataError extends Error {
  override readonly name: string = "DataError";
  readonly code: DataErrorCode;

  constructor(code: DataErrorCode, message: string, options?: ErrorOptions) {
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
export class InputError extends DataError {
  override readonly name = "InputError";
  readonly place: Place;

  constructor(code: DataErrorCode, place: Place, message: string, options?: ErrorOptions) {
    const header = place.header === undefined ? "" : ` column "${place.header}":`;
    super(code, `${place.file}:${place.line}:${place.column}:${header} ${message}`, options);
    this.place = place;
  }
}

/** What a thrown value says. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
