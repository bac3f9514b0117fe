/** Tables for terminals, logs and files. */
import Table from "cli-table3";

type Align = "left" | "right";

/** Rows under a head, with one line below it and nothing else drawn: readable anywhere, and good for `grep`. */
export function tableText(
  head: readonly string[],
  aligns: readonly Align[],
  rows: readonly (readonly string[])[],
): string {
  const sides = ["top", "bottom", "left", "right"].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ]);
  const chars = { ...Object.fromEntries(sides.map((side) => [side, ""])), mid: "-", "mid-mid": "--", middle: "  " };
  const style = { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 };
  const table = new Table({ head: [...head], colAligns: [...aligns], chars, style });
  for (const row of rows) table.push([...row]);
  return trimmed(table.toString());
}

/** Names and values, one pair per line, values under each other. */
export function pairsText(pairs: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return trimmed(pairs.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}`).join("\n"));
}

function trimmed(text: string): string {
  return text.replace(/ +$/gm, "");
}
