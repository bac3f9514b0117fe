/** What is around the sections of any page: its top, the links to them, the choice of a day, its end. */

import type { Check } from "../data.ts";
import { type Child, h } from "./dom.ts";
import { type PageTop, top } from "./top.ts";

/** A section with its place in the links. */
export interface Section {
  readonly id: string;
  readonly name: string;
  readonly lead: string;
  readonly body: readonly Child[];
}

/** What of its data the frame needs. */
interface Framed extends PageTop {
  readonly days: readonly { readonly label: string }[];
  readonly leftOut: string;
}

/** Builds the page and shows its first day. */
export function mount(data: Framed, sections: readonly Section[], showDay: (index: number) => void): void {
  const main = h("main", {}, ...sections.map(sectionOf));
  document.getElementById("page")?.append(top(data), bar(data, sections, showDay), main, footer(data));
  showDay(0);
}

/** What must add up, each with its verdict. */
export function checks(list: readonly Check[]): HTMLElement {
  const items = list.map(({ sound, text }) => h("li", { "data-sound": sound.toString() }, text));
  return h("ul", { class: "checks" }, ...items);
}

/** Links to the sections, and the choice of a day where there are several. */
function bar(data: Framed, sections: readonly Section[], showDay: (index: number) => void): HTMLElement {
  const links = sections.map(({ id, name }) => h("li", {}, h("a", { href: `#${id}` }, name)));
  return h("nav", { class: "bar", "aria-label": "Sections" }, h("ul", {}, ...links), ...dayChoice(data, showDay));
}

function dayChoice({ days }: Framed, showDay: (index: number) => void): HTMLElement[] {
  if (days.length < 2) return [];
  const options = days.map(({ label }, index) => h("option", { value: index }, label));
  const select = h("select", { id: "choose-day" }, ...options);
  select.addEventListener("change", () => {
    showDay(Number(select.value));
  });
  return [h("label", { for: "choose-day", class: "hidden" }, "Day"), select];
}

function sectionOf({ id, name, lead, body }: Section): HTMLElement {
  const heading = `${id}-heading`;
  return h(
    "section",
    { id, "aria-labelledby": heading },
    h("h2", { id: heading }, name),
    h("p", { class: "lead" }, lead),
    ...body,
  );
}

function footer({ leftOut }: Framed): HTMLElement {
  const made =
    "Made by Wattbook’s demo on a chain of its own; nothing on this page was fetched from anywhere. Times are UTC. Try your own homes:";
  return h(
    "footer",
    {},
    h("p", {}, made),
    h("pre", { tabindex: 0 }, "npm run demo -- --input homes.csv"),
    ...(leftOut === "" ? [] : [h("p", {}, leftOut)]),
  );
}
