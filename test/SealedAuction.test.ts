import { expect } from "chai";
import { buy, clear, sell } from "./helpers/auction.ts";
import { positionOf, resultOf } from "./helpers/books.ts";
import { connect, type HomeKeys } from "./helpers/market.ts";
import {
  BOND,
  bundleOf,
  commit,
  expectBacked,
  openSealedDay,
  PLEDGE,
  reveal,
  revealed,
  settle,
  type SealedDay,
} from "./helpers/sealed.ts";
import { valuesAt } from "./helpers/settling.ts";

const connection = await connect();
const build = async () => await openSealedDay(connection, [{}, {}, {}, {}]);
const DEPOSIT = 100_000_000n;

describe("SealedAuction: the life of a sealed day", function () {
  let day: SealedDay;
  let seller: HomeKeys, buyer: HomeKeys, own: HomeKeys, idle: HomeKeys;

  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
    [seller, buyer, own, idle] = [day.home(0), day.home(1), day.home(2), day.home(3)];
  });

  const wealthOf = async (home: HomeKeys) =>
    (await day.escrow.account(day.community, home.member)).free + (await day.pledgeOf(home));

  it("goes from pledges and commits through reveals that clear to settled money and released bonds", async function () {
    const { period, community, escrow, commitBook, sealedAuction } = day;
    await day.fund(3, 1_000_000_000n); // the supplier
    const fees = { feePerEntry: 7, feeTo: day.relayer(0).address };
    const first = bundleOf(
      [await day.signStrip({ home: seller, period, entries: [sell(1, 10, 100)], ...fees })],
      [await day.signStrip({ home: seller, period, after: 2, entries: [sell(2, 30, 5)], ...fees })],
    );
    const second = bundleOf([await day.signStrip({ home: buyer, period, entries: [buy(1, 30, 60), buy(2, 20, 5)] })]);
    await expect(commit(day, day.relayer(0), first))
      .to.emit(commitBook, "Committed")
      .withArgs(community, period, day.relayer(0).address, 0, false, first.root, 2, 2);
    await day.auction
      .connect(day.as(own))
      .place(community, period, await day.signStrip({ home: own, period, entries: [buy(1, 20, 20)] }));
    await commit(day, day.relayer(1), second);
    expect(await day.bondOf(day.relayer(0))).to.deep.equal([4n * BOND, BOND]);
    await expectBacked(day);

    await day.atTurn();
    await expect(reveal(day, 0, first))
      .to.emit(sealedAuction, "ChunkRevealed")
      .withArgs(community, period, 0, 0, 1);
    expect(await commitBook.turnOf(community, period)).to.equal(0n);
    expect((await revealed(day, 0, first, { index: 1, clears: true })).cleared).to.deep.equal([]);
    expect(await commitBook.turnOf(community, period)).to.equal(1n);
    expect(await commitBook.isResolved(community, period)).to.equal(false);
    expect((await clear(day, [1, 2])).cleared).to.deep.equal([]);
    const last = await revealed(day, 1, second, { clears: true });
    expect(last.cleared).to.deep.equal([
      { slot: BigInt(day.slot(1)), tick: 10n, price: 100n, lots: 80n },
      { slot: BigInt(day.slot(2)), tick: 255n, price: 0n, lots: 0n },
    ]);
    expect(await commitBook.isResolved(community, period)).to.equal(true);
    expect(await resultOf(day, 1, period)).to.deep.equal({
      marginalTick: 10n,
      priceTick: 10n,
      lots: 80n,
      rationed: { side: "sell", allotment: 80n, volume: 100n },
    });
    expect((await clear(day, [0, 1, 2, 3])).cleared).to.deep.equal([]);
    await expectBacked(day);

    const positions = await Promise.all([0, 1, 2].map(async (home) => await positionOf(day, home, period)));
    expect(positions.map(({ slots }) => slots[1])).to.deep.equal([
      { bought: 0n, sold: 80n },
      { bought: 60n, sold: 0n },
      { bought: 20n, sold: 0n },
    ]);
    expect(positions.reduce((sum, { paid, received }) => sum + paid - received, 0n)).to.equal(0n);

    await settle(day, [
      [seller, valuesAt({ 1: [0, 1000] })],
      [buyer, valuesAt({ 1: [600, 0] })],
      [own, valuesAt({ 1: [250, 0] })],
      [idle, valuesAt({})],
    ]);
    expect(await wealthOf(seller)).to.equal(DEPOSIT + 80_000n + 16_000n - 2_000n - 14n);
    expect(await wealthOf(buyer)).to.equal(DEPOSIT - 84_000n - 2_000n);
    expect(await wealthOf(own)).to.equal(DEPOSIT - 28_000n - 15_000n - 2_000n);
    expect(await day.pledgeOf(idle)).to.equal(PLEDGE);
    expect(await escrow.fees(day.euro, day.relayer(0))).to.equal(14n);
    expect(await escrow.pot(community, 0, period)).to.deep.equal([0n, 0n]);
    await expectBacked(day);

    for (const place of [0, 1]) {
      await expect(commitBook.connect(day.stranger).finish(community, period, place))
        .to.emit(commitBook, "BondReleased")
        .withArgs(community, period, place)
        .and.to.emit(escrow, "BondReleased")
        .withArgs(community, day.relayer(place).address, BOND);
      expect(await day.bondOf(day.relayer(place))).to.deep.equal([4n * BOND, 0n]);
    }
    await expectBacked(day);
  });

  it("pays what orders take out of pledges alone, and gives the rest back free", async function () {
    const { period, community, escrow } = day;
    const entries = [buy(0, 63, 10)];
    const bundle = bundleOf([await day.signStrip({ home: buyer, period, entries })]);
    await commit(day, day.relayer(0), bundle);
    const before = (await escrow.account(community, buyer.member)).free;
    await day.atTurn();
    await revealed(day, 0, bundle, { clears: true });
    // 100 Wh at 312 + 40, and the settlement fee.
    const reserve = 35_200n + 2_000n;
    expect(await day.pledgeOf(buyer)).to.equal(PLEDGE - reserve);
    expect((await escrow.account(community, buyer.member)).free).to.equal(before);
    await settle(day, [[buyer, valuesAt({})]]);
    expect((await escrow.account(community, buyer.member)).free).to.equal(before + 35_200n);
    expect(await day.pledgeOf(buyer)).to.equal(PLEDGE - reserve);
    await expectBacked(day);
  });

  it("clears at the gate where nobody committed: own orders alone", async function () {
    const { period, community } = day;
    const strip = await day.signStrip({ home: own, period, entries: [buy(1, 20, 20)] });
    await day.auction.connect(day.as(own)).place(community, period, strip);
    await day.at(day.gateOf() - 1);
    expect((await clear(day, [1])).cleared).to.deep.equal([]);
    await day.at(day.gateOf());
    expect((await clear(day, [1])).cleared).to.have.length(1);
  });

  it("leaves one chunk's tick words in storage for the next, and clears both out of it", async function () {
    const { period } = day;
    const bundle = bundleOf(
      [await day.signStrip({ home: seller, period, entries: [sell(0, 5, 9)] })],
      [await day.signStrip({ home: buyer, period, entries: [buy(0, 5, 9)] })],
    );
    await commit(day, day.relayer(0), bundle);
    await day.atTurn();
    await reveal(day, 0, bundle);
    expect((await day.bookAt(day.slot(0))).asks[5]).to.equal(9n);
    await reveal(day, 0, bundle, { index: 1 });
    expect((await clear(day, [0])).cleared).to.deep.equal([
      { slot: BigInt(day.slot(0)), tick: 5n, price: 80n, lots: 9n },
    ]);
  });
});
