import { larger, smaller } from "./arrays.ts";
import { accountOf, claimOf, type Account, type Escrow } from "./accounts.ts";

function supplierOf(escrow: Escrow, account: Account): Account {
  if (account.supplier === undefined) throw new Error("an account without a supplier has no debts");
  return accountOf(escrow, account.supplier);
}

/** Changes what a member and its supplier owe each other; a fund that exceeds its debts sets the excess free. */
export function setDue(escrow: Escrow, account: Account, due: bigint): void {
  const supplier = supplierOf(escrow, account);
  supplier.owed -= claimOf(account);
  account.due = due;
  supplier.owed += claimOf(account);
  const excess = larger(0n, supplier.fund - supplier.owed);
  supplier.fund -= excess;
  supplier.free += excess;
}

/** Money arrives at an account without debts; a supplier's due fund comes first, the rest is free. */
function addFree(account: Account, amount: bigint): void {
  const toFund = smaller(amount, account.owed - account.fund);
  account.fund += toFund;
  account.free += amount - toFund;
}

/** Money arrives: a member's debt is paid first. */
export function credit(escrow: Escrow, account: Account, amount: bigint): void {
  const pays = smaller(amount, larger(0n, account.due));
  if (pays > 0n) {
    setDue(escrow, account, account.due - pays);
    addFree(supplierOf(escrow, account), pays);
  }
  addFree(account, amount - pays);
}

/** The member owes: from what is at hand first, then, beyond its credit line, from its free balance. */
function payOwed(escrow: Escrow, account: Account, owed: bigint, available: bigint): bigint {
  const fromAvailable = smaller(available, owed);
  const still = owed - fromAvailable;
  const fromFree = smaller(account.free, larger(0n, still - account.creditLine));
  account.free -= fromFree;
  setDue(escrow, account, still - fromFree);
  addFree(supplierOf(escrow, account), fromAvailable + fromFree);
  return available - fromAvailable;
}

/** The supplier owes: it pays the new claim as far as its free balance goes; older claims wait for the fund. */
function payClaim(escrow: Escrow, account: Account, owed: bigint, leg: bigint): bigint {
  const supplier = supplierOf(escrow, account);
  const newClaim = larger(0n, smaller(-leg, -owed));
  const pays = smaller(supplier.free, newClaim);
  supplier.free -= pays;
  setDue(escrow, account, owed + pays);
  return pays;
}

/** Books a grid leg on top of what is due already; returns what is then at hand for the member. */
export function payGridLeg(escrow: Escrow, account: Account, leg: bigint, available: bigint): bigint {
  const owed = account.due + leg;
  if (owed > 0n) return payOwed(escrow, account, owed, available);
  return available + payClaim(escrow, account, owed, leg);
}
