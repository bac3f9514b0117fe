/** Tables for terminals, logs and files. */

import Table from "cli-table3";

/** No lines but one below the header, no colours: readable anywhere. */
export function plainTable(head: string[], colAligns: ("left" | "right")[]): Table.Table {
  const sides = ["top", "bottom", "left", "right"].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ]);
  const chars = { ...Object.fromEntries(sides.map((side) => [side, ""])), mid: "-", "mid-mid": "--", middle: "  " };
  const style = { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 };
  return new Table({ head, colAligns, chars, style });
}
