/** The community's day: price, volume, use and sun. */

import { areaY, lineY, rectY, ruleY, text } from "@observablehq/plot";
import { amountsOf, valuesOf } from "../columns.ts";
import type { DayData, PageData } from "../data.ts";
import { ctPerKwh, kwh, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { drawn, spanTip, verticalAxis, zeroLine } from "./draw.ts";
import { figure } from "./figure.ts";
import { toCt, toKwh } from "./scale.ts";
import { table } from "./table.ts";
import { MARGIN, type Span, spansOf, spanText, timeAxis, timeScale } from "./time-axis.ts";

/** What happened behind all meters in a slot. */
export interface EnergySlot extends Span {
  readonly load: bigint;
  readonly pv: bigint;
}

/** A slot of the community. */
interface Slot extends EnergySlot {
  readonly traded: bigint;
  readonly price: bigint | undefined;
}

export function dayFigures(data: PageData, day: DayData): HTMLElement[] {
  const slots = slotsOf(data, day);
  return [marketFigure(data, day, slots), energyFigure(day, slots)];
}

function slotsOf({ slotDuration }: PageData, day: DayData): Slot[] {
  const [load, pv, traded, price] = [
    amountsOf(day.load),
    amountsOf(day.pv),
    amountsOf(day.traded),
    valuesOf(day.price),
  ];
  return spansOf(day, slotDuration).map((span) => ({
    ...span,
    load: load[span.index] ?? 0n,
    pv: pv[span.index] ?? 0n,
    traded: traded[span.index] ?? 0n,
    price: price[span.index],
  }));
}

function marketFigure({ prices }: PageData, day: DayData, slots: readonly Slot[]): HTMLElement {
  const retail = BigInt(prices.retail);
  const feedIn = BigInt(prices.feedIn);
  return figure({
    title: "Price and volume, slot by slot",
    unit: `${day.label}; price in ct/kWh, volume in kWh per slot. A slot without a bar had no trade.`,
    legend: [
      { label: "clearing price", color: COLOR.price, shape: "line" },
      { label: "retail and feed-in price", color: COLOR.muted, shape: "dash" },
      { label: "traded", color: COLOR.trade },
    ],
    draw: (width) => h("div", {}, drawPrice(slots, retail, feedIn, day, width), drawVolume(slots, day, width)),
    table: () =>
      table(
        `Price and volume on ${day.label}; retail ${ctPerKwh(retail)} ct/kWh, feed-in ${ctPerKwh(feedIn)} ct/kWh`,
        [
          { label: "Slot", unit: "UTC" },
          { label: "Clearing price", unit: "ct/kWh" },
          { label: "Traded", unit: "Wh" },
        ],
        slots.map((slot) => [spanText(slot), priceText(slot), whole(slot.traded)]),
      ),
  });
}

const priceText = ({ price }: Slot) => (price === undefined ? "–" : ctPerKwh(price));

function drawPrice(slots: readonly Slot[], retail: bigint, feedIn: bigint, day: DayData, width: number): Element {
  const priced = slots.filter(({ price }) => price !== undefined);
  const references = [
    { y: toCt(retail), label: `retail price ${ctPerKwh(retail)} ct/kWh` },
    { y: toCt(feedIn), label: `feed-in price ${ctPerKwh(feedIn)} ct/kWh` },
  ];
  const y = ({ price }: Slot) => toCt(price ?? 0n);
  return drawn(`Clearing price per slot on ${day.label}, between feed-in and retail price`, {
    width,
    height: 230,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 24,
    marginBottom: 8,
    x: { ...timeScale(slots), axis: null },
    y: { domain: [0, toCt(retail) * 1.08] },
    marks: [
      ...verticalAxis("ct/kWh"),
      ruleY(references, { y: "y", stroke: COLOR.muted, strokeWidth: 1.5, strokeDasharray: "6 4" }),
      text(references, {
        y: "y",
        text: "label",
        frameAnchor: "left",
        textAnchor: "start",
        dx: 6,
        dy: -8,
        fill: COLOR.muted,
        stroke: COLOR.surface,
        strokeWidth: 4,
      }),
      ruleY(priced, { x1: "from", x2: "to", y, stroke: COLOR.price, strokeWidth: 3, strokeLinecap: "butt" }),
      spanTip(priced, (slot) => `${spanText(slot)}\n${priceText(slot as Slot)} ct/kWh`, y as (span: Span) => number),
    ],
  });
}

function drawVolume(slots: readonly Slot[], day: DayData, width: number): Element {
  const y = ({ traded }: Slot) => toKwh(traded);
  return drawn(`Energy traded per slot on ${day.label}`, {
    width,
    height: 150,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 24,
    marginBottom: MARGIN.bottom,
    x: timeScale(slots),
    y: { domain: [0, Math.max(0.1, ...slots.map(y))], nice: true },
    marks: [
      ...verticalAxis("kWh", 3),
      rectY(slots, { x1: "from", x2: "to", y, fill: COLOR.trade, inset: width < 480 ? 0 : 0.5 }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (slot) => `${spanText(slot)}\n${kwh((slot as Slot).traded)} kWh`, y as (span: Span) => number),
    ],
  });
}

/** A day with its name. */
type Labelled = Pick<DayData, "label">;

export function energyFigure(day: Labelled, slots: readonly EnergySlot[]): HTMLElement {
  return figure({
    title: "What the homes used and their roofs made",
    unit: `${day.label}; all homes together, kWh per slot.`,
    legend: [
      { label: "use", color: COLOR.demand, shape: "line" },
      { label: "PV", color: COLOR.sun },
    ],
    draw: (width) => drawEnergy(day, slots, width),
    table: () =>
      table(
        `Use and PV of all homes on ${day.label}`,
        [
          { label: "Slot", unit: "UTC" },
          { label: "Use", unit: "Wh" },
          { label: "PV", unit: "Wh" },
        ],
        slots.map((slot) => [spanText(slot), whole(slot.load), whole(slot.pv)]),
      ),
  });
}

function drawEnergy(day: Labelled, slots: readonly EnergySlot[], width: number): Element {
  const steps = stepsOf(slots);
  return drawn(`Use and PV of all homes per slot on ${day.label}`, {
    width,
    height: 230,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 24,
    marginBottom: MARGIN.bottom,
    x: timeScale(slots),
    y: { nice: true },
    marks: [
      ...verticalAxis("kWh"),
      areaY(steps, { x: "at", y: "pv", fill: COLOR.sun, fillOpacity: 0.3, curve: "step-after" }),
      lineY(steps, { x: "at", y: "pv", stroke: COLOR.sun, strokeWidth: 2, curve: "step-after" }),
      lineY(steps, { x: "at", y: "load", stroke: COLOR.demand, strokeWidth: 2.25, curve: "step-after" }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (slot) => {
        const { load, pv } = slot as EnergySlot;
        return `${spanText(slot)}\nuse ${kwh(load)} kWh\nPV ${kwh(pv)} kWh`;
      }),
    ],
  });
}

/** Points of a step line: the last slot's value lasts to its end. */
function stepsOf(slots: readonly EnergySlot[]): { at: Date; load: number; pv: number }[] {
  const at = (slot: EnergySlot, time: Date) => ({ at: time, load: toKwh(slot.load), pv: toKwh(slot.pv) });
  const last = slots.at(-1);
  return [...slots.map((slot) => at(slot, slot.from)), ...(last ? [at(last, last.to)] : [])];
}
