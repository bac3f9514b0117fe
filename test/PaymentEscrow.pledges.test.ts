import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, escrowLab, fund, leg, mintAndApprove } from "./helpers/escrow-lab.ts";
import { CLOSURE, DAY, pledgeFrom, sealedLab, WINDOW, type SealedLab } from "./helpers/sealed-lab.ts";

describe("PaymentEscrow: pledges of a sealed community", function () {
  let connection: Connection;
  const build = async () => await sealedLab(connection);
  let lab: SealedLab;
  /** Orders of `next` are revealed from `gate` up to `end`. */
  let gate: number;
  let end: number;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    lab = await connection.networkHelpers.loadFixture(build);
    gate = lab.gateOf(lab.next);
    end = gate + WINDOW;
  });

  const asAnna = () => lab.escrow.connect(lab.anna);
  const take = async (period: number, amount: bigint) => await lab.taker.take(0, ANNA, period, amount);

  describe("pledge", function () {
    it("moves free balance at once, and none of it can be withdrawn then", async function () {
      const { escrow, anna } = lab;
      await fund(lab, ANNA, 1000n);
      await expect(asAnna().pledge(0, ANNA, 700n))
        .to.emit(escrow, "Pledged")
        .withArgs(0, ANNA, 700n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([300n, 0n, 1n]);
      expect(await escrow.pledgeOf(0, ANNA)).to.deep.equal([700n, 0n, 0n]);
      await expect(asAnna().withdraw(0, ANNA, anna.address, 301n))
        .to.be.revertedWithCustomError(escrow, "InsufficientFree")
        .withArgs(301n, 300n);
      expect(await escrow.shortfall(lab.coin)).to.equal(0n);
    });

    it("is the owner's alone, also against the trading key", async function () {
      const { escrow, ethers } = lab;
      await fund(lab, ANNA, 1000n);
      const word = await lab.registry.memberFor(0, ANNA, 0);
      const tradingKey = await ethers.getImpersonatedSigner(ethers.toBeHex(word & (2n ** 160n - 1n), 20));
      await connection.networkHelpers.setBalance(tradingKey.address, 10n ** 20n);
      for (const caller of [tradingKey, lab.bela, lab.coordinator, lab.settlement, lab.supplier]) {
        for (const call of ["pledge", "unpledge"] as const) {
          await expect(escrow.connect(caller)[call](0, ANNA, 0n))
            .to.be.revertedWithCustomError(escrow, "NotOwner")
            .withArgs(0, ANNA, caller.address);
        }
      }
    });

    it("takes no more than is free", async function () {
      await fund(lab, ANNA, 10n);
      await expect(asAnna().pledge(0, ANNA, 11n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientFree")
        .withArgs(11n, 10n);
    });

    it("takes all that the escrow can hold, and not one unit more", async function () {
      const most = 2n ** 63n - 1n;
      await fund(lab, ANNA, most);
      await asAnna().pledge(0, ANNA, most - 1n);
      await expect(asAnna().pledge(0, ANNA, 2n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientFree")
        .withArgs(2n, 1n);
      await asAnna().pledge(0, ANNA, 1n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([most, 0n, 0n]);
      await mintAndApprove(lab, 1n);
      await expect(lab.escrow.connect(lab.payer).deposit(0, ANNA, 1n))
        .to.be.revertedWithCustomError(lab.escrow, "AmountTooLarge")
        .withArgs(1n);
    });

    it("is refused to a member above its credit line: no new orders on debt", async function () {
      await lab.settle(100, leg(ANNA, { gridLeg: 500n }));
      await lab.escrow.connect(lab.supplier).setCreditLine(0, ANNA, 500);
      await fund(lab, ANNA, 600n);
      await lab.settle(101, leg(ANNA, { gridLeg: 200n }));
      await lab.escrow.connect(lab.supplier).setCreditLine(0, ANNA, 400);
      await lab.settle(102, leg(ANNA, { gridLeg: 600n }));
      const { due } = await lab.escrow.debt(0, ANNA);
      expect(due).to.be.greaterThan(400n);
      await expect(asAnna().pledge(0, ANNA, 0n))
        .to.be.revertedWithCustomError(lab.escrow, "InDebt")
        .withArgs(0, ANNA);
      await lab.escrow.connect(lab.supplier).setCreditLine(0, ANNA, due);
      await expect(asAnna().pledge(0, ANNA, 0n)).to.emit(lab.escrow, "Pledged");
    });

    it("is not known in an open community, nor is asking back; nothing is released there", async function () {
      const open = await escrowLab(connection);
      await fund(open, ANNA, 10n);
      const { escrow, anna } = open;
      for (const call of ["pledge", "unpledge"] as const) {
        await expect(escrow.connect(anna)[call](0, ANNA, 1n))
          .to.be.revertedWithCustomError(escrow, "NotSealed")
          .withArgs(0);
      }
      expect(await escrow.releasePledge.staticCall(0, ANNA)).to.equal(0n);
      expect(await escrow.pledgeOf(0, ANNA)).to.deep.equal([0n, 0n, 0n]);
    });
  });

  describe("what backs a period", function () {
    it("is what was pledged before its gate, and not a unit that came after", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await fund(lab, ANNA, 50n);
      await lab.at(gate - 1);
      await asAnna().pledge(0, ANNA, 10n);
      await lab.at(gate);
      await asAnna().pledge(0, ANNA, 20n);
      await lab.at(end - 1);
      await asAnna().pledge(0, ANNA, 5n);
      expect(await lab.pledgedFor(ANNA, lab.next)).to.equal(110n);
      expect(await lab.pledgedFor(ANNA, lab.next + 1)).to.equal(135n);
      await expect(take(lab.next, 111n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientPledge")
        .withArgs(111n, 110n);
      await take(lab.next, 110n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([25n, 0n, 0n]);
      expect(await lab.pledgedFor(ANNA, lab.next)).to.equal(0n);
      expect(await lab.pledgedFor(ANNA, lab.next + 1)).to.equal(25n);
    });

    it("still has what was asked back while commits for it came in", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await lab.at(gate - 1);
      await asAnna().unpledge(0, ANNA, 100n);
      await lab.at(gate);
      expect(await lab.pledgedFor(ANNA, lab.next)).to.equal(100n);
      await take(lab.next, 100n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([0n, 0n, 0n]);
    });

    it("has nothing that was due before its gate, released or not, and asking again does not bring it back", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await asAnna().unpledge(0, ANNA, 60n);
      const later = lab.gateOf(lab.next + 1);
      await lab.at(later);
      await asAnna().bumpEpoch(0, ANNA); // any transaction after that gate
      expect(await lab.pledgedFor(ANNA, lab.next + 1)).to.equal(40n);
      await asAnna().unpledge(0, ANNA, 1n);
      expect(await lab.pledgedFor(ANNA, lab.next + 1)).to.equal(40n);
      expect(await lab.freeOf(ANNA)).to.equal(60n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([40n, 1n, BigInt(later + WINDOW)]);
    });

    it("is not touched by withdrawing, debts or a lower credit line after the gate", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await fund(lab, ANNA, 30n);
      await lab.at(gate);
      await asAnna().withdraw(0, ANNA, lab.anna.address, 30n);
      await lab.settle(100, leg(ANNA, { gridLeg: 500n }));
      await lab.escrow.connect(lab.supplier).setCreditLine(0, ANNA, 0);
      expect(await lab.escrow.debt(0, ANNA)).to.deep.equal([500n, 0n]);
      expect(await lab.pledgedFor(ANNA, lab.next)).to.equal(100n);
      await take(lab.next, 100n);
    });
  });

  describe("unpledge and release", function () {
    it("give back when the last reveal ends that took commits: the second before it is too soon", async function () {
      const { escrow, stranger } = lab;
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await lab.at(gate - 1);
      await expect(asAnna().unpledge(0, ANNA, 60n))
        .to.emit(escrow, "Unpledged")
        .withArgs(0, ANNA, 60n, end);
      expect(await escrow.pledgeOf(0, ANNA)).to.deep.equal([100n, 60n, BigInt(end)]);
      const release = async () => await escrow.connect(stranger).releasePledge(0, ANNA);
      await lab.at(end - 1);
      await expect(release()).not.to.emit(escrow, "PledgeReleased");
      await lab.at(end);
      await expect(release()).to.emit(escrow, "PledgeReleased").withArgs(0, ANNA, 60n);
      expect(await escrow.pledgeOf(0, ANNA)).to.deep.equal([40n, 0n, 0n]);
      expect(await lab.freeOf(ANNA)).to.equal(60n);
      await expect(release()).not.to.emit(escrow, "PledgeReleased");
    });

    it("wait for the reveal that runs, and for none once it is over and no period takes commits", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await lab.at(end - 1);
      await expect(asAnna().unpledge(0, ANNA, 10n))
        .to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 10n, end);
      await lab.at(end);
      await expect(asAnna().unpledge(0, ANNA, 20n))
        .to.emit(lab.escrow, "PledgeReleased")
        .withArgs(0, ANNA, 10n)
        .and.to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 20n, end);
      await lab.escrow.releasePledge(0, ANNA);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([70n, 0n, 0n]);
      await lab.at(gate + CLOSURE);
      await expect(asAnna().unpledge(0, ANNA, 1n))
        .to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 1n, end + DAY);
    });

    it("wait for the furthest period of the horizon", async function () {
      lab = await sealedLab(connection, { horizon: 3 });
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await expect(asAnna().unpledge(0, ANNA, 1n))
        .to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 1n, lab.gateOf(lab.next + 2) + WINDOW);
    });

    it("give no more than is pledged and not leaving yet", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await asAnna().unpledge(0, ANNA, 60n);
      await expect(asAnna().unpledge(0, ANNA, 41n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientPledge")
        .withArgs(41n, 40n);
      await asAnna().unpledge(0, ANNA, 40n);
    });

    it("take longer for all of it when more is asked back meanwhile", async function () {
      lab = await sealedLab(connection, { horizon: 2 });
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      const first = lab.gateOf(lab.next + 1) + WINDOW;
      await expect(asAnna().unpledge(0, ANNA, 60n))
        .to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 60n, first);
      await lab.at(lab.next * DAY);
      await expect(asAnna().unpledge(0, ANNA, 0n))
        .to.emit(lab.escrow, "Unpledged")
        .withArgs(0, ANNA, 0n, first + DAY);
      await lab.at(first + DAY - 1);
      await expect(lab.escrow.releasePledge(0, ANNA)).not.to.emit(lab.escrow, "PledgeReleased");
      await expect(lab.escrow.releasePledge(0, ANNA)).to.emit(lab.escrow, "PledgeReleased").withArgs(0, ANNA, 60n);
    });

    it("let orders use what stays first", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await asAnna().unpledge(0, ANNA, 60n);
      await lab.at(gate);
      await take(lab.next, 30n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([70n, 60n, BigInt(end)]);
      await take(lab.next, 30n);
      expect(await lab.escrow.pledgeOf(0, ANNA)).to.deep.equal([40n, 40n, BigInt(end)]);
    });

    it("stay open in a paused community, to a suspended member and to one in debt, and pay no debt on the way", async function () {
      const { escrow, registry, coordinator, anna } = lab;
      await pledgeFrom(lab, anna, ANNA, 100n);
      await lab.settle(100, leg(ANNA, { gridLeg: 500n }));
      await registry.connect(coordinator).setSuspended(0, ANNA, true);
      await registry.connect(coordinator).pause(0);
      await asAnna().unpledge(0, ANNA, 100n);
      await lab.at(end);
      await registry.connect(coordinator).pause(0);
      await escrow.releasePledge(0, ANNA);
      await asAnna().withdraw(0, ANNA, anna.address, 100n);
      expect(await escrow.debt(0, ANNA)).to.deep.equal([500n, 0n]);
    });

    it("are the new owner's after a handover", async function () {
      const { escrow, registry, anna, bela } = lab;
      await pledgeFrom(lab, anna, ANNA, 100n);
      await registry.connect(anna).transferOwnership(0, ANNA, bela.address);
      await registry.connect(bela).acceptOwnership(0, ANNA);
      await expect(asAnna().unpledge(0, ANNA, 1n))
        .to.be.revertedWithCustomError(escrow, "NotOwner")
        .withArgs(0, ANNA, anna.address);
      await escrow.connect(bela).unpledge(0, ANNA, 100n);
    });
  });

  describe("epoch and modules at the gate", function () {
    const standing = async (period: number) => {
      const { epoch, modules } = await lab.escrow.standingAtGate(0, ANNA, period);
      return [epoch, modules];
    };

    it("are those of the last second before it, however often they change afterwards", async function () {
      await asAnna().bumpEpoch(0, ANNA);
      await lab.at(gate - 1);
      await asAnna().bumpEpoch(0, ANNA);
      await lab.at(gate);
      await asAnna().bumpEpoch(0, ANNA);
      await asAnna().enableModule(0, ANNA, 0, false);
      await asAnna().bumpEpoch(0, ANNA);
      await asAnna().enableModule(0, ANNA, 1, true);
      expect(await standing(lab.next)).to.deep.equal([2n, 1n]);
      expect(await standing(lab.next + 1)).to.deep.equal([4n, 2n]);
      await connection.networkHelpers.time.increaseTo(end - 1);
      expect(await standing(lab.next)).to.deep.equal([2n, 1n]);
    });

    it("are what they became, once the next gate closes", async function () {
      await lab.at(gate);
      await asAnna().bumpEpoch(0, ANNA);
      const later = lab.gateOf(lab.next + 1);
      await connection.networkHelpers.time.increaseTo(later);
      expect(await standing(lab.next + 1)).to.deep.equal([1n, 1n]);
      await asAnna().enableModule(0, ANNA, 0, false);
      await asAnna().bumpEpoch(0, ANNA);
      expect(await standing(lab.next + 1)).to.deep.equal([1n, 1n]);
      expect(await standing(lab.next + 2)).to.deep.equal([2n, 0n]);
    });

    it("are kept beside a pledge of the same gate, and the other way round", async function () {
      await pledgeFrom(lab, lab.anna, ANNA, 100n);
      await fund(lab, ANNA, 50n);
      await lab.at(gate);
      await asAnna().pledge(0, ANNA, 20n);
      await asAnna().bumpEpoch(0, ANNA);
      await asAnna().pledge(0, ANNA, 20n);
      expect(await lab.escrow.standingAtGate(0, ANNA, lab.next)).to.deep.equal([100n, 0n, 1n]);
      expect(await lab.escrow.standingAtGate(0, ANNA, lab.next + 1)).to.deep.equal([140n, 1n, 1n]);
    });

    it("are each member's own", async function () {
      await lab.at(gate);
      await asAnna().bumpEpoch(0, ANNA);
      expect(await lab.escrow.standingAtGate(0, BELA, lab.next)).to.deep.equal([0n, 0n, 1n]);
    });

    it("take no words in an open community", async function () {
      const open = await escrowLab(connection);
      const words = async ({ escrow, ethers }: Pick<SealedLab, "escrow" | "ethers">) =>
        await Promise.all(
          ["pledges", "switches"].map(async (name) => {
            const area = BigInt(ethers.id(`wattbook.escrow.${name}`)) & ~(2n ** 128n - 1n);
            return BigInt(await ethers.provider.getStorage(escrow, area | BigInt(ANNA))) !== 0n;
          }),
        );
      for (const [one, kept] of [
        [open, false],
        [lab, true],
      ] as const) {
        await one.escrow.connect(one.anna).bumpEpoch(0, ANNA);
        await one.escrow.connect(one.anna).enableModule(0, ANNA, 1, true);
        expect(await words(one)).to.deep.equal([kept, kept]);
      }
    });
  });
});
