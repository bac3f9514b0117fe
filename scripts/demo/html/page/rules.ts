/** All rules side by side: who saves how much, and what it takes. */

import { axisX, axisY, barX, dot, gridX, ruleX, text, tickX } from "@observablehq/plot";
import { amountsOf } from "../columns.ts";
import type { RuleData, SharedPageData } from "../shared-data.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { drawn } from "./draw.ts";
import { figure } from "./figure.ts";
import { toEur } from "./scale.ts";
import { table } from "./table.ts";

export function ruleFigures({ rules }: Pick<SharedPageData, "rules">): HTMLElement[] {
  return [comparison(rules), savingsByRule(rules), gasByRule(rules)];
}

/** The listed rule stands out by its mark, in figures and words alike. */
const label = ({ rule, listed }: RuleData): string => (listed ? `${rule} ★` : rule);

function comparison(rules: readonly RuleData[]): HTMLElement {
  const heads = [
    { label: "Rule" },
    { label: "Shared", unit: "kWh" },
    { label: "Bills", unit: "EUR" },
    { label: "Savings", unit: "EUR" },
    { label: "Gini of savings" },
    { label: "Worse off", unit: "homes" },
    { label: "Gas", unit: "per home and slot" },
  ];
  const rows = rules.map((rule) => [
    `${label(rule)} – ${rule.name}: ${rule.meaning}`,
    ...[rule.sharedKwh, rule.billsEur, rule.savingsEur, rule.gini, rule.worseOff, rule.gas],
  ]);
  const shown = table("All homes together, all fees but gas counted; ★ is the rule of this page", heads, rows);
  shown.classList.add("tall", "wrap");
  const gini =
    "Savings are against the same meters at the retailer with feed-in. A Gini coefficient of 0 means that all save the same; it says nothing where somebody loses.";
  return h(
    "div",
    { class: "card" },
    h("h3", {}, "Bills, savings and gas by rule"),
    shown,
    h("p", { class: "hint" }, gini),
  );
}

/** A home's saving by a rule. */
interface Dot {
  readonly place: number;
  readonly eur: number;
}

const LABELS = 112;

function savingsByRule(rules: readonly RuleData[]): HTMLElement {
  return figure({
    title: "What each home saves, rule by rule",
    unit: "EUR over the whole run; a dot per home, a line at the mean. Close dots: an even rule.",
    legend: [
      { label: "saves", color: COLOR.trade, shape: "dot" },
      { label: "pays more", color: COLOR.worse, shape: "dot" },
    ],
    draw: (width) => drawSavings(rules, width),
  });
}

function drawSavings(rules: readonly RuleData[], width: number): Element {
  const dots = rules.flatMap((rule, place) =>
    amountsOf(rule.savings).map((saving): Dot => ({ place, eur: toEur(saving) })),
  );
  const means = rules.map((rule, place): Dot => {
    const savings = amountsOf(rule.savings);
    return { place, eur: toEur(savings.reduce((sum, each) => sum + each, 0n)) / Math.max(1, savings.length) };
  });
  const told = rules.map((rule) => `${rule.rule} ${rule.savingsEur} EUR, Gini ${rule.gini}`).join("; ");
  const opacity = dots.length > 40 * rules.length ? 0.35 : 0.65;
  return drawn(`Savings of all homes by rule: ${told}`, {
    width,
    height: 48 + rules.length * 34,
    marginLeft: LABELS,
    marginRight: 20,
    marginTop: 8,
    marginBottom: 40,
    x: { nice: true },
    y: { type: "band", domain: rules.map((_, place) => place), padding: 0.2 },
    color: { type: "identity" },
    marks: [
      gridX({ stroke: COLOR.soft, strokeOpacity: 1, ticks: width < 480 ? 3 : 6 }),
      axisX({ label: "EUR", labelAnchor: "center", labelArrow: "none", labelOffset: 34, ticks: width < 480 ? 3 : 6 }),
      axisY({ label: null, tickSize: 0, tickFormat: (place: number) => nameAt(rules, place) }),
      ruleX([0], { stroke: COLOR.muted }),
      dot(dots, {
        x: "eur",
        y: "place",
        r: 5,
        fill: ({ eur }: Dot) => (eur < 0 ? COLOR.worse : COLOR.trade),
        fillOpacity: opacity,
        stroke: COLOR.surface,
        strokeWidth: 0.75,
      }),
      tickX(means, { x: "eur", y: "place", stroke: COLOR.ink, strokeWidth: 2 }),
    ],
  });
}

const nameAt = (rules: readonly RuleData[], place: number): string => {
  const rule = rules[place];
  return rule === undefined ? "" : label(rule);
};

function gasByRule(rules: readonly RuleData[]): HTMLElement {
  return figure({
    title: "What each rule takes",
    unit: "Gas per home and slot, from receipts, on a chain whose storage words are new.",
    draw: (width) => drawGas(rules, width),
  });
}

function drawGas(rules: readonly RuleData[], width: number): Element {
  const bars = rules.map(({ gas, listed }, place) => ({
    place,
    gas: Number(gas.replaceAll(/\D/g, "")),
    shown: gas,
    color: listed ? COLOR.trade : COLOR.public,
  }));
  const most = Math.max(1, ...bars.map(({ gas }) => gas));
  return drawn(`Gas per home and slot: ${rules.map(({ rule, gas }) => `${rule} ${gas}`).join(", ")}`, {
    width,
    height: 16 + rules.length * 28,
    marginLeft: LABELS,
    marginRight: 24,
    marginTop: 4,
    marginBottom: 12,
    x: { domain: [0, most * (width < 480 ? 1.4 : 1.14)], axis: null },
    y: { type: "band", domain: bars.map(({ place }) => place), padding: 0.3 },
    color: { type: "identity" },
    marks: [
      axisY({ label: null, tickSize: 0, tickFormat: (place: number) => nameAt(rules, place) }),
      barX(bars, { x: "gas", y: "place", fill: "color" }),
      text(bars, { x: "gas", y: "place", text: "shown", textAnchor: "start", dx: 6, fill: COLOR.ink, fontWeight: 650 }),
      ruleX([0], { stroke: COLOR.muted }),
    ],
  });
}
