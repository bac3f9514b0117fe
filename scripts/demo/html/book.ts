/** A slot's book on the page: its accepted orders tick by tick, and what came of them. */

import { type AcceptedEntry, type Clearing, fillOfEntry } from "@wattbook/sdk";
import type { Side } from "@wattbook/sdk";
import { MARKET, priceOf } from "../market.ts";
import { columnOf } from "./columns.ts";
import type { BookData } from "./data.ts";
import { counted, ctPerKwh, unbroken, whole } from "./text.ts";

/** Orders of a home in a slot. */
export type HomeOrders = readonly AcceptedEntry[];

interface Tick {
  readonly price: bigint;
  readonly bids: bigint;
  readonly asks: bigint;
  readonly bidsFilled: bigint;
  readonly asksFilled: bigint;
}

/** @param homes Orders of the slot, home by home. @param clearing Null or undefined for no trade. */
export function bookData(homes: readonly HomeOrders[], clearing: Clearing | null | undefined): BookData {
  const ticks = ticksOf(homes.flat(), clearing ?? null);
  const column = (value: (tick: Tick, index: number) => bigint) => columnOf(ticks.map(value));
  return {
    price: column(({ price }) => price),
    bids: column(({ bids }) => bids),
    asks: column(({ asks }) => asks),
    demand: column((_, index) => sum(ticks.slice(index), ({ bids }) => bids)),
    supply: column((_, index) => sum(ticks.slice(0, index + 1), ({ asks }) => asks)),
    bidsFilled: column(({ bidsFilled }) => bidsFilled),
    asksFilled: column(({ asksFilled }) => asksFilled),
    ...(clearing ? { cleared: clearedOf(clearing) } : {}),
    rationed: rationedSide(clearing ?? null),
    sentences: [whoOrdered(homes), ...(clearing ? traded(clearing, ticks) : [noTrade(ticks)])].map(unbroken),
  };
}

function ticksOf(entries: HomeOrders, clearing: Clearing | null): Tick[] {
  const indices = [...new Set(entries.map(({ tick }) => Number(tick)))].sort((a, b) => a - b);
  return indices.map((index) => {
    const here = entries.filter(({ tick }) => Number(tick) === index);
    const of = (side: Side) => here.filter((entry) => entry.side === side);
    const wanted = (side: Side) => sum(of(side), ({ lots }) => lots) * MARKET.lotWh;
    const filled = (side: Side) => sum(of(side), (entry) => fillOfEntry(clearing, entry)) * MARKET.lotWh;
    return {
      price: priceOf(index),
      bids: wanted("buy"),
      asks: wanted("sell"),
      bidsFilled: filled("buy"),
      asksFilled: filled("sell"),
    };
  });
}

function clearedOf({ priceTick, marginalTick, lots }: Clearing): NonNullable<BookData["cleared"]> {
  return {
    price: priceOf(Number(priceTick)).toString(),
    marginal: priceOf(Number(marginalTick)).toString(),
    traded: (lots * MARKET.lotWh).toString(),
  };
}

function rationedSide(clearing: Clearing | null): BookData["rationed"] {
  if (!clearing?.rationed) return "";
  return clearing.rationed.side === "buy" ? "buyers" : "sellers";
}

function whoOrdered(homes: readonly HomeOrders[]): string {
  const ordering = (side: Side) => homes.filter((orders) => orders.some((order) => order.side === side)).length;
  return `${counted(ordering("buy"), "home")} wanted to buy, ${counted(ordering("sell"), "home")} to sell.`;
}

function traded(clearing: Clearing, ticks: readonly Tick[]): string[] {
  const { priceTick, marginalTick, lots, rationed } = clearing;
  const at = ctPerKwh(priceOf(Number(marginalTick)));
  const wh = (amount: bigint) => whole(amount * MARKET.lotWh);
  const price = ctPerKwh(priceOf(Number(priceTick)));
  const first = `${wh(lots)} Wh changed hands at ${price} ct/kWh, one price for all.`;
  if (rationed) {
    const [who, did] = rationed.side === "buy" ? ["buyers", "got"] : ["sellers", "sold"];
    const share = `${wh(rationed.allotment)} of ${wh(rationed.volume)} Wh`;
    return [first, `The ${who} at the marginal tick, ${at} ct/kWh, were rationed: they ${did} ${share}.`];
  }
  const next = ticks.find(({ price }) => price > priceOf(Number(marginalTick)));
  const range = next ? `from ${at} to ${ctPerKwh(next.price)} ct/kWh` : `at ${at} ct/kWh`;
  return [first, `Demand and supply met exactly ${range}, so nobody was rationed.`];
}

function noTrade(ticks: readonly Tick[]): string {
  const bid = ticks.filter(({ bids }) => bids > 0n).at(-1);
  const ask = ticks.find(({ asks }) => asks > 0n);
  if (!bid && !ask) return "No orders, so no trade.";
  if (!ask) return "No trade: nobody offered any energy.";
  if (!bid) return "No trade: nobody wanted any energy.";
  const prices = `the highest bid, ${ctPerKwh(bid.price)} ct/kWh, lies below the lowest offer, ${ctPerKwh(ask.price)} ct/kWh`;
  return `No trade: ${prices}.`;
}

function sum<T>(items: readonly T[], amount: (item: T) => bigint): bigint {
  return items.reduce((total, item) => total + amount(item), 0n);
}
