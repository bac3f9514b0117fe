import { get, larger } from "./arrays.ts";

/** Base units. `due` positive: owes its supplier; negative: is owed. `fund` and `owed` are for suppliers. */
export interface Account {
  free: bigint;
  reserved: bigint;
  due: bigint;
  creditLine: bigint;
  supplier: bigint | undefined;
  /** Set aside for the members whom this supplier owes. */
  fund: bigint;
  /** What it owes them all together. */
  owed: bigint;
}

/** Of one module and period. `amount`: payments taken minus receipts paid. */
export interface Pot {
  outstanding: bigint;
  amount: bigint;
}

/** How many members have a journal in a period, and how many of them are settled. */
export interface Journals {
  opened: bigint;
  settled: bigint;
}

/** One community's money. `balance` is what the escrow holds of the payment token. */
export interface Escrow {
  dso: bigint;
  feeCollector: bigint;
  balance: bigint;
  accounts: Map<bigint, Account>;
  pots: Map<string, Pot>;
  fees: Map<string, bigint>;
  journals: Map<bigint, Journals>;
}

export function newEscrow(dso: bigint, feeCollector: bigint): Escrow {
  return {
    dso,
    feeCollector,
    balance: 0n,
    accounts: new Map<bigint, Account>(),
    pots: new Map<string, Pot>(),
    fees: new Map<string, bigint>(),
    journals: new Map<bigint, Journals>(),
  };
}

/** A member names its supplier; suppliers, DSO and fee collector have none. */
export function openAccount(escrow: Escrow, member: bigint, supplier?: bigint): Account {
  const account = { free: 0n, reserved: 0n, due: 0n, creditLine: 0n, supplier, fund: 0n, owed: 0n };
  escrow.accounts.set(member, account);
  return account;
}

export function accountOf(escrow: Escrow, member: bigint): Account {
  return get(escrow.accounts, member);
}

export function potOf(escrow: Escrow, module: bigint, period: bigint): Pot {
  const key = `${module}/${period}`;
  const pot = escrow.pots.get(key) ?? { outstanding: 0n, amount: 0n };
  escrow.pots.set(key, pot);
  return pot;
}

export function journalsOf(escrow: Escrow, period: bigint): Journals {
  const counts = escrow.journals.get(period) ?? { opened: 0n, settled: 0n };
  escrow.journals.set(period, counts);
  return counts;
}

export function addFee(escrow: Escrow, to: string, amount: bigint): void {
  escrow.fees.set(to, (escrow.fees.get(to) ?? 0n) + amount);
}

/** What its supplier owes a member. */
export function claimOf(account: Account): bigint {
  return larger(0n, -account.due);
}
