/** `npm run bench`: what every operation costs, against budgets, limits, the next fork and other order books. */
import { baselinesFor } from "./gas/baselines.ts";
import { optionsOf, USAGE } from "./gas/options.ts";
import { writePage } from "./gas/page/write.ts";
import { run as measure } from "./gas/report.ts";
import { SOURCES } from "./gas/rows/index.ts";
import { textOf } from "./gas/text.ts";
import { progressOf, run } from "./lib/command.ts";

await run(USAGE, async () => {
  const { homes, ticks, ethEur, json, explain, write, help } = optionsOf(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }
  const progress = progressOf();
  const report = await measure({ sources: SOURCES, homes, ticks, ethEur, baselines: baselinesFor }, progress);
  console.log(json ? JSON.stringify(report) : textOf(report, { explain }));
  if (write) for (const file of await writePage(report)) progress(`wrote ${file}`);
  progress("done");
  for (const problem of report.problems) console.error(problem);
  if (report.problems.length > 0) process.exitCode = 1;
});
