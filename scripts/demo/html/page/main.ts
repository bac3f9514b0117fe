/** The report as a page: reads the data beside it and draws. */

import type { DayData, PageData } from "../data.ts";
import { dayFigures } from "./day.ts";
import { type Child, h } from "./dom.ts";
import { flowsFigure } from "./flows.ts";
import { gasCost, gasFigure } from "./gas.ts";
import { homePicker } from "./home.ts";
import { savingsFigure } from "./savings.ts";
import { slotPicker } from "./slot.ts";
import { top } from "./top.ts";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as PageData;

/** Redraws what shows a single day. */
interface Daily {
  readonly place: HTMLElement;
  readonly show: (day: DayData, index: number) => readonly HTMLElement[];
}

const daily: Daily[] = [
  { place: h("div"), show: (day) => dayFigures(data, day) },
  { place: h("div"), show: (day) => slotPicker(data, day) },
  { place: h("div"), show: (day, index) => homePicker(data, day, index) },
];

function showDay(index: number): void {
  const day = data.days[index];
  if (day === undefined) return;
  for (const { place, show } of daily) place.replaceChildren(...show(day, index));
}

const SECTIONS = [
  {
    id: "day",
    name: "The day",
    lead: "One price per slot, somewhere between what the retailer takes and what it pays.",
    body: [daily[0]?.place],
  },
  {
    id: "slot",
    name: "Inside a slot",
    lead: "Every order that the chain accepted, and where the curves met. Nobody chooses the price.",
    body: [daily[1]?.place],
  },
  {
    id: "home",
    name: "A home",
    lead: "What it expected, what it traded, what its meter counted, and what that came to.",
    body: [daily[2]?.place],
  },
  {
    id: "savings",
    name: "Savings",
    lead: "Not everybody wins every day: a home that trades on a wrong forecast pays for the difference.",
    body: [savingsFigure(data)],
  },
  { id: "flows", name: "Energy flows", lead: data.flows.sentences.join(" "), body: [flowsFigure(data.flows)] },
  { id: "gas", name: "Gas", lead: data.gas.notes.join(" "), body: [gasFigure(data.gas), gasCost(data.gas)] },
  {
    id: "checks",
    name: "Checks",
    lead: "What must add up in every run, to the Wh and to the base unit.",
    body: [checks()],
  },
];

function checks(): HTMLElement {
  return h(
    "ul",
    { class: "checks" },
    ...data.checks.map(({ sound, text }) => h("li", { "data-sound": sound.toString() }, text)),
  );
}

/** Links to the sections, and the choice of a day where there are several. */
function bar(): HTMLElement {
  const links = SECTIONS.map(({ id, name }) => h("li", {}, h("a", { href: `#${id}` }, name)));
  return h("nav", { class: "bar", "aria-label": "Sections" }, h("ul", {}, ...links), ...dayChoice());
}

function dayChoice(): HTMLElement[] {
  if (data.days.length < 2) return [];
  const options = data.days.map(({ label }, index) => h("option", { value: index }, label));
  const select = h("select", { id: "choose-day" }, ...options);
  select.addEventListener("change", () => {
    showDay(Number(select.value));
  });
  return [h("label", { for: "choose-day", class: "hidden" }, "Day"), select];
}

function section(id: string, name: string, lead: string, body: readonly Child[]): HTMLElement {
  const heading = `${id}-heading`;
  return h(
    "section",
    { id, "aria-labelledby": heading },
    h("h2", { id: heading }, name),
    h("p", { class: "lead" }, lead),
    ...body,
  );
}

const sections = SECTIONS.map(({ id, name, lead, body }) =>
  section(
    id,
    name,
    lead,
    body.filter((each) => each !== undefined),
  ),
);
const footer = h(
  "footer",
  {},
  h(
    "p",
    {},
    "Made by Wattbook’s demo on a chain of its own; nothing on this page was fetched from anywhere. Times are UTC. Try your own homes:",
  ),
  h("pre", { tabindex: 0 }, "npm run demo -- --input homes.csv"),
  ...(data.leftOut === "" ? [] : [h("p", {}, data.leftOut)]),
);
document.getElementById("page")?.append(top(data), bar(), h("main", {}, ...sections), footer);
showDay(0);
