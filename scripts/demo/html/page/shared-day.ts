/** The community's day where meters decide: prices of both sides, supply and demand, use and sun. */

import { areaY, dot, lineY, type Markish, rectY, ruleY, text } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { SharedDay, SharedPageData } from "../shared-data.ts";
import { ctPerKwh, fineMeanPrice, kwh, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { energyFigure } from "./day.ts";
import { drawn, spanTip, verticalAxis, zeroLine } from "./draw.ts";
import { figure } from "./figure.ts";
import { toCt, toKwh } from "./scale.ts";
import { table } from "./table.ts";
import { MARGIN, type Span, spansOf, spanText, timeAxis, timeScale } from "./time-axis.ts";

const COLUMNS = ["load", "pv", "demand", "supply", "shared", "demandCost", "supplyIncome", "sharedCost"] as const;

/** A slot; Wh and base units. */
interface Slot extends Span, Record<(typeof COLUMNS)[number], bigint> {}

export function sharedDayFigures(data: SharedPageData, day: SharedDay): HTMLElement[] {
  const slots = slotsOf(data, day);
  return [priceFigure(data, day, slots), exchangeFigure(day, slots), energyFigure(day, slots)];
}

function slotsOf({ slotDuration }: SharedPageData, day: SharedDay): Slot[] {
  const columns = COLUMNS.map((name) => ({ name, values: amountsOf(day[name]) }));
  return spansOf(day, slotDuration).map((span) => {
    const values = columns.map(({ name, values }) => [name, values[span.index] ?? 0n]);
    return { ...span, ...(Object.fromEntries(values) as Record<(typeof COLUMNS)[number], bigint>) };
  });
}

const drawnFor = ({ demandCost, demand }: Slot): string => fineMeanPrice(demandCost, demand) || "–";
const fedInFor = ({ supplyIncome, supply }: Slot): string => fineMeanPrice(supplyIncome, supply) || "–";
const sharedFor = ({ sharedCost, shared }: Slot): string => fineMeanPrice(sharedCost, shared) || "–";

function priceFigure({ prices, rule }: SharedPageData, day: SharedDay, slots: readonly Slot[]): HTMLElement {
  const [retail, feedIn] = [BigInt(prices.retail), BigInt(prices.feedIn)];
  const inside = rule.auction ? "clearing price" : "price inside";
  return figure({
    title: "What a kWh cost and brought, slot by slot",
    unit: `${day.label}; ct/kWh, means of all homes that drew or fed in. Buyers pay the ${inside} and a network fee of ${ctPerKwh(BigInt(prices.networkFee))} for what is shared, the retail price for the rest.`,
    legend: [
      { label: "drawn: buyers pay", color: COLOR.demand, shape: "line" },
      { label: inside, color: COLOR.price, shape: "dot" },
      { label: "fed in: sellers get", color: COLOR.sun, shape: "line" },
      { label: "retail and feed-in price", color: COLOR.muted, shape: "dash" },
    ],
    draw: (width) => drawPrices(slots, retail, feedIn, day, inside, width),
    table: () =>
      table(
        `Prices on ${day.label}; retail ${ctPerKwh(retail)} ct/kWh, feed-in ${ctPerKwh(feedIn)} ct/kWh`,
        [
          { label: "Slot", unit: "UTC" },
          { label: "Buyers pay", unit: "ct/kWh" },
          { label: inside.charAt(0).toUpperCase() + inside.slice(1), unit: "ct/kWh" },
          { label: "Sellers get", unit: "ct/kWh" },
        ],
        slots.map((slot) => [spanText(slot), drawnFor(slot), sharedFor(slot), fedInFor(slot)]),
      ),
  });
}

/** ct/kWh, for pixels. */
const ct = (amount: bigint, wh: bigint): number => Number(amount) / Number(wh) / 10;

function drawPrices(
  slots: readonly Slot[],
  retail: bigint,
  feedIn: bigint,
  day: SharedDay,
  inside: string,
  width: number,
): Element {
  const references = [
    { y: toCt(retail), label: `retail price ${ctPerKwh(retail)} ct/kWh` },
    { y: toCt(feedIn), label: `feed-in price ${ctPerKwh(feedIn)} ct/kWh` },
  ];
  const side = (own: readonly Slot[], y: (slot: Slot) => number, stroke: string) =>
    ruleY(own, { x1: "from", x2: "to", y, stroke, strokeWidth: 3.5, strokeLinecap: "butt" });
  const above = ({ demandCost, demand }: Slot) => (demand === 0n ? toCt(retail) : ct(demandCost, demand));
  return drawn(
    `What a kWh drawn cost and a kWh fed in brought per slot on ${day.label}, between feed-in and retail price`,
    {
      width,
      height: 270,
      marginLeft: MARGIN.left,
      marginRight: MARGIN.right,
      marginTop: 24,
      marginBottom: MARGIN.bottom,
      x: timeScale(slots),
      y: { domain: [0, toCt(retail) * 1.12] },
      marks: [
        ...verticalAxis("ct/kWh"),
        ruleY(references, { y: "y", stroke: COLOR.muted, strokeWidth: 1.5, strokeDasharray: "6 4" }),
        side(
          slots.filter(({ demand }) => demand > 0n),
          ({ demandCost, demand }) => ct(demandCost, demand),
          COLOR.demand,
        ),
        side(
          slots.filter(({ supply }) => supply > 0n),
          ({ supplyIncome, supply }) => ct(supplyIncome, supply),
          COLOR.sun,
        ),
        dot(
          slots.filter(({ shared }) => shared > 0n),
          {
            x: "middle",
            y: ({ sharedCost, shared }: Slot) => ct(sharedCost, shared),
            r: width < 480 ? 1.25 : 2,
            fill: COLOR.price,
          },
        ),
        referenceLabel(references.slice(0, 1), -9),
        referenceLabel(references.slice(1), 11),
        timeAxis(slots, width),
        spanTip(
          slots,
          (span) => {
            const slot = span as Slot;
            return `${spanText(span)}\nbuyers pay ${drawnFor(slot)} ct/kWh\n${inside} ${sharedFor(slot)} ct/kWh\nsellers get ${fedInFor(slot)} ct/kWh`;
          },
          above as (span: Span) => number,
        ),
      ],
    },
  );
}

/** Names a line, above or below it. */
function referenceLabel(references: readonly { readonly y: number; readonly label: string }[], dy: number): Markish {
  return text(references, {
    ...{ y: "y", text: "label", frameAnchor: "left", textAnchor: "start", dx: 6, dy },
    ...{ fill: COLOR.muted, stroke: COLOR.surface, strokeWidth: 4 },
  });
}

function exchangeFigure(day: SharedDay, slots: readonly Slot[]): HTMLElement {
  return figure({
    title: "Supply, demand, and what was shared",
    unit: `${day.label}; over the meters of all homes, kWh per slot. Nobody can share more than the smaller of both.`,
    legend: [
      { label: "demand", color: COLOR.demand, shape: "line" },
      { label: "supply", color: COLOR.sun, shape: "line" },
      { label: "shared", color: COLOR.trade },
    ],
    draw: (width) => drawExchange(day, slots, width),
    table: () =>
      table(
        `Supply and demand at the meters on ${day.label}`,
        [
          { label: "Slot", unit: "UTC" },
          { label: "Demand", unit: "Wh" },
          { label: "Supply", unit: "Wh" },
          { label: "Shared", unit: "Wh" },
        ],
        slots.map((slot) => [spanText(slot), whole(slot.demand), whole(slot.supply), whole(slot.shared)]),
      ),
  });
}

function drawExchange(day: SharedDay, slots: readonly Slot[], width: number): Element {
  const steps = stepsOf(slots);
  return drawn(`Supply, demand and shared energy of all homes per slot on ${day.label}`, {
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
      areaY(steps, { x: "at", y: "supply", fill: COLOR.sun, fillOpacity: 0.16, curve: "step-after" }),
      rectY(slots, {
        x1: "from",
        x2: "to",
        y: ({ shared }: Slot) => toKwh(shared),
        fill: COLOR.trade,
        inset: width < 480 ? 0 : 0.5,
      }),
      lineY(steps, { x: "at", y: "supply", stroke: COLOR.sun, strokeWidth: 2, curve: "step-after" }),
      lineY(steps, { x: "at", y: "demand", stroke: COLOR.demand, strokeWidth: 2.25, curve: "step-after" }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (span) => {
        const { demand, supply, shared } = span as Slot;
        return `${spanText(span)}\ndemand ${kwh(demand)} kWh\nsupply ${kwh(supply)} kWh\nshared ${kwh(shared)} kWh`;
      }),
    ],
  });
}

/** Points of a step line: the last slot's value lasts to its end. */
function stepsOf(slots: readonly Slot[]): { at: Date; demand: number; supply: number }[] {
  const at = (slot: Slot, time: Date) => ({ at: time, demand: toKwh(slot.demand), supply: toKwh(slot.supply) });
  const last = slots.at(-1);
  return [...slots.map((slot) => at(slot, slot.from)), ...(last ? [at(last, last.to)] : [])];
}
