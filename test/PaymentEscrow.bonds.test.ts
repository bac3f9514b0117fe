import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { connect, type Connection } from "./helpers/market.ts";
import { ANNA, COLLECTOR, escrowLab, fund, mintAndApprove } from "./helpers/escrow-lab.ts";
import { dayAhead, sealedLab, type SealedLab } from "./helpers/sealed-lab.ts";

describe("PaymentEscrow: bonds of relayers", function () {
  let connection: Connection;
  const build = async () => await sealedLab(connection);
  let lab: SealedLab;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    lab = await connection.networkHelpers.loadFixture(build);
  });

  const asPayer = () => lab.escrow.connect(lab.payer);
  const asModule = () => lab.escrow.connect(lab.firstModule);
  const post = async (amount: bigint) => {
    await mintAndApprove(lab, amount);
    return await asPayer().postBond(0, amount);
  };
  const bondOf = async (community = 0) => await lab.escrow.bond(community, lab.payer);

  describe("posting", function () {
    it("moves the coins, to the caller's bond in that community alone", async function () {
      const { escrow, coin, payer, ethers } = lab;
      await mintAndApprove(lab, 100n);
      const call = asPayer().postBond(0, 100n);
      await expect(call).to.emit(escrow, "BondPosted").withArgs(0, payer.address, 100n);
      await expect(call).to.changeTokenBalances(ethers, coin, [payer, escrow], [-100n, 100n]);
      await post(20n);
      expect(await bondOf()).to.deep.equal([120n, 0n]);
      expect(await bondOf(1)).to.deep.equal([0n, 0n]);
      expect(await escrow.bond(0, lab.stranger)).to.deep.equal([0n, 0n]);
      expect(await escrow.shortfall(coin)).to.equal(0n);
    });

    it("is refused in an open community and in none at all", async function () {
      const open = await escrowLab(connection);
      for (const community of [0, 7]) {
        await expect(open.escrow.connect(open.payer).postBond(community, 0n))
          .to.be.revertedWithCustomError(open.escrow, "NotSealed")
          .withArgs(community);
      }
    });

    it("counts among the 63 bits that the escrow holds", async function () {
      const most = 2n ** 63n - 1n;
      await fund(lab, ANNA, 10n);
      await mintAndApprove(lab, most);
      await expect(asPayer().postBond(0, most - 9n))
        .to.be.revertedWithCustomError(lab.escrow, "AmountTooLarge")
        .withArgs(most - 9n);
      await asPayer().postBond(0, most - 10n);
      expect(await bondOf()).to.deep.equal([most - 10n, 0n]);
    });

    it("is refused with a token that keeps a fee", async function () {
      const token = await connection.ethers.deployContract("FeeToken");
      const other = await escrowLab(connection, token, dayAhead);
      await mintAndApprove(other, 1000n);
      await expect(other.escrow.connect(other.payer).postBond(0, 1000n))
        .to.be.revertedWithCustomError(other.escrow, "TransferFee")
        .withArgs(1000n, 990n);
    });
  });

  describe("withdrawing", function () {
    it("pays any address what is not locked, to the last unit", async function () {
      const { escrow, coin, payer, stranger, ethers } = lab;
      await post(100n);
      await asModule().lockBond(0, payer, 60n);
      await expect(asPayer().withdrawBond(0, stranger, 41n))
        .to.be.revertedWithCustomError(escrow, "InsufficientBond")
        .withArgs(41n, 40n);
      const call = asPayer().withdrawBond(0, stranger, 40n);
      await expect(call).to.emit(escrow, "BondWithdrawn").withArgs(0, payer.address, stranger.address, 40n);
      await expect(call).to.changeTokenBalances(ethers, coin, [escrow, stranger], [-40n, 40n]);
      expect(await bondOf()).to.deep.equal([60n, 60n]);
      expect(await escrow.shortfall(coin)).to.equal(0n);
    });

    it("has nothing for anybody else", async function () {
      await post(100n);
      await expect(lab.escrow.connect(lab.stranger).withdrawBond(0, lab.stranger, 1n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientBond")
        .withArgs(1n, 0n);
      await expect(asPayer().withdrawBond(1, lab.payer, 1n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientBond")
        .withArgs(1n, 0n);
    });

    it("refuses the zero address and the escrow itself", async function () {
      await post(1n);
      const self = await lab.escrow.getAddress();
      for (const to of [ZeroAddress, self]) {
        await expect(asPayer().withdrawBond(0, to, 1n))
          .to.be.revertedWithCustomError(lab.escrow, "InvalidRecipient")
          .withArgs(to);
      }
    });

    it("stays open in a paused community", async function () {
      await post(100n);
      await lab.registry.connect(lab.coordinator).pause(0);
      await asPayer().withdrawBond(0, lab.payer, 100n);
      expect(await bondOf()).to.deep.equal([0n, 0n]);
    });
  });

  describe("locking, releasing, forfeiting", function () {
    it("are the first module's alone", async function () {
      await post(100n);
      const { escrow, secondModule, coordinator, settlement, stranger, payer } = lab;
      for (const caller of [secondModule, coordinator, settlement, stranger, payer]) {
        for (const call of ["lockBond", "releaseBond", "forfeitBond"] as const) {
          await expect(escrow.connect(caller)[call](0, payer, 0n))
            .to.be.revertedWithCustomError(escrow, "NotFirstModule")
            .withArgs(0, caller.address);
        }
      }
    });

    it("of one community's first module reach no other community's bonds", async function () {
      await post(100n);
      for (const call of ["lockBond", "releaseBond", "forfeitBond"] as const) {
        await expect(asModule()[call](1, lab.payer, 0n))
          .to.be.revertedWithCustomError(lab.escrow, "NotFirstModule")
          .withArgs(1, lab.firstModule.address);
      }
    });

    it("lock no more than is there and not locked yet", async function () {
      await post(100n);
      await expect(asModule().lockBond(0, lab.payer, 60n))
        .to.emit(lab.escrow, "BondLocked")
        .withArgs(0, lab.payer.address, 60n);
      await expect(asModule().lockBond(0, lab.payer, 41n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientBond")
        .withArgs(41n, 40n);
      await asModule().lockBond(0, lab.payer, 40n);
      expect(await bondOf()).to.deep.equal([100n, 100n]);
      await expect(asModule().lockBond(0, lab.stranger, 1n))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientBond")
        .withArgs(1n, 0n);
    });

    it("release no more than is locked, to its owner's use", async function () {
      await post(100n);
      await asModule().lockBond(0, lab.payer, 60n);
      await expect(asModule().releaseBond(0, lab.payer, 61n))
        .to.be.revertedWithCustomError(lab.escrow, "BondNotLocked")
        .withArgs(61n, 60n);
      await expect(asModule().releaseBond(0, lab.payer, 20n))
        .to.emit(lab.escrow, "BondReleased")
        .withArgs(0, lab.payer.address, 20n);
      expect(await bondOf()).to.deep.equal([100n, 40n]);
      await asPayer().withdrawBond(0, lab.payer, 60n);
    });

    it("give what is forfeited to the fee collector, who can withdraw it", async function () {
      const { escrow, coin, payer, feeCollector } = lab;
      await post(100n);
      await asModule().lockBond(0, payer, 60n);
      await expect(asModule().forfeitBond(0, payer, 61n))
        .to.be.revertedWithCustomError(escrow, "BondNotLocked")
        .withArgs(61n, 60n);
      await expect(asModule().forfeitBond(0, payer, 50n))
        .to.emit(escrow, "BondForfeited")
        .withArgs(0, payer.address, 50n);
      expect(await bondOf()).to.deep.equal([50n, 10n]);
      expect(await lab.freeOf(COLLECTOR)).to.equal(50n);
      await escrow.connect(feeCollector).withdraw(0, COLLECTOR, feeCollector.address, 50n);
      await asPayer().withdrawBond(0, payer, 40n);
      expect(await coin.getFunction("balanceOf").staticCall(await escrow.getAddress())).to.equal(10n);
      expect(await escrow.shortfall(coin)).to.equal(0n);
    });
  });

  describe("a token that calls back", function () {
    for (const moment of ["before", "after"] as const) {
      for (const action of ["postBond", "withdrawBond"] as const) {
        it(`cannot move a bond ${moment} the balances move in a ${action}`, async function () {
          const token = await connection.ethers.deployContract("HookToken");
          const other = await escrowLab(connection, token, dayAhead);
          const { escrow, payer } = other;
          await mintAndApprove(other, 100n);
          await escrow.connect(payer).postBond(0, 60n);
          const data = escrow.interface.encodeFunctionData("withdrawBond", [0, payer.address, 0n]);
          await token.arm(await escrow.getAddress(), data, moment === "before");
          if (action === "postBond") await escrow.connect(payer).postBond(0, 40n);
          else await escrow.connect(payer).withdrawBond(0, payer, 40n);
          expect([await token.hooked(), await token.succeeded()]).to.deep.equal([true, false]);
          const selector = escrow.interface.getError("ReentrancyGuardReentrantCall")?.selector;
          expect((await token.answer()).slice(0, 10)).to.equal(selector);
          expect(await escrow.bond(0, payer)).to.deep.equal([action === "postBond" ? 100n : 20n, 0n]);
          expect(await escrow.shortfall(token)).to.equal(0n);
        });
      }
    }
  });
});
