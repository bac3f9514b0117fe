/** `npm run bench:crowd`: ten thousand homes in one community, open and sealed. */
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { optionsOf, USAGE } from "./crowd/options.ts";
import { crowdOf, type Crowd } from "./crowd/run.ts";
import { jsonOf, pageOf, textOf } from "./crowd/text.ts";
import { progressOf, run } from "./lib/command.ts";

const FILE = new URL("crowd.json", import.meta.url);
const PAGE = new URL("../docs/benchmarks-crowd.md", import.meta.url);
const WIDTH = 120;

await run(USAGE, async () => {
  const { homes, modes, warm, json, write, help } = optionsOf(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }
  const progress = progressOf();
  const crowds: Crowd[] = [];
  for (const mode of modes) {
    const crowd = await crowdOf(mode, homes, warm, progress);
    crowds.push(crowd);
    if (!json) console.log(textOf(crowd));
  }
  if (json) console.log(jsonOf(crowds));
  if (!write) return;
  await writeFile(FILE, await format(jsonOf(crowds), { parser: "json", printWidth: WIDTH }));
  await writeFile(PAGE, await format(pageOf(crowds), { parser: "markdown", printWidth: WIDTH }));
});
