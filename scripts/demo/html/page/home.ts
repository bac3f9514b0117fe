/** A home: choose one, see its day and its bill. */

import { valuesOf } from "../columns.ts";
import type { BillRow, DayData, HomeData, HomeDay, PageData } from "../data.ts";
import { ctPerKwh, eur, fineMeanPrice, whole } from "../text.ts";
import { COLOR } from "./colors.ts";
import { h } from "./dom.ts";
import { figure, swap } from "./figure.ts";
import { drawHomeEnergy, drawImbalance, drawMoney, drawSharedEnergy, type HomeSlot, homeSlots } from "./home-charts.ts";
import { table } from "./table.ts";
import { spanText } from "./time-axis.ts";

/** Remembers the home while the day changes. */
let chosen = 0;

/** What of a page homes are told from. */
type Homes = Pick<PageData, "homes" | "leftOut" | "slotDuration"> & { readonly days: readonly unknown[] };
type Day = Pick<DayData, "label" | "start" | "slots">;

export function homePicker(data: Homes, day: Day, dayIndex: number): HTMLElement[] {
  const options = data.homes.map(({ name, pv }, index) =>
    h("option", { value: index, selected: index === chosen }, pv === "" ? name : `${name} (with PV)`),
  );
  const select = h("select", { id: "choose-home" }, ...options);
  const place = h("div", { "aria-live": "off" });
  const show = () => {
    chosen = Number(select.value);
    const home = data.homes[chosen];
    if (home !== undefined) swap(place, homeView(data, home, day, dayIndex));
  };
  select.addEventListener("change", show);
  show();
  const field = h("div", { class: "field" }, h("label", { for: "choose-home" }, "Home"), select);
  return [h("div", { class: "controls" }, field), place];
}

function homeView(data: Homes, home: HomeData, day: Day, dayIndex: number): HTMLElement[] {
  const detail = home.days[dayIndex];
  const many = data.days.length > 1 || data.leftOut !== "";
  const bills = [
    ...(detail && many ? [bill(`Bill of ${day.label}`, detail.bill)] : []),
    bill(many ? "Bill of the whole run" : `Bill of ${day.label}`, home.bill),
  ];
  const sentences = h("p", { id: "home-said" }, home.sentences.join(" "));
  if (detail === undefined) {
    return [h("div", { class: "card" }, sentences, ...bills), h("p", { class: "hint" }, data.leftOut)];
  }
  const slots = homeSlots(detail, day, data.slotDuration);
  return [
    h("div", { class: "card" }, sentences, ...bills),
    detail.forecast === "" ? sharedEnergyFigure(home, day, slots) : energyFigure(home, day, slots),
    moneyFigure(home, day, detail, slots),
  ];
}

function energyFigure({ name }: HomeData, day: Day, slots: readonly HomeSlot[]): HTMLElement {
  const heads = ["Forecast", "Traded", "Metered", "Imbalance", "Use", "PV", "Battery"].map((label) => ({
    label,
    unit: "Wh",
  }));
  return figure({
    title: "Forecast, traded, metered, and the imbalance",
    unit: `${name}, ${day.label}; Wh per slot. Above zero: from the grid or bought; below: into the grid or sold. The imbalance is metered less traded: above zero it costs the retail price, below it brings the feed-in price.`,
    legend: [
      { label: "forecast", color: COLOR.ink, shape: "dash" },
      { label: "traded", color: COLOR.trade },
      { label: "metered", color: COLOR.demand, shape: "line" },
      { label: "imbalance", color: COLOR.public },
    ],
    draw: (width) =>
      h(
        "div",
        {},
        drawHomeEnergy(slots, `Forecast, traded and metered energy of ${name} per slot on ${day.label}`, width),
        drawImbalance(slots, `Imbalance of ${name} per slot on ${day.label}`, width),
      ),
    table: () =>
      table(
        `Energy of ${name} on ${day.label}; battery: above zero charging, below discharging`,
        [{ label: "Slot", unit: "UTC" }, ...heads],
        slots.map((slot) => {
          const { forecast, traded, metered, imbalance, load, pv, battery } = slot;
          return [spanText(slot), ...[forecast, traded, metered, imbalance, load, pv, battery].map(whole)];
        }),
      ),
  });
}

/** Where the meters decide nobody forecasts, and what is not shared stays with the supplier. */
function sharedEnergyFigure({ name }: HomeData, day: Day, slots: readonly HomeSlot[]): HTMLElement {
  const heads = ["Metered", "Shared", "With the supplier", "Use", "PV", "Battery"].map((label) => ({
    label,
    unit: "Wh",
  }));
  return figure({
    title: "Metered, and shared with neighbours",
    unit: `${name}, ${day.label}; Wh per slot. Above zero: from the grid or from neighbours; below: into the grid or to neighbours. What is metered and not shared stays with the supplier.`,
    legend: [
      { label: "metered", color: COLOR.demand, shape: "line" },
      { label: "shared", color: COLOR.trade },
    ],
    draw: (width) => drawSharedEnergy(slots, `Metered and shared energy of ${name} per slot on ${day.label}`, width),
    table: () =>
      table(
        `Energy of ${name} on ${day.label}; battery: above zero charging, below discharging`,
        [{ label: "Slot", unit: "UTC" }, ...heads],
        slots.map((slot) => {
          const { traded, metered, imbalance, load, pv, battery } = slot;
          return [spanText(slot), ...[metered, traded, imbalance, load, pv, battery].map(whole)];
        }),
      ),
  });
}

function moneyFigure({ name }: HomeData, day: Day, detail: HomeDay, slots: readonly HomeSlot[]): HTMLElement {
  const relayed = detail.forecast !== "";
  const heads = ["Paid to neighbours", "Received", "Network fee", ...(relayed ? ["Relayer fee"] : []), "Grid", "Total"];
  const prices = valuesOf(detail.price);
  return figure({
    title: "Money",
    unit: `${name}, ${day.label}; cents per slot. Above zero the home pays, below zero it is paid.`,
    legend: [
      { label: "neighbours", color: COLOR.trade },
      { label: relayed ? "network and relayer fees" : "network fee", color: COLOR.price },
      { label: "grid", color: COLOR.public },
    ],
    draw: (width) => drawMoney(slots, `What ${name} paid and got per slot on ${day.label}`, width),
    table: () =>
      table(
        `Money of ${name} on ${day.label}; the settlement fee belongs to no slot and stands on the bill`,
        [
          { label: "Slot", unit: "UTC" },
          { label: "Price", unit: "ct/kWh" },
          ...heads.map((label) => ({ label, unit: "EUR" })),
        ],
        slots.map((slot) => {
          const { paid, received, networkFee, relayerFee, grid, total } = slot;
          const money = [paid, received, networkFee, ...(relayed ? [relayerFee] : []), grid, total].map(eur);
          return [spanText(slot), priceText(slot, prices[slot.index]), ...money];
        }),
      ),
  });
}

/** A clearing price, or the mean of what a rule made of the slot: there a home buys or sells, never both. */
function priceText({ traded, paid, received }: HomeSlot, price: bigint | undefined): string {
  if (price !== undefined) return ctPerKwh(price);
  return fineMeanPrice(paid + received, traded < 0n ? -traded : traded) || "–";
}

function bill(title: string, rows: readonly BillRow[]): HTMLElement {
  const heads = [
    ["kWh", "Energy"],
    ["ct/kWh", "Price"],
    ["EUR", "Amount"],
  ].map(([unit = "", label = ""]) => h("th", { scope: "col" }, label, h("span", { class: "unit" }, unit)));
  const body = rows.map(({ kind, label, energy, price, amount }) =>
    h(
      "tr",
      { "data-kind": kind },
      h("th", { scope: "row" }, label),
      h("td", {}, energy),
      h("td", {}, price),
      h("td", { class: kind === "saving" ? toneOf(amount) : undefined }, amount),
    ),
  );
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, "Item")), ...heads));
  return h("table", { class: "bill" }, h("caption", {}, title), head, h("tbody", {}, ...body));
}

function toneOf(amount: string): string {
  return amount.startsWith("−") ? "worse" : "better";
}
