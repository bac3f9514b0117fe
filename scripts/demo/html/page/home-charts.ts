/** A home's day: energy and money. */

import { lineY, type Markish, rect, rectY } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { DayData, HomeDay } from "../data.ts";
import { eur, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { drawn, spanTip, verticalAxis, zeroLine } from "./draw.ts";
import { toCents } from "./scale.ts";
import { MARGIN, type Span, spansOf, spanText, timeAxis, timeScale } from "./time-axis.ts";

/** A slot of a home; Wh and base units. */
export interface HomeSlot extends Span, Record<HomeColumn, bigint> {}
export type HomeColumn = Exclude<keyof HomeDay, "bill" | "price">;

const COLUMNS: readonly HomeColumn[] = [
  "forecast",
  "traded",
  "metered",
  "imbalance",
  "load",
  "pv",
  "battery",
  "paid",
  "received",
  "networkFee",
  "relayerFee",
  "grid",
  "total",
];

export function homeSlots(home: HomeDay, day: Pick<DayData, "start" | "slots">, slotDuration: number): HomeSlot[] {
  const columns = COLUMNS.map((name) => ({ name, values: amountsOf(home[name]) }));
  return spansOf(day, slotDuration).map((span) => {
    const values = columns.map(({ name, values }) => [name, values[span.index] ?? 0n]);
    return { ...span, ...(Object.fromEntries(values) as Record<HomeColumn, bigint>) };
  });
}

export function drawHomeEnergy(slots: readonly HomeSlot[], label: string, width: number): Element {
  const forecast = lineY(energySteps(slots, "forecast"), {
    x: "at",
    y: "value",
    stroke: COLOR.ink,
    strokeWidth: 1.5,
    strokeDasharray: "4 3",
    curve: "step-after",
  });
  return drawEnergy(slots, label, width, [forecast], energyText);
}

/** Nobody forecast anything. */
export function drawSharedEnergy(slots: readonly HomeSlot[], label: string, width: number): Element {
  return drawEnergy(slots, label, width, [], (slot) => {
    const { metered, traded, imbalance } = slot;
    return `${spanText(slot)}\nmetered ${whole(metered)} Wh\nshared ${whole(traded)} Wh\nwith the supplier ${whole(imbalance)} Wh`;
  });
}

/** What changed hands and what the meter counted, with `more` between them. */
function drawEnergy(
  slots: readonly HomeSlot[],
  label: string,
  width: number,
  more: readonly Markish[],
  text: (slot: HomeSlot) => string,
): Element {
  return drawn(label, {
    ...frame(slots, width, 260),
    y: { nice: true },
    marks: [
      ...verticalAxis("Wh"),
      rectY(slots, {
        x1: "from",
        x2: "to",
        y: ({ traded }: HomeSlot) => Number(traded),
        fill: COLOR.trade,
        inset: width < 480 ? 0 : 0.25,
      }),
      ...more,
      lineY(energySteps(slots, "metered"), {
        x: "at",
        y: "value",
        stroke: COLOR.demand,
        strokeWidth: 2.25,
        curve: "step-after",
      }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (span) => text(span as HomeSlot)),
    ],
  });
}

function energySteps(slots: readonly HomeSlot[], name: HomeColumn) {
  return stepsOf(slots, (slot) => Number(slot[name]));
}

function energyText(slot: HomeSlot): string {
  const { forecast, traded, metered, imbalance } = slot;
  return `${spanText(slot)}\nforecast ${whole(forecast)} Wh\ntraded ${whole(traded)} Wh\nmetered ${whole(metered)} Wh\nimbalance ${whole(imbalance)} Wh`;
}

export function drawImbalance(slots: readonly HomeSlot[], label: string, width: number): Element {
  return drawn(label, {
    ...frame(slots, width, 150),
    marginTop: 28,
    y: { nice: true },
    marks: [
      ...verticalAxis("Wh", 3),
      rectY(slots, {
        x1: "from",
        x2: "to",
        y: ({ imbalance }: HomeSlot) => Number(imbalance),
        fill: COLOR.public,
        inset: width < 480 ? 0 : 0.25,
      }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (span) => `${spanText(span)}\nimbalance ${whole((span as HomeSlot).imbalance)} Wh`),
    ],
  });
}

/** A part of a slot's money, stacked away from zero; cents. */
interface Bar {
  readonly from: Date;
  readonly to: Date;
  readonly y1: number;
  readonly y2: number;
  readonly color: string;
}

export function drawMoney(slots: readonly HomeSlot[], label: string, width: number): Element {
  const bars = slots.flatMap(barsOf);
  return drawn(label, {
    ...frame(slots, width, 230),
    y: { nice: true },
    marks: [
      ...verticalAxis("ct"),
      rect(bars, { x1: "from", x2: "to", y1: "y1", y2: "y2", fill: "color", inset: width < 480 ? 0 : 0.25 }),
      zeroLine(),
      timeAxis(slots, width),
      spanTip(slots, (span) => moneyText(span as HomeSlot)),
    ],
    color: { type: "identity" },
  });
}

function barsOf({ from, to, paid, received, networkFee, relayerFee, grid }: HomeSlot): Bar[] {
  let [above, below] = [0, 0];
  const parts = [
    { amount: paid, color: COLOR.trade },
    { amount: -received, color: COLOR.trade },
    { amount: networkFee + relayerFee, color: COLOR.price },
    { amount: grid, color: COLOR.public },
  ];
  return parts
    .filter(({ amount }) => amount !== 0n)
    .map(({ amount, color }) => {
      const cents = toCents(amount);
      const y1 = cents > 0 ? above : below;
      if (cents > 0) above += cents;
      else below += cents;
      return { from, to, y1, y2: y1 + cents, color };
    });
}

function moneyText(slot: HomeSlot): string {
  const { paid, received, networkFee, relayerFee, grid, total } = slot;
  const lines = [
    `neighbours ${eur(paid - received)} EUR`,
    `fees ${eur(networkFee + relayerFee)} EUR`,
    `grid ${eur(grid)} EUR`,
    `total ${eur(total)} EUR`,
  ];
  return [spanText(slot), ...lines].join("\n");
}

function frame(slots: readonly Span[], width: number, height: number) {
  const { left, right, bottom } = MARGIN;
  return {
    width,
    height,
    marginLeft: left + 6,
    marginRight: right,
    marginTop: 24,
    marginBottom: bottom,
    x: timeScale(slots),
  };
}

function stepsOf(slots: readonly HomeSlot[], value: (slot: HomeSlot) => number): { at: Date; value: number }[] {
  const last = slots.at(-1);
  const points = slots.map((slot) => ({ at: slot.from, value: value(slot) }));
  return last ? [...points, { at: last.to, value: value(last) }] : points;
}
