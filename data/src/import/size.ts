/** A bound on input files: beyond it a browser tab or a small server would run out of memory, not of patience. */

import { InputError } from "../errors.ts";

/** Longest text that an importer takes, UTF-16 units: some 100 MB, a year of 15-minute values of some 70 meters. */
export const MOST_TEXT = 100_000_000;

/** @throws InputError FILE_TOO_LARGE */
export function checkSize(text: string, file: string): void {
  if (text.length <= MOST_TEXT) return;
  const message = `the file has ${text.length} characters; at most ${MOST_TEXT} are read. Split it by meter or month.`;
  throw new InputError("FILE_TOO_LARGE", { file, line: 1, column: 1 }, message);
}
