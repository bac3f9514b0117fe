import { axisX, axisY, barX, stackX, text } from "@observablehq/plot";
import type { Report } from "../../report.ts";
import { CATEGORIES } from "../../schedule.ts";
import { COLOURS, LEGEND_HEIGHT, SHADES, svgOf, type Legend } from "../draw.ts";
import { budgeted, colours, FOOT, nameOf, NAMES, ROW, thousands, WIDTH, type Plot } from "./common.ts";

const SPENT: Legend = CATEGORIES.map((category, index) => [category, SHADES[index % SHADES.length] ?? COLOURS.grey]);

/** A share as a text, where there is room for it. */
const shareText = ({ share }: { share: number }) => (share < 0.13 ? "" : `${String(Math.round(100 * share))} %`);

/** What the gas of the larger operations goes to, in shares. */
export function spent({ rows }: Report): Plot | undefined {
  const shown = budgeted(rows).filter((row) => row.spent !== null);
  const data = shown.flatMap((row) =>
    CATEGORIES.flatMap((category) => {
      const on = row.spent?.[category];
      if (on === undefined || row.gas === 0) return [];
      return [{ name: nameOf(row), category, share: Math.max(0, on.gas / row.gas) }];
    }),
  );
  if (data.length === 0) return undefined;
  const title = "What the gas is spent on";
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginTop: LEGEND_HEIGHT,
      marginBottom: FOOT,
      height: LEGEND_HEIGHT + FOOT + ROW * shown.length,
      x: { label: "share", percent: true },
      y: { domain: shown.map(nameOf), label: null },
      color: colours(SPENT),
      marks: [
        barX(data, { x: "share", y: "name", fill: "category", insetTop: 4, insetBottom: 4 }),
        text(data, stackX({ x: "share", y: "name", z: "category", text: shareText, fill: "#000" })),
        axisX(),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    shown
      .map((row) => `${nameOf(row)}: ${CATEGORIES.map((c) => `${c} ${thousands(row.spent?.[c].gas ?? 0)}`).join(", ")}`)
      .join("; "),
    SPENT,
  );
  return { file: "benchmarks-spent.svg", title, svg };
}
