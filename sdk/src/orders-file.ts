/**
 * Orders as a JSON file: `{ "floorPrice", "tickSize", "tickCount", "lotWh", "orders": [{ "id", "side", "price",
 * "quantityWh" }] }`, integers in base units per Wh and in Wh, the sequence of the file being that of acceptance. What
 * comes out is `{ "tick", "price", "volumeWh", "welfare", "fills": { id: Wh } }`.
 */
import type { Side } from "./entry.ts";
import { OrderFileError } from "./errors.ts";
import type { ClearedOrders, LimitOrder, OrderGrid } from "./orders.ts";
import type { Plain } from "./terms.ts";

/** A file of orders, read and not yet checked against its grid: `clearOrders` does that. */
export interface OrderFile {
  readonly grid: Plain<OrderGrid>;
  /** In the sequence of the file. */
  readonly orders: readonly Plain<LimitOrder>[];
}

/**
 * Reads the content of an order file. Integers may be numbers, or decimal strings where they exceed 2^53 - 1. An id that is
 * a whole number names its order by its digits: 7 and "7" are the same.
 * @param json What `JSON.parse` made of the file.
 * @throws OrderFileError naming the field, and the order by its id
 * @example
 * import { clearedOrdersJson, clearOrders, parseOrderFile } from "@wattbook/sdk";
 *
 * const file = `{ "floorPrice": 60, "tickSize": 4, "tickCount": 64, "lotWh": 10, "orders": [
 *   { "id": "roof", "side": "sell", "price": 100, "quantityWh": 1000 },
 *   { "id": "oven", "side": "buy", "price": 180, "quantityWh": 800 }
 * ] }`;
 * const { grid, orders } = parseOrderFile(JSON.parse(file));
 * const answer = clearedOrdersJson(clearOrders(grid, orders));
 * JSON.parse(answer) // { tick: 10, price: 100, volumeWh: 800, welfare: 64_000, fills: { roof: 800, oven: 800 } }
 */
export function parseOrderFile(json: unknown): OrderFile {
  const file = objectOf("the file", json);
  const grid = {
    floorPrice: integerOf("floorPrice", file["floorPrice"]),
    tickSize: integerOf("tickSize", file["tickSize"]),
    tickCount: integerOf("tickCount", file["tickCount"]),
    lotWh: integerOf("lotWh", file["lotWh"]),
  };
  const list = file["orders"];
  if (!Array.isArray(list)) throw new OrderFileError("orders", shown(list), "Pass a list of orders; it may be empty.");
  return { grid, orders: list.map((order: unknown, index) => orderOf(index, order)) };
}

/**
 * Cleared orders as JSON, every integer written out in full.
 * @example
 * const json = clearedOrdersJson(clearOrders(DEFAULT_TERMS, []));
 * JSON.parse(json) // { tick: null, price: null, volumeWh: 0, welfare: 0, fills: {} }
 */
export function clearedOrdersJson({ tick, price, volumeWh, welfare, fills }: ClearedOrders): string {
  const filled = Array.from(fills, ([id, energy]) => `${JSON.stringify(id)}:${energy}`).join(",");
  const fields = { tick, price, volumeWh, welfare };
  const texts = Object.entries(fields).map(([name, value]) => `"${name}":${String(value)}`);
  return `{${texts.join(",")},"fills":{${filled}}}`;
}

function orderOf(index: number, json: unknown): Plain<LimitOrder> {
  const order = objectOf(`orders[${index}]`, json);
  const id = idOf(index, order["id"]);
  return {
    id,
    side: sideOf(id, order["side"]),
    price: integerOf(`price of order ${JSON.stringify(id)}`, order["price"]),
    quantityWh: integerOf(`quantityWh of order ${JSON.stringify(id)}`, order["quantityWh"]),
  };
}

function idOf(index: number, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) return value.toString();
  const rule = "Pass a text that names the order, or a whole number up to 2^53 - 1.";
  throw new OrderFileError(`orders[${index}].id`, shown(value), rule);
}

function sideOf(id: string, value: unknown): Side {
  if (value === "buy" || value === "sell") return value;
  throw new OrderFileError(`side of order ${JSON.stringify(id)}`, shown(value), 'Pass "buy" or "sell".');
}

function integerOf(field: string, value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
  const rule = "Pass an integer, as a number up to 2^53 - 1 or as a string of digits.";
  throw new OrderFileError(field, shown(value), rule);
}

function objectOf(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new OrderFileError(field, shown(value), "Pass an object.");
}

/** A value as a message shows it. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return value.toString();
  const plain = (_: string, part: unknown) => (typeof part === "bigint" ? part.toString() : part);
  const text = JSON.stringify(value, plain) as string | undefined;
  return text?.slice(0, 60) ?? `a ${typeof value}`;
}
