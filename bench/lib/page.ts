/** Tables of the last runs that were written down, in the benches' README. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";

const PAGE = join(import.meta.dirname, "../README.md");

/**
 * Replaces the table of a bench.
 * @param head Of the columns behind the first, which names the machine.
 * @return The file
 */
export async function writeTable(bench: string, head: readonly string[], rows: readonly (readonly string[])[]) {
  const [BEGIN, END] = [`<!-- ${bench}: written by the bench -->`, `<!-- ${bench}: end -->`];
  const machine = `${availableParallelism()} cores, Node ${process.versions.node.split(".")[0] ?? ""}`;
  const lines = [[machine, ...head], ["---", ...head.map(() => "---")], ...rows];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${PAGE} has no place for the table`);
  const text = `${page.slice(0, before)}${BEGIN}\n\n${table}\n\n${page.slice(after)}`;
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  return PAGE;
}
