import { at, larger, smaller, sum } from "./arrays.ts";
import type { Position } from "./journal.ts";
import type { Metered } from "./readings.ts";

/** A community's energy balance in one slot, Wh. */
export interface SlotLedger {
  delivered: bigint;
  bought: bigint;
  sold: bigint;
  imported: bigint;
  exported: bigint;
}

/** A settled member of a period. */
export interface SettledMember {
  metered: readonly Metered[];
  position: readonly Position[];
}

/** Sold and metered as export: an estimated member, whose export is 0, delivers nothing. */
export function delivered(metered: Metered, position: Position): bigint {
  return smaller(position.sold, metered.exported);
}

/** The ledger of one slot over all members settled so far. */
export function slotLedger(members: readonly SettledMember[], slot: bigint): SlotLedger {
  const pairs = members.map(({ metered, position }) => ({ metered: at(metered, slot), position: at(position, slot) }));
  return {
    delivered: sum(pairs.map(({ metered, position }) => delivered(metered, position))),
    bought: sum(pairs.map(({ position }) => position.bought)),
    sold: sum(pairs.map(({ position }) => position.sold)),
    imported: sum(pairs.map(({ metered }) => metered.imported)),
    exported: sum(pairs.map(({ metered }) => metered.exported)),
  };
}

/** Tokens for what a member bought, as far as it was delivered. */
export function claimBought(position: readonly Position[], ledgers: readonly SlotLedger[]): bigint {
  return sum(
    ledgers.map((ledger, slot) => {
      const most = larger(ledger.bought, ledger.sold);
      return most === 0n ? 0n : (at(position, slot).bought * ledger.delivered) / most;
    }),
  );
}

/** Tokens for what a member exported without having sold it. */
export function claimUnsold({ metered, position }: SettledMember): bigint {
  return sum(metered.map((slot, i) => slot.exported - delivered(slot, at(position, i))));
}
