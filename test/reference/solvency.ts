import { sum } from "./arrays.ts";
import { claimOf, type Escrow } from "./accounts.ts";

/** Everything the escrow owes somebody: each term has a name and must not be negative. */
function terms({ accounts, pots, fees, bonds }: Escrow): [name: string, value: bigint][] {
  return [
    ...[...accounts].map(([member, { free }]): [string, bigint] => [`free of ${member}`, free]),
    ...[...accounts].map(([member, { pledged }]): [string, bigint] => [`pledge of ${member}`, pledged]),
    ...[...accounts].map(([member, { fund }]): [string, bigint] => [`fund of ${member}`, fund]),
    ...[...fees].map(([to, fee]): [string, bigint] => [`fees of ${to}`, fee]),
    ...[...bonds].map(([relayer, { balance }]): [string, bigint] => [`bond of ${relayer}`, balance]),
    ...[...pots].map(([key, pot]): [string, bigint] => [`pot ${key}`, pot.outstanding + pot.amount]),
  ];
}

/** Rules between accounts that hold beside the sum. */
function brokenRules({ accounts, pots, bonds }: Escrow): string[] {
  const all = [...accounts.values()];
  const broken: string[] = [];
  if (all.some(({ reserved }) => reserved < 0n)) broken.push("a reserve is negative");
  if (all.some(({ pledged, leaving }) => leaving < 0n || leaving > pledged)) broken.push("more leaves than is pledged");
  if ([...bonds.values()].some(({ balance, locked }) => locked < 0n || locked > balance))
    broken.push("a bond is overdrawn");
  if ([...pots.values()].some(({ outstanding }) => outstanding < 0n)) broken.push("an outstanding sum is negative");
  const reserved = sum(all.map((account) => account.reserved));
  const outstanding = sum([...pots.values()].map((pot) => pot.outstanding));
  if (reserved !== outstanding) broken.push(`reserved ${reserved}, outstanding ${outstanding}`);
  for (const [supplier, { owed, fund }] of accounts) {
    const claims = sum(all.filter((account) => account.supplier === supplier).map(claimOf));
    if (claims !== owed) broken.push(`${supplier} owes ${owed}, claims add up to ${claims}`);
    if (fund > owed) broken.push(`the fund of ${supplier} exceeds what it owes`);
  }
  return broken;
}

/** Sums every account, pot and fee: what the escrow owes, and every rule of solvency that is broken. */
export function solvency(escrow: Escrow): { liabilities: bigint; broken: string[] } {
  const owed = terms(escrow);
  const liabilities = sum(owed.map(([, value]) => value));
  const negative = owed.filter(([, value]) => value < 0n).map(([name, value]) => `${name} is ${value}`);
  const broken = [...negative, ...brokenRules(escrow)];
  if (escrow.balance < liabilities) broken.push(`holds ${escrow.balance}, owes ${liabilities}`);
  return { liabilities, broken };
}
