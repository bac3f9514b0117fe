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
  /** Backs sealed orders, with what is leaving. */
  pledged: bigint;
  /** Asked back; can be released from `leavesAt` on. */
  leaving: bigint;
  leavesAt: bigint;
  epoch: bigint;
  modules: bigint;
  /** What was so until a change, oldest first. */
  past: Moment[];
  /** Pledged money that orders of a sealed period took. */
  taken: Map<bigint, bigint>;
}

/** What counts at a gate, as it was until a change. The second of the change itself is after it. */
export interface Moment extends Pick<Account, "pledged" | "leaving" | "leavesAt" | "epoch" | "modules"> {
  until: bigint;
}

/** What a relayer posted. */
export interface Bond {
  balance: bigint;
  /** The part that backs commits. */
  locked: bigint;
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
  bonds: Map<string, Bond>;
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
    bonds: new Map<string, Bond>(),
  };
}

/** A member names its supplier; suppliers, DSO and fee collector have none. */
export function openAccount(escrow: Escrow, member: bigint, supplier?: bigint): Account {
  const money = { free: 0n, reserved: 0n, due: 0n, creditLine: 0n, supplier, fund: 0n, owed: 0n };
  const gate = { pledged: 0n, leaving: 0n, leavesAt: 0n, epoch: 0n, modules: 1n, past: [] };
  const account: Account = { ...money, ...gate, taken: new Map<bigint, bigint>() };
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
