import { expect } from "chai";
import { connect, deployMarket, type Connection, type Market } from "./helpers/market.ts";
import { clear, openDay, post } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";

describe("KnownTerms: own copies of a community's terms", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  it("are kept by a community's first clearing and cost later ones nothing", async function () {
    const day = await openDay(connection, [{}]);
    const home = at(day.homes, 0);
    const period = day.period + 1;
    // Their results stand in words of their own.
    const slots = [12, 15, 18];
    const entries = slots.map((slot) => ({ slot, side: "buy" as const, tick: 5, lots: 1 }));
    await post(day, [await day.signStrip({ home, period, entries })], period);
    await day.goTo(day.periodStart(period + 1));
    const costs = [];
    for (const slot of slots) costs.push(Number((await clear(day, [slot], period)).gasUsed));
    // A new word of storage costs 20,000 more than an old one.
    expect(at(costs, 0) - at(costs, 1)).to.be.greaterThan(20_000);
    expect(at(costs, 2)).to.equal(at(costs, 1));
  });

  it("say before and after what the registry says", async function () {
    const m: Market = await deployMarket(connection);
    const period = await m.periodNow();
    const before = [...(await m.auction.contextOf(m.community, period))];
    // Lots of 10 Wh, prefixes of two bytes, 96 slots.
    expect(before[0]).to.equal(BigInt(10 + 2 * 2 ** 16 + 96 * 2 ** 24));
    expect(await m.escrow.journal(m.community, 4, period)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    await m.auction.clear(m.community, []);
    expect([...(await m.auction.contextOf(m.community, period))]).to.deep.equal(before);
  });

  it("are of no unknown community", async function () {
    const m = await deployMarket(connection);
    const calls = [
      async () => await m.auction.clear(99, []),
      async () => await m.auction.contextOf(99, 1),
      async () => await m.lens.result(m.auction, 99, 1),
      async () => await m.lens.book(m.auction, 99, 1),
      async () => await m.settlement.ledger(99, 1),
      async () => await m.settlement.meterAndSettle(99, 1, []),
    ];
    for (const call of calls) {
      await expect(call()).to.be.revertedWithCustomError(m.registry, "UnknownCommunity").withArgs(99);
    }
  });
});
