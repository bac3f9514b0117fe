/**
 * What members of a community trade of a slot whose meters, within standing orders, are the bids and asks: the call auction of the order
 * book in Wh, as `MeteredAuction` computes it, to the Wh and base unit.
 */
import { clear, fillOfEntry } from "../clearing.ts";
import type { Clearing } from "../clearing.ts";
import type { Side } from "../entry.ts";
import { priceOf } from "../grid.ts";
import type { SlotTrade } from "../market-module.ts";
import type { Position } from "../position.ts";
import type { MeterValue } from "../reading.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asLots, asWh, sumAmounts } from "../units.ts";
import type { Amount, Lots, PricePerWh, Tick, Wh } from "../units.ts";
import { sharingBounds } from "./parts.ts";
import type { SharingPart } from "./parts.ts";

/** The limits of a member, see `StandingOrder`. */
export interface MeteredLimits {
  /** Highest tick at which it buys; null where it does not. */
  readonly buyTick: Tick | null;
  /** Lowest tick at which it sells; null where it does not. */
  readonly sellTick: Tick | null;
  /** What was reserved for its peers, base units. */
  readonly budget: Amount;
}

/** A member that joined, in the order in which it was counted. */
export interface MeteredReading extends MeteredLimits {
  readonly values: readonly MeterValue[];
}

/** A slot of all members together. */
export interface MeteredSlot {
  /** What changed hands. */
  readonly traded: Wh;
  /** Of a Wh; null where none changed hands. */
  readonly price: PricePerWh | null;
  /** The only tick that may be filled in part; null likewise. */
  readonly marginalTick: Tick | null;
}

/** A period traded. */
export interface MeteredPeriod {
  readonly slots: readonly MeteredSlot[];
  /** In the order of the members. */
  readonly parts: readonly SharingPart[];
}

/** An order of a slot in Wh: a member is on one side of it. */
interface Wish {
  readonly side: Side;
  readonly tick: Tick;
  readonly lots: Lots;
}

/**
 * Clears a period.
 * @param members Who joined and was counted, in that order: at a rationed tick another order moves single Wh.
 * @example
 * const noon = (imported: bigint, exported: bigint) => [{ imported: asWh(imported), exported: asWh(exported) }];
 * const day = { networkFee: asPrice(0n), classes: [[{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]] };
 * const budget = asAmount(1_000_000n);
 * const seller = { values: noon(0n, 900n), buyTick: null, sellTick: asTick(10n), budget };
 * const buyer = { values: noon(1_500n, 0n), buyTick: asTick(40n), sellTick: null, budget };
 * tradePeriod(terms, day, [seller, buyer]).slots[0]?.price // 220n: the buyer is rationed, at its limit
 */
export function tradePeriod(terms: Terms, tariff: Tariff, members: readonly MeteredReading[]): MeteredPeriod {
  const all = members.map((member) => wishesOf(terms, tariff, member));
  const slots = (tariff.classes[0] ?? []).map((_, slot) =>
    clearSlot(
      terms,
      all.map(({ wishes }) => wishes[slot] ?? null),
    ),
  );
  return {
    slots: slots.map(({ clearing, price }) => ({
      traded: asWh(clearing?.lots ?? 0n),
      price,
      marginalTick: clearing?.marginalTick ?? null,
    })),
    parts: all.map(({ wishes, left }, member) => {
      const fills = slots.map(({ fills: of }) => of[member] ?? 0n);
      const position = wishes.map((wish, slot) => positionOf(wish, fills[slot] ?? 0n));
      const trades = position.map(({ bought, sold }, slot): SlotTrade => {
        const price = slots[slot]?.price ?? null;
        return { paid: asAmount(bought * (price ?? 0n)), received: asAmount(sold * (price ?? 0n)), price };
      });
      return {
        position,
        trades,
        paid: sumAmounts(trades.map(({ paid }) => paid)),
        received: sumAmounts(trades.map(({ received }) => received)),
        beyondBudget: asWh(left),
      };
    }),
  };
}

/**
 * What a member wants and offers of each slot, within its budget from the first one on. A Wh wanted counts at its limit and the network
 * fee; a Wh offered at what the highest export price has above its limit, which it may lose.
 */
function wishesOf(terms: Terms, tariff: Tariff, { values, buyTick, sellTick, budget }: MeteredReading) {
  let rest: bigint = budget;
  let left = 0n;
  const within = (side: Side, tick: Tick, energy: bigint, each: bigint): Wish | null => {
    const lots = energy * each <= rest ? energy : rest / each;
    rest -= lots * each;
    left += energy - lots;
    return lots === 0n ? null : { side, tick, lots: asLots(lots) };
  };
  const wishes = (tariff.classes[0] ?? []).map((_, slot) => {
    const { imported, exported } = values[slot] ?? { imported: 0n, exported: 0n };
    if (imported > exported) {
      if (buyTick === null) return null;
      return within("buy", buyTick, imported - exported, priceOf(terms, buyTick) + tariff.networkFee);
    }
    if (sellTick === null) return null;
    const loss = sharingBounds(tariff, slot).exportPrice - priceOf(terms, sellTick);
    return within("sell", sellTick, exported - imported, loss > 0n ? loss : 0n);
  });
  return { wishes, left };
}

function clearSlot(terms: Terms, wishes: readonly (Wish | null)[]) {
  const ticks = Number(terms.tickCount);
  const volumes = { buy: new Array<Lots>(ticks).fill(asLots(0n)), sell: new Array<Lots>(ticks).fill(asLots(0n)) };
  const prefixes = wishes.map((wish) => {
    if (wish === null) return asLots(0n);
    const of = volumes[wish.side];
    const prefix = of[Number(wish.tick)] ?? asLots(0n);
    of[Number(wish.tick)] = asLots(prefix + wish.lots);
    return prefix;
  });
  const clearing: Clearing | null = clear({ bids: volumes.buy, asks: volumes.sell });
  return {
    clearing,
    price: clearing === null ? null : priceOf(terms, clearing.priceTick),
    fills: wishes.map((wish, member): bigint =>
      wish === null ? 0n : fillOfEntry(clearing, { ...wish, prefix: prefixes[member] ?? asLots(0n) }),
    ),
  };
}

function positionOf(wish: Wish | null, energy: bigint): Position {
  return {
    bought: asWh(wish?.side === "buy" ? energy : 0n),
    sold: asWh(wish?.side === "sell" ? energy : 0n),
  };
}
