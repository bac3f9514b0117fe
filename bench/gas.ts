/** `npm run bench`: what every operation costs, against budgets, limits, the next fork and other order books. */
import { baselinesFor } from "./gas/baselines.ts";
import { optionsOf, OTHERS, USAGE } from "./gas/options.ts";
import { writePage } from "./gas/page/write.ts";
import { run as measure } from "./gas/report.ts";
import { SOURCES } from "./gas/rows/index.ts";
import { textOf } from "./gas/text.ts";
import { progressOf, run } from "./lib/command.ts";

const none = async () => await Promise.resolve([]);

await run(USAGE, async () => {
  const { homes, ticks, rows, ethEur, json, explain, write, help } = optionsOf(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }
  const progress = progressOf();
  const sources = SOURCES.filter(({ name }) => rows.includes(name));
  const baselines = rows.includes(OTHERS) ? baselinesFor : none;
  const report = await measure({ sources, homes, ticks, ethEur, baselines }, progress);
  console.log(json ? JSON.stringify(report) : textOf(report, { explain }));
  if (write) for (const file of await writePage(report)) progress(`wrote ${file}`);
  progress(`done in ${String(report.seconds)} s`);
  for (const problem of report.problems) console.error(problem);
  if (report.problems.length > 0) process.exitCode = 1;
});
