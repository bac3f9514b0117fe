/** `wattbook market clear --file`: clears a list of orders offline, as the order book would that took them in this sequence. */
import { clearedOrdersJson, clearOrders, parseOrderFile, type ClearedOrders, type OrderFile } from "@wattbook/sdk/pure";
import { parseJson, readStream, readText } from "../lib/files.ts";
import type { Output } from "../lib/output.ts";
import { tableText } from "../lib/table.ts";
import { printable } from "../lib/text.ts";
import { counted } from "../lib/units.ts";

/** Reads from standard input. */
const STDIN = "-";
const MOST_ID = 40;
/** Orders that people are shown; all of them are in the JSON. */
const MOST_ROWS = 200;

/**
 * Clears the orders of a file.
 * @throws CliError FILE_UNREADABLE, FILE_MALFORMED
 * @throws WattbookError naming the order
 */
export async function clearFile(path: string, output: Output): Promise<void> {
  const stdin = path === STDIN;
  const text = stdin ? await readStream(output.terminal.stdin) : readText("--file", path);
  const file = parseOrderFile(parseJson(stdin ? "the standard input" : path, text));
  const cleared = clearOrders(file.grid, file.orders);
  // Written by the SDK, whose integers are numbers in full: not rounded, and not in quotes.
  if (output.json) output.terminal.stdout.write(`${clearedOrdersJson(cleared)}\n`);
  else output.result(undefined, () => clearedText(file, cleared));
}

function clearedText({ orders }: OrderFile, { tick, price, volumeWh, welfare, fills }: ClearedOrders): string {
  const rows = orders.slice(0, MOST_ROWS).map(({ id, side, price: limit, quantityWh }) => {
    return [printable(id, MOST_ID), side, String(limit), String(quantityWh), String(fills.get(id) ?? 0n)];
  });
  const head = ["order", "side", "limit", "ordered Wh", "filled Wh"];
  const table = tableText(head, ["left", "left", "right", "right", "right"], rows);
  const traded =
    price === null
      ? "No trade: no buyer pays what a seller asks."
      : `Price ${price} base units per Wh (tick ${String(tick)}), ${volumeWh} Wh traded, welfare ${welfare} base units.`;
  const hidden = orders.length - rows.length;
  const more = hidden > 0 ? [`${counted(hidden, "more order")}: see --json.`] : [];
  return rows.length === 0 ? traded : [table, ...more, "", traded].join("\n");
}
