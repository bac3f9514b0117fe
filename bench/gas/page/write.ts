/** Writes a run down: `bench/results.json`, the page and its plots. */
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import type { Report } from "../report.ts";
import { pageOf } from "./markdown.ts";
import { plotsOf } from "./plots.ts";

const ROOT = new URL("../../../", import.meta.url);
const RESULTS = "bench/results.json";
const PAGE = "docs/benchmarks.md";
const WIDTH = 120;

/** Files that were written, by their paths in the repository. */
export async function writePage(report: Report): Promise<string[]> {
  const plots = plotsOf(report);
  const files: [path: string, text: string][] = [
    [RESULTS, await format(JSON.stringify(report), { parser: "json", printWidth: WIDTH })],
    [PAGE, await format(pageOf(report, plots), { parser: "markdown", printWidth: WIDTH })],
    ...plots.map(({ file, svg }): [string, string] => [`docs/${file}`, svg]),
  ];
  for (const [path, text] of files) await writeFile(new URL(path, ROOT), text);
  return files.map(([path]) => path);
}
