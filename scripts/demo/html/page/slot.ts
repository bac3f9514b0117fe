/** Inside a slot: choose one, see its curves. */

import { plot, rectY, ruleX } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { BookData, DayData, PageData } from "../data.ts";
import { ctPerKwh, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { chart, figure, swap } from "./figure.ts";
import { drawBook } from "./slot-chart.ts";
import { table } from "./table.ts";
import { type Span, spansOf, spanText } from "./time-axis.ts";

/** Half a slider's thumb: its middle runs from here to as far from the other end. */
const THUMB = 8;

/** Slider, buttons and curves of one day; starts at the slot with most trade. */
export function slotPicker(data: PageData, day: DayData): HTMLElement[] {
  const spans = spansOf(day, data.slotDuration);
  const traded = amountsOf(day.traded);
  const last = spans.length - 1;
  const slider = h("input", {
    type: "range",
    id: "choose-slot",
    min: 0,
    max: last,
    step: 1,
    "aria-describedby": "slot-hint",
  });
  const now = h("p", { class: "now", id: "slot-now" });
  const said = h("ul", { class: "said", "aria-live": "polite" });
  const place = h("div");
  const strip = chart((width) => drawStrip(traded, Number(slider.value), width), "chart strip");
  strip.setAttribute("aria-hidden", "true");

  const show = (index: number) => {
    slider.value = index.toString();
    const [span, book] = [spans[index], day.books[index]];
    if (span === undefined || book === undefined) return;
    const title = `${spanText(span)} UTC`;
    now.textContent = title;
    said.replaceChildren(...book.sentences.map((sentence) => h("li", {}, sentence)));
    slider.setAttribute(
      "aria-valuetext",
      `${title}: ${book.cleared ? `${book.cleared.traded} Wh traded` : "no trade"}`,
    );
    swap(place, [bookFigure(data, day, span, book)]);
    if (strip.clientWidth > 0) strip.replaceChildren(drawStrip(traded, index, strip.clientWidth));
    for (const [button, target] of steps) button.disabled = target(index) === undefined;
  };
  const steps = new Map(
    [
      button("Previous slot", (index) => (index > 0 ? index - 1 : undefined)),
      button("Next slot", (index) => (index < last ? index + 1 : undefined)),
      button("Previous trade", (index) => tradeFrom(traded, index, -1)),
      button("Next trade", (index) => tradeFrom(traded, index, 1)),
    ].map(({ element, target }) => [element, target]),
  );
  for (const [element, target] of steps) {
    element.addEventListener("click", () => {
      const next = target(Number(slider.value));
      if (next !== undefined) show(next);
    });
  }
  slider.addEventListener("input", () => {
    show(Number(slider.value));
  });
  strip.addEventListener("click", ({ clientX }) => {
    const { left, width } = strip.getBoundingClientRect();
    show(Math.max(0, Math.min(last, Math.round(((clientX - left - THUMB) / (width - 2 * THUMB)) * last))));
  });
  show(busiest(traded));
  const hint = h("span", { class: "hint", id: "slot-hint" }, "Arrow keys step from slot to slot; bars: energy traded.");
  return [
    h(
      "div",
      { class: "card" },
      h("label", { for: "choose-slot" }, "Slot"),
      " ",
      hint,
      strip,
      slider,
      h("div", { class: "controls" }, ...steps.keys()),
    ),
    h("div", { class: "card" }, now, said, place),
  ];
}

function button(label: string, target: (index: number) => number | undefined) {
  return { element: h("button", { type: "button" }, label), target };
}

function tradeFrom(traded: readonly bigint[], from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < traded.length; index += step) {
    if ((traded[index] ?? 0n) > 0n) return index;
  }
  return undefined;
}

function busiest(traded: readonly bigint[]): number {
  return traded.reduce((best, wh, index) => (wh > (traded[best] ?? 0n) ? index : best), 0);
}

function drawStrip(traded: readonly bigint[], selected: number, width: number): Element {
  const bars = traded.map((wh, index) => ({ from: index - 0.4, to: index + 0.4, wh: Number(wh), index }));
  return plot({
    width,
    height: 44,
    margin: 0,
    marginLeft: THUMB,
    marginRight: THUMB,
    x: { domain: [0, traded.length - 1], axis: null },
    y: { domain: [0, Math.max(1, ...bars.map(({ wh }) => wh))], axis: null },
    marks: [
      rectY(bars, {
        x1: "from",
        x2: "to",
        y: "wh",
        fill: COLOR.trade,
        fillOpacity: ({ index }: { index: number }) => (index === selected ? 1 : 0.45),
      }),
      ruleX([selected], { stroke: COLOR.ink, strokeWidth: 1.5 }),
    ],
  });
}

function bookFigure(data: PageData, day: DayData, span: Span, book: BookData): HTMLElement {
  const when = `${spanText(span)} UTC, ${day.label}`;
  const inner = figure({
    title: "Supply and demand",
    unit: "Accepted orders added up tick by tick; price in ct/kWh, energy in Wh.",
    legend: [
      { label: "demand: wanted at this price or more", color: COLOR.demand, shape: "line" },
      { label: "supply: offered at this price or less", color: COLOR.sun, shape: "line" },
      ...(book.cleared ? [{ label: "clearing point", color: COLOR.price, shape: "dot" as const }] : []),
      ...(book.rationed === ""
        ? []
        : [
            {
              label: "rationed",
              color: book.rationed === "buyers" ? COLOR.demand : COLOR.sun,
              shape: "hatch" as const,
            },
          ]),
    ],
    draw: (width) => drawBook(book, data, `Supply and demand, ${when}. ${book.sentences.join(" ")}`, width),
    table: () => bookTable(book, when),
  });
  inner.className = "inner";
  return inner;
}

function bookTable(book: BookData, when: string): HTMLElement {
  const columns = [book.bids, book.asks, book.demand, book.supply, book.bidsFilled, book.asksFilled].map(amountsOf);
  const rows = amountsOf(book.price).map((price, tick) => [
    `${ctPerKwh(price)}${book.cleared?.marginal === price.toString() ? " (marginal)" : ""}`,
    ...columns.map((column) => whole(column[tick] ?? 0n)),
  ]);
  const heads = ["Bids", "Offers", "Demand", "Supply", "Bids filled", "Offers filled"].map((label) => ({
    label,
    unit: "Wh",
  }));
  return table(`Orders of ${when}, by price`, [{ label: "Price", unit: "ct/kWh" }, ...heads], rows);
}
