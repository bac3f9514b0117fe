/**
 * Bills against the meter at the point of common coupling: what is sold inside is bought inside, so what all members together take from their
 * suppliers is what the community takes from the grid.
 */
import type { Bill } from "./bill.ts";
import { BadLengthError, BillMismatchError } from "./errors.ts";
import type { MeterValue } from "./reading.ts";
import { asSignedWh } from "./units.ts";
import type { SignedWh, Slot } from "./units.ts";

/** One slot of both. Positive: taken from the grid. */
export interface PccSlot {
  readonly slot: Slot;
  /** Sum of the members' grid legs, Wh. */
  readonly members: SignedWh;
  /** Import less export of the PCC; null where it has no value. */
  readonly pcc: SignedWh | null;
  /** What the PCC says more than the members; null where it has no value. */
  readonly difference: SignedWh | null;
}

/** A period of both. */
export interface PccCheck {
  readonly slots: readonly PccSlot[];
  /** Sums over the slots that the PCC has a value for. */
  readonly members: SignedWh;
  readonly pcc: SignedWh;
  readonly difference: SignedWh;
  /** Slots without a value. */
  readonly missing: number;
}

/**
 * Compares the bills of all members of a period with the PCC. Lines that the PCC does not see make a difference: members without a bill, estimates,
 * losses of the wires.
 * @param pcc One value per slot; null where the meter has none.
 * @throws BillMismatchError where the bills sell another energy than they buy: then some are missing, or of another period
 * @throws BadLengthError
 * @example
 * const reader = await (await connect(wallet, deployment)).logs(community);
 * const bills = [...(await reader.bills(period)).values()];
 * const pcc = (bills[0]?.lines ?? []).map(() => ({ imported: asWh(0n), exported: asWh(0n) }));
 * console.log(reconcileWithPcc(bills, pcc).difference);
 */
export function reconcileWithPcc(bills: readonly Bill[], pcc: readonly (MeterValue | null)[]): PccCheck {
  const [first] = bills;
  const lines = first?.lines ?? [];
  for (const { lines: own } of bills) {
    if (own.length !== lines.length) throw new BadLengthError("bill.lines", own.length, `${lines.length} slots`);
  }
  if (pcc.length !== lines.length) throw new BadLengthError("pcc", pcc.length, `${lines.length} slots`);
  const slots = lines.map(({ slot }, index): PccSlot => {
    const members = netOf(bills, index);
    const value = pcc[index] ?? null;
    if (value === null) return { slot, members, pcc: null, difference: null };
    const net = asSignedWh(value.imported - value.exported);
    return { slot, members, pcc: net, difference: asSignedWh(net - members) };
  });
  const known = slots.filter((slot) => slot.pcc !== null);
  const members = sum(known.map((slot) => slot.members));
  const net = sum(known.map((slot) => slot.pcc ?? asSignedWh(0n)));
  return { slots, members, pcc: net, difference: asSignedWh(net - members), missing: slots.length - known.length };
}

function netOf(bills: readonly Bill[], index: number): SignedWh {
  let [net, bought, sold] = [0n, 0n, 0n];
  for (const { lines } of bills) {
    const line = lines[index];
    net += line?.imbalance ?? 0n;
    bought += line?.bought ?? 0n;
    sold += line?.sold ?? 0n;
  }
  if (bought !== sold) throw new BillMismatchError(`bought in slot ${index}`, bought, sold);
  return asSignedWh(net);
}

function sum(energies: readonly SignedWh[]): SignedWh {
  return asSignedWh(energies.reduce((total, energy) => total + energy, 0n));
}
