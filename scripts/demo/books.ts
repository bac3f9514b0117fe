/** The books: what must be zero when all is done. */

import type { SlotOutcome } from "./kpis.ts";

/** What the escrow holds for whom, and what went in and out, base units. */
export interface Holdings {
  /** Free balances of all members, service members included. */
  readonly accounts: bigint;
  /** Reserves not yet released, and payments taken less receipts paid; all periods and modules. */
  readonly pots: bigint;
  readonly dueFund: bigint;
  /** Relayer and settlement fees not yet withdrawn. */
  readonly fees: bigint;
  readonly bonds: bigint;
  readonly deposits: bigint;
  /** Withdrawn balances and withdrawn fees. */
  readonly withdrawals: bigint;
}

export interface Books {
  /** Sum bought less sum sold over all slots, Wh: 0. */
  readonly energyWh: bigint;
  /** What is held less what came in plus what went out, base units: 0. Debts are claims, not money, and stand apart. */
  readonly money: bigint;
}

export function booksOf(slots: readonly SlotOutcome[], holdings: Holdings): Books {
  const { accounts, pots, dueFund, fees, bonds, deposits, withdrawals } = holdings;
  return {
    energyWh: slots.reduce((total, slot) => total + slot.boughtWh - slot.soldWh, 0n),
    money: accounts + pots + dueFund + fees + bonds - deposits + withdrawals,
  };
}
