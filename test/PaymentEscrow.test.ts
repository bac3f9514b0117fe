import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
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
  mintAndApprove,
  SUPPLIER,
  type Lab,
} from "./helpers/escrow-lab.ts";

/** All that the escrow holds of a token: an account, a pot and a signed amount have room for it. */
const LARGEST = 2n ** 63n - 1n;

describe("PaymentEscrow", function () {
  let connection: Connection;
  const build = async () => await escrowLab(connection);
  let lab: Lab;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    lab = await connection.networkHelpers.loadFixture(build);
  });

  describe("deposit", function () {
    it("moves the coins and credits the member, whoever pays", async function () {
      const { escrow, coin, payer, community, ethers } = lab;
      await mintAndApprove(lab, 1000n);
      await expect(escrow.connect(payer).deposit(community, ANNA, 700n))
        .to.emit(escrow, "Deposited")
        .withArgs(community, ANNA, payer.address, 700n);
      await expect(escrow.connect(payer).deposit(community, ANNA, 300n)).to.changeTokenBalances(
        ethers,
        coin,
        [payer, escrow],
        [-300n, 300n],
      );
      expect(await escrow.account(community, ANNA)).to.deep.equal([1000n, 0n, 1n]);
    });

    it("takes zero", async function () {
      await expect(lab.escrow.connect(lab.payer).deposit(0, ANNA, 0n)).to.emit(lab.escrow, "Deposited");
    });

    it("goes to services and suppliers too", async function () {
      for (const member of [0, DSO, COLLECTOR, SUPPLIER]) {
        await fund(lab, member, 5n);
        expect(await lab.freeOf(member)).to.equal(5n);
      }
    });

    it("refuses a member that does not exist, in a known and in an unknown community", async function () {
      const { escrow, payer } = lab;
      await expect(escrow.connect(payer).deposit(0, 8, 1n))
        .to.be.revertedWithCustomError(escrow, "UnknownMember")
        .withArgs(0, 8);
      await expect(escrow.connect(payer).deposit(1, 0, 1n))
        .to.be.revertedWithCustomError(escrow, "UnknownMember")
        .withArgs(1, 0);
    });

    it("refuses what the payer did not allow", async function () {
      const { escrow, coin, payer } = lab;
      await expect(escrow.connect(payer).deposit(0, ANNA, 1n))
        .to.be.revertedWithCustomError(coin, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 1n);
    });

    it("takes 63 bits over all members, and not one unit more", async function () {
      const { escrow, payer } = lab;
      await mintAndApprove(lab, LARGEST + 1n);
      await expect(escrow.connect(payer).deposit(0, ANNA, LARGEST + 1n))
        .to.be.revertedWithCustomError(escrow, "AmountTooLarge")
        .withArgs(LARGEST + 1n);
      await escrow.connect(payer).deposit(0, ANNA, LARGEST);
      await expect(escrow.connect(payer).deposit(0, BELA, 1n))
        .to.be.revertedWithCustomError(escrow, "AmountTooLarge")
        .withArgs(1n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([LARGEST, 0n, 1n]);
    });

    it("says so for any amount, however large and whatever it holds", async function () {
      const { escrow, payer } = lab;
      for (const held of [0n, 1n]) {
        await fund(lab, ANNA, held);
        for (const amount of [2n ** 96n - 1n, 2n ** 255n, MaxUint256 - 1n, MaxUint256]) {
          await expect(escrow.connect(payer).deposit(0, ANNA, amount))
            .to.be.revertedWithCustomError(escrow, "AmountTooLarge")
            .withArgs(amount);
        }
      }
    });

    it("holds no more than what a pot can amount to, reserved and paid to the last unit", async function () {
      const { escrow, asSettlement, stranger } = lab;
      const { period } = lab;
      await fund(lab, ANNA, LARGEST);
      await lab.reserve(ANNA, LARGEST);
      await asSettlement.openJournals(0, period, 1);
      const pot = BigInt(period) | (LARGEST << 24n);
      const paid = leg(ANNA, { reserved: LARGEST, paid: LARGEST });
      await asSettlement.settle(0, period, [paid], [pot], 0, 1, stranger);
      expect(await escrow.pot(0, 0, period)).to.deep.equal([0n, LARGEST]);
      await expect(asSettlement.settle(0, period, [leg(BELA)], [pot], 0, 1, stranger))
        .to.emit(escrow, "PotSwept")
        .withArgs(0, 0, period, LARGEST);
      expect(await lab.freeOf(COLLECTOR)).to.equal(LARGEST);
    });

    it("has room again once money was withdrawn", async function () {
      const { escrow, anna, payer } = lab;
      await fund(lab, ANNA, LARGEST);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 10n);
      await mintAndApprove(lab, 11n);
      await expect(escrow.connect(payer).deposit(0, BELA, 11n))
        .to.be.revertedWithCustomError(escrow, "AmountTooLarge")
        .withArgs(11n);
      await expect(escrow.connect(payer).deposit(0, BELA, 10n)).to.emit(escrow, "Deposited");
    });
  });

  describe("withdraw (rule 8: exits stay open)", function () {
    beforeEach(async function () {
      await fund(lab, ANNA, 1000n);
      await fund(lab, BELA, 1000n);
    });

    it("pays any address the owner names, up to the last unit", async function () {
      const { escrow, coin, anna, stranger, ethers } = lab;
      const call = escrow.connect(anna).withdraw(0, ANNA, stranger.address, 1000n);
      await expect(call).to.emit(escrow, "Withdrawn").withArgs(0, ANNA, stranger.address, 1000n);
      await expect(call).to.changeTokenBalances(ethers, coin, [escrow, stranger, anna], [-1000n, 1000n, 0n]);
      expect(await lab.freeOf(ANNA)).to.equal(0n);
      expect(await lab.freeOf(BELA)).to.equal(1000n);
    });

    it("refuses everyone but the owner", async function () {
      const { escrow, bela, supplier } = lab;
      for (const caller of [bela, supplier, lab.coordinator, lab.settlement]) {
        await expect(escrow.connect(caller).withdraw(0, ANNA, caller.address, 1n))
          .to.be.revertedWithCustomError(escrow, "NotOwner")
          .withArgs(0, ANNA, caller.address);
      }
    });

    it("refuses the zero address and the escrow itself, where coins would be nobody's", async function () {
      const { escrow, anna } = lab;
      for (const to of [ZeroAddress, await escrow.getAddress()]) {
        for (const amount of [0n, 1n, 1001n]) {
          await expect(escrow.connect(anna).withdraw(0, ANNA, to, amount))
            .to.be.revertedWithCustomError(escrow, "InvalidRecipient")
            .withArgs(to);
        }
      }
      expect(await lab.freeOf(ANNA)).to.equal(1000n);
    });

    it("refuses more than is free", async function () {
      const { escrow, anna } = lab;
      for (const amount of [1001n, LARGEST, LARGEST + 2n, MaxUint256]) {
        await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, amount))
          .to.be.revertedWithCustomError(escrow, "InsufficientFree")
          .withArgs(amount, 1000n);
      }
    });

    it("does not touch what is reserved", async function () {
      const { escrow, anna } = lab;
      await lab.reserve(ANNA, 400n);
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 601n))
        .to.be.revertedWithCustomError(escrow, "InsufficientFree")
        .withArgs(601n, 600n);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 600n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([0n, 0n, 1n]);
      expect((await escrow.pot(0, 0, lab.period)).outstanding).to.equal(400n);
    });

    it("stays open in a paused community, to a suspended member, to one in debt", async function () {
      const { escrow, registry, coordinator, anna } = lab;
      await registry.connect(coordinator).pause(0);
      await registry.connect(coordinator).setSuspended(0, ANNA, true);
      await connection.networkHelpers.time.increase(2 * 86_400);
      await registry.connect(coordinator).pause(0);
      await escrow.connect(lab.supplier).setCreditLine(0, ANNA, 5000n);
      await lab.settle(100, leg(ANNA, { gridLeg: 3000n }));
      expect(await lab.dueOf(ANNA)).to.equal(3000n);
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n)).to.emit(escrow, "Withdrawn");
    });

    it("follows the ownership of the member", async function () {
      const { escrow, registry, anna, stranger } = lab;
      await registry.connect(anna).transferOwnership(0, ANNA, stranger.address);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 1n);
      await registry.connect(stranger).acceptOwnership(0, ANNA);
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 1n))
        .to.be.revertedWithCustomError(escrow, "NotOwner")
        .withArgs(0, ANNA, anna.address);
      await expect(escrow.connect(stranger).withdraw(0, ANNA, stranger.address, 999n)).to.emit(escrow, "Withdrawn");
    });
  });

  describe("fees", function () {
    beforeEach(async function () {
      await fund(lab, ANNA, 1000n);
    });

    it("go to the relayer at once and to the settler when a member is settled", async function () {
      const { escrow, coin, payer, stranger } = lab;
      await lab.reserve(ANNA, 500n, { fee: 30n, feeTo: payer.address });
      expect(await escrow.fees(coin, payer)).to.equal(30n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([470n, 0n, 1n]);
      expect((await escrow.pot(0, 0, lab.period)).outstanding).to.equal(500n);
      await lab.settle(100, leg(ANNA, { reserved: 500n, settlementFee: 20n }));
      expect(await escrow.fees(coin, stranger)).to.equal(20n);
      expect(await escrow.account(0, ANNA)).to.deep.equal([950n, 0n, 1n]);
    });

    it("are withdrawn whole, once, to any address", async function () {
      const { escrow, coin, payer, stranger, ethers } = lab;
      await lab.reserve(ANNA, 500n, { fee: 30n, feeTo: payer.address });
      const call = escrow.connect(payer).withdrawFees(coin, stranger);
      await expect(call).to.emit(escrow, "FeesWithdrawn").withArgs(coin, payer, stranger, 30n);
      await expect(call).to.changeTokenBalances(ethers, coin, [escrow, stranger], [-30n, 30n]);
      expect(await escrow.connect(payer).withdrawFees.staticCall(coin, stranger)).to.equal(0n);
      await expect(escrow.connect(payer).withdrawFees(coin, stranger)).to.changeTokenBalance(ethers, coin, escrow, 0n);
    });

    it("of nothing are 0, with no event and no call, be the token one or not", async function () {
      const { escrow, coin, payer, stranger } = lab;
      // No token at all: calling it would revert.
      for (const token of [coin, payer, ZeroAddress, escrow]) {
        expect(await escrow.connect(stranger).withdrawFees.staticCall(token, stranger)).to.equal(0n);
        const sent = await escrow.connect(stranger).withdrawFees(token, stranger);
        expect((await sent.wait())?.logs).to.deep.equal([]);
      }
    });

    it("are not paid to the zero address or to the escrow itself", async function () {
      const { escrow, coin, payer } = lab;
      await lab.reserve(ANNA, 500n, { fee: 30n, feeTo: payer.address });
      for (const to of [ZeroAddress, await escrow.getAddress()]) {
        await expect(escrow.connect(payer).withdrawFees(coin, to))
          .to.be.revertedWithCustomError(escrow, "InvalidRecipient")
          .withArgs(to);
      }
      expect(await escrow.fees(coin, payer)).to.equal(30n);
    });

    it("are counted per token", async function () {
      const { escrow, payer, ethers } = lab;
      await lab.reserve(ANNA, 500n, { fee: 30n, feeTo: payer.address });
      const other = await ethers.deployContract("MockToken", [6]);
      await other.mint(escrow, 100n);
      expect(await escrow.connect(payer).withdrawFees.staticCall(other, payer)).to.equal(0n);
    });
  });

  describe("epochs", function () {
    it("go up by one for the owner and for the trading key", async function () {
      const { escrow, anna, registry, ethers } = lab;
      await expect(escrow.connect(anna).bumpEpoch(0, ANNA)).to.emit(escrow, "EpochBumped").withArgs(0, ANNA, 1);
      const word = await registry.memberFor(0, ANNA, 0);
      const tradingKey = `0x${(word & (2n ** 160n - 1n)).toString(16).padStart(40, "0")}`;
      const trader = await ethers.getImpersonatedSigner(tradingKey);
      await connection.networkHelpers.setBalance(tradingKey, 10n ** 18n);
      await expect(escrow.connect(trader).bumpEpoch(0, ANNA)).to.emit(escrow, "EpochBumped").withArgs(0, ANNA, 2);
      expect((await escrow.account(0, ANNA)).epoch).to.equal(2n);
    });

    it("change nothing else of the account", async function () {
      const { escrow, anna } = lab;
      await fund(lab, ANNA, LARGEST);
      await lab.reserve(ANNA, 7n);
      await escrow.connect(anna).bumpEpoch(0, ANNA);
      expect(await escrow.account(0, ANNA)).to.deep.equal([LARGEST - 7n, 1n, 1n]);
    });

    it("are nobody else's", async function () {
      const { escrow, bela } = lab;
      await expect(escrow.connect(bela).bumpEpoch(0, ANNA))
        .to.be.revertedWithCustomError(escrow, "NotTrader")
        .withArgs(0, ANNA, bela.address);
      await expect(escrow.connect(bela).bumpEpoch(0, 8))
        .to.be.revertedWithCustomError(escrow, "NotTrader")
        .withArgs(0, 8, bela.address);
    });
  });

  describe("modules", function () {
    const ORIGINAL = 1;
    const LATE = 2;

    it("are switched by the owner alone, one by one", async function () {
      const { escrow, anna } = lab;
      await expect(escrow.connect(anna).enableModule(0, ANNA, ORIGINAL, true))
        .to.emit(escrow, "ModuleEnabled")
        .withArgs(0, ANNA, ORIGINAL, true);
      expect((await escrow.account(0, ANNA)).modules).to.equal(3n);
      await escrow.connect(anna).enableModule(0, ANNA, 0, false);
      expect((await escrow.account(0, ANNA)).modules).to.equal(2n);
    });

    it("must exist", async function () {
      const { escrow, anna } = lab;
      for (const index of [3, 16, 255]) {
        await expect(escrow.connect(anna).enableModule(0, ANNA, index, true))
          .to.be.revertedWithCustomError(escrow, "UnknownModule")
          .withArgs(0, index);
      }
    });

    it("that came later are off, for everyone", async function () {
      for (const member of [ANNA, BELA, CARL, SUPPLIER]) {
        expect((await lab.escrow.account(0, member)).modules & 4n).to.equal(0n);
      }
    });

    it("that came later need the supplier's consent: its own account has them on", async function () {
      const { escrow, anna, carl, supplier } = lab;
      await expect(escrow.connect(anna).enableModule(0, ANNA, LATE, true))
        .to.be.revertedWithCustomError(escrow, "SupplierRefusesModule")
        .withArgs(SUPPLIER, LATE);
      await escrow.connect(supplier).enableModule(0, SUPPLIER, LATE, true);
      await expect(escrow.connect(anna).enableModule(0, ANNA, LATE, true)).to.emit(escrow, "ModuleEnabled");
      // Another supplier's consent does not count.
      await expect(escrow.connect(carl).enableModule(0, CARL, LATE, true))
        .to.be.revertedWithCustomError(escrow, "SupplierRefusesModule")
        .withArgs(4, LATE);
    });

    it("can be switched off whatever the supplier thinks", async function () {
      const { escrow, anna, supplier } = lab;
      await escrow.connect(supplier).enableModule(0, SUPPLIER, LATE, true);
      await escrow.connect(anna).enableModule(0, ANNA, LATE, true);
      await escrow.connect(supplier).enableModule(0, SUPPLIER, LATE, false);
      await escrow.connect(anna).enableModule(0, ANNA, LATE, false);
      expect((await escrow.account(0, ANNA)).modules).to.equal(1n);
      await expect(escrow.connect(anna).enableModule(0, ANNA, LATE, true)).to.be.revertedWithCustomError(
        escrow,
        "SupplierRefusesModule",
      );
    });

    it("reserve only where they are on", async function () {
      const { escrow } = lab;
      await fund(lab, ANNA, 1000n);
      await expect(lab.reserve(ANNA, 1n, { module: ORIGINAL }))
        .to.be.revertedWithCustomError(escrow, "ModuleNotEnabled")
        .withArgs(0, ANNA, ORIGINAL);
    });
  });

  describe("donations change nothing", function () {
    it("coins sent past the books belong to nobody and break nothing", async function () {
      const { escrow, coin, anna, ethers } = lab;
      await fund(lab, ANNA, 1000n);
      await coin.getFunction("mint").send(await escrow.getAddress(), 777n);
      expect(await lab.freeOf(ANNA)).to.equal(1000n);
      expect(await escrow.shortfall(coin)).to.equal(0n);
      await fund(lab, BELA, 5n);
      expect(await lab.freeOf(BELA)).to.equal(5n);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n);
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 1n)).to.be.revertedWithCustomError(
        escrow,
        "InsufficientFree",
      );
      expect(await ethers.provider.getBalance(escrow)).to.equal(0n);
    });

    it("ether forced into the escrow changes nothing", async function () {
      const { escrow, anna } = lab;
      await fund(lab, ANNA, 1000n);
      await connection.networkHelpers.setBalance(await escrow.getAddress(), 10n ** 18n);
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n)).to.emit(escrow, "Withdrawn");
    });
  });
});
