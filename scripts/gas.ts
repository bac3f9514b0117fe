import { readFileSync, writeFileSync } from "node:fs";
import { problemsOf, snapshotOf, tableOf, type Snapshot } from "./gas/compare.ts";
import { measureGas } from "./gas/measure.ts";

const FILE = new URL("../snapshots/gas.json", import.meta.url);

const write = process.argv.includes("--write");
const rows = await measureGas((what) => {
  console.error(what);
});
const reviewed = write ? snapshotOf(rows) : (JSON.parse(readFileSync(FILE, "utf8")) as Snapshot);
console.log(tableOf(rows, reviewed).join("\n"));
const problems = problemsOf(rows, reviewed);
if (write) writeFileSync(FILE, `${JSON.stringify(reviewed, null, 2)}\n`);
if (problems.length > 0) {
  console.error(`\n${problems.join("\n")}\nAfter review: npm run gas -- --write`);
  process.exitCode = 1;
}
