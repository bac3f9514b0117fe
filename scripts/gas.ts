import { readFileSync, writeFileSync } from "node:fs";
import { measureGas, type GasRow } from "./gas/measure.ts";

const FILE = new URL("../snapshots/gas.json", import.meta.url);
/** A regression above one percent fails the check. */
const TOLERANCE = 100n;

type Snapshot = Record<string, number>;

/** The rows as the snapshot file keeps them: gas per unit, by operation. */
const snapshotOf = (rows: readonly GasRow[]): Snapshot =>
  Object.fromEntries(rows.map(({ operation, gas }) => [operation, gas]));

/**
 * Prints a row per operation: measured, the snapshot's value, the target, and how far above it the figure is.
 * A regression is a problem; a target not yet met is shown in its row.
 */
function compare(rows: readonly GasRow[], reviewed: Snapshot): string[] {
  const problems: string[] = [];
  for (const { operation, gas, target } of rows) {
    const before = reviewed[operation];
    if (before === undefined) problems.push(`${operation}: not in the snapshot`);
    else if (BigInt(gas) * TOLERANCE > BigInt(before) * (TOLERANCE + 1n)) {
      problems.push(`${operation}: ${String(gas)}, more than 1 % above the snapshot's ${String(before)}`);
    }
    const over =
      target === undefined || gas <= target ? "" : `${String(Math.round((100 * gas) / target - 100))} % above`;
    console.log(
      `${operation.padEnd(58)} ${String(gas).padStart(10)} ${String(before ?? "-").padStart(10)} ` +
        `${String(target ?? "-").padStart(8)}  ${over}`.trimEnd(),
    );
  }
  for (const operation of Object.keys(reviewed)) {
    if (!rows.some((row) => row.operation === operation))
      problems.push(`${operation}: in the snapshot, no longer measured`);
  }
  return problems;
}

const write = process.argv.includes("--write");
const rows = await measureGas();
const reviewed = write ? snapshotOf(rows) : (JSON.parse(readFileSync(FILE, "utf8")) as Snapshot);
console.log(
  `${"operation (osaka, receipts, warm rings)".padEnd(58)} ${"gas".padStart(10)} ${"snapshot".padStart(10)} ${"target".padStart(8)}`,
);
const problems = compare(rows, reviewed);
if (write) writeFileSync(FILE, `${JSON.stringify(reviewed, null, 2)}\n`);
if (problems.length > 0) {
  console.error(`\n${problems.join("\n")}\nAfter review: npm run gas -- --write`);
  process.exitCode = 1;
}
