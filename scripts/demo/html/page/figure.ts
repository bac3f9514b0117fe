/** A chart with its title, unit, legend, and its figures as a table. */

import { h } from "./dom.ts";

export interface LegendItem {
  readonly label: string;
  /** A CSS colour. */
  readonly color: string;
  /** 1 by default. */
  readonly opacity?: number;
  readonly shape?: "area" | "line" | "dash" | "dot" | "hatch";
}

export interface FigureOptions {
  readonly title: string;
  /** What the axes count, in which unit. */
  readonly unit: string;
  readonly legend?: readonly LegendItem[];
  /** Draws at a width in pixels. */
  readonly draw: (width: number) => Element;
  /** Made when somebody opens it. */
  readonly table?: () => HTMLElement;
}

export function figure(options: FigureOptions): HTMLElement {
  const { title, unit, legend = [], draw, table } = options;
  return h(
    "figure",
    {},
    h(
      "figcaption",
      { class: "caption" },
      h("h3", {}, title, h("span", { class: "unit" }, unit)),
      ...(legend.length > 0 ? [legendOf(legend)] : []),
    ),
    chart(draw),
    ...(table ? [dataTable(title, table)] : []),
  );
}

/** A place that is drawn again whenever its width changes. */
export function chart(draw: (width: number) => Element, className = "chart"): HTMLElement {
  const place = h("div", { class: className });
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width === drawn || width === 0) return;
    drawn = width;
    place.replaceChildren(draw(width));
  }).observe(place);
  return place;
}

/** Nothing but its summary until it is opened: a page of 150 homes has many rows. */
export function dataTable(title: string, table: () => HTMLElement): HTMLElement {
  const details = h("details", {}, h("summary", {}, "Data table", h("span", { class: "hidden" }, `: ${title}`)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(table());
  });
  return details;
}

/** Puts others in the place of what was there; tables that were open stay open. */
export function swap(place: HTMLElement, children: readonly HTMLElement[]): void {
  const open = [...place.querySelectorAll("details")].map((details) => details.open);
  place.replaceChildren(...children);
  for (const [index, details] of place.querySelectorAll("details").entries()) details.open = open[index] ?? false;
}

function legendOf(items: readonly LegendItem[]): HTMLElement {
  const entries = items.map(({ label, color, opacity = 1, shape = "area" }) =>
    h(
      "li",
      {},
      h("span", {
        class: "swatch",
        "data-shape": shape,
        style: `--c:${color};opacity:${opacity}`,
        "aria-hidden": "true",
      }),
      label,
    ),
  );
  return h("ul", { class: "legend" }, ...entries);
}
