import { expect } from "chai";
import { buy, openDay, outcomeOf, post, sell, stateOf, type Day } from "./helpers/auction.ts";
import { connect, postArguments, type Entry, type HomeKeys } from "./helpers/market.ts";
import { at } from "./helpers/lists.ts";
import { reservedOf } from "./helpers/reserves.ts";
import { journalOf } from "./helpers/settling.ts";

const connection = await connect();
const { networkHelpers } = connection;

const FEE = 7;
const threeHomes = async () => await openDay(connection, [{}, {}, {}]);
const sign = async (day: Day, home: HomeKeys, entries: readonly Entry[], after = 0) =>
  await day.signStrip({ home, period: day.period, entries, after, feePerEntry: FEE, feeTo: day.stranger.address });

/** Two strips of the first home, one of each other home. */
async function fourStrips(day: Day) {
  return {
    first: await sign(day, day.home(0), [buy(40, 10, 5), sell(41, 12, 7)]),
    second: await sign(day, day.home(0), [buy(50, 20, 3)], 42),
    middle: await sign(day, day.home(1), [sell(40, 8, 9)]),
    last: await sign(day, day.home(2), [buy(50, 30, 2)]),
  };
}
const ORDERS = [
  ["first", "second", "middle", "last"],
  ["first", "middle", "last", "second"],
  ["first", "middle", "second", "last"],
  ["last", "middle", "first", "second"],
  ["middle", "first", "last", "second"],
] as const;

/** Journals, accounts, books and fees afterwards; prefixes depend on who came first, journals therefore too. */
async function outcome(day: Day) {
  const { escrow, community, euro, stranger } = day;
  const free = await Promise.all(day.homes.map(async ({ member }) => (await escrow.account(community, member)).free));
  const reserved = await Promise.all(day.homes.map(async ({ member }) => await reservedOf(day, member)));
  const books = [];
  for (const offset of [40, 41, 50]) books.push(await day.bookAt(day.slot(offset)));
  const [outstanding] = await escrow.pot(community, 0, day.period);
  return { free, reserved, outstanding, fees: await escrow.fees(euro, stranger), books };
}

describe("Strips of a call", function () {
  it("takes strips of one member one after the other, whatever stands between them", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strips = await fourStrips(day);
    const snapshot = await networkHelpers.takeSnapshot();
    for (const strip of Object.values(strips)) expect((await post(day, [strip])).records).to.have.length(1);
    const alone = await outcome(day);
    expect(alone.outstanding).to.equal(alone.reserved.reduce((sum, each) => sum + each, 0n));
    expect(alone.fees).to.equal(BigInt(5 * FEE));
    for (const order of ORDERS) {
      await snapshot.restore();
      const { skipped, records } = await post(
        day,
        order.map((name) => strips[name]),
      );
      expect(skipped, order.join()).to.deep.equal([]);
      expect(records.map(({ member }) => member)).to.deep.equal(order.map((name) => strips[name].member));
      expect(await outcome(day), order.join()).to.deep.equal(alone);
      for (const home of day.homes) {
        const { hash } = await day.escrow.journal(day.community, home.member, day.period);
        expect(hash).to.equal(await journalOf(day, home, day.period));
      }
    }
  });

  it("skips the second strip of a member where the first was skipped, and counts its place", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { first, second, middle, last } = await fourStrips(day);
    const forged = { ...first, r: second.r };
    const { skipped, records } = await post(day, [last, forged, middle, second]);
    expect(skipped.map(({ index, reason }) => [index, reason])).to.deep.equal([
      [1n, "BadSignature"],
      [3n, "WrongFrontier"],
    ]);
    expect(records.map(({ member }) => member)).to.deep.equal([last.member, middle.member]);
    expect((await stateOf(day, first.member)).slice(0, 5)).to.deep.equal(["0", "0", "0", "0", "0"]);
  });

  it("take one record event where members ascend, and one more for each that does not", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { first, second, middle, last } = await fourStrips(day);
    const snapshot = await networkHelpers.takeSnapshot();
    for (const [strips, runs] of [
      [[first, middle, last], 1],
      [[last, middle, first], 3],
      [[first, middle, last, second], 2],
      [[first, second], 2],
    ] as const) {
      const sent = await day.auction.post(...postArguments(day.community, day.period, strips));
      const receipt = await sent.wait();
      const { topicHash } = day.escrow.getEvent("Recorded").fragment;
      expect(receipt?.logs.filter(({ topics }) => topics[0] === topicHash)).to.have.length(runs);
      await snapshot.restore();
    }
  });

  it("appends records of more than 32 KiB in several calls, and the logs hash to the journals", async function () {
    this.timeout(60_000);
    const day = await openDay(
      connection,
      Array.from({ length: 4 }, () => ({ deposit: 10n ** 9n })),
    );
    const period = day.period + 1;
    // 2,000 entries make a record of 12 KiB.
    const curve = Array.from({ length: 40 * 50 }, (_, i) => buy(Math.floor(i / 50), i % 50, 1));
    const strips = await Promise.all(
      day.homes.map(
        async (home) => await day.signStrip({ home, period, entries: curve, maxReserve: 10n ** 9n, feePerEntry: FEE }),
      ),
    );
    const sent = day.auction.post(...postArguments(day.community, period, strips), { gasLimit: 2 ** 24 });
    const { skipped, refused, records } = await outcomeOf(day, sent);
    expect([skipped, refused]).to.deep.equal([[], []]);
    expect(records.map(({ member }) => member)).to.deep.equal(day.homes.map(({ member }) => member));
    const events = await day.escrow.queryFilter(day.escrow.filters.Recorded(day.community, period));
    const sizes = events.map(({ args }) => (args.records.length - 2) / 2);
    expect(sizes).to.deep.equal([3 * (71 + 6 * 2_000), 71 + 6 * 2_000]);
    for (const [index, home] of day.homes.entries()) {
      const [hash, entries] = await day.escrow.journal(day.community, home.member, period);
      expect([hash, entries]).to.deep.equal([await journalOf(day, home, period), 2_000n]);
      // Each stands behind the ones before it at every tick.
      expect(at(records, index).payload.slice(-4)).to.equal(index.toString(16).padStart(4, "0"));
    }
    expect((await day.bookAt(day.slot(39, period))).bids[49]).to.equal(4n);
  });
});
