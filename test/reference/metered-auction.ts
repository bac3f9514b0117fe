/**
 * A period of a community whose meters trade within standing orders, naive: every slot is a book of the order book with lots of one Wh, and
 * a member has an order in it for what its meter says. From what everybody metered to what each has bought, sold, paid and got.
 */
import { at, larger, largest, smaller, sum } from "./arrays.ts";
import type { Order } from "./book.ts";
import { clear, type Clearing } from "./clearing.ts";
import { fills } from "./fills.ts";
import type { Position } from "./journal.ts";
import type { Metered } from "./readings.ts";
import type { Tariff } from "./tariff.ts";

export interface StandingOrder {
  /** Highest tick at which it buys; null where it does not. */
  readonly buyTick: bigint | null;
  /** Lowest tick at which it sells; null where it does not. */
  readonly sellTick: bigint | null;
  /** What was reserved for its peers. */
  readonly reserve: bigint;
}

export interface MeteredInput {
  readonly tickCount: bigint;
  /** Base units per Wh. */
  readonly floorPrice: bigint;
  readonly tickSize: bigint;
  readonly tariff: Tariff;
  /** Those who joined and were counted, in that order. */
  readonly members: readonly { readonly metered: readonly Metered[]; readonly order: StandingOrder }[];
}

export interface MeteredMember {
  readonly position: readonly Position[];
  readonly paid: bigint;
  readonly received: bigint;
  /** Wh beyond its budget. */
  readonly left: bigint;
}

export interface MeteredSlot {
  readonly clearing: Clearing | undefined;
  /** Base units per Wh; 0 where nothing changed hands. */
  readonly price: bigint;
}

export interface MeteredDay {
  readonly slots: readonly MeteredSlot[];
  readonly members: readonly MeteredMember[];
}

/**
 * What a member wants and offers: what its meter says, on the sides that it trades, within its budget from the first slot on. A Wh wanted
 * counts at its own limit and the network fee; a Wh offered at what the retailer might pay more.
 */
function ordersOf(metered: readonly Metered[], order: StandingOrder, { floorPrice, tickSize, tariff }: MeteredInput) {
  let rest = order.reserve;
  let left = 0n;
  const within = (wanted: bigint, each: bigint): bigint => {
    const wh = each === 0n ? wanted : smaller(wanted, rest / each);
    rest -= wh * each;
    left += wanted - wh;
    return wh;
  };
  const limit = (tick: bigint) => floorPrice + tick * tickSize;
  const wishes = metered.map(({ imported, exported }, slot) => {
    const dearestExport = largest(tariff.classes.map((prices) => at(prices, slot).exportPrice));
    const { buyTick, sellTick } = order;
    return {
      wanted: buyTick === null ? 0n : within(larger(imported - exported, 0n), limit(buyTick) + tariff.networkFee),
      offered:
        sellTick === null ? 0n : within(larger(exported - imported, 0n), larger(dearestExport - limit(sellTick), 0n)),
    };
  });
  return { wishes, left };
}

export function clearDay(input: MeteredInput): MeteredDay {
  const { tickCount, floorPrice, tickSize, tariff, members } = input;
  const all = members.map(({ metered, order }) => ({ order, ...ordersOf(metered, order, input) }));
  const days = at(tariff.classes, 0).map((_, slot) => {
    const book = all.flatMap(({ order, wishes }, member): Order[] => {
      const { wanted, offered } = at(wishes, slot);
      const own: Order[] = [];
      if (order.buyTick !== null && wanted > 0n) {
        own.push({ id: `${String(member)} buys`, side: "buy", tick: order.buyTick, lots: wanted });
      }
      if (order.sellTick !== null && offered > 0n) {
        own.push({ id: `${String(member)} sells`, side: "sell", tick: order.sellTick, lots: offered });
      }
      return own;
    });
    const clearing = clear(book, tickCount);
    const price = clearing === undefined ? 0n : floorPrice + clearing.priceTick * tickSize;
    return { clearing, price, filled: fills(book, clearing) };
  });
  return {
    slots: days.map(({ clearing, price }) => ({ clearing, price })),
    members: all.map(({ left }, member) => {
      const position = days.map(({ filled }) => ({
        bought: filled.get(`${String(member)} buys`) ?? 0n,
        sold: filled.get(`${String(member)} sells`) ?? 0n,
      }));
      const money = (side: "bought" | "sold") => sum(position.map((part, slot) => part[side] * at(days, slot).price));
      return { position, paid: money("bought"), received: money("sold"), left };
    }),
  };
}
