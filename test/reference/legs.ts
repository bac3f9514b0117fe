import { accountOf, addFee, journalsOf, type Escrow } from "./accounts.ts";
import { credit, payGridLeg } from "./dues.ts";

/** One member's settled period; base units. `reserved` includes the settlement fee, `lost` stays in a pot. */
export interface Leg {
  member: bigint;
  reserved: bigint;
  lost: bigint;
  paid: bigint;
  received: bigint;
  networkFee: bigint;
  settlementFee: bigint;
  gridLeg: bigint;
}

/** What is left of reserve and receipts before the grid leg. Never negative: the worst case was reserved. */
export function availableOf(leg: Leg): bigint {
  return leg.reserved - leg.lost + leg.received - leg.paid - leg.networkFee - leg.settlementFee;
}

/** Sends what is left in the pots of a period to the fee collector, once all its journals are settled. */
function sweep(escrow: Escrow, period: bigint): void {
  const { opened, settled } = journalsOf(escrow, period);
  if (settled < opened) return;
  for (const [key, pot] of escrow.pots) {
    if (!key.endsWith(`/${period}`)) continue;
    credit(escrow, accountOf(escrow, escrow.feeCollector), pot.amount);
    pot.amount = 0n;
  }
}

/** Moves a member's money once its pots are booked: network fee, settlement fee, grid leg, then free. */
export function settleLeg(escrow: Escrow, period: bigint, leg: Leg, settler: string): void {
  const account = accountOf(escrow, leg.member);
  const available = availableOf(leg);
  if (available < 0n) throw new RangeError(`member ${leg.member} lacks ${-available}`);
  account.reserved -= leg.reserved;
  credit(escrow, accountOf(escrow, escrow.dso), leg.networkFee);
  addFee(escrow, settler, leg.settlementFee);
  credit(escrow, account, payGridLeg(escrow, account, leg.gridLeg, available));
  journalsOf(escrow, period).settled += 1n;
  sweep(escrow, period);
}

/** Books the true-up of a grid leg: the difference between a late reading and the estimate. */
export function correctLeg(escrow: Escrow, member: bigint, difference: bigint): void {
  const account = accountOf(escrow, member);
  credit(escrow, account, payGridLeg(escrow, account, difference, 0n));
}
