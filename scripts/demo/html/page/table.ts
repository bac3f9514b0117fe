/** Tables: what a chart shows, exactly. */

import { h } from "./dom.ts";

/** Head of a column. */
export interface Head {
  readonly label: string;
  readonly unit?: string;
}

/** A table in a region that scrolls by itself, by keyboard too; the first cell of a row names it. */
export function table(caption: string, heads: readonly Head[], rows: readonly (readonly string[])[]): HTMLElement {
  const head = heads.map(({ label, unit }) =>
    h("th", { scope: "col" }, label, ...(unit === undefined ? [] : [h("span", { class: "unit" }, unit)])),
  );
  const body = rows.map(([name = "", ...cells]) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", {}, cell))),
  );
  return h(
    "div",
    { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 },
    h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body)),
  );
}
