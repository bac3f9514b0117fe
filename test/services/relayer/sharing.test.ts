import { expect } from "chai";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asTick,
  communityTerms,
  estimatesFrom,
  periodEnd,
  signSharingBudget,
} from "@wattbook/sdk";
import type { CommunityView } from "../../../services/src/relayer/chain/view.ts";
import type { Candidate } from "../../../services/src/relayer/settle/items.ts";
import type { MeterModule } from "../../../services/src/relayer/settle/meter-module.ts";
import { MeterPlans } from "../../../services/src/relayer/settle/meter-plans.ts";
import type { Facts } from "../../../services/src/relayer/store/facts.ts";
import { at } from "../../helpers/lists.ts";
import { DELAY, type Kind, MeteredWorld, PATIENCE, wh } from "./metered-world.ts";
import { type CommunityWorld, type Home, keyOf, SHORT } from "./world.ts";

const BUDGET = asAmount(5_000_000n);

const BY_RULE: Kind = {
  first: "sharing",
  announce: ({ wattbook, community }, from) => {
    const scheme = { rule: "mmr", compensation: asPrice(0n), settlementDelay: asSeconds(DELAY) } as const;
    return wattbook.sharing.calls.announce(community, from, scheme);
  },
  sign: async ({ wattbook, community }, homes) => {
    const budgets = [];
    for (const home of homes) {
      const budget = {
        ...{ community, member: home.member, budget: BUDGET, epoch: 0n, sequence: 1n },
        ...{ firstPeriod: asPeriod(0n), lastPeriod: asPeriod(2n ** 32n - 1n) },
      };
      budgets.push({ budget, signature: await signSharingBudget(wattbook.domains.sharing, budget, home.trading) });
    }
    return wattbook.sharing.calls.keepBudgets(community, budgets);
  },
};

describe("relayer: a community that shares after the fact", function () {
  this.timeout(180_000);
  let w: MeteredWorld;
  let world: CommunityWorld;

  before(async () => {
    w = await MeteredWorld.open(BY_RULE);
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
    const given = await w.read(world.home(0), period, wh(0, 400));
    const plain = await w.read(world.home(3), period, wh(90));
    const taken = [await w.read(world.home(1), period, wh(100)), await w.read(world.home(2), period, wh(200))];
    await w.bench.ticks(4);
    expect(await w.stateOf(plain), "a plain customer waits for nobody").to.include({ state: "settled" });
    for (const each of [given, ...taken]) expect(await w.stateOf(each)).to.include({ state: "waiting", inCall: null });
    await w.goBehind(period, DELAY);
    await w.bench.ticks(5);
    for (const each of [given, ...taken]) expect(await w.stateOf(each)).to.include({ state: "settled" });
    const logs = await world.wattbook.logs(world.community);
    const { slots, parts } = await logs.shared(period);
    expect(slots.map(({ shared }) => shared)).to.deep.equal([300n, 300n, 300n, 300n]);
    expect(parts.get(world.home(2).member)?.position.map(({ bought }) => bought)).to.deep.equal([
      200n,
      200n,
      200n,
      200n,
    ]);
    expect((await w.round(period)).chunks, "no chunk was stored").to.equal(0n);
    await w.expectBooksClosed(period);
  });

  it("counts those that are here before they would be estimated, and keepers settle them", async () => {
    const period = await w.joinedPeriod();
    const given = await w.read(world.home(0), period, wh(0, 100));
    const taken = await w.read(world.home(1), period, wh(150));
    await w.goBehind(period, DELAY);
    await w.bench.ticks(3);
    expect(await w.stateOf(given), "the third is waited for").to.include({ state: "waiting" });
    await w.goBehind(period, BigInt(PATIENCE));
    await w.bench.ticks(4);
    for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "metered" });
    expect(await w.round(period)).to.deep.equal({
      joined: 3n,
      counted: 2n,
      chunks: 1n,
    });
    await w.keep();
    await w.bench.ticks(1);
    expect(await w.stateOf(given), "totals are open until the reading deadline").to.include({ state: "metered" });

    await world.advanceTo(estimatesFrom(world.terms, period));
    await w.keep();
    await w.bench.ticks(2);
    for (const each of [given, taken]) expect(await w.stateOf(each)).to.include({ state: "settled" });
    await w.expectBooksClosed(period);
    const legs = await (await world.wattbook.logs(world.community)).settled(period);
    expect([...legs.keys()].sort()).to.deep.equal(world.homes.slice(0, 3).map(({ member }) => member));

    // The third one's reading comes late, and takes the estimate's place.
    const late = await w.read(world.home(2), period, wh(77));
    await w.bench.ticks(5);
    expect(await w.stateOf(late)).to.include({ state: "corrected" });
    await w.expectBooksClosed(period);
  });

  it("counts at once where one has come on chain through somebody else", async () => {
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
    expect(await w.round(period)).to.include({ counted: 3n, chunks: 2n });
    await w.expectBooksClosed(period);
  });

  it("brings in readings that come once totals are frozen, without waiting for anybody's estimate", async () => {
    const period = await w.joinedPeriod();
    await world.advanceTo(estimatesFrom(world.terms, period) + 60n);
    await w.bench.ticks(1);
    const late = [await w.read(world.home(0), period, wh(0, 31)), await w.read(world.home(1), period, wh(44))];
    await w.bench.ticks(4);
    for (const each of late) expect(await w.stateOf(each)).to.include({ state: "settled" });
    // The third is the last of them: nothing is shared any more, and it does not wait either.
    const last = await w.read(world.home(2), period, wh(12));
    await w.bench.ticks(4);
    expect(await w.stateOf(last)).to.include({ state: "settled" });
    expect(await w.round(period)).to.include({ counted: 0n, chunks: 0n });
    await w.expectBooksClosed(period);
  });

  it("starts anew with budgets among the records that it has read", async () => {
    await w.restart();
    await w.bench.ticks(1);
    const period = await w.joinedPeriod();
    const readings = [];
    for (const [index, home] of world.homes.slice(0, 3).entries()) readings.push(await w.read(home, period, wh(index)));
    await w.goBehind(period, DELAY);
    await w.bench.ticks(5);
    expect(await w.stateOf(at(readings, 2))).to.include({ state: "settled" });
  });
});

describe("relayer: plans for readings of those who share", () => {
  const period = asPeriod(498_000n);
  const who = keyOf("anybody").address;
  const terms = communityTerms({ ...SHORT, paymentToken: who, coordinator: who, dso: who, feeCollector: who });

  /** How many readings are planned which way. @param joined Members; the first `here` of them have handed in a reading. */
  async function planned(
    given: Partial<Record<"community" | "joined" | "here", number>> & {
      readonly after?: bigint;
      readonly delay?: bigint;
      readonly due?: boolean;
    },
    plans = plansOf(given.joined ?? 3),
  ) {
    const { community = 0, joined = 3, here = joined, after = 0n, delay = 0n, due = false } = given;
    const now = () => asSeconds(periodEnd(terms, period) + after);
    const view = { community: asCommunity(BigInt(community)), terms, now };
    const module = { delay: () => Promise.resolve(asSeconds(delay)), mostTogether: 60 };
    const candidates = Array.from({ length: here }, (_, member) => ({
      ...{ row: { community, period: Number(period), member }, records: [], clear: true },
    }));
    const plan = await plans.of(
      view as unknown as CommunityView,
      module as unknown as MeterModule,
      candidates as unknown as Candidate[],
      due,
    );
    return Object.entries(plan).flatMap(([name, { length }]) => (length === 0 ? [] : [`${name} ${length}`]));
  }

  function plansOf(joined: number): MeterPlans {
    const traders = () => Array.from({ length: joined }, (_, member) => asMember(BigInt(member)));
    return new MeterPlans({ traders, meteredOf: () => undefined } as unknown as Facts);
  }

  it("wait for the others and for the delay of their own community", async () => {
    const plans = plansOf(3);
    expect(await planned({ after: 1n, delay: 900n }, plans)).to.deep.equal(["waiting 3"]);
    expect(await planned({ community: 1, after: 1n, delay: 0n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ after: 900n, delay: 900n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ here: 2 }, plans)).to.deep.equal(["waiting 2"]);
    expect(await planned({ here: 2, due: true }, plans)).to.deep.equal(["apart 2"]);
  });

  it("are made at once for more than a call takes, and for nobody in particular once totals are frozen", async () => {
    expect(await planned({ joined: 60 })).to.deep.equal(["together 60"]);
    expect(await planned({ joined: 61 })).to.deep.equal(["apart 61"]);
    expect(await planned({ joined: 61, here: 60 })).to.deep.equal(["waiting 60"]);
    const frozen = estimatesFrom(terms, period) - periodEnd(terms, period);
    expect(await planned({ here: 2, due: true, after: frozen + 60n })).to.deep.equal(["plain 2"]);
    expect(await planned({ due: true, after: frozen + 60n })).to.deep.equal(["plain 3"]);
  });
});
