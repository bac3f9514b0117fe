/** What each home saved, the best first. */

import { axisX, axisY, barX, gridX, type Markish, rectY, ruleX, text } from "@observablehq/plot";
import type { HomeData } from "../data.ts";
import { COLOR } from "./colors.ts";
import { drawn, verticalAxis, zeroLine } from "./draw.ts";
import { figure } from "./figure.ts";
import { toEur } from "./scale.ts";
import { table } from "./table.ts";

/** Homes with a bar and a name each; more of them stand side by side without names. */
const MOST_NAMED = 40;

interface Bar {
  readonly rank: number;
  readonly name: string;
  readonly eur: number;
  readonly shown: string;
}

/** What of homes is told here. */
type HomeSaving = Omit<HomeData, "days" | "bill" | "sentences">;

export function savingsFigure({ homes }: { readonly homes: readonly HomeSaving[] }): HTMLElement {
  const sorted = [...homes].sort(bySaving);
  const bars = sorted.map(({ name, saving, savingEur }, rank) => ({
    rank,
    name,
    eur: toEur(BigInt(saving)),
    shown: savingEur,
  }));
  const named = bars.length <= MOST_NAMED;
  return figure({
    title: "Saving per home, best first",
    unit: `EUR over the whole run, against the same meter at the retailer.${named ? "" : " One bar per home; names are in the table."}`,
    legend: [
      { label: "saved", color: COLOR.trade },
      { label: "paid more", color: COLOR.worse },
    ],
    draw: (width) => (named ? drawNamed(bars, width) : drawRanked(bars, width)),
    table: () => savingsTable(sorted),
  });
}

function bySaving(a: HomeSaving, b: HomeSaving): number {
  const difference = BigInt(b.saving) - BigInt(a.saving);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

function savingsTable(sorted: readonly HomeSaving[]): HTMLElement {
  const rows = sorted.map((home) => [
    home.name,
    home.pv === "" ? "–" : "yes",
    home.boughtKwh,
    home.soldKwh,
    home.averagePrice,
    home.selfSufficiency,
    home.selfConsumption,
    home.billEur,
    home.retailerEur,
    home.savingEur,
  ]);
  const heads = [
    { label: "Home" },
    { label: "PV" },
    { label: "Bought", unit: "kWh" },
    { label: "Sold", unit: "kWh" },
    { label: "Mean price", unit: "ct/kWh" },
    { label: "Self-sufficiency", unit: "of its use" },
    { label: "Self-consumption", unit: "of its PV" },
    { label: "Bill", unit: "EUR" },
    { label: "At the retailer", unit: "EUR" },
    { label: "Saving", unit: "EUR" },
  ];
  return table("Bills and savings of all homes, best first", heads, rows);
}

const LABEL = "Saving of every home in EUR, sorted from the largest saving to the largest loss";
const fill = ({ eur }: Bar) => (eur < 0 ? COLOR.worse : COLOR.trade);

function drawNamed(bars: readonly Bar[], width: number): Element {
  const room = width < 480 ? 12 : 24;
  const values = bars.map(({ eur }) => eur);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const pad = (high - low || 1) * (width < 480 ? 0.42 : 0.14);
  const label = (side: readonly Bar[], sign: 1 | -1): Markish =>
    text(side, {
      x: "eur",
      y: "rank",
      text: "shown",
      textAnchor: sign > 0 ? "start" : "end",
      dx: 5 * sign,
      fill: COLOR.ink,
    });
  return drawn(LABEL, {
    width,
    height: 48 + bars.length * 24,
    marginLeft: 12 + Math.min(room, Math.max(...bars.map(({ name }) => name.length))) * 7,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 40,
    x: { domain: [low < 0 ? low - pad : 0, high + pad] },
    y: { domain: bars.map(({ rank }) => rank), padding: 0.28 },
    color: { type: "identity" },
    marks: [
      gridX({ stroke: COLOR.soft, strokeOpacity: 1, ticks: width < 480 ? 3 : 6 }),
      axisX({ label: "EUR", labelAnchor: "center", labelArrow: "none", labelOffset: 34, ticks: width < 480 ? 3 : 6 }),
      axisY({ label: null, tickSize: 0, tickFormat: (rank: number) => shortened(bars[rank]?.name ?? "", room) }),
      barX(bars, { x: "eur", y: "rank", fill }),
      label(
        bars.filter(({ eur }) => eur >= 0),
        1,
      ),
      label(
        bars.filter(({ eur }) => eur < 0),
        -1,
      ),
      ruleX([0], { stroke: COLOR.muted }),
    ],
  });
}

function drawRanked(bars: readonly Bar[], width: number): Element {
  return drawn(LABEL, {
    width,
    height: 260,
    marginLeft: 52,
    marginRight: 20,
    marginTop: 24,
    marginBottom: 36,
    x: { domain: [0, bars.length] },
    y: { nice: true },
    color: { type: "identity" },
    marks: [
      ...verticalAxis("EUR"),
      rectY(bars, {
        x1: "rank",
        x2: ({ rank }: Bar) => rank + 1,
        y: "eur",
        fill,
        inset: width > 3 * bars.length ? 0.5 : 0,
      }),
      zeroLine(),
      axisX({ label: "homes, best first", labelAnchor: "center", labelArrow: "none", labelOffset: 32 }),
    ],
  });
}

function shortened(name: string, room: number): string {
  return name.length > room ? `${name.slice(0, room - 1)}…` : name;
}
