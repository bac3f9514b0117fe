import type { GasRow } from "./measure.ts";

/** A regression above one percent fails the check. */
const TOLERANCE = 100n;

/** Gas per unit by operation, as the snapshot file keeps it. */
export type Snapshot = Readonly<Record<string, number>>;

export const snapshotOf = (rows: readonly GasRow[]): Snapshot =>
  Object.fromEntries(rows.map(({ operation, gas }) => [operation, gas]));

/** What is wrong: regressions, targets lost, operations that one side alone knows. A target not yet met is no problem. */
export function problemsOf(rows: readonly GasRow[], reviewed: Snapshot): string[] {
  const problems: string[] = [];
  for (const { operation, gas, target = Infinity } of rows) {
    const before = reviewed[operation];
    if (before === undefined) {
      problems.push(`${operation}: not in the snapshot`);
      continue;
    }
    if (BigInt(gas) * TOLERANCE > BigInt(before) * (TOLERANCE + 1n)) {
      problems.push(`${operation}: ${String(gas)}, more than 1 % above the snapshot's ${String(before)}`);
    }
    // Whatever the tolerance allows: a target that was met stays met.
    if (before <= target && gas > target) {
      problems.push(`${operation}: ${String(gas)}, above the target of ${String(target)} that the snapshot meets`);
    }
  }
  for (const operation of Object.keys(reviewed)) {
    if (!rows.some((row) => row.operation === operation))
      problems.push(`${operation}: in the snapshot, no longer measured`);
  }
  return problems;
}

/** A line per operation: measured, the snapshot's value, the target, and how far above it the figure is. */
export function tableOf(rows: readonly GasRow[], reviewed: Snapshot): string[] {
  const line = (operation: string, gas: string, before: string, target: string, over: string) =>
    `${operation.padEnd(70)} ${gas.padStart(10)} ${before.padStart(10)} ${target.padStart(8)}  ${over}`.trimEnd();
  return [
    line("operation (osaka, receipts, warm rings)", "gas", "snapshot", "target", ""),
    ...rows.map(({ operation, gas, target }) => {
      const over =
        target === undefined || gas <= target ? "" : `${String(Math.round((100 * gas) / target - 100))} % above`;
      return line(operation, String(gas), String(reviewed[operation] ?? "-"), String(target ?? "-"), over);
    }),
  ];
}
