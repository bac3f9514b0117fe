/** What all charts share. */

import { axisY, gridY, type Markish, plot, type PlotOptions, pointerX, ruleY, tip } from "@observablehq/plot";
import { COLOR } from "./colors.ts";
import type { Span } from "./time-axis.ts";

/** Draws a chart that says what it is. */
export function drawn(label: string, options: PlotOptions): Element {
  const chart = plot({ ...options, ariaLabel: label });
  chart.setAttribute("role", "img");
  // The chart speaks as a whole: labels of its parts, which have no role, would only be in the way.
  for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return chart;
}

/** Lines and labels of the vertical axis; the unit stands above it. */
export function verticalAxis(unit: string, ticks = 5): Markish[] {
  return [
    gridY({ stroke: COLOR.soft, strokeOpacity: 1, ticks }),
    axisY({ label: unit, labelArrow: "none", tickSize: 0, ticks }),
  ];
}

export function zeroLine(): Markish {
  return ruleY([0], { stroke: COLOR.muted });
}

/** A line that says what lies at a height of the chart. */
export function spanTip(spans: readonly Span[], text: (span: Span) => string, y?: (span: Span) => number): Markish {
  return tip(
    spans,
    pointerX({
      x: "middle",
      ...(y ? { y } : { frameAnchor: "top" }),
      title: text,
      fill: COLOR.surface,
      stroke: COLOR.muted,
      textPadding: 8,
      pathFilter: "none",
      // Drawn anew under every move of the pointer, each time with a label that its role forbids.
      ariaHidden: "true",
    }),
  );
}
