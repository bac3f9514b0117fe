import { axisX, axisY, barX, gridX, text } from "@observablehq/plot";
import type { BaselineRow } from "../../../baselines/types.ts";
import { BUDGET_TICKS } from "../../budgets.ts";
import { OPERATIONS as OP } from "../../operations.ts";
import type { Report } from "../../report.ts";
import { COLOURS, svgOf } from "../draw.ts";
import { FOOT, ROW, thousands, WIDTH, type Plot } from "./common.ts";

/** Other books' names are long. */
const NAMES = 440;

/** Whole lives of an order, here and in other books, each at the largest size it was measured with. */
export function others({ rows, baselines }: Report): Plot | undefined {
  const lives = baselines.filter(({ operation, per }) => operation === "life" && per === "order");
  if (lives.length === 0) return undefined;
  const ours = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  const data = [
    ...ours.map(({ homes, gas }) => ({
      name: `Wattbook, strips of 96 (${thousands(homes)})`,
      gas,
      colour: COLOURS.blue,
    })),
    ...largestOf(lives).map(({ name, orders, gas }) => ({
      name: `${name} (${thousands(orders)})`,
      gas,
      colour: COLOURS.grey,
    })),
  ];
  const title = "Gas of an order's whole life, by book and orders in a slot";
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginRight: 70,
      marginBottom: FOOT,
      height: 20 + FOOT + ROW * data.length,
      x: { label: "gas per order, from placing to settled money" },
      y: { domain: data.map(({ name }) => name), label: null },
      marks: [
        gridX(),
        barX(data, { x: "gas", y: "name", fill: "colour", insetTop: 4, insetBottom: 4 }),
        text(data, { x: "gas", y: "name", text: labelOf, textAnchor: "start", dx: 4 }),
        axisX({ ticks: 4 }),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    data.map(({ name, gas }) => `${name}: ${thousands(gas)}`).join("; "),
  );
  return { file: "benchmarks-others.svg", title, svg };
}

const labelOf = ({ gas }: { gas: number }) => thousands(gas);

/** Of each book the row with the most orders. */
function largestOf(rows: readonly BaselineRow[]): BaselineRow[] {
  const byName = new Map<string, BaselineRow>();
  for (const row of rows) if (row.orders >= (byName.get(row.name)?.orders ?? 0)) byName.set(row.name, row);
  return [...byName.values()];
}
