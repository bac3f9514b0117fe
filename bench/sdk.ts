/** `npm run bench:sdk`: how long the SDK takes, against budgets; exit code 1 where one is missed. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { measure } from "./lib/measure.ts";
import type { Timing } from "./lib/measure.ts";
import { tableOf } from "./lib/table.ts";
import type { Columns } from "./lib/table.ts";
import { reference, rowOf, tasks } from "./sdk/rows.ts";
import type { Row } from "./sdk/rows.ts";

const USAGE = "Usage: npm run bench:sdk -- [--json]\n  --json  one object on stdout, times in ms";

const ms = (time: number): string => time.toFixed(1);
const COLUMNS: Columns<Row> = [
  ["operation", ({ operation }) => operation],
  ["homes", ({ homes }) => (homes ?? "").toString()],
  ["orders", ({ orders }) => (orders ?? "").toString()],
  ["ticks", ({ ticks }) => (ticks ?? "").toString()],
  ["first ms", ({ first }) => ms(first)],
  ["min ms", ({ min }) => ms(min)],
  ["median ms", ({ median }) => ms(median)],
  ["budget ms", ({ budget }) => budget.toString()],
  ["x reference", ({ ratio }) => ratio.toFixed(1)],
  ["", ({ met }) => (met ? "ok" : "MISSED")],
];

async function main(json: boolean): Promise<void> {
  const timed = tasks();
  const base = reference();
  const [baseTiming, ...timings] = (await measure([base, ...timed])) as [Timing, ...Timing[]];
  const rows = timed.flatMap((task, index) => {
    const timing = timings[index];
    return timing === undefined ? [] : [rowOf(task, timing, baseTiming)];
  });
  const machine = { node: process.version, cores: availableParallelism() };
  if (json) console.log(JSON.stringify({ ...machine, reference: { operation: base.name, ...baseTiming }, rows }));
  else {
    console.log(`Wattbook SDK on Node ${machine.node}, ${machine.cores} cores; one thread is used.\n`);
    console.log(tableOf(COLUMNS, rows));
    console.log(`\nReference: ${base.name}, median ${ms(baseTiming.median)} ms. Budgets hold for medians.`);
  }
  if (rows.some(({ met }) => !met)) process.exitCode = 1;
}

try {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(USAGE);
  else await main(values.json ?? false);
} catch (error) {
  if (!(error instanceof TypeError) || !("code" in error)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
