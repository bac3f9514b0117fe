/** `npm run bench:crowd`: ten thousand homes in one community, open and sealed. */
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { BadOption, optionsOf, USAGE, type Options } from "./crowd/options.ts";
import { crowdOf, type Crowd } from "./crowd/run.ts";
import { jsonOf, pageOf, textOf } from "./crowd/text.ts";

const FILE = new URL("crowd.json", import.meta.url);
const PAGE = new URL("../docs/benchmarks-crowd.md", import.meta.url);
const WIDTH = 120;

const start = performance.now();
const progress = (what: string) => {
  console.error(
    `${Math.round((performance.now() - start) / 1000)
      .toString()
      .padStart(5)} s  ${what}`,
  );
};

async function main({ homes, modes, warm, json, write }: Options): Promise<void> {
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
