/** Tables for a terminal or a log: plain characters, no colours, no lines between rows. */

import Table from "cli-table3";

/** Renders rows under a head. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const chars = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };
  const table = new Table({ head: [...head], chars, style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
