import { expect } from "chai";
import {
  asAmount,
  asLots,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asTick,
  estimatesFrom,
  signSharingBudget,
  signStandingOrder,
} from "@wattbook/sdk";
import { auctionModule } from "../../../services/src/relayer/settle/meter-module.ts";
import { DELAY, type Kind, MeteredWorld, PATIENCE, wh } from "./metered-world.ts";
import { anvil, type CommunityWorld, type Home } from "./world.ts";

const BY_RULE: Kind = {
  first: "sharing",
  countsOnTheWay: true,
  traded: async ({ wattbook, community }, period) => {
    const { slots, parts } = await (await wattbook.logs(community)).shared(period);
    return { slots: slots.map(({ shared }) => shared), parts };
  },
  announce: ({ wattbook, community }, from) => {
    const scheme = { rule: "mmr", compensation: asPrice(0n), settlementDelay: asSeconds(DELAY) } as const;
    return wattbook.sharing.calls.announce(community, from, scheme);
  },
  sign: async ({ wattbook, community }, homes) => {
    const budgets = [];
    for (const home of homes) {
      const budget = {
        ...{ community, member: home.member, budget: asAmount(5_000_000n), epoch: 0n, sequence: 1n },
        ...{ firstPeriod: asPeriod(0n), lastPeriod: asPeriod(2n ** 32n - 1n) },
      };
      budgets.push({ budget, signature: await signSharingBudget(wattbook.domains.sharing, budget, home.trading) });
    }
    return wattbook.sharing.calls.keepBudgets(community, budgets);
  },
};

/** The first home sells at the lowest tick, the others buy up to the highest one. */
const WITHIN_ORDERS: Kind = {
  first: "auction",
  countsOnTheWay: false,
  traded: async ({ wattbook, community }, period) => {
    const { slots, parts } = await (await wattbook.logs(community)).traded(period);
    return { slots: slots.map(({ traded }) => traded), parts };
  },
  announce: ({ wattbook, community }, from) =>
    wattbook.meteredAuction.calls.announce(community, from, asSeconds(DELAY)),
  sign: async ({ wattbook, community, terms }, homes) => {
    const orders = [];
    for (const [index, home] of homes.entries()) {
      const limits =
        index === 0
          ? { buyTick: null, sellTick: asTick(0n) }
          : { buyTick: asTick(terms.tickCount - 1n), sellTick: null };
      const order = {
        ...{ community, member: home.member, budget: asAmount(50_000_000n), epoch: 0n, sequence: 1n, ...limits },
        ...{ firstPeriod: asPeriod(0n), lastPeriod: asPeriod(2n ** 32n - 1n) },
      };
      const signature = await signStandingOrder(wattbook.domains.meteredAuction, order, home.trading);
      orders.push({ order, signature });
    }
    return wattbook.meteredAuction.calls.keepOrders(community, orders);
  },
};

for (const [what, kind] of [
  ["shares after the fact", BY_RULE],
  ["keeps standing orders", WITHIN_ORDERS],
] as const) {
  describe(`relayer: a community that ${what}`, function () {
    this.timeout(180_000);
    let w: MeteredWorld;
    let world: CommunityWorld;

    before(async () => {
      w = await MeteredWorld.open(kind);
      ({ world } = w);
    });
    after(async () => {
      await w.stop();
    });

    it("refuses strips: there is no order book", async () => {
      const home = world.home(0);
      const period = asPeriod((await world.period()) + 1n);
      const entry = { offset: asSlotOffset(0n), side: "buy", tick: asTick(20n), lots: asLots(10n) } as const;
      const strip = await world.sign(home, world.strip(home, period, w.wallet.address, [entry]));
      const { status, body } = await w.bench.strip(strip);
      expect({ status, reason: body.reason }).to.deep.equal({ status: 422, reason: "NoOrderBook" });
    });

    it("settles everybody in one call, once the settlement delay is over", async () => {
      const period = await w.joinedPeriod();
      const plain = await w.read(world.home(3), period, wh(90));
      const given = await w.read(world.home(0), period, wh(0, 400));
      const taken = [await w.read(world.home(1), period, wh(100)), await w.read(world.home(2), period, wh(200))];
      await w.bench.ticks(4);
      expect(await w.stateOf(plain), "a plain customer waits for nobody").to.include({ state: "settled" });
      for (const each of [given, ...taken])
        expect(await w.stateOf(each)).to.include({ state: "waiting", inCall: null });
      await w.goBehind(period, DELAY);
      await w.bench.ticks(5);
      for (const each of [given, ...taken]) expect(await w.stateOf(each)).to.include({ state: "settled" });
      const { slots, parts } = await kind.traded(world, period);
      expect(slots).to.deep.equal([300n, 300n, 300n, 300n]);
      expect(parts.get(world.home(2).member)?.position.map(({ bought }) => bought)).to.deep.equal([
        200n,
        200n,
        200n,
        200n,
      ]);
      expect((await w.round(period)).chunks, "no totals were stored").to.equal(0n);
      await w.expectBooksClosed(period);
    });

    it("meters those that are here before they would be estimated, and keepers settle them", async () => {
      const period = await w.joinedPeriod();
      const given = await w.read(world.home(0), period, wh(0, 100));
      const taken = await w.read(world.home(1), period, wh(150));
      await w.goBehind(period, DELAY);
      await w.bench.ticks(3);
      expect(await w.stateOf(given), "the third is waited for").to.include({ state: "waiting" });
      await w.goBehind(period, BigInt(PATIENCE));
      await w.bench.ticks(4);
      for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "metered" });
      expect(await w.round(period)).to.include({ joined: 3n, counted: kind.countsOnTheWay ? 2n : 0n });
      await w.keep();
      await w.bench.ticks(1);
      expect(await w.round(period)).to.include({ counted: 2n, chunks: 1n });
      expect(await w.stateOf(given), "totals are open until the reading deadline").to.include({ state: "metered" });
      await world.advanceTo(estimatesFrom(world.terms, period));
      await w.keep();
      await w.bench.ticks(2);
      for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "settled" });
      expect((await kind.traded(world, period)).slots).to.deep.equal([100n, 100n, 100n, 100n]);
      const legs = await (await world.wattbook.logs(world.community)).settled(period);
      expect([...legs.keys()].sort()).to.deep.equal(world.homes.slice(0, 3).map(({ member }) => member));
      await w.expectBooksClosed(period);

      // The third one's reading comes late, and takes the estimate's place.
      const late = await w.read(world.home(2), period, wh(77));
      await w.bench.ticks(5);
      expect(await w.stateOf(late)).to.include({ state: "corrected" });
      await w.expectBooksClosed(period);
    });

    it("meters at once where one has come on chain through somebody else", async () => {
      const period = await w.joinedPeriod();
      const [first, second, third] = world.homes as [Home, Home, Home];
      const own = await w.sign(third, period, wh(10));
      await world.send(world.wattbook.settlement.calls.meter(world.community, period, [own]));
      const mine = [await w.read(first, period, wh(0, 55)), await w.read(second, period, wh(66))];
      await w.bench.ticks(4);
      for (const each of mine) expect(await w.stateOf(each)).to.include({ state: "metered" });
      await w.keep(); // counts the third
      await w.goBehind(period, DELAY);
      await w.keep();
      await w.bench.ticks(2);
      for (const each of mine) expect(await w.stateOf(each)).to.include({ state: "settled" });
      expect(await w.round(period)).to.include({ counted: 3n, chunks: kind.countsOnTheWay ? 2n : 1n });
      await w.expectBooksClosed(period);
    });

    it("brings in readings that come once totals are frozen, without waiting for anybody's estimate", async () => {
      const period = await w.joinedPeriod();
      await world.advanceTo(estimatesFrom(world.terms, period) + 60n);
      await w.bench.ticks(1);
      const late = [await w.read(world.home(0), period, wh(0, 31)), await w.read(world.home(1), period, wh(44))];
      await w.bench.ticks(4);
      for (const each of late) expect(await w.stateOf(each)).to.include({ state: "settled" });
      // The third is the last of them: nothing is traded any more, and it does not wait either.
      const last = await w.read(world.home(2), period, wh(12));
      await w.bench.ticks(4);
      expect(await w.stateOf(last)).to.include({ state: "settled" });
      expect(await w.round(period)).to.include({ counted: 0n, chunks: 0n });
      await w.expectBooksClosed(period);
    });

    it("starts anew with what members signed among the records that it has read", async () => {
      await w.restart();
      await w.bench.ticks(1);
      const period = await w.joinedPeriod();
      const readings = [];
      for (const [index, home] of world.homes.slice(0, 3).entries())
        readings.push(await w.read(home, period, wh(index)));
      await w.goBehind(period, DELAY);
      await w.bench.ticks(5);
      for (const each of readings) expect(await w.stateOf(each)).to.include({ state: "settled" });
    });

    it("meters again what a reorganisation of the chain took back, and settles it once", async function () {
      // The other kind of node has no reorganisations.
      if (anvil().name !== "anvil") this.skip();
      const period = await w.joinedPeriod();
      const given = await w.read(world.home(0), period, wh(0, 120));
      const taken = await w.read(world.home(1), period, wh(80));
      await w.goBehind(period, BigInt(PATIENCE));
      const before = await world.provider.getBlockNumber();
      await w.bench.ticks(4);
      expect(await w.stateOf(given)).to.include({ state: "metered" });
      const [metered] = (await (await world.wattbook.logs(world.community)).readings(period)).keys();
      expect(metered, "the call is on chain").to.equal(world.home(0).member);
      await world.ask("anvil_reorg", (await world.provider.getBlockNumber()) - before, []);
      const { gapEnd } = await world.wattbook.settlement.meter(world.community, world.home(0).member);
      expect(gapEnd, "its reading is gone").to.equal(period);
      await w.bench.ticks(8);
      for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "metered" });
      await w.keep();
      await world.advanceTo(estimatesFrom(world.terms, period));
      await w.keep();
      await w.bench.ticks(2);
      for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "settled" });
      expect((await kind.traded(world, period)).slots).to.deep.equal([80n, 80n, 80n, 80n]);
      await w.expectBooksClosed(period);
    });
  });
}

describe("relayer: calls of a metered auction", function () {
  this.timeout(180_000);
  let w: MeteredWorld;
  let world: CommunityWorld;
  before(async () => {
    w = await MeteredWorld.open(WITHIN_ORDERS);
    ({ world } = w);
  });
  after(async () => {
    await w.stop();
  });

  for (const slots of [4, 96, 144]) {
    it(`does at once as many as fit the calldata that nodes pass on: ${slots} slots`, async () => {
      const { meteredAuction } = world.wattbook;
      const home = world.home(1);
      const period = await w.joinedPeriod();
      const signed = await w.sign(home, period, wh(1_234));
      const values = Array.from({ length: slots }, () => wh(1_234));
      const records = (await (await world.wattbook.logs(world.community)).journals(period)).get(home.member) ?? [];
      expect(records, "it joined").to.have.length(1);
      const item = { reading: { ...signed.reading, values }, signature: signed.signature, records };
      const bytes = (members: number) => {
        const items = Array.from({ length: members }, () => item);
        return meteredAuction.calls.meterAndSettle(world.community, period, items).data.length / 2 - 1;
      };
      const { mostTogether } = auctionModule(meteredAuction, world.community, { slotsPerPeriod: BigInt(slots) });
      expect(bytes(mostTogether)).to.be.at.most(126 * 1_024);
      expect(bytes(mostTogether + 1), "one more does not").to.be.above(126 * 1_024);
    });
  }
});
