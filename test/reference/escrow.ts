import { smaller } from "./arrays.ts";
import { accountOf, addFee, journalsOf, potOf, type Escrow } from "./accounts.ts";
import { credit, setDue } from "./dues.ts";

export function deposit(escrow: Escrow, member: bigint, amount: bigint): void {
  escrow.balance += amount;
  credit(escrow, accountOf(escrow, member), amount);
}

export function withdraw(escrow: Escrow, member: bigint, amount: bigint): void {
  const account = accountOf(escrow, member);
  if (amount > account.free) throw new RangeError(`InsufficientFree ${amount} ${account.free}`);
  account.free -= amount;
  escrow.balance -= amount;
}

export function withdrawFees(escrow: Escrow, holder: string): bigint {
  const amount = escrow.fees.get(holder) ?? 0n;
  escrow.fees.set(holder, 0n);
  escrow.balance -= amount;
  return amount;
}

/** What a record reserves; `amount` includes the settlement fee where it is the first one of the period. */
export interface Reservation {
  member: bigint;
  period: bigint;
  module: bigint;
  amount: bigint;
  fee: bigint;
  feeTo: string;
  first: boolean;
}

export function reserve(escrow: Escrow, { member, period, module, amount, fee, feeTo, first }: Reservation): void {
  const account = accountOf(escrow, member);
  if (amount + fee > account.free) throw new RangeError(`InsufficientFree ${amount + fee} ${account.free}`);
  account.free -= amount + fee;
  account.reserved += amount;
  potOf(escrow, module, period).outstanding += amount;
  addFee(escrow, feeTo, fee);
  if (first) journalsOf(escrow, period).opened += 1n;
}

/** A journal without records, opened by a reading or an estimate. */
export function openJournal(escrow: Escrow, period: bigint): void {
  journalsOf(escrow, period).opened += 1n;
}

/** Moves what the supplier's fund holds to a member whom it owes. */
export function claimDue(escrow: Escrow, member: bigint): bigint {
  const account = accountOf(escrow, member);
  if (account.due >= 0n || account.supplier === undefined) return 0n;
  const supplier = accountOf(escrow, account.supplier);
  const amount = smaller(supplier.fund, -account.due);
  supplier.fund -= amount;
  setDue(escrow, account, account.due + amount);
  credit(escrow, account, amount);
  return amount;
}

/** A debt was paid off chain, either way round. Only reduces. */
export function markPaid(escrow: Escrow, member: bigint, amount: bigint): void {
  const account = accountOf(escrow, member);
  const debt = account.due < 0n ? -account.due : account.due;
  if (amount > debt) throw new RangeError(`MoreThanDebt ${amount} ${account.due}`);
  setDue(escrow, account, account.due < 0n ? account.due + amount : account.due - amount);
}

export function setCreditLine(escrow: Escrow, member: bigint, line: bigint): void {
  accountOf(escrow, member).creditLine = line;
}
