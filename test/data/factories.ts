/** Small inputs for the tests of the data package. */

/** 15 February 2021, 00:00 UTC: a period starts. */
export const MIDNIGHT = 1_613_347_200;

/** Text of a file: each row a list of cells. */
export function csv(...rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.join(",")).join("\n");
}
