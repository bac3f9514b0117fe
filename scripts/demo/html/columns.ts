/** Columns: a value per slot in one text, exact and short. Used on both sides. */

import type { Column } from "./data.ts";

export function columnOf(values: readonly (bigint | undefined)[]): Column {
  return values.map((value) => value?.toString() ?? "-").join(" ");
}

export function valuesOf(column: Column): (bigint | undefined)[] {
  return column === "" ? [] : column.split(" ").map((text) => (text === "-" ? undefined : BigInt(text)));
}

/** For a column without gaps. */
export function amountsOf(column: Column): bigint[] {
  return valuesOf(column).map((value) => value ?? 0n);
}
