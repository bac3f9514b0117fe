/** The report of a run in which meters decide as a page: reads the data beside it and draws. */

import type { SharedDay, SharedPageData } from "../shared-data.ts";
import { batteryFigures, batterySection } from "./battery.ts";
import { h } from "./dom.ts";
import { flowsFigure } from "./flows.ts";
import { checks, mount, type Section } from "./frame.ts";
import { gasCost, gasFigure } from "./gas.ts";
import { homePicker } from "./home.ts";
import { ruleFigures } from "./rules.ts";
import { savingsFigure } from "./savings.ts";
import { sharedDayFigures } from "./shared-day.ts";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as SharedPageData;
const { battery } = data;

/** Places of what shows a single day. */
const places = { day: h("div"), home: h("div"), battery: h("div") };

function showDay(index: number): void {
  const day: SharedDay | undefined = data.days[index];
  if (day === undefined) return;
  places.day.replaceChildren(...sharedDayFigures(data, day));
  places.home.replaceChildren(...homePicker(data, day, index));
  const planned = battery?.days[index];
  if (planned !== undefined) places.battery.replaceChildren(...batteryFigures(data, day, planned));
}

const SECTIONS: readonly Section[] = [
  {
    id: "day",
    name: "The day",
    lead: `${data.rule.auction ? "One price per slot, from an auction of what the meters say" : "One price per slot, made by a rule"}: between what the retailer takes and what it pays.`,
    body: [places.day],
  },
  {
    id: "rules",
    name: "All rules",
    lead: "The same homes on the same days, by every rule, each on a chain of its own. Rules that share the same energy save the same in all; they differ in who gets how much of it.",
    body: ruleFigures(data),
  },
  {
    id: "home",
    name: "A home",
    lead: "What its meter counted, what it shared, and what that came to.",
    body: [places.home],
  },
  {
    id: "savings",
    name: "Savings",
    lead: "The bill of every home, against the same meter at the retailer.",
    body: [savingsFigure(data)],
  },
  { id: "flows", name: "Energy flows", lead: data.flows.sentences.join(" "), body: [flowsFigure(data.flows)] },
  ...batterySection(battery, places.battery),
  { id: "gas", name: "Gas", lead: data.gas.notes.join(" "), body: [gasFigure(data.gas), gasCost(data.gas)] },
  {
    id: "checks",
    name: "Checks",
    lead: "What must add up in every run, to the Wh and to the base unit.",
    body: [checks(data.checks)],
  },
];

mount(data, SECTIONS, showDay);
