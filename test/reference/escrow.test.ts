import { expect } from "chai";
import fc from "fast-check";
import { accountOf, openAccount, type Escrow } from "./accounts.ts";
import { smaller } from "./arrays.ts";
import { claimDue, deposit, markPaid, setCreditLine, withdraw } from "./escrow.ts";
import { correctLeg, settleLeg, type Leg } from "./legs.ts";
import { escrowWithServices, runs, SUPPLIER } from "./samples.ts";
import { solvency } from "./solvency.ts";

const ANNA = 10n;
const BELA = 11n;

function escrowOfTwo(): Escrow {
  const escrow = escrowWithServices();
  openAccount(escrow, ANNA, SUPPLIER);
  openAccount(escrow, BELA, SUPPLIER);
  return escrow;
}

function gridLegOf(member: bigint, gridLeg: bigint): Leg {
  const nothing = { reserved: 0n, lost: 0n, paid: 0n, received: 0n, networkFee: 0n, settlementFee: 0n };
  return { member, gridLeg, ...nothing };
}

const operation = fc.record({
  kind: fc.constantFrom("deposit", "withdraw", "leg", "claim", "paid", "line"),
  member: fc.constantFrom(ANNA, BELA, SUPPLIER),
  amount: fc.bigInt(0n, 1_000n),
  sign: fc.constantFrom(1n, -1n),
});

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function run(escrow: Escrow, { kind, member, amount, sign }: Operation): void {
  const { free, due } = accountOf(escrow, member);
  if (kind === "deposit") deposit(escrow, member, amount);
  if (kind === "withdraw") withdraw(escrow, member, smaller(amount, free));
  if (member === SUPPLIER) return;
  if (kind === "leg") correctLeg(escrow, member, sign * amount);
  if (kind === "claim") claimDue(escrow, member);
  if (kind === "paid") markPaid(escrow, member, smaller(amount, due < 0n ? -due : due));
  if (kind === "line") setCreditLine(escrow, member, amount);
}

describe("reference escrow", function () {
  it("takes what a member owes from its free balance beyond the credit line; the rest is due", function () {
    const escrow = escrowOfTwo();
    deposit(escrow, ANNA, 100n);
    setCreditLine(escrow, ANNA, 30n);
    correctLeg(escrow, ANNA, 80n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 50n, due: 30n });
    correctLeg(escrow, ANNA, 70n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 0n, due: 50n });
    expect(accountOf(escrow, SUPPLIER).free).to.equal(100n);
  });

  it("pays a debt from the next deposit first", function () {
    const escrow = escrowOfTwo();
    correctLeg(escrow, ANNA, 80n);
    deposit(escrow, ANNA, 50n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 0n, due: 30n });
    deposit(escrow, ANNA, 50n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 20n, due: 0n });
    expect(accountOf(escrow, SUPPLIER).free).to.equal(80n);
  });

  it("pays a member from what the supplier has; the next credits fill the fund that it pulls from", function () {
    const escrow = escrowOfTwo();
    deposit(escrow, SUPPLIER, 30n);
    correctLeg(escrow, ANNA, -100n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 30n, due: -70n });
    deposit(escrow, SUPPLIER, 50n);
    expect(accountOf(escrow, SUPPLIER)).to.include({ free: 0n, fund: 50n, owed: 70n });
    expect(claimDue(escrow, ANNA)).to.equal(50n);
    deposit(escrow, SUPPLIER, 50n);
    expect(accountOf(escrow, SUPPLIER)).to.include({ free: 30n, fund: 20n, owed: 20n });
  });

  it("nets before it pays: a new leg first reduces what is due the other way", function () {
    const escrow = escrowOfTwo();
    correctLeg(escrow, ANNA, 80n);
    deposit(escrow, SUPPLIER, 100n);
    correctLeg(escrow, ANNA, -90n);
    expect(accountOf(escrow, ANNA)).to.include({ free: 10n, due: 0n });
    expect(accountOf(escrow, SUPPLIER).free).to.equal(90n);
  });

  it("sets the fund free as far as it exceeds what the supplier still owes", function () {
    const escrow = escrowOfTwo();
    correctLeg(escrow, ANNA, -100n);
    deposit(escrow, SUPPLIER, 100n);
    markPaid(escrow, ANNA, 40n);
    expect(accountOf(escrow, SUPPLIER)).to.include({ free: 40n, fund: 60n, owed: 60n });
    correctLeg(escrow, ANNA, 25n);
    expect(accountOf(escrow, SUPPLIER)).to.include({ free: 65n, fund: 35n, owed: 35n });
  });

  it("marks no more as paid than is due", function () {
    const escrow = escrowOfTwo();
    correctLeg(escrow, ANNA, 80n);
    expect(() => {
      markPaid(escrow, ANNA, 81n);
    }).to.throw("MoreThanDebt");
  });

  it("uses what is at hand for a debt even within the credit line", function () {
    const escrow = escrowOfTwo();
    deposit(escrow, ANNA, 100n);
    setCreditLine(escrow, ANNA, 1_000n);
    escrow.accounts.set(ANNA, { ...accountOf(escrow, ANNA), free: 0n, reserved: 100n });
    escrow.pots.set("0/1", { outstanding: 0n, amount: 0n });
    escrow.journals.set(1n, { opened: 1n, settled: 0n });
    settleLeg(escrow, 1n, { ...gridLegOf(ANNA, 130n), reserved: 100n }, "settler");
    expect(accountOf(escrow, ANNA)).to.include({ free: 0n, reserved: 0n, due: 30n });
    expect(solvency(escrow)).to.deep.equal({ liabilities: 100n, broken: [] });
  });

  it("stays solvent to the unit under any sequence, and no supplier holds free money while its fund lacks some", function () {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const escrow = escrowOfTwo();
        for (const next of operations) {
          run(escrow, next);
          expect(solvency(escrow)).to.deep.equal({ liabilities: escrow.balance, broken: [] });
          const { free, fund, owed } = accountOf(escrow, SUPPLIER);
          expect(free === 0n || fund === owed, `free ${free}, fund ${fund}, owed ${owed}`).to.equal(true);
        }
      }),
      runs(300),
    );
  });
});
