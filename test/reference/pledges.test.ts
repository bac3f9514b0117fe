import { expect } from "chai";
import fc from "fast-check";
import { accountOf, openAccount } from "./accounts.ts";
import { range, smaller } from "./arrays.ts";
import { forfeitBond, lockBond, postBond, releaseBond, withdrawBond } from "./bonds.ts";
import { periodAt, revealOf, takesOrders, type Grid } from "./community.ts";
import { deposit, withdraw } from "./escrow.ts";
import { pledge, pledgeLeavesAt, releasePledge, standingAtGate, takePledged, unpledge } from "./pledges.ts";
import { escrowWithServices, FEE_COLLECTOR, grid, runs, SUPPLIER } from "./samples.ts";
import { solvency } from "./solvency.ts";

const ANNA = 10n;

/** Seconds are slots here, so that every second of many periods can be tried. */
const anyGrid: fc.Arbitrary<Grid> = fc
  .record({
    slotsPerPeriod: fc.bigInt(2n, 6n),
    gateClosure: fc.bigInt(1n, 6n),
    revealWindow: fc.bigInt(1n, 6n),
    horizon: fc.bigInt(1n, 4n),
  })
  .map((parts) => ({ ...grid, slotDuration: 1n, ...parts }))
  .filter(({ slotsPerPeriod, gateClosure, revealWindow, horizon }) => {
    return revealWindow <= gateClosure && gateClosure <= slotsPerPeriod && horizon * slotsPerPeriod > gateClosure;
  });

/** Whether a commit of a sealed period is taken. */
const takesCommit = (sealed: Grid, period: bigint, now: bigint) =>
  takesOrders(sealed, period, now) && now < revealOf(sealed, period).gate;

const operation = fc.record({
  kind: fc.constantFrom("deposit", "withdraw", "pledge", "pledge", "unpledge", "release", "take", "take"),
  amount: fc.bigInt(0n, 100n),
  later: fc.bigInt(0n, 5n),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function start() {
  const escrow = escrowWithServices();
  openAccount(escrow, ANNA, SUPPLIER);
  deposit(escrow, ANNA, 1_000n);
  return escrow;
}

/** The period that is being revealed; undefined between two reveals. */
function revealedAt(sealed: Grid, now: bigint): bigint | undefined {
  const first = periodAt(sealed, now);
  return range(2n)
    .map((ahead) => first + ahead)
    .find((period) => {
      const { gate, end } = revealOf(sealed, period);
      return now >= gate && now < end;
    });
}

function run(escrow: ReturnType<typeof start>, sealed: Grid, { kind, amount }: Operation, now: bigint): void {
  const account = accountOf(escrow, ANNA);
  const period = revealedAt(sealed, now);
  if (kind === "deposit") deposit(escrow, ANNA, amount);
  if (kind === "withdraw") withdraw(escrow, ANNA, smaller(amount, account.free));
  if (kind === "pledge") pledge(escrow, ANNA, smaller(amount, account.free), now);
  if (kind === "release") releasePledge(escrow, ANNA, now);
  if (kind === "unpledge") {
    releasePledge(escrow, ANNA, now);
    unpledge(escrow, sealed, ANNA, smaller(amount, account.pledged - account.leaving), now);
  }
  if (kind !== "take" || period === undefined) return;
  const most = standingAtGate(sealed, account, period).pledged;
  takePledged(escrow, sealed, { member: ANNA, period, amount: smaller(amount, most) }, now);
}

describe("reference pledges", function () {
  it("leave when the last reveal ends that took commits, neither sooner nor later", function () {
    fc.assert(
      fc.property(anyGrid, fc.bigInt(0n, 60n), (sealed, later) => {
        const now = 20n * sealed.slotsPerPeriod + later;
        const known = range(now + 1n).flatMap((second) =>
          range(sealed.horizon + 1n)
            .map((ahead) => periodAt(sealed, second) + ahead)
            .filter((period) => takesCommit(sealed, period, second)),
        );
        const ends = known.map((period) => revealOf(sealed, period).end);
        expect(pledgeLeavesAt(sealed, now)).to.equal(ends.reduce((last, end) => (end > last ? end : last), 0n));
      }),
      runs(300),
    );
  });

  it("are there until the reveal ends, whatever their owner does after the gate", function () {
    fc.assert(
      fc.property(anyGrid, fc.array(operation, { maxLength: 60 }), (sealed, operations) => {
        const escrow = start();
        let now = 20n * sealed.slotsPerPeriod;
        for (const next of operations) {
          const before = { period: revealedAt(sealed, now), account: structuredClone(accountOf(escrow, ANNA)) };
          now += next.later;
          run(escrow, sealed, next, now);
          expect(solvency(escrow)).to.deep.equal({ liabilities: escrow.balance, broken: [] });
          const period = revealedAt(sealed, now);
          if (period === undefined) continue;
          const account = accountOf(escrow, ANNA);
          const { pledged } = standingAtGate(sealed, account, period);
          expect(pledged >= 0n && account.pledged >= pledged).to.equal(true);
          if (next.kind === "take" || before.period !== period) continue;
          expect(pledged).to.equal(standingAtGate(sealed, before.account, period).pledged);
        }
      }),
      runs(300),
    );
  });

  it("become free within the horizon, however often others release them", function () {
    fc.assert(
      fc.property(anyGrid, fc.array(operation, { maxLength: 30 }), (sealed, operations) => {
        const escrow = start();
        const account = accountOf(escrow, ANNA);
        let now = 20n * sealed.slotsPerPeriod;
        for (const next of operations) run(escrow, sealed, next, (now += next.later));
        releasePledge(escrow, ANNA, now);
        const { pledged, free, leaving } = account;
        unpledge(escrow, sealed, ANNA, pledged - leaving, now);
        const end = now + sealed.horizon * sealed.slotsPerPeriod;
        while (account.pledged > 0n && now <= end) releasePledge(escrow, ANNA, now++);
        expect(account).to.include({ pledged: 0n, leaving: 0n, free: free + pledged });
      }),
      runs(300),
    );
  });

  it("are used up before what is leaving, which then shrinks", function () {
    const sealed = { ...grid, revealWindow: 200n, horizon: 1n };
    const escrow = start();
    const period = 20_001n;
    const { gate, end } = revealOf(sealed, period);
    pledge(escrow, ANNA, 500n, gate - 2n);
    unpledge(escrow, sealed, ANNA, 200n, gate - 1n);
    takePledged(escrow, sealed, { member: ANNA, period, amount: 250n }, gate);
    expect(accountOf(escrow, ANNA)).to.include({ pledged: 250n, leaving: 200n, reserved: 250n });
    takePledged(escrow, sealed, { member: ANNA, period, amount: 150n }, gate);
    expect(accountOf(escrow, ANNA)).to.include({ pledged: 100n, leaving: 100n, reserved: 400n });
    expect(releasePledge(escrow, ANNA, end - 1n)).to.equal(0n);
    expect(releasePledge(escrow, ANNA, end)).to.equal(100n);
  });
});

describe("reference bonds", function () {
  it("go to the fee collector only where they are locked and forfeited", function () {
    const escrow = escrowWithServices();
    postBond(escrow, "relayer", 100n);
    lockBond(escrow, "relayer", 60n);
    expect(() => {
      withdrawBond(escrow, "relayer", 41n);
    }).to.throw("InsufficientBond 41 40");
    expect(() => {
      forfeitBond(escrow, "relayer", 61n);
    }).to.throw("BondNotLocked 61 60");
    forfeitBond(escrow, "relayer", 20n);
    releaseBond(escrow, "relayer", 40n);
    expect(accountOf(escrow, FEE_COLLECTOR).free).to.equal(20n);
    expect(solvency(escrow)).to.deep.equal({ liabilities: 100n, broken: [] });
    withdrawBond(escrow, "relayer", 80n);
    expect(solvency(escrow)).to.deep.equal({ liabilities: 20n, broken: [] });
  });
});
