/** What a member bids for: a small interface, and one that trades what is foreseen. */
import { asLots, lotsDown, asWh, MOST_LOTS, priceDown, priceUp, whOf } from "@wattbook/sdk/pure";
import type { Lots, Order, PricePerWh, Slot, Terms } from "@wattbook/sdk/pure";

/** A slot that can be traded. */
export interface SlotOutlook {
  readonly slot: Slot;
  /** Net energy foreseen, Wh: positive is need, negative surplus; undefined where nobody can say. */
  readonly netWh: bigint | undefined;
}

/** What a strategy may know of its member. */
export interface Outlook {
  readonly terms: Terms;
  readonly slots: readonly SlotOutlook[];
  /** Most lots per slot and side. */
  readonly caps: { readonly buy: Lots; readonly sell: Lots };
}

/** Decides on orders. Prices have to be on the community's grid, energies whole lots within the caps. */
export interface Strategy {
  orders(outlook: Outlook): readonly Order[] | Promise<readonly Order[]>;
}

/** Limits of a member, base units of the payment token per Wh. */
export interface LimitPrices {
  /** The most it pays; without it the member does not buy. */
  readonly buy?: PricePerWh;
  /** The least it takes; without it the member does not sell. */
  readonly sell?: PricePerWh;
}

/** Trades all that is foreseen at fixed prices, rounded down to whole lots: the rest stays with the supplier. */
export class ForecastStrategy implements Strategy {
  readonly #prices: LimitPrices;

  constructor(prices: LimitPrices) {
    this.#prices = prices;
  }

  orders({ terms, slots, caps }: Outlook): Order[] {
    return slots.flatMap(({ slot, netWh }) => {
      if (netWh === undefined || netWh === 0n) return [];
      const side = netWh > 0n ? "buy" : "sell";
      const price = this.#prices[side];
      const lots = [lotsDown(asWh(netWh > 0n ? netWh : -netWh), terms.lotWh), caps[side], MOST_LOTS].reduce(least);
      if (price === undefined || lots === 0n) return [];
      const onGrid = side === "buy" ? priceDown(terms, price) : priceUp(terms, price);
      return [{ slot, side, price: onGrid, energy: whOf(asLots(lots), terms.lotWh) }];
    });
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
