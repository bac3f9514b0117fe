/** A slot's supply and demand: step curves from its accepted orders, and where they cleared. */

import { axisX, dot, gridX, line, type Markish, ruleX, ruleY, text } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { BookData, PageData } from "../data.ts";
import { ctPerKwh, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { drawn, verticalAxis } from "./draw.ts";
import { toCt } from "./scale.ts";

/** Energy in Wh, price in ct/kWh, for pixels. */
interface Point {
  readonly wh: number;
  readonly ct: number;
}

/** A tick's part of one side. */
interface Step {
  readonly price: bigint;
  readonly wh: bigint;
  readonly filled: bigint;
}

export function drawBook(book: BookData, { prices }: PageData, label: string, width: number): Element {
  const { bids, asks } = sidesOf(book);
  const [retail, feedIn] = [toCt(BigInt(prices.retail)), toCt(BigInt(prices.feedIn))];
  const most = Math.max(100, Number(sum(bids)), Number(sum(asks)));
  const [low, high] = [Math.max(0, feedIn - 2), retail + 1];
  return drawn(label, {
    width,
    height: width < 480 ? 300 : 360,
    marginLeft: 46,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 40,
    x: { domain: [0, most * 1.06] },
    y: { domain: [low, high] },
    marks: [
      ...verticalAxis("ct/kWh", 6),
      gridX({ stroke: COLOR.soft, strokeOpacity: 1, ticks: width < 480 ? 4 : 8 }),
      axisX({
        label: "energy, Wh",
        tickFormat: (wh: number) => whole(BigInt(wh)),
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 34,
        ticks: width < 480 ? 4 : 8,
      }),
      line(curveOf(asks, low, high), {
        x: "wh",
        y: "ct",
        stroke: COLOR.sun,
        strokeWidth: 2.5,
        strokeLinejoin: "miter",
      }),
      line(curveOf(bids, high, low), {
        x: "wh",
        y: "ct",
        stroke: COLOR.demand,
        strokeWidth: 2.5,
        strokeLinejoin: "miter",
      }),
      ...rationed(bids, book, COLOR.demand),
      ...rationed(asks, book, COLOR.sun),
      ...clearingPoint(book),
    ],
  });
}

/** Bids dearest first, asks cheapest first: the order in which they fill. */
function sidesOf(book: BookData): { readonly bids: Step[]; readonly asks: Step[] } {
  const price = amountsOf(book.price);
  const steps = (volumes: bigint[], fills: bigint[]) =>
    price.map((each, i) => ({ price: each, wh: volumes[i] ?? 0n, filled: fills[i] ?? 0n })).filter(({ wh }) => wh > 0n);
  return {
    bids: steps(amountsOf(book.bids), amountsOf(book.bidsFilled)).reverse(),
    asks: steps(amountsOf(book.asks), amountsOf(book.asksFilled)),
  };
}

/** From one edge of the chart along the ticks to the other edge. */
function curveOf(steps: readonly Step[], from: number, to: number): Point[] {
  if (steps.length === 0) return [];
  let wh = 0;
  const points = [{ wh, ct: from }];
  for (const step of steps) {
    const ct = toCt(step.price);
    points.push({ wh, ct });
    wh += Number(step.wh);
    points.push({ wh, ct });
  }
  return [...points, { wh, ct: to }];
}

/** What the marginal tick had left: hatched over its curve. */
function rationed(steps: readonly Step[], { cleared }: BookData, color: string): Markish[] {
  let before = 0n;
  for (const { price, wh, filled } of steps) {
    if (price.toString() === cleared?.marginal && filled < wh) {
      const span = [{ from: Number(before + filled), to: Number(before + wh), ct: toCt(price) }];
      const place = { x1: "from", x2: "to", y: "ct" };
      return [
        ruleY(span, { ...place, stroke: color, strokeWidth: 11, strokeOpacity: 0.25 }),
        ruleY(span, { ...place, stroke: color, strokeWidth: 11, strokeDasharray: "2 4" }),
      ];
    }
    before += wh;
  }
  return [];
}

/** A dot, and its price and energy beside the lines that lead to it. */
function clearingPoint({ cleared }: BookData): Markish[] {
  if (cleared === undefined) return [];
  const traded = BigInt(cleared.traded);
  const price = BigInt(cleared.price);
  const point = [{ wh: Number(traded), ct: toCt(price) }];
  const leader = { stroke: COLOR.price, strokeWidth: 1.5, strokeDasharray: "4 4" };
  const label = { fill: COLOR.price, stroke: COLOR.surface, strokeWidth: 5, fontWeight: 650, fontSize: 13 };
  return [
    ruleY(point, { y: "ct", x1: 0, x2: "wh", ...leader }),
    ruleX(point, { x: "wh", y1: 0, y2: "ct", clip: true, ...leader }),
    dot(point, { x: "wh", y: "ct", r: 6, fill: COLOR.price, stroke: COLOR.surface, strokeWidth: 2 }),
    text(point, {
      y: "ct",
      frameAnchor: "left",
      text: [`${ctPerKwh(price)} ct/kWh`],
      textAnchor: "start",
      dx: 8,
      dy: -11,
      ...label,
    }),
    text(point, {
      x: "wh",
      frameAnchor: "bottom",
      text: [`${whole(traded)} Wh`],
      textAnchor: "start",
      dx: 7,
      dy: -9,
      ...label,
    }),
  ];
}

function sum(steps: readonly Step[]): bigint {
  return steps.reduce((total, { wh }) => total + wh, 0n);
}
