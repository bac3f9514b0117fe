/** Which budgets a run misses, and where it is said why. */
import { BUDGETS, type Budget } from "./budgets.ts";
import type { Row } from "./row.ts";

const nameOf = (row: Row, all: readonly Row[]): string =>
  all.some((other) => other.operation === row.operation && other.homes !== row.homes)
    ? `${row.operation} (${row.homes.toLocaleString("en-US")} homes)`
    : row.operation;

/** Of the operation as a whole: sizes of one share their reasons. */
const reasonsOf = ({ operation }: Row): Budget["reasons"] =>
  BUDGETS.find((budget) => budget.operation === operation)?.reasons;

/** A sentence, or several; `link` shows a file of `docs/adr/`. */
export function missedOf(rows: readonly Row[], link = (file: string) => `docs/adr/${file}`): string {
  const budgeted = rows.filter(({ budget }) => budget !== null);
  const now = budgeted.filter(({ met }) => met === false);
  const next = budgeted.filter(({ nextForkMet }) => nextForkMet === false);
  if (now.length === 0 && next.length === 0) return "Every budget is met, at the next fork's prices too.";
  const listed = (of: readonly Row[]) => of.map((row) => nameOf(row, budgeted)).join("; ") || "none";
  const missed = [...now, ...next];
  const files = [...new Set(missed.flatMap((row) => reasonsOf(row) ?? []))].sort();
  const unexplained = [...new Set(missed.filter((row) => reasonsOf(row) === undefined))];
  return [
    `Missed: ${listed(now)}. At the next fork's prices: ${listed(next)}.`,
    ...(files.length > 0 ? [`${files.map(link).join(" and ")} ${files.length > 1 ? "say" : "says"} why.`] : []),
    ...(unexplained.length > 0 ? [`No decision says why: ${listed(unexplained)}.`] : []),
  ].join(" ");
}
