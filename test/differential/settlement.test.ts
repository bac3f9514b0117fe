import { expect } from "chai";
import fc from "fast-check";
import { connect, encodeValues, type Connection } from "../helpers/market.ts";
import { books, journalOf, expectSolvent, goBehind } from "../helpers/settling.ts";
import { at, sum } from "../reference/arrays.ts";
import { claimBought, claimUnsold, slotLedger } from "../reference/energy.ts";
import { claimDue } from "../reference/escrow.ts";
import { runs } from "../reference/samples.ts";
import { Run } from "./settlement.run.ts";
import { anyScenario } from "./settlement.scenario.ts";
import { SUPPLIER, openChain, openModel } from "./settlement.world.ts";

describe("Settlement on chain and in the reference model", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const open = async () => await openChain(connection);

  async function expectSameBooks({ chain, model }: Run) {
    const { accounts, pots, fees, held } = await books(chain.m);
    const { escrow } = model;
    const expected = [...escrow.accounts].map(([member, { free, reserved, due, fund, owed }]) => {
      return { member: Number(member), free, reserved, due, fund, owed };
    });
    expect(accounts).to.deep.equal(expected);
    const open = [...escrow.pots].filter(([, { outstanding, amount }]) => outstanding !== 0n || amount !== 0n);
    expect(
      new Map(pots.map(({ module, period, outstanding, amount }) => [`${module}/${period}`, [outstanding, amount]])),
    ).to.deep.equal(new Map(open.map(([key, { outstanding, amount }]) => [key, [outstanding, amount]])));
    expect(fees).to.equal(sum([...escrow.fees.values()]));
    expect(held).to.equal(escrow.balance);
  }

  async function expectSameEnergy(run: Run) {
    const { chain, settled, scenario } = run;
    const { m, period, homes } = chain;
    const members = homes.map((_, index) => settled.get(index)).filter((one) => one !== undefined);
    const ledgers = [0n, 1n, 2n, 3n].map((slot) => slotLedger(members, slot));
    for (const [slot, { delivered, bought, sold, imported, exported }] of ledgers.entries()) {
      const ledger = await m.settlement.ledger(m.community, period * 4 + slot);
      expect([...ledger]).to.deep.equal([delivered, bought, sold, imported, exported]);
    }
    await goBehind(m, period, 9 * 3600);
    let minted = 0n;
    for (const [index, home] of homes.entries()) {
      const own = at(members, index);
      const { late, metered } = at(scenario.homes, index);
      const read = metered ?? late;
      const values = read ? encodeValues(read.map((one) => [Number(one.imported), Number(one.exported)])) : "0x";
      const journal = await journalOf(m, home, period);
      const item = { member: home.member, journal, values, gapLeg: 0n, position: run.position(index) };
      const owner = home.owner.connect(chain.provider);
      const forBought = claimBought(own.position, ledgers);
      await expect(m.settlement.connect(owner).claim(m.community, period, item, owner.address))
        .to.emit(m.settlement, "Claimed")
        .withArgs(m.community, home.member, period, owner.address, forBought, read ? claimUnsold(own) : 0n);
      minted += forBought;
    }
    expect(minted).to.be.lte(sum(ledgers.map(({ delivered }) => delivered)));
  }

  it("agree on every account, pot, debt, ledger and token, in random days with a second module that answers anything", async function () {
    this.timeout(1_200_000);
    await fc.assert(
      fc.asyncProperty(anyScenario, async (scenario) => {
        const { time } = connection.networkHelpers;
        const chain = await connection.networkHelpers.loadFixture(open);
        // Restored chains run on with the clock on the wall: without this a long run would find the gates closed.
        await time.setNextBlockTimestamp((await time.latest()) + 1);
        const run = new Run(chain, openModel(chain), scenario);
        await run.open();
        await run.trade();
        await expectSameBooks(run);
        for (const index of scenario.order) {
          await run.settle(index);
          await expectSameBooks(run);
        }
        for (const index of scenario.order) await run.correct(index);
        await expectSameBooks(run);
        const { m, homes } = chain;
        for (const [index, amount] of scenario.laterDeposits.entries()) {
          await run.deposit(index === 0 ? SUPPLIER : BigInt(at(homes, index - 1).member), amount);
        }
        for (const index of scenario.order) {
          const { member } = at(homes, index);
          await m.escrow.claimDue(m.community, member);
          claimDue(run.model.escrow, BigInt(member));
        }
        await expectSameBooks(run);
        await expectSolvent(m);
        await expectSameEnergy(run);
      }),
      { ...runs(12), endOnFailure: true },
    );
  });
});
