import { expect } from "chai";
import { connect, type Connection } from "../helpers/market.ts";
import { freeOf, goBehind, HOUR, Registers, expectSolvent, valuesAt } from "../helpers/settling.ts";
import { deploySharing, itemsOf, settleItems } from "../helpers/sharing.ts";

/** Family F1: one home has 4 kWh to spare, two need 3 and 5; with 0.20 and 0.05 EUR/kWh they pay -0.32, 0.42 and 0.70 EUR. */
describe("The published whole bill, settled by the contracts (T1.5)", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  const BILLS = [-320_000n, 420_000n, 700_000n];
  const FUNDS = 100_000_000n;
  const FEE = 2_000n;

  async function community() {
    const m = await deploySharing(connection);
    await m.fund(3, 1_000_000_000n);
    const addHome = async () => await m.addHome({ buyCap: 600, sellCap: 600 });
    const homes = [await addHome(), await addHome(), await addHome()] as const;
    const budgets = await Promise.all(homes.map(async (home) => await m.signBudget({ home, budget: 2_000_000n })));
    await m.sharing.keepBudgets(m.community, budgets);
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1)); // from here on the homes are active
    await m.join(period, homes);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period + 1));
    const quiet = homes.map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    const items = await itemsOf(m, registers, period, [
      [homes[0], valuesAt({ 1: [0, 4_000] })],
      [homes[1], valuesAt({ 1: [3_000, 0] })],
      [homes[2], valuesAt({ 1: [5_000, 0] })],
    ]);
    return { m, homes, period, items };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(community);

  async function expectBills({ m, homes }: Awaited<ReturnType<typeof community>>) {
    for (const [i, home] of homes.entries()) {
      expect(FUNDS - FEE - (await freeOf(m, home.member)), String(i)).to.equal(BILLS[i]);
    }
    await expectSolvent(m);
    expect(await m.escrow.fees(m.euro, m.deployer)).to.equal(3n * FEE);
  }

  it("in one call", async function () {
    const w = await fixture();
    const { m, period, items } = w;
    await goBehind(m, period, HOUR);
    await m.sharing.meterAndSettle(m.community, period, items);
    await expectBills(w);
  });

  it("in two passes, in chunks", async function () {
    const w = await fixture();
    const { m, period, items } = w;
    const settling = settleItems(items);
    await m.sharing.meter(m.community, period, items.slice(0, 1));
    const start = [...(await m.sharing.totals(m.community, period))];
    await m.sharing.meter(m.community, period, items.slice(1));
    await goBehind(m, period, HOUR);
    await m.sharing.settle(m.community, period, settling.slice(1), start, 1);
    await m.sharing.settle(m.community, period, settling.slice(0, 1), [], 0);
    await expectBills(w);
  });
});
