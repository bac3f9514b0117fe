/** `npm run bench`: what every operation costs, against budgets, limits, the next fork and other order books. */
import { baselinesFor } from "./gas/baselines.ts";
import { BadOption, optionsOf, USAGE, type Options } from "./gas/options.ts";
import { writePage } from "./gas/page/write.ts";
import { run } from "./gas/report.ts";
import { SOURCES } from "./gas/rows/index.ts";
import { textOf } from "./gas/text.ts";

const start = performance.now();
const seconds = () => Math.round((performance.now() - start) / 1000);
const progress = (what: string) => {
  console.error(`${String(seconds()).padStart(4)} s  ${what}`);
};

async function main({ homes, ticks, ethEur, json, explain, write }: Options): Promise<void> {
  const report = await run({ sources: SOURCES, homes, ticks, ethEur, baselines: baselinesFor }, progress);
  console.log(json ? JSON.stringify(report) : textOf(report, { explain }));
  if (write) for (const file of await writePage(report)) progress(`wrote ${file}`);
  progress("done");
  for (const problem of report.problems) console.error(problem);
  if (report.problems.length > 0) process.exitCode = 1;
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await main(options);
} catch (error) {
  const bad = error instanceof BadOption || (error instanceof TypeError && "code" in error);
  if (!bad) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
