import { expect } from "chai";
import type { FunctionFragment } from "ethers";
import { connect } from "../helpers/market.ts";
import { deployMetered } from "../helpers/metered.ts";
import { goBehind, HOUR, Registers, valuesAt } from "../helpers/settling.ts";
import { itemsOf, settleItems } from "../helpers/sharing.ts";

const isFunction = (fragment: { type: string }): fragment is FunctionFragment => fragment.type === "function";

/** Everything that changes state, and who may call it; what anyone calls counts with what members and meters signed. */
const table = {
  announce: "coordinator",
  keepOrders: "anyone",
  join: "anyone",
  meter: "anyone",
  count: "anyone",
  settle: "anyone",
  meterAndSettle: "anyone",
} as const;

describe("Roles of the metered auction: who may call what", function () {
  async function world() {
    const connection = await connect();
    const m = await deployMetered(connection);
    await m.fund(3, 1_000_000_000n);
    const homes = [await m.addHome(), await m.addHome()] as const;
    const limits = [{ sellTick: 8 }, { buyTick: 20 }] as const;
    await m.metered.keepOrders(m.community, [
      await m.signOrder({ home: homes[0], ...limits[0] }),
      await m.signOrder({ home: homes[1], ...limits[1] }),
    ]);
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.join(period, homes);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const quiet = homes.map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    const items = await itemsOf(m, registers, period, [
      [homes[0], valuesAt({ 2: [0, 1_000] })],
      [homes[1], valuesAt({ 2: [800, 0] })],
    ]);
    await goBehind(m, period, HOUR + 1); // a call without a transaction sees the block before
    const { provider } = connection.ethers;
    const [{ owner, trading, meter }] = homes;
    await connection.networkHelpers.setBalance(meter.address, 10n ** 20n);
    const roles = {
      ...{ deployer: m.deployer, coordinator: m.coordinator, dso: m.dso, feeCollector: m.feeCollector },
      ...{ supplier: m.supplier, stranger: m.stranger },
      ...{ owner: owner.connect(provider), trading: trading.connect(provider), meter: meter.connect(provider) },
    };
    return { connection, m, homes, period, items, roles };
  }
  let w: Awaited<ReturnType<typeof world>>;
  before(async function () {
    w = await world();
  });

  it("lists every function that changes state, and no other; none takes ether", function () {
    const functions = w.m.metered.interface.fragments.filter(isFunction);
    const writing = functions.filter(({ constant }) => !constant).map(({ name }) => name);
    expect(writing.sort()).to.deep.equal(Object.keys(table).sort());
    expect(functions.filter(({ payable }) => payable)).to.deep.equal([]);
  });

  it("announce: coordinator", async function () {
    const { m, roles } = w;
    const from = (await m.periodNow()) + 9;
    for (const [role, signer] of Object.entries(roles)) {
      const call = m.metered.connect(signer).announce.staticCall(m.community, from, 0);
      if (role === table.announce) await call;
      else {
        await expect(call, role)
          .to.be.revertedWithCustomError(m.metered, "NotCoordinator")
          .withArgs(m.community, await signer.getAddress());
      }
    }
  });

  it("keepOrders, join: anyone, with what the trading key signed and nothing else", async function () {
    const { m, homes, roles } = w;
    const [home, other] = homes;
    const good = await m.signOrder({ home, sellTick: 9, sequence: 2 });
    const forged = await m.signOrder({ home: other, buyTick: 9, sequence: 2, signer: home.trading });
    const next = (await m.periodNow()) + 1;
    for (const [role, signer] of Object.entries(roles)) {
      const metered = m.metered.connect(signer);
      expect(await metered.keepOrders.staticCall(m.community, [good, forged]), role).to.equal(1n);
      expect(await metered.join.staticCall(m.community, next, [home.member, other.member]), role).to.equal(2n);
    }
  });

  it("meter, count, settle, meterAndSettle: anyone, and nobody else's call stands in the way", async function () {
    const { connection, m, period, items, roles } = w;
    const settling = settleItems(items);
    for (const [role, signer] of Object.entries(roles)) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      const metered = m.metered.connect(signer);
      await metered.meterAndSettle.staticCall(m.community, period, items);
      await metered.meter(m.community, period, items.slice(0, 1), []);
      await m.settlement.meter(m.community, period, items.slice(1));
      const start = await m.totalsOf(period);
      await metered.count(m.community, period, settling.slice(1), start);
      const frozen = await m.totalsOf(period);
      await metered.settle(m.community, period, settling.slice(1), start, frozen, 1);
      await metered.settle(m.community, period, settling.slice(0, 1), [], frozen, 0);
      expect(await m.escrow.journals(m.community, period), role).to.deep.equal([2n, 2n]);
      await snapshot.restore();
    }
  });
});
