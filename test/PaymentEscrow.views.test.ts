import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, escrowLab, fund, leg, mintAndApprove } from "./helpers/escrow-lab.ts";

describe("PaymentEscrow: views in the middle of a transfer (read-only re-entry)", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Anna and the payer have money and fees in a coin that calls back. */
  async function lab() {
    const token = await connection.ethers.deployContract("HookToken");
    const l = await escrowLab(connection, token);
    await fund(l, ANNA, 1000n);
    await fund(l, BELA, 500n);
    await l.reserve(ANNA, 300n, { fee: 20n, feeTo: l.payer.address });
    await l.settle(100, leg(ANNA, { reserved: 300n, paid: 100n }), leg(BELA, { received: 100n, gridLeg: -700n }));
    await mintAndApprove(l, 500n);
    const actions = {
      deposit: async () => await l.escrow.connect(l.payer).deposit(0, ANNA, 500n),
      withdraw: async () => await l.escrow.connect(l.anna).withdraw(0, ANNA, l.anna.address, 400n),
      withdrawFees: async () => await l.escrow.connect(l.payer).withdrawFees(token, l.payer.address),
    };
    const { interface: abi } = l.escrow;
    const views = {
      account: abi.encodeFunctionData("account", [0, ANNA]),
      standing: abi.encodeFunctionData("standing", [0, ANNA]),
      fees: abi.encodeFunctionData("fees", [await token.getAddress(), l.payer.address]),
      dueFund: abi.encodeFunctionData("dueFund", [0, 3]),
      pot: abi.encodeFunctionData("pot", [0, 0, l.period]),
      shortfall: abi.encodeFunctionData("shortfall", [await token.getAddress()]),
    };
    return { ...l, token, actions, views };
  }

  for (const action of ["deposit", "withdraw", "withdrawFees"] as const) {
    for (const moment of ["before", "after"] as const) {
      it(`say what was, or what will be, ${moment} the balances move in a ${action}`, async function () {
        const l = await connection.networkHelpers.loadFixture(lab);
        const target = await l.escrow.getAddress();
        for (const [name, data] of Object.entries(l.views)) {
          const snapshot = await connection.networkHelpers.takeSnapshot();
          const was = await l.ethers.provider.call({ to: target, data });
          await l.token.arm(target, data, moment === "before");
          await l.actions[action]();
          expect([await l.token.hooked(), await l.token.succeeded()], name).to.deep.equal([true, true]);
          const willBe = await l.ethers.provider.call({ to: target, data });
          expect(await l.token.answer(), name).to.be.oneOf([was, willBe]);
          await snapshot.restore();
        }
      });
    }
  }
});
