import { axisX, axisY, barY, gridY, text } from "@observablehq/plot";
import { BUDGET_TICKS } from "../../budgets.ts";
import { OPERATIONS as OP } from "../../operations.ts";
import type { Report } from "../../report.ts";
import type { Row } from "../../row.ts";
import { COLOURS, LEGEND_HEIGHT, svgOf, type Legend } from "../draw.ts";
import { colours, FOOT, thousands, WIDTH, type Plot } from "./common.ts";

const PARTS: Legend = [
  ["place", COLOURS.blue],
  ["clear", COLOURS.grey],
  ["settle", COLOURS.orange],
];
/** Order to settled money by size of the community: three parts of a bar, and the limit. */
export function life({ rows }: Report): Plot | undefined {
  const lives = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  if (lives.length === 0) return undefined;
  const partOf = (operation: string, homes: number) =>
    rows.find((row) => row.operation === operation && row.homes === homes && row.ticks === BUDGET_TICKS);
  const data = lives.flatMap(({ homes }) => [
    { homes: thousands(homes), part: "place", gas: partOf(OP.placeAll, homes)?.gas ?? 0 },
    { homes: thousands(homes), part: "clear", gas: (partOf(OP.clear48, homes)?.gas ?? 0) / homes },
    { homes: thousands(homes), part: "settle", gas: partOf(OP.settleAll, homes)?.gas ?? 0 },
  ]);
  const title = "Gas per household and slot, from order to settled money";
  const svg = svgOf(
    {
      width: WIDTH,
      height: 320,
      marginLeft: 60,
      marginTop: LEGEND_HEIGHT + 16,
      marginBottom: FOOT,
      x: { label: "homes", domain: lives.map(({ homes }) => thousands(homes)) },
      y: { label: null },
      color: colours(PARTS),
      marks: [
        gridY(),
        barY(data, { x: "homes", y: "gas", fill: "part", insetLeft: 24, insetRight: 24 }),
        text(lives, {
          x: ({ homes }: Row) => thousands(homes),
          y: "gas",
          text: ({ gas }: Row) => thousands(gas),
          dy: -8,
        }),
        axisX(),
        axisY(),
      ],
    },
    title,
    lives
      .map(({ homes, gas, limit }) => `${thousands(homes)} homes: ${thousands(gas)} gas, limit ${thousands(limit)}`)
      .join("; "),
    PARTS,
  );
  return { file: "benchmarks-life.svg", title, svg };
}
