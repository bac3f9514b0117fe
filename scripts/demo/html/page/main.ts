/** The report as a page: reads the data beside it and draws. */

import type { DayData, PageData } from "../data.ts";
import { batteryFigures, batterySection } from "./battery.ts";
import { dayFigures } from "./day.ts";
import { h } from "./dom.ts";
import { flowsFigure } from "./flows.ts";
import { checks, mount, type Section } from "./frame.ts";
import { gasCost, gasFigure } from "./gas.ts";
import { homePicker } from "./home.ts";
import { savingsFigure } from "./savings.ts";
import { slotPicker } from "./slot.ts";

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
  {
    place: h("div"),
    show: (day, index) => {
      const planned = data.battery?.days[index];
      return planned === undefined ? [] : batteryFigures(data, day, planned);
    },
  },
];

const place = (index: number): HTMLElement => daily[index]?.place ?? h("div");

function showDay(index: number): void {
  const day = data.days[index];
  if (day === undefined) return;
  for (const { place, show } of daily) place.replaceChildren(...show(day, index));
}

const SECTIONS: readonly Section[] = [
  {
    id: "day",
    name: "The day",
    lead: "One price per slot, somewhere between what the retailer takes and what it pays.",
    body: [place(0)],
  },
  {
    id: "slot",
    name: "Inside a slot",
    lead: "Every order that the chain accepted, and where the curves met. Nobody chooses the price.",
    body: [place(1)],
  },
  {
    id: "home",
    name: "A home",
    lead: "What it expected, what it traded, what its meter counted, and what that came to.",
    body: [place(2)],
  },
  {
    id: "savings",
    name: "Savings",
    lead: "Not everybody wins every day: a home that trades on a wrong forecast pays for the difference.",
    body: [savingsFigure(data)],
  },
  { id: "flows", name: "Energy flows", lead: data.flows.sentences.join(" "), body: [flowsFigure(data.flows)] },
  ...batterySection(data.battery, place(3)),
  { id: "gas", name: "Gas", lead: data.gas.notes.join(" "), body: [gasFigure(data.gas), gasCost(data.gas)] },
  {
    id: "checks",
    name: "Checks",
    lead: "What must add up in every run, to the Wh and to the base unit.",
    body: [checks(data.checks)],
  },
];

mount(data, SECTIONS, showDay);
