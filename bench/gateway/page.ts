/** The table of the last run that was written down, in this folder's README. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";

const PAGE = join(import.meta.dirname, "../README.md");
const [BEGIN, END] = ["<!-- gateway: written by the bench -->", "<!-- gateway: end -->"];

/** Replaces the table. @return The file */
export async function writeTable(rows: readonly (readonly [name: string, live: string, queue: string])[]) {
  const machine = `${availableParallelism()} cores, Node ${process.versions.node.split(".")[0] ?? ""}`;
  const lines = [[machine, "over MQTT", "into the queue"], ["---", "---", "---"], ...rows];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${PAGE} has no place for the table`);
  const text = `${page.slice(0, before)}${BEGIN}\n\n${table}\n\n${page.slice(after)}`;
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  return PAGE;
}
