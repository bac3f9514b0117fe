import { expect } from "chai";
import { connect, defaultTerms, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, escrowLab, fund, leg, mintAndApprove, type Lab } from "./helpers/escrow-lab.ts";

const ANSWERS = { Nothing: 0, True: 1, False: 2, Revert: 3 };

/** Deposit, reserve, settle between two members, withdraw fees and balances: all the ways a token is asked to move. */
async function tradeOnce(lab: Lab, unit: bigint) {
  const { escrow, coin, anna, bela, payer, stranger } = lab;
  await fund(lab, ANNA, 1000n * unit);
  await fund(lab, BELA, 500n * unit);
  await lab.reserve(ANNA, 300n * unit, { fee: 2n * unit, feeTo: payer.address });
  await lab.settle(
    100,
    leg(ANNA, { reserved: 300n * unit, paid: 200n * unit, networkFee: 10n * unit, settlementFee: unit }),
    leg(BELA, { received: 200n * unit }),
  );
  await escrow.connect(payer).withdrawFees(coin, payer.address);
  await escrow.connect(stranger).withdrawFees(coin, stranger.address);
  await escrow.connect(anna).withdraw(0, ANNA, anna.address, 787n * unit);
  await escrow.connect(bela).withdraw(0, BELA, bela.address, 700n * unit);
  await escrow.connect(lab.dso).withdraw(0, 1, lab.dso.address, 10n * unit);
  const balanceOf = async (holder: { address: string }) =>
    (await coin.getFunction("balanceOf").staticCall(holder.address)) as bigint;
  expect(await balanceOf(anna)).to.equal(787n * unit);
  expect(await balanceOf(bela)).to.equal(700n * unit);
  expect(await balanceOf({ address: await escrow.getAddress() })).to.equal(0n);
  expect(await escrow.shortfall(coin)).to.equal(0n);
}

describe("PaymentEscrow: tokens of every kind", function () {
  let connection: Connection;

  before(async function () {
    connection = await connect();
  });

  for (const [places, unit] of [
    [0, 1n],
    [6, 10n ** 6n],
    // All that the escrow holds are nine of such coins, and a record's fee fits 48 bits: small change is traded.
    [18, 10n ** 13n],
  ] as const) {
    it(`works with ${places} decimals`, async function () {
      const token = await connection.ethers.deployContract("MockToken", [places]);
      await tradeOnce(await escrowLab(connection, token), unit);
    });
  }

  describe("odd return values", function () {
    for (const manner of ["Nothing", "True"] as const) {
      it(`works with a token whose transfers return ${manner.toLowerCase()}`, async function () {
        const token = await connection.ethers.deployContract("SilentToken");
        await token.setManner(ANSWERS[manner]);
        await tradeOnce(await escrowLab(connection, token), 1n);
      });
    }

    for (const manner of ["False", "Revert"] as const) {
      it(`keeps its books when transfers ${manner === "False" ? "return false" : "revert"}`, async function () {
        const token = await connection.ethers.deployContract("SilentToken");
        const lab = await escrowLab(connection, token);
        const { escrow, anna, payer } = lab;
        await fund(lab, ANNA, 100n);
        await mintAndApprove(lab, 50n);
        await token.setManner(ANSWERS[manner]);
        const [source, error, ...args] =
          manner === "False" ? [escrow, "SafeERC20FailedOperation", await token.getAddress()] : [token, "Refused"];
        await expect(escrow.connect(payer).deposit(0, ANNA, 50n))
          .to.be.revertedWithCustomError(source, error)
          .withArgs(...args);
        await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 100n))
          .to.be.revertedWithCustomError(source, error)
          .withArgs(...args);
        expect(await lab.freeOf(ANNA)).to.equal(100n);
        await token.setManner(ANSWERS.Nothing);
        await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 100n)).to.emit(escrow, "Withdrawn");
      });
    }
  });

  describe("fee on transfer", function () {
    it("is refused at deposit, with what arrived", async function () {
      const token = await connection.ethers.deployContract("FeeToken");
      const lab = await escrowLab(connection, token);
      await mintAndApprove(lab, 1000n);
      await expect(lab.escrow.connect(lab.payer).deposit(0, ANNA, 1000n))
        .to.be.revertedWithCustomError(lab.escrow, "TransferFee")
        .withArgs(1000n, 990n);
      expect(await lab.freeOf(ANNA)).to.equal(0n);
    });

    it("that is switched on later costs the one who withdraws, nobody else", async function () {
      const token = await connection.ethers.deployContract("FeeToken");
      const lab = await escrowLab(connection, token);
      const { escrow, anna, bela } = lab;
      await token.setCharging(false);
      await fund(lab, ANNA, 1000n);
      await fund(lab, BELA, 1000n);
      await token.setCharging(true);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n);
      expect(await token.balanceOf(anna)).to.equal(990n);
      expect(await escrow.shortfall(token)).to.equal(0n);
      await expect(escrow.connect(bela).withdraw(0, BELA, bela.address, 1000n)).to.emit(escrow, "Withdrawn");
    });
  });

  describe("a blacklist", function () {
    async function barredLab() {
      const token = await connection.ethers.deployContract("BlacklistToken");
      const lab = await escrowLab(connection, token);
      await fund(lab, ANNA, 1000n);
      await fund(lab, BELA, 1000n);
      await token.bar(lab.anna.address, true);
      return { ...lab, token };
    }

    it("cannot keep an owner from its money: it names another address", async function () {
      const { escrow, token, anna, stranger } = await barredLab();
      await expect(escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n))
        .to.be.revertedWithCustomError(token, "Barred")
        .withArgs(anna.address);
      await escrow.connect(anna).withdraw(0, ANNA, stranger.address, 1000n);
      expect(await token.balanceOf(stranger)).to.equal(1000n);
    });

    it("stops no settlement: nothing is pushed (rule 7)", async function () {
      const { escrow, reserve, settle } = await barredLab();
      await reserve(ANNA, 300n, { feeTo: escrow });
      await settle(100, leg(ANNA, { reserved: 300n, paid: 300n }), leg(BELA, { received: 300n }));
      expect((await escrow.account(0, BELA)).free).to.equal(1300n);
    });

    it("that bars the escrow itself loses nobody's claim", async function () {
      const { escrow, token, bela } = await barredLab();
      await token.bar(escrow, true);
      await expect(escrow.connect(bela).withdraw(0, BELA, bela.address, 1000n))
        .to.be.revertedWithCustomError(token, "Barred")
        .withArgs(escrow);
      await token.bar(escrow, false);
      await expect(escrow.connect(bela).withdraw(0, BELA, bela.address, 1000n)).to.emit(escrow, "Withdrawn");
    });
  });

  describe("a token that shrinks", function () {
    it("shows as a shortfall; the last to withdraw is not paid, and comes back when the balance does", async function () {
      const token = await connection.ethers.deployContract("RebasingToken");
      const lab = await escrowLab(connection, token);
      const { escrow, anna, bela } = lab;
      await fund(lab, ANNA, 1000n);
      await fund(lab, BELA, 1000n);
      expect(await escrow.shortfall(token)).to.equal(0n);
      await token.shrink(escrow, 1n);
      expect(await escrow.shortfall(token)).to.equal(1n);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 1000n);
      await expect(escrow.connect(bela).withdraw(0, BELA, bela.address, 1000n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(escrow, 999n, 1000n);
      expect(await lab.freeOf(BELA)).to.equal(1000n);
      await token.mint(escrow, 5n);
      expect(await escrow.shortfall(token)).to.equal(0n);
      await expect(escrow.connect(bela).withdraw(0, BELA, bela.address, 1000n)).to.emit(escrow, "Withdrawn");
    });
  });

  describe("a token with hooks (re-entry)", function () {
    async function hookedLab() {
      const token = await connection.ethers.deployContract("HookToken");
      const lab = await escrowLab(connection, token);
      await fund(lab, ANNA, 1000n);
      await fund(lab, BELA, 1000n);
      return { ...lab, token };
    }
    const guarded = ["deposit", "depositWithPermit", "withdraw", "withdrawFees"] as const;
    type Guarded = (typeof guarded)[number];
    const NOTHING = `0x${"00".repeat(32)}`;

    const inner = (lab: Awaited<ReturnType<typeof hookedLab>>, name: Guarded): string => {
      const { interface: abi } = lab.escrow;
      if (name === "deposit") return abi.encodeFunctionData("deposit", [0, BELA, 0n]);
      if (name === "withdraw") return abi.encodeFunctionData("withdraw", [0, BELA, lab.stranger.address, 1n]);
      if (name === "withdrawFees")
        return abi.encodeFunctionData("withdrawFees", [lab.coinAddress, lab.stranger.address]);
      return abi.encodeFunctionData("depositWithPermit", [0, BELA, 0n, 0n, 27, NOTHING, NOTHING]);
    };

    for (const beforehand of [true, false]) {
      for (const name of guarded) {
        for (const outer of ["deposit", "withdraw"] as const) {
          it(`cannot ${name} ${beforehand ? "before" : "after"} the balances move in a ${outer}`, async function () {
            const lab = await hookedLab();
            const { escrow, token, anna, payer } = lab;
            await mintAndApprove(lab, 500n);
            await token.arm(escrow, inner(lab, name), beforehand);
            if (outer === "deposit") await escrow.connect(payer).deposit(0, ANNA, 500n);
            else await escrow.connect(anna).withdraw(0, ANNA, anna.address, 500n);
            expect(await token.hooked()).to.equal(true);
            expect(await token.succeeded()).to.equal(false);
            expect(await token.answer()).to.equal(escrow.interface.getError("ReentrancyGuardReentrantCall")?.selector);
            expect(await lab.freeOf(ANNA)).to.equal(outer === "deposit" ? 1500n : 500n);
            expect(await lab.freeOf(BELA)).to.equal(1000n);
            expect(await escrow.shortfall(token)).to.equal(0n);
          });
        }
      }
    }

    it("sees the state before or after, never a mix: a withdrawal is booked before the token is called", async function () {
      const { escrow, token, anna } = await hookedLab();
      await token.arm(escrow, escrow.interface.encodeFunctionData("account", [0, ANNA]), true);
      await escrow.connect(anna).withdraw(0, ANNA, anna.address, 400n);
      expect(await token.succeeded()).to.equal(true);
      const [free] = escrow.interface.decodeFunctionResult("account", await token.answer());
      expect(free).to.equal(600n);
    });

    it("may claim a due in the middle of a deposit without making money", async function () {
      const lab = await hookedLab();
      const { escrow, token, payer, settle } = lab;
      await settle(100, leg(ANNA, { gridLeg: -300n })); // the supplier owes
      await fund(lab, 3, 200n); // into its due fund
      await mintAndApprove(lab, 500n);
      await token.arm(escrow, escrow.interface.encodeFunctionData("claimDue", [0, ANNA]), false);
      await escrow.connect(payer).deposit(0, 3, 500n);
      expect(await token.succeeded()).to.equal(true);
      expect(await lab.freeOf(ANNA)).to.equal(1200n);
      expect(await escrow.dueFund(0, 3)).to.deep.equal([100n, 100n]);
      expect(await lab.freeOf(3)).to.equal(400n);
      expect(await token.balanceOf(escrow)).to.equal(1200n + 100n + 400n + 1000n);
    });
  });

  it("refuses a community whose token has no code", async function () {
    const lab = await escrowLab(connection);
    const { address } = lab.stranger;
    const terms = { ...defaultTerms, paymentToken: address, coordinator: address, dso: address, feeCollector: address };
    await expect(lab.registry.createCommunity(terms, [lab.stranger], [], [], "0x"))
      .to.be.revertedWithCustomError(lab.registry, "OutOfBounds")
      .withArgs("paymentToken", BigInt(lab.stranger.address));
  });
});
