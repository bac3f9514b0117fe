import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import {
  ANNA,
  BELA,
  CARL,
  COLLECTOR,
  DSO,
  escrowLab,
  fund,
  leg,
  OTHER_SUPPLIER,
  RING,
  SUPPLIER,
  type Lab,
} from "./helpers/escrow-lab.ts";
import { keysOf, membership } from "./helpers/membership.ts";

describe("PaymentEscrow: reserves, legs, debts and funds", function () {
  let connection: Connection;
  const build = async () => await escrowLab(connection);
  let lab: Lab;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    lab = await connection.networkHelpers.loadFixture(build);
  });

  const dueFund = async (supplier = SUPPLIER) => await lab.escrow.dueFund(0, supplier);
  const reserve = async (member: number, amount: bigint) => await lab.reserve(member, amount);

  describe("the order of payment", function () {
    beforeEach(async function () {
      await fund(lab, ANNA, 1000n);
      await reserve(ANNA, 600n);
    });

    it("pays peers, network fee, settlement fee, grid leg, and what is left becomes free", async function () {
      const { escrow } = lab;
      const call = lab.settle(
        100,
        leg(ANNA, { reserved: 600n, received: 50n, paid: 300n, networkFee: 40n, settlementFee: 10n, gridLeg: 200n }),
      );
      await expect(call).to.emit(escrow, "Settled").withArgs(0, ANNA, 100, 300n, 50n, 40n, 10n, 200n, 0n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([400n + 100n, 0n, 1n]);
      expect(await lab.freeOf(DSO)).to.equal(40n);
      expect(await lab.freeOf(SUPPLIER)).to.equal(200n);
      expect(await escrow.fees(lab.coin, lab.stranger)).to.equal(10n);
    });

    it("takes a grid leg that the reserve does not cover from the free balance", async function () {
      await lab.settle(100, leg(ANNA, { reserved: 600n, gridLeg: 700n }));
      expect(await lab.escrow.account(0, ANNA)).to.deep.equal([300n, 0n, 1n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(700n);
    });

    it("leaves what is still missing as the member's due", async function () {
      const call = lab.settle(100, leg(ANNA, { reserved: 600n, gridLeg: 1300n }));
      await expect(call).to.emit(lab.escrow, "Settled").withArgs(0, ANNA, 100, 0n, 0n, 0n, 0n, 1300n, 300n);
      expect(await lab.escrow.account(0, ANNA)).to.deep.equal([0n, 0n, 1n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(1000n);
      expect(await lab.escrow.standing(0, ANNA)).to.deep.equal([0n, 0n, 1n, true]);
    });

    it("leaves the free balance alone as far as the credit line goes, but not what was reserved", async function () {
      await lab.escrow.connect(lab.supplier).setCreditLine(0, ANNA, 500n);
      await lab.settle(100, leg(ANNA, { reserved: 600n, gridLeg: 1300n }));
      // 600 from the reserve, 200 from free beyond the line, 500 on the line.
      expect(await lab.escrow.account(0, ANNA)).to.deep.equal([200n, 0n, 1n]);
      expect(await lab.escrow.debt(0, ANNA)).to.deep.equal([500n, 500n]);
      expect((await lab.escrow.standing(0, ANNA)).inDebt).to.equal(false);
    });

    it("pays as much of the settlement fee as a voided module leaves", async function () {
      await lab.settle(100, leg(ANNA, { reserved: 600n, lost: 593n, settlementFee: 10n }));
      expect(await lab.escrow.fees(lab.coin, lab.stranger)).to.equal(7n);
      expect(await lab.freeOf(ANNA)).to.equal(400n);
    });

    it("never pays more than what is released and received", async function () {
      await expect(lab.settle(100, leg(ANNA, { reserved: 600n, paid: 601n }))).to.be.revertedWithPanic(0x11);
      await expect(lab.settle(100, leg(ANNA, { received: 9n, networkFee: 10n }))).to.be.revertedWithPanic(0x11);
    });
  });

  describe("a member's debt", function () {
    beforeEach(async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: 300n }));
    });

    it("is paid by the next deposit before anything becomes free", async function () {
      await lab.coin.getFunction("mint").send(lab.payer.address, 1000n);
      await lab.coin.connect(lab.payer).getFunction("approve").send(lab.escrow, 1000n);
      await expect(lab.escrow.connect(lab.payer).deposit(0, ANNA, 200n))
        .to.emit(lab.escrow, "DebtReduced")
        .withArgs(0, ANNA, 200n, 100n);
      expect(await lab.freeOf(ANNA)).to.equal(0n);
      await lab.escrow.connect(lab.payer).deposit(0, ANNA, 800n);
      expect(await lab.freeOf(ANNA)).to.equal(700n);
      expect(await lab.dueOf(ANNA)).to.equal(0n);
      expect(await lab.freeOf(SUPPLIER)).to.equal(300n);
      expect((await lab.escrow.standing(0, ANNA)).inDebt).to.equal(false);
    });

    it("is paid by what the next period releases and brings", async function () {
      await lab.settle(101, leg(ANNA, { gridLeg: 0n }));
      await fund(lab, BELA, 500n);
      await reserve(BELA, 500n);
      await lab.settle(100, leg(BELA, { reserved: 500n, paid: 500n }), leg(ANNA, { received: 500n, gridLeg: 50n }));
      expect(await lab.freeOf(ANNA)).to.equal(150n);
      expect(await lab.dueOf(ANNA)).to.equal(0n);
    });

    it("is netted with what the supplier owes from the next period", async function () {
      await lab.settle(101, leg(ANNA, { gridLeg: -120n }));
      expect(await lab.dueOf(ANNA)).to.equal(180n);
      await fund(lab, SUPPLIER, 1000n);
      await lab.settle(102, leg(ANNA, { gridLeg: -200n }));
      expect(await lab.dueOf(ANNA)).to.equal(0n);
      expect(await lab.freeOf(ANNA)).to.equal(20n);
      expect(await lab.freeOf(SUPPLIER)).to.equal(980n);
    });

    it("blocks nothing up to the credit line, which only the supplier sets", async function () {
      const { escrow, supplier, otherSupplier, anna } = lab;
      for (const caller of [otherSupplier, anna, lab.coordinator]) {
        await expect(escrow.connect(caller).setCreditLine(0, ANNA, 1n))
          .to.be.revertedWithCustomError(escrow, "NotSupplier")
          .withArgs(0, ANNA, caller.address);
      }
      for (const [line, inDebt] of [
        [299n, true],
        [300n, false],
        [2n ** 64n - 1n, false],
        [0n, true],
      ] as const) {
        await expect(escrow.connect(supplier).setCreditLine(0, ANNA, line))
          .to.emit(escrow, "CreditLineSet")
          .withArgs(0, ANNA, line);
        expect((await escrow.standing(0, ANNA)).inDebt).to.equal(inDebt);
        expect(await escrow.debt(0, ANNA)).to.deep.equal([300n, line]);
      }
    });

    it("has no credit line where there is no supplier: a service's own account", async function () {
      const { escrow, supplier } = lab;
      await expect(escrow.connect(supplier).setCreditLine(0, SUPPLIER, 1n))
        .to.be.revertedWithCustomError(escrow, "NotSupplier")
        .withArgs(0, SUPPLIER, supplier.address);
    });

    it("comes with no credit line for an index that is not enrolled yet, nor is it marked as paid there", async function () {
      const { escrow, supplier } = lab;
      const next = Number(await lab.registry.memberCount(0));
      for (const index of [next, next + 1, 2 ** 32 - 1]) {
        for (const line of [0n, 1n, 2n ** 64n - 1n]) {
          await expect(escrow.connect(supplier).setCreditLine(0, index, line))
            .to.be.revertedWithCustomError(escrow, "UnknownMember")
            .withArgs(0, index);
        }
        for (const amount of [0n, 1n]) {
          await expect(escrow.connect(supplier).markPaid(0, index, amount))
            .to.be.revertedWithCustomError(escrow, "UnknownMember")
            .withArgs(0, index);
        }
      }
      // The same in a community that does not exist.
      await expect(escrow.connect(supplier).setCreditLine(1, ANNA, 1n))
        .to.be.revertedWithCustomError(escrow, "UnknownMember")
        .withArgs(1, ANNA);
      const { enrol } = membership(lab);
      expect(await enrol(keysOf(7))).to.equal(next);
      expect(await escrow.debt(0, next)).to.deep.equal([0n, 0n]);
      await lab.settle(100, leg(next, { gridLeg: 1n }));
      expect((await escrow.standing(0, next)).inDebt).to.equal(true);
    });

    it("is marked as paid off chain by the supplier, never by more than it is", async function () {
      const { escrow, supplier, anna, otherSupplier } = lab;
      await expect(escrow.connect(supplier).markPaid(0, ANNA, 301n))
        .to.be.revertedWithCustomError(escrow, "MoreThanDebt")
        .withArgs(301n, 300n);
      for (const caller of [anna, otherSupplier]) {
        await expect(escrow.connect(caller).markPaid(0, ANNA, 1n))
          .to.be.revertedWithCustomError(escrow, "NotSupplier")
          .withArgs(0, ANNA, caller.address);
      }
      await expect(escrow.connect(supplier).markPaid(0, ANNA, 100n))
        .to.emit(escrow, "DebtReduced")
        .withArgs(0, ANNA, 100n, 200n);
      await escrow.connect(supplier).markPaid(0, ANNA, 199n);
      expect(await escrow.debt(0, ANNA)).to.deep.equal([1n, 0n]);
      for (const amount of [1n, 0n]) {
        await expect(escrow.connect(supplier).markPaid(0, ANNA, amount))
          .to.emit(escrow, "DebtReduced")
          .withArgs(0, ANNA, amount, 0n);
        expect(await escrow.debt(0, ANNA)).to.deep.equal([0n, 0n]);
      }
      await expect(escrow.connect(supplier).markPaid(0, ANNA, 1n))
        .to.be.revertedWithCustomError(escrow, "MoreThanDebt")
        .withArgs(1n, 0n);
      // No money moved.
      expect([await lab.freeOf(ANNA), await lab.freeOf(SUPPLIER)]).to.deep.equal([0n, 0n]);
    });

    it("is no claim of the member: nothing is pulled from a fund", async function () {
      expect(await lab.escrow.claimDue.staticCall(0, ANNA)).to.equal(0n);
      await lab.escrow.claimDue(0, ANNA);
      expect(await lab.dueOf(ANNA)).to.equal(300n);
    });
  });

  describe("a supplier's debts", function () {
    it("are paid from its free balance at once, as far as it goes", async function () {
      await fund(lab, SUPPLIER, 100n);
      await lab.settle(100, leg(ANNA, { gridLeg: -70n }), leg(BELA, { gridLeg: -70n }));
      expect(await lab.freeOf(ANNA)).to.equal(70n);
      expect(await lab.freeOf(BELA)).to.equal(30n);
      expect(await lab.dueOf(BELA)).to.equal(-40n);
      expect(await dueFund()).to.deep.equal([0n, 40n]);
      expect((await lab.escrow.standing(0, BELA)).inDebt).to.equal(false);
    });

    it("fill a fund from its next credits before anything becomes free for it", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }), leg(BELA, { gridLeg: -100n }));
      await fund(lab, SUPPLIER, 250n);
      expect(await dueFund()).to.deep.equal([250n, 400n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(0n);
      await fund(lab, SUPPLIER, 250n);
      expect(await dueFund()).to.deep.equal([400n, 400n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(100n);
    });

    it("are pulled from the fund by anyone for the member, first come first served", async function () {
      const { escrow, stranger } = lab;
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }), leg(BELA, { gridLeg: -100n }));
      await fund(lab, SUPPLIER, 250n);
      expect(await escrow.claimDue.staticCall(0, BELA)).to.equal(100n);
      await expect(escrow.connect(stranger).claimDue(0, BELA))
        .to.emit(escrow, "DebtReduced")
        .withArgs(0, BELA, 100n, 0n);
      await escrow.claimDue(0, ANNA);
      expect(await lab.freeOf(BELA)).to.equal(100n);
      expect(await lab.freeOf(ANNA)).to.equal(150n);
      expect(await lab.dueOf(ANNA)).to.equal(-150n);
      expect(await dueFund()).to.deep.equal([0n, 150n]);
      expect(await escrow.claimDue.staticCall(0, ANNA)).to.equal(0n);
    });

    it("leave the fund to its other members' claims; a new leg is not paid from it", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }));
      await fund(lab, SUPPLIER, 100n);
      await lab.settle(101, leg(BELA, { gridLeg: -50n }));
      expect(await dueFund()).to.deep.equal([100n, 350n]);
      expect(await lab.dueOf(BELA)).to.equal(-50n);
    });

    it("shrink when the member's own import is netted; what the fund holds too much becomes free", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }));
      await fund(lab, SUPPLIER, 300n);
      await lab.settle(101, leg(ANNA, { gridLeg: 120n }));
      expect(await lab.dueOf(ANNA)).to.equal(-180n);
      expect(await dueFund()).to.deep.equal([180n, 180n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(120n);
      await lab.settle(102, leg(ANNA, { gridLeg: 180n }));
      expect(await dueFund()).to.deep.equal([0n, 0n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(300n);
      await fund(lab, ANNA, 50n);
      await lab.settle(103, leg(ANNA, { gridLeg: 50n }));
      expect(await lab.freeOf(SUPPLIER)).to.equal(350n);
    });

    it("are marked as paid off chain by the member's owner alone, never by more than they are", async function () {
      const { escrow, anna, supplier } = lab;
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }));
      await fund(lab, SUPPLIER, 200n);
      await expect(escrow.connect(supplier).markPaid(0, ANNA, 1n))
        .to.be.revertedWithCustomError(escrow, "NotOwner")
        .withArgs(0, ANNA, supplier.address);
      await expect(escrow.connect(anna).markPaid(0, ANNA, 301n))
        .to.be.revertedWithCustomError(escrow, "MoreThanDebt")
        .withArgs(301n, -300n);
      await expect(escrow.connect(anna).markPaid(0, ANNA, 250n))
        .to.emit(escrow, "DebtReduced")
        .withArgs(0, ANNA, 250n, -50n);
      expect(await escrow.debt(0, ANNA)).to.deep.equal([-50n, 0n]);
      expect(await dueFund()).to.deep.equal([50n, 50n]);
      expect(await lab.freeOf(SUPPLIER)).to.equal(150n);
      for (const [amount, left] of [
        [0n, 50n],
        [49n, 1n],
        [1n, 0n],
      ] as const) {
        await expect(escrow.connect(anna).markPaid(0, ANNA, amount))
          .to.emit(escrow, "DebtReduced")
          .withArgs(0, ANNA, amount, -left);
        expect(await escrow.debt(0, ANNA)).to.deep.equal([-left, 0n]);
        expect(await dueFund()).to.deep.equal([left, left]);
        expect(await lab.freeOf(SUPPLIER)).to.equal(200n - left);
      }
      expect(await lab.freeOf(ANNA)).to.equal(0n);
    });

    it("never delay what peers pay each other", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }));
      await fund(lab, BELA, 500n);
      await reserve(BELA, 500n);
      await lab.settle(100, leg(BELA, { reserved: 500n, paid: 400n }), leg(ANNA, { received: 400n }));
      expect(await lab.freeOf(ANNA)).to.equal(400n);
      expect(await lab.dueOf(ANNA)).to.equal(-300n);
    });

    it("are kept apart by supplier, also within one batch", async function () {
      await fund(lab, OTHER_SUPPLIER, 1000n);
      await lab.settle(
        100,
        leg(ANNA, { gridLeg: -10n }),
        leg(CARL, { gridLeg: -20n }),
        leg(BELA, { gridLeg: -30n }),
        leg(CARL, { gridLeg: -40n }),
      );
      expect(await dueFund(SUPPLIER)).to.deep.equal([0n, 40n]);
      expect(await dueFund(OTHER_SUPPLIER)).to.deep.equal([0n, 0n]);
      expect(await lab.freeOf(CARL)).to.equal(60n);
      expect(await lab.freeOf(OTHER_SUPPLIER)).to.equal(940n);
    });

    it("do not keep the supplier from withdrawing what is free", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: -300n }));
      await fund(lab, SUPPLIER, 500n);
      const { escrow, supplier } = lab;
      await expect(escrow.connect(supplier).withdraw(0, SUPPLIER, supplier.address, 201n))
        .to.be.revertedWithCustomError(escrow, "InsufficientFree")
        .withArgs(201n, 200n);
      await expect(escrow.connect(supplier).withdraw(0, SUPPLIER, supplier.address, 200n)).to.emit(escrow, "Withdrawn");
    });
  });

  describe("a correction", function () {
    it("moves the difference of a grid leg and nothing else", async function () {
      const { escrow, asSettlement } = lab;
      await fund(lab, ANNA, 100n);
      await expect(asSettlement.correct(0, 100, ANNA, SUPPLIER, 40n))
        .to.emit(escrow, "Settled")
        .withArgs(0, ANNA, 100, 0n, 0n, 0n, 0n, 40n, 0n);
      expect(await lab.freeOf(SUPPLIER)).to.equal(40n);
      await asSettlement.correct(0, 100, ANNA, SUPPLIER, -50n);
      expect(await lab.freeOf(ANNA)).to.equal(100n);
      expect(await lab.dueOf(ANNA)).to.equal(-10n);
      await asSettlement.correct(0, 100, ANNA, SUPPLIER, 200n);
      expect(await lab.dueOf(ANNA)).to.equal(90n);
      expect(await dueFund()).to.deep.equal([0n, 0n]);
    });

    it("keeps what the member has reserved", async function () {
      await fund(lab, ANNA, 100n);
      await reserve(ANNA, 60n);
      await lab.asSettlement.correct(0, 99, ANNA, SUPPLIER, 1000n);
      expect(await lab.escrow.account(0, ANNA)).to.deep.equal([0n, 0n, 1n]);
      expect((await lab.escrow.pot(0, 0, lab.period)).outstanding).to.equal(60n);
      expect(await lab.dueOf(ANNA)).to.equal(960n);
    });
  });

  describe("pots", function () {
    let period: number;
    beforeEach(function () {
      period = lab.period;
    });
    const word = (amount: bigint, outstanding: bigint) =>
      BigInt(period) | (BigInt.asUintN(96, amount) << 24n) | (outstanding << 120n);

    it("count what is reserved per module, and journals in the first one's word", async function () {
      const { escrow, asSettlement } = lab;
      await fund(lab, ANNA, 1000n);
      await escrow.connect(lab.anna).enableModule(0, ANNA, 1, true);
      await lab.reserve(ANNA, 300n);
      await lab.reserve(ANNA, 200n, { module: 1 });
      await asSettlement.openJournals(0, period, 3);
      expect(await escrow.pot(0, 0, period)).to.deep.equal([300n, 0n]);
      expect(await escrow.pot(0, 1, period)).to.deep.equal([200n, 0n]);
      expect(await escrow.journals(0, period)).to.deep.equal([4n, 0n]);
      expect(await escrow.potWords(0, period, 2)).to.deep.equal([
        [word(0n, 300n) | (4n << 216n), word(0n, 200n)],
        true,
      ]);
    });

    it("give their rest to the fee collector when every journal is settled, not before", async function () {
      const { escrow, asSettlement, stranger } = lab;
      await fund(lab, ANNA, 1000n);
      await lab.reserve(ANNA, 300n);
      await asSettlement.openJournals(0, period, 1);
      const paid = leg(ANNA, { reserved: 300n, paid: 100n });
      await asSettlement.settle(0, period, [paid], [word(100n, 0n)], 0, 1, stranger);
      expect(await escrow.pot(0, 0, period)).to.deep.equal([0n, 100n]);
      expect(await lab.freeOf(COLLECTOR)).to.equal(0n);
      await expect(asSettlement.settle(0, period, [leg(BELA)], [word(100n, 0n)], 0, 1, stranger))
        .to.emit(escrow, "PotSwept")
        .withArgs(0, 0, period, 100n);
      expect(await escrow.pot(0, 0, period)).to.deep.equal([0n, 0n]);
      expect(await lab.freeOf(COLLECTOR)).to.equal(100n);
    });

    it("take a new period only once the old one in their ring entry is all settled", async function () {
      const { escrow, asSettlement, stranger } = lab;
      const next = period + RING;
      await fund(lab, ANNA, 1000n);
      await lab.reserve(ANNA, 300n);
      await lab.goTo(next);
      expect(await escrow.periodFree(0, next)).to.equal(false);
      expect(await escrow.potWords(0, next, 2)).to.deep.equal([[], false]);
      for (const call of [
        lab.reserve(ANNA, 1n, { period: next }),
        asSettlement.openJournals(0, next, 1),
        asSettlement.settle(0, next, [], [0n], 0, 0, stranger),
      ]) {
        await expect(call).to.be.revertedWithCustomError(escrow, "RingBusy").withArgs(0, next);
      }
      await asSettlement.settle(0, period, [leg(ANNA, { reserved: 300n })], [word(0n, 0n)], 0, 1, stranger);
      expect(await escrow.periodFree(0, next)).to.equal(true);
      await lab.reserve(ANNA, 1n, { period: next });
      expect(await escrow.journals(0, next)).to.deep.equal([1n, 0n]);
      // The old period has left the ring.
      expect(await escrow.periodFree(0, period)).to.equal(false);
      expect(await escrow.potWords(0, period, 2)).to.deep.equal([[], true]);
      expect(await escrow.journals(0, period)).to.deep.equal([0n, 0n]);
      expect(await escrow.pot(0, 0, period)).to.deep.equal([0n, 0n]);
    });

    it("refuse a reserve above the free balance, fee included", async function () {
      const { escrow, payer } = lab;
      await fund(lab, ANNA, 100n);
      await expect(lab.reserve(ANNA, 98n, { fee: 3n, feeTo: payer }))
        .to.be.revertedWithCustomError(escrow, "InsufficientFree")
        .withArgs(101n, 100n);
      await lab.reserve(ANNA, 97n, { fee: 3n, feeTo: payer });
      expect(await lab.freeOf(ANNA)).to.equal(0n);
    });
  });
});
