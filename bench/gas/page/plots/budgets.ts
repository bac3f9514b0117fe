import { axisX, axisY, barX, gridX, ruleX, text, tickX } from "@observablehq/plot";
import type { Report } from "../../report.ts";
import { COLOURS, LEGEND_HEIGHT, svgOf, type Legend } from "../draw.ts";
import { budgeted, colours, FOOT, nameOf, NAMES, ROW, thousands, WIDTH, type Plot } from "./common.ts";

const VERDICTS: Legend = [
  ["met", COLOURS.blue],
  ["missed", COLOURS.orange],
];
/** Every budget as 1: a bar for the gas, a tick for the limit. */
export function budgets({ rows }: Report): Plot | undefined {
  const data = budgeted(rows).map((row) => {
    const budget = row.budget ?? 1;
    const shares = { gas: row.gas / budget, limit: row.limit / budget };
    return { name: nameOf(row), ...shares, label: thousands(row.gas), met: row.met };
  });
  if (data.length === 0) return undefined;
  const title = "Gas of each operation in its budget, and the arithmetic limit";
  const order = data.map(({ name }) => name);
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginRight: 70,
      marginTop: LEGEND_HEIGHT,
      marginBottom: FOOT,
      height: LEGEND_HEIGHT + FOOT + ROW * data.length,
      x: {
        label: "gas in budgets; 1 is the budget, the dark tick the arithmetic limit",
        domain: [0, Math.max(1.1, ...data.map(({ gas }) => gas))],
      },
      y: { domain: order, label: null },
      color: colours(VERDICTS),
      marks: [
        gridX(),
        barX(data, {
          x: "gas",
          y: "name",
          fill: ({ met }: { met: boolean }) => (met ? "met" : "missed"),
          insetTop: 4,
          insetBottom: 4,
        }),
        tickX(data, { x: "limit", y: "name", stroke: "currentColor", strokeWidth: 2 }),
        text(data, {
          x: "gas",
          y: "name",
          text: ({ label, met }: { label: string; met: boolean }) => `${label}${met ? " ✓" : ""}`,
          textAnchor: "start",
          dx: 4,
        }),
        ruleX([1], { strokeDasharray: "4 3" }),
        axisX(),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    data.map(({ name, label, met }) => `${name}: ${label} gas, ${met ? "met" : "missed"}`).join("; "),
    VERDICTS,
  );
  return { file: "benchmarks-budgets.svg", title, svg };
}
