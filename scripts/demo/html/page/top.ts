/** The top of the page: what it is, what happened, the figures that count. */

import type { PageData } from "../data.ts";
import { h } from "./dom.ts";

/** What every page starts with. */
export type PageTop = Pick<PageData, "title" | "origin" | "story" | "headline">;

export function top({ title, origin, story, headline }: PageTop): HTMLElement {
  const figures = headline.map(({ id, label, value, unit, note }) =>
    h(
      "div",
      {},
      h("dt", {}, label),
      h(
        "dd",
        {},
        h("span", { class: "value", "data-figure": id }, value),
        ...(unit === "" ? [] : [h("span", { class: "unit" }, unit)]),
      ),
      h("dd", { class: "note" }, note),
    ),
  );
  return h(
    "header",
    { class: "top" },
    h(
      "p",
      { class: "origin" },
      h("span", { class: "badge", "data-measured": origin.measured.toString() }, origin.badge),
      origin.text,
    ),
    h("h1", {}, title),
    h("p", { id: "story" }, story.join(" ")),
    ...(origin.notes.length > 0 ? [notesOf(origin.notes)] : []),
    h("dl", { class: "headline" }, ...figures),
  );
}

function notesOf(notes: readonly string[]): HTMLElement {
  const items = notes.map((note) => h("li", {}, note));
  return h("details", {}, h("summary", {}, "Notes on the input"), h("ul", {}, ...items));
}
