import { larger, range, smaller } from "./arrays.ts";
import { accountOf, potOf, type Account, type Escrow } from "./accounts.ts";
import { periodAt, revealOf, type Grid } from "./community.ts";

/** Keeps what was so until `now`. */
function remember(account: Account, now: bigint): void {
  const { pledged, leaving, leavesAt, epoch, modules } = account;
  account.past.push({ until: now, pledged, leaving, leavesAt, epoch, modules });
}

/** Free to pledged, at once. */
export function pledge(escrow: Escrow, member: bigint, amount: bigint, now: bigint): void {
  const account = accountOf(escrow, member);
  if (amount > account.free) throw new RangeError(`InsufficientFree ${amount} ${account.free}`);
  remember(account, now);
  account.free -= amount;
  account.pledged += amount;
}

/** When the last reveal ends that can hold orders signed by now. */
export function pledgeLeavesAt(grid: Grid, now: bigint): bigint {
  const first = periodAt(grid, now);
  return range(grid.horizon + 1n)
    .map((ahead) => revealOf(grid, first + ahead).end)
    .reduce(larger);
}

/** Asks pledged money back. What is due already goes first, what is not waits with the new part. */
export function unpledge(escrow: Escrow, grid: Grid, member: bigint, amount: bigint, now: bigint): void {
  const account = accountOf(escrow, member);
  releasePledge(escrow, member, now);
  const most = account.pledged - account.leaving;
  if (amount > most) throw new RangeError(`InsufficientPledge ${amount} ${most}`);
  remember(account, now);
  account.leaving += amount;
  account.leavesAt = pledgeLeavesAt(grid, now);
}

/** Pledged to free, where it was asked back and is due. */
export function releasePledge(escrow: Escrow, member: bigint, now: bigint): bigint {
  const account = accountOf(escrow, member);
  if (now < account.leavesAt) return 0n;
  const amount = account.leaving;
  remember(account, now);
  account.pledged -= amount;
  account.leaving = 0n;
  account.free += amount;
  return amount;
}

/** What counts for a sealed period: as it was at its gate, less what could have left by then and what it took already. */
export function standingAtGate(grid: Grid, account: Account, period: bigint) {
  const { gate } = revealOf(grid, period);
  const { pledged, leaving, leavesAt, epoch, modules } = account.past.find(({ until }) => until >= gate) ?? account;
  const backing = pledged - (leavesAt <= gate ? leaving : 0n);
  return { pledged: backing - (account.taken.get(period) ?? 0n), epoch, modules };
}

/** The period whose orders are revealed at `now`, if any. */
function revealedAt(grid: Grid, now: bigint): bigint | undefined {
  const first = periodAt(grid, now);
  return range(grid.horizon + 2n)
    .map((ahead) => first + ahead)
    .find((period) => revealOf(grid, period).gate <= now && now < revealOf(grid, period).end);
}

/** What counts for orders that come in at `now`: revealed ones as of their gate, others out of what the revealed ones do not need. */
export function standingAt(grid: Grid, account: Account, period: bigint, now: bigint) {
  const standing = standingAtGate(grid, account, period);
  const revealed = revealedAt(grid, now);
  if (revealed === undefined || revealed >= period) return standing;
  const gone = account.leavesAt <= revealOf(grid, revealed).gate ? account.leaving : 0n;
  const spare = account.pledged - gone - standingAtGate(grid, account, revealed).pledged;
  return { ...standing, pledged: larger(0n, smaller(standing.pledged, spare)) };
}

/** The amount that orders of a sealed period take when they are revealed, or that its member's own take before its gate. */
export interface Take {
  member: bigint;
  period: bigint;
  amount: bigint;
}

/** An order reserves what it may cost. What stays is used up before what is leaving. */
export function takePledged(escrow: Escrow, grid: Grid, { member, period, amount }: Take, now: bigint): void {
  const account = accountOf(escrow, member);
  const { pledged, modules } = standingAt(grid, account, period, now);
  if ((modules & 1n) === 0n) throw new RangeError("ModuleNotEnabled");
  if (amount > pledged) throw new RangeError(`InsufficientPledge ${amount} ${pledged}`);
  remember(account, now);
  // What was taken before the gate is not there at the gate.
  if (now >= revealOf(grid, period).gate) account.taken.set(period, (account.taken.get(period) ?? 0n) + amount);
  account.pledged -= amount;
  account.leaving = smaller(account.leaving, account.pledged);
  account.reserved += amount;
  potOf(escrow, 0n, period).outstanding += amount;
}

export function bumpEpoch(escrow: Escrow, member: bigint, now: bigint): void {
  const account = accountOf(escrow, member);
  remember(account, now);
  account.epoch += 1n;
}

export function setModules(escrow: Escrow, member: bigint, modules: bigint, now: bigint): void {
  const account = accountOf(escrow, member);
  remember(account, now);
  account.modules = modules;
}
