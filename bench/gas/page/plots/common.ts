/** What plots share. */
import { OPERATIONS as OP } from "../../operations.ts";
import type { Row } from "../../row.ts";
import type { Legend } from "../draw.ts";

/** A file of docs/ with its text for those who do not see it. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Pixels: of a plot, of names at its left, of a row, of what is below. */
export const WIDTH = 760;
export const NAMES = 330;
export const ROW = 26;
export const FOOT = 44;

export const thousands = (value: number): string => value.toLocaleString("en-US");

export const nameOf = ({ operation, homes }: Row): string =>
  operation === OP.life ? `life, ${thousands(homes)} homes` : operation;

export const colours = (legend: Legend) => ({
  domain: legend.map(([name]) => name),
  range: legend.map(([, colour]) => colour),
});

/** Rows with budgets, of each name the one of the largest community. */
export function budgeted(rows: readonly Row[]): Row[] {
  const byName = new Map<string, Row>();
  for (const row of rows) if (row.budget !== null) byName.set(nameOf(row), row);
  return [...byName.values()];
}
