import { accountOf, type Bond, type Escrow } from "./accounts.ts";
import { credit } from "./dues.ts";

export function bondOf(escrow: Escrow, relayer: string): Bond {
  const bond = escrow.bonds.get(relayer) ?? { balance: 0n, locked: 0n };
  escrow.bonds.set(relayer, bond);
  return bond;
}

export function postBond(escrow: Escrow, relayer: string, amount: bigint): void {
  escrow.balance += amount;
  bondOf(escrow, relayer).balance += amount;
}

export function withdrawBond(escrow: Escrow, relayer: string, amount: bigint): void {
  const bond = bondOf(escrow, relayer);
  const most = bond.balance - bond.locked;
  if (amount > most) throw new RangeError(`InsufficientBond ${amount} ${most}`);
  bond.balance -= amount;
  escrow.balance -= amount;
}

/** For a commit. */
export function lockBond(escrow: Escrow, relayer: string, amount: bigint): void {
  const bond = bondOf(escrow, relayer);
  const most = bond.balance - bond.locked;
  if (amount > most) throw new RangeError(`InsufficientBond ${amount} ${most}`);
  bond.locked += amount;
}

/** A commit that was revealed. */
export function releaseBond(escrow: Escrow, relayer: string, amount: bigint): void {
  const bond = bondOf(escrow, relayer);
  if (amount > bond.locked) throw new RangeError(`BondNotLocked ${amount} ${bond.locked}`);
  bond.locked -= amount;
}

/** A commit that was withheld: its bond is the community's. */
export function forfeitBond(escrow: Escrow, relayer: string, amount: bigint): void {
  releaseBond(escrow, relayer, amount);
  bondOf(escrow, relayer).balance -= amount;
  credit(escrow, accountOf(escrow, escrow.feeCollector), amount);
}
