/** The community's battery: its day at the point of common coupling, and what each way to run it comes to. */

import { areaY, lineY, rectY } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { BatteryData, BatteryDay, DayData } from "../data.ts";
import { kwh } from "../text.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { drawn, spanTip, verticalAxis, zeroLine } from "./draw.ts";
import type { Section } from "./frame.ts";
import { figure } from "./figure.ts";
import { toKwh } from "./scale.ts";
import { table } from "./table.ts";
import { MARGIN, type Span, spansOf, spanText, timeAxis, timeScale } from "./time-axis.ts";

/** A slot; Wh, and mWh stored at its end. */
interface Slot extends Span, Record<keyof BatteryDay, bigint> {}

type Day = Pick<DayData, "label" | "start" | "slots">;

const NAMES = ["forecast", "net", "moved", "stored", "pcc"] as const;

export function batteryFigures(
  { slotDuration }: { readonly slotDuration: number },
  day: Day,
  planned: BatteryDay,
): HTMLElement[] {
  const columns = NAMES.map((name) => ({ name, values: amountsOf(planned[name]) }));
  const slots = spansOf(day, slotDuration).map((span): Slot => {
    const values = columns.map(({ name, values }) => [name, values[span.index] ?? 0n]);
    return { ...span, ...(Object.fromEntries(values) as Record<keyof BatteryDay, bigint>) };
  });
  return [planFigure(day, slots)];
}

const stored = ({ stored }: Slot): bigint => stored / 1_000n;

function planFigure(day: Day, slots: readonly Slot[]): HTMLElement {
  return figure({
    title: "The PCC with and without the battery",
    unit: `${day.label}; kWh per slot. Above zero: from the grid, and into the battery.`,
    legend: [
      { label: "without", color: COLOR.demand, shape: "dash" },
      { label: "with", color: COLOR.demand, shape: "line" },
      { label: "battery", color: COLOR.price },
      { label: "stored", color: COLOR.trade },
    ],
    draw: (width) => h("div", {}, drawPcc(day, slots, width), drawStored(day, slots, width)),
    table: () =>
      table(
        `The battery on ${day.label}; above zero: from the grid, and into the battery`,
        [
          { label: "Slot", unit: "UTC" },
          ...["Forecast", "Without", "Battery", "With", "Stored"].map((label) => ({ label, unit: "kWh" })),
        ],
        slots.map((slot) => [
          spanText(slot),
          ...[slot.forecast, slot.net, slot.moved, slot.pcc, stored(slot)].map(kwh),
        ]),
      ),
  });
}

function drawPcc(day: Day, slots: readonly Slot[], width: number): Element {
  const steps = stepsOf(slots);
  return drawn(`What the community takes from the grid with and without the battery per slot on ${day.label}`, {
    width,
    height: 240,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 24,
    marginBottom: 8,
    x: { ...timeScale(slots), axis: null },
    y: { nice: true },
    marks: [
      ...verticalAxis("kWh"),
      rectY(slots, {
        x1: "from",
        x2: "to",
        y: ({ moved }: Slot) => toKwh(moved),
        fill: COLOR.price,
        fillOpacity: 0.55,
        inset: width < 480 ? 0 : 0.25,
      }),
      lineY(steps, {
        x: "at",
        y: "net",
        stroke: COLOR.demand,
        strokeWidth: 1.5,
        strokeDasharray: "4 3",
        curve: "step-after",
      }),
      lineY(steps, { x: "at", y: "pcc", stroke: COLOR.demand, strokeWidth: 2.25, curve: "step-after" }),
      zeroLine(),
      spanTip(slots, (span) => {
        const { net, pcc, moved } = span as Slot;
        return `${spanText(span)}\nwithout ${kwh(net)} kWh\nbattery ${kwh(moved)} kWh\nwith ${kwh(pcc)} kWh`;
      }),
    ],
  });
}

function drawStored(day: Day, slots: readonly Slot[], width: number): Element {
  const points = slots.map((slot) => ({ at: slot.to, value: toKwh(stored(slot)) }));
  const y = (span: Span) => toKwh(stored(span as Slot));
  return drawn(`Energy stored in the battery at the end of each slot on ${day.label}`, {
    width,
    height: 140,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 26,
    marginBottom: MARGIN.bottom,
    x: timeScale(slots),
    y: { nice: true, zero: true },
    marks: [
      ...verticalAxis("kWh stored", 3),
      areaY(points, { x: "at", y: "value", fill: COLOR.trade, fillOpacity: 0.3 }),
      lineY(points, { x: "at", y: "value", stroke: COLOR.trade, strokeWidth: 2 }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (span) => `${spanText(span)}\nstored ${kwh(stored(span as Slot))} kWh`, y),
    ],
  });
}

function stepsOf(slots: readonly Slot[]): { at: Date; net: number; pcc: number }[] {
  const at = (slot: Slot, time: Date) => ({ at: time, net: toKwh(slot.net), pcc: toKwh(slot.pcc) });
  const last = slots.at(-1);
  return [...slots.map((slot) => at(slot, slot.from)), ...(last ? [at(last, last.to)] : [])];
}

/** The section, where there is a battery. @param place Of its day. */
export function batterySection(battery: BatteryData | undefined, place: HTMLElement): Section[] {
  if (battery === undefined) return [];
  const body = [place, batteryOutcomes(battery)];
  return [{ id: "battery", name: "Battery", lead: battery.sentences.join(" "), body }];
}

/** Of the whole run, each way to run it. */
function batteryOutcomes({ outcomes }: BatteryData): HTMLElement {
  const heads = [
    { label: "Battery" },
    { label: "Cost", unit: "EUR" },
    { label: "Saved", unit: "EUR" },
    { label: "Import", unit: "kWh" },
    { label: "Export", unit: "kWh" },
    { label: "Peak", unit: "kW" },
  ];
  const rows = outcomes.map(({ name, costEur, savedEur, importKwh, exportKwh, peakKw }) => [
    ...[name, costEur, savedEur, importKwh, exportKwh, peakKw],
  ]);
  const shown = table(
    "What the community pays for what crosses the PCC, wear included, over the whole run",
    heads,
    rows,
  );
  shown.classList.add("tall");
  return h("div", { class: "card" }, h("h3", {}, "What it saves"), shown);
}
