/** Whether the chain found what an independent model finds, and whether all money is where it belongs. */
import { clear, rationedOf } from "../../test/reference/clearing.ts";
import type { Order as BookOrder } from "../../test/reference/book.ts";
import type { Market, Order } from "../gas/market.ts";
import { ALL_SLOTS } from "../gas/homes.ts";

export interface Checked {
  /** Lots of the fullest tick of the period: beyond 16 bits, only wide ticks hold them. */
  readonly fullestTick: bigint;
  /** Lots traded in all slots. */
  readonly lots: bigint;
}

/** Every slot's result against the reference model's. */
export async function checkResults({ market }: Market, period: number, orders: readonly Order[]): Promise<Checked> {
  const { terms } = market;
  let fullestTick = 0n;
  let traded = 0n;
  for (const offset of ALL_SLOTS) {
    const slot = period * terms.slotsPerPeriod + offset;
    const book = sumsOf(orders, offset);
    const expected = clear(book, BigInt(terms.tickCount));
    const rationed = expected && rationedOf(expected);
    const found = await market.resultAt(slot);
    const same =
      found.cleared &&
      found.lots === (expected?.lots ?? 0n) &&
      (expected === undefined ||
        (found.marginalTick === expected.marginalTick &&
          found.priceTick === expected.priceTick &&
          found.side === (rationed?.side === "sell" ? 1n : 0n) &&
          found.allotment === (rationed?.allotment ?? 0n) &&
          found.volume === (rationed?.volume ?? 0n)));
    if (!same) throw new Error(`slot ${String(offset)} of period ${String(period)} cleared differently from the model`);
    for (const { lots } of book) if (lots > fullestTick) fullestTick = lots;
    traded += found.lots;
  }
  return { fullestTick, lots: traded };
}

/** One order for all of a slot's orders of the same side and tick: clearing sees nothing but sums. */
function sumsOf(orders: readonly Order[], offset: number): BookOrder[] {
  const sums = new Map<string, BookOrder>();
  for (const { entries } of orders) {
    for (const { slot, side, tick, lots } of entries) {
      if (slot !== offset) continue;
      const key = `${side} ${String(tick)}`;
      const before = sums.get(key)?.lots ?? 0n;
      sums.set(key, { id: key, side, tick: BigInt(tick), lots: before + BigInt(lots) });
    }
  }
  return [...sums.values()];
}

/** All journals settled, all energy that was bought sold, nothing left in the pot, the escrow holds what it owes. */
export async function checkSettled(gas: Market, period: number, homes: number, lots: bigint): Promise<void> {
  const { market } = gas;
  const { settlement, community, terms } = market;
  await gas.checkSettled(period, homes);
  let bought = 0n;
  for (const offset of ALL_SLOTS) {
    const ledger = await settlement.ledger(community, period * terms.slotsPerPeriod + offset);
    if (ledger.bought !== ledger.sold) throw new Error(`slot ${String(offset)}: bought and sold differ`);
    bought += ledger.bought;
  }
  if (bought !== lots * BigInt(terms.lotWh)) throw new Error("settled energy differs from cleared energy");
  const { outstanding, amount } = await market.escrow.pot(market.community, 0, period);
  if (outstanding !== 0n || amount !== 0n) throw new Error(`the pot of period ${String(period)} is not empty`);
  const missing = await market.escrow.shortfall(market.euro);
  if (missing !== 0n) throw new Error(`the escrow lacks ${String(missing)} base units`);
}
