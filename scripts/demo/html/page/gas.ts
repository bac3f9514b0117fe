/** Gas by stage, and what it costs at a price of gas and of ETH. */

import { axisX, barX, ruleX, text } from "@observablehq/plot";
import type { GasData } from "../data.ts";
import { eur, typeset, whole } from "../text.ts";
import { formatFixed } from "../../format.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { drawn } from "./draw.ts";
import { figure } from "./figure.ts";
import { table } from "./table.ts";

const STAGE_COLORS: Readonly<Record<string, string>> = {
  place: COLOR.demand,
  clear: COLOR.price,
  settle: COLOR.trade,
  join: COLOR.price,
  meter: COLOR.demand,
  "meter and settle": COLOR.trade,
};
/** Hundredths of a gwei. */
const GAS_PRICES = [
  { hundredths: 1n, label: "0.01 gwei" },
  { hundredths: 10n, label: "0.1 gwei" },
  { hundredths: 100n, label: "1 gwei" },
] as const;
const DAYS_PER_MONTH = 30n;

export function gasFigure(gas: GasData): HTMLElement {
  const { stages } = gas;
  return figure({
    title: "Gas by stage",
    unit: "Gas per home and slot, from receipts.",
    draw: (width) => drawStages(gas, width),
    table: () =>
      table(
        "Gas by stage",
        [
          { label: "Stage" },
          { label: "Whole run", unit: "gas" },
          { label: "Per home and slot", unit: "gas" },
          { label: "Per home and day", unit: "gas" },
        ],
        stages.map(({ label, meaning, gas, perHomeSlot, perHomeDay }) => [
          `${label}: ${meaning}`,
          ...[gas, perHomeSlot, perHomeDay].map((each) => whole(BigInt(each))),
        ]),
      ),
  });
}

function drawStages({ stages }: GasData, width: number): Element {
  const bars = stages.map(({ id, label, perHomeSlot }) => ({
    label,
    gas: Number(perHomeSlot),
    shown: whole(BigInt(perHomeSlot)),
    color: STAGE_COLORS[id] ?? COLOR.public,
  }));
  const most = Math.max(1, ...bars.map(({ gas }) => gas));
  return drawn(`Gas per home and slot: ${bars.map(({ label, shown }) => `${label} ${shown}`).join(", ")}`, {
    width,
    height: 50 + 36 * bars.length,
    marginLeft: 20 + 7 * Math.max(...bars.map(({ label }) => label.length)),
    marginRight: 24,
    marginTop: 4,
    marginBottom: 40,
    x: { domain: [0, most * 1.18] },
    y: { domain: bars.map(({ label }) => label), label: null, tickSize: 0, padding: 0.3 },
    color: { type: "identity" },
    marks: [
      axisX({
        label: "gas",
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 34,
        ticks: width < 480 ? 3 : 6,
        tickFormat: (gas: number) => whole(BigInt(gas)),
      }),
      barX(bars, { x: "gas", y: "label", fill: "color" }),
      text(bars, { x: "gas", y: "label", text: "shown", textAnchor: "start", dx: 6, fill: COLOR.ink, fontWeight: 650 }),
      ruleX([0], { stroke: COLOR.muted }),
    ],
  });
}

/** A table that follows the price of ETH. */
export function gasCost(gas: GasData): HTMLElement {
  const input = h("input", {
    id: "eth",
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    size: 10,
    value: formatFixed(BigInt(gas.ethCents), 2, 2).replaceAll(" ", "").replace(/\.00$/, ""),
    "aria-describedby": "eth-hint",
  });
  const hint = h("span", { class: "hint", id: "eth-hint", role: "status" }, ASSUMED);
  const body = h("tbody");
  const show = (cents: bigint) => {
    body.replaceChildren(...costRows(gas, cents));
  };
  input.addEventListener("input", () => {
    const cents = centsOf(input.value);
    input.setAttribute("aria-invalid", (cents === undefined).toString());
    hint.textContent = cents === undefined ? "A number of EUR is needed, such as 3000 or 2850.50." : ASSUMED;
    if (cents !== undefined) show(cents);
  });
  show(BigInt(gas.ethCents));
  const heads = ["Gas price", "Per home and day", "Per home and month"].map((label, index) =>
    h("th", { scope: "col" }, label, ...(index === 0 ? [] : [h("span", { class: "unit" }, "EUR")])),
  );
  return h(
    "div",
    { class: "card" },
    h("h3", {}, "What that costs"),
    h(
      "div",
      { class: "controls" },
      h("div", { class: "field" }, h("label", { for: "eth" }, "Price of one ETH, EUR"), input, hint),
    ),
    h(
      "table",
      { class: "bill", id: "gas-cost" },
      h("caption", {}, captionOf(gas)),
      h("thead", {}, h("tr", {}, ...heads)),
      body,
    ),
  );
}

const ASSUMED = "An assumption, not a figure of the run: change it to today’s price.";

function captionOf({ perHomeDay }: GasData): string {
  return `${whole(BigInt(perHomeDay))} gas per home and day; a month is ${DAYS_PER_MONTH} days`;
}

function costRows({ perHomeDay, savingPerHomeDay }: GasData, cents: bigint): HTMLElement[] {
  const rows = GAS_PRICES.map(({ hundredths, label }) => {
    const perDay = BigInt(perHomeDay) * hundredths * cents;
    return [label, cost(perDay), cost(perDay * DAYS_PER_MONTH)];
  });
  const saving = BigInt(savingPerHomeDay);
  const compare = ["For comparison: mean saving of a home", eur(saving), eur(saving * DAYS_PER_MONTH)];
  return [...rows, compare].map(([name = "", ...cells], index) =>
    h(
      "tr",
      { "data-kind": index === rows.length ? "compare" : "cost" },
      h("th", { scope: "row" }, name),
      ...cells.map((cell) => h("td", {}, cell)),
    ),
  );
}

/** Gas times hundredths of a gwei times cents is EUR with 13 decimals. */
function cost(amount: bigint): string {
  return typeset(formatFixed(amount, 13, 4));
}

/** "2 850.50" as 285050; undefined for what is no amount. */
function centsOf(text: string): bigint | undefined {
  const match = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.replaceAll(/\s/g, ""));
  return match ? BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(2, "0")) : undefined;
}
