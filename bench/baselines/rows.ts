/** From the gas of transactions to rows. */
import type { BaselineRow } from "./types.ts";

export const total = (gas: readonly number[]): number => gas.reduce((sum, one) => sum + one, 0);

type Operation = BaselineRow["operation"];

/** Makes the rows of one book after `orders` orders. */
export function rowsOf(name: string, orders: number) {
  const row = (operation: Operation, gas: number, per: string, note: string): BaselineRow => ({
    name,
    operation,
    orders,
    gas: Math.round(gas),
    per,
    note,
  });
  return {
    row,

    /** What a unit costs on average. No row where there is none. */
    mean: (operation: Operation, gas: readonly number[], per: string, note: string): BaselineRow[] =>
      gas.length === 0 ? [] : [row(operation, total(gas) / gas.length, per, note)],

    /** On average, and at worst. */
    spread: (operation: Operation, gas: readonly number[], per: string, note: string): BaselineRow[] =>
      gas.length === 0
        ? []
        : [row(operation, total(gas) / gas.length, per, note), row(operation, Math.max(...gas), `worst ${per}`, note)],
  };
}
