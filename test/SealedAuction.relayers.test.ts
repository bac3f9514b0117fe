/** What a relayer can do with the strips it has, short of keeping its word: order, number, time. */
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { buy, clear, sell, type SignedStrip } from "./helpers/auction.ts";
import { connect, type StripInput } from "./helpers/market.ts";
import { BOND, bundleOf, chunkOf, commit, expectBacked, openSealedDay, reveal, revealed } from "./helpers/sealed.ts";
import type { Bundle, SealedDay } from "./helpers/sealed.ts";
import { freeOf } from "./helpers/settling.ts";

const connection = await connect();
const build = async () => await openSealedDay(connection, [{}, {}, {}]);
const COLLECTOR = 2;
const PLACES = 8;

describe("SealedAuction: a relayer", function () {
  let day: SealedDay;
  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
  });

  const sign = async (home: number, input: Partial<StripInput> = {}) =>
    await day.signStrip({ home: day.home(home), period: day.period, entries: [buy(1, 30, 5)], ...input });
  /** Two chunks, of two strips and of one. */
  const twoChunks = async () => bundleOf([await sign(0), await sign(1)], [await sign(2)]);
  const skips = (outcome: Awaited<ReturnType<typeof revealed>>) => outcome.skipped.map(({ reason }) => reason);
  const refused = async (call: Promise<unknown>, name: string, ...args: unknown[]) => {
    await expect(call)
      .to.be.revertedWithCustomError(day.commitBook, name)
      .withArgs(...args);
  };
  const bonds = async () => await Promise.all([0, 1].map(async (index) => await day.bondOf(day.relayer(index))));

  describe("that reorders", function () {
    it("the strips of different members changes nothing but who is filled first at the margin", async function () {
      const strips = [await sign(0, { entries: [sell(1, 9, 7)] }), await sign(1), await sign(2)];
      const orders = [strips, [...strips].reverse()];
      const results = [];
      for (const [index, order] of orders.entries()) {
        if (index > 0) day = await connection.networkHelpers.loadFixture(build);
        const bundle = bundleOf(order);
        await commit(day, day.relayer(0), bundle);
        await day.atTurn();
        results.push((await revealed(day, 0, bundle, { clears: true })).cleared);
      }
      expect(results[0]).to.have.length(1);
      expect(results[1]).to.deep.equal(results[0]);
    });

    it("the strips of one member loses those out of order, which is why a member signs one per period", async function () {
      const early = await sign(0);
      const late = await sign(0, { after: 2, entries: [buy(2, 30, 5)] });
      const bundle = bundleOf([late, early]);
      await commit(day, day.relayer(0), bundle);
      await day.atTurn();
      const outcome = await revealed(day, 0, bundle, { clears: true });
      expect(skips(outcome)).to.deep.equal(["WrongFrontier"]);
      expect(outcome.skipped.map(({ index }) => index)).to.deep.equal([0n]);
      expect(outcome.records).to.have.length(1);
    });

    it("its chunks cannot reveal the second first, nor any in place of another", async function () {
      const bundle = await twoChunks();
      await commit(day, day.relayer(0), bundle);
      await day.goTo(day.gateOf());
      const [first, second] = bundle.chunks;
      if (!first || !second) throw new Error("two chunks");
      await refused(reveal(day, 0, bundle, { index: 1 }), "NotTheNextChunk", 1, 0);
      const inFirst = reveal(day, 0, bundle, { bytes: second.bytes });
      await refused(inFirst, "NotCommitted", day.period, 0, second.hash);
      await refused(reveal(day, 0, bundle, { rest: ZeroHash }), "NotCommitted", day.period, 0, first.hash);
      await reveal(day, 0, bundle);
      await refused(reveal(day, 0, bundle), "NotTheNextChunk", 0, 1);
      const otherBefore = reveal(day, 0, bundle, { index: 1, before: [second.hash] });
      await refused(otherBefore, "NotCommitted", day.period, 0, second.hash);
      const longer = reveal(day, 0, bundle, { index: 1, rest: first.hash });
      await refused(longer, "NotCommitted", day.period, 0, second.hash);
      await reveal(day, 0, bundle, { index: 1 });
      await refused(reveal(day, 0, bundle, { index: 1 }), "NotItsTurn", day.period, 0, PLACES);
    });
  });

  describe("that duplicates", function () {
    it("a strip within a chunk and among its chunks has it once, and its fee once", async function () {
      const fee = { feePerEntry: 9, feeTo: day.relayer(0).address };
      const strip = await sign(0, fee);
      const bundle = bundleOf([strip, strip], [strip]);
      await commit(day, day.relayer(0), bundle);
      await day.atTurn();
      expect(skips(await revealed(day, 0, bundle))).to.deep.equal(["WrongFrontier"]);
      expect(skips(await revealed(day, 0, bundle, { index: 1, clears: true }))).to.deep.equal(["WrongFrontier"]);
      expect(await day.escrow.fees(day.euro, day.relayer(0))).to.equal(9n);
      await expectBacked(day);
    });

    it("a strip of another relayer has no fee of it, which was signed for that one", async function () {
      const theirs = await sign(0, { feePerEntry: 9, feeTo: day.relayer(1).address });
      const stolen = bundleOf([{ ...theirs, feeTo: day.relayer(0).address }]);
      const copied = bundleOf([theirs]);
      await commit(day, day.relayer(0), stolen);
      await commit(day, day.relayer(1), copied);
      await day.atTurn();
      expect(skips(await revealed(day, 0, stolen))).to.deep.equal(["BadSignature"]);
      expect(skips(await revealed(day, 1, copied, { clears: true }))).to.deep.equal([]);
      expect(await day.escrow.fees(day.euro, day.relayer(0))).to.equal(0n);
      expect(await day.escrow.fees(day.euro, day.relayer(1))).to.equal(9n);
    });
  });

  describe("that is late", function () {
    it("collects no fee: neither for a commit behind the gate nor for a chunk behind its turn", async function () {
      const fee = { feePerEntry: 9, feeTo: day.relayer(0).address };
      const inTime = bundleOf([await sign(0, fee)], [await sign(1, fee)]);
      const afterwards = bundleOf([await sign(2, fee)]);
      await commit(day, day.relayer(0), inTime);
      await day.atTurn();
      await refused(
        commit(day, day.relayer(1), afterwards),
        "CommitsClosed",
        day.period,
        day.periodStart(day.period - 1),
        day.gateOf(),
      );
      await revealed(day, 0, inTime);
      expect(await day.escrow.fees(day.euro, day.relayer(0))).to.equal(9n);
      await day.atTurn(1);
      await refused(reveal(day, 0, inTime, { index: 1, clears: true }), "NotItsTurn", day.period, 0, PLACES);
      expect(await day.escrow.fees(day.euro, day.relayer(0))).to.equal(9n);
      await expectBacked(day);
    });
  });

  describe("that withholds", function () {
    let bundle: Bundle, other: Bundle;
    beforeEach(async function () {
      bundle = await twoChunks();
      other = bundleOf([await sign(1, { entries: [sell(1, 9, 3)] })]);
      await commit(day, day.relayer(0), bundle);
      await commit(day, day.relayer(1), other);
    });
    const finish = async (place: number) => await day.commitBook.finish(day.community, day.period, place);

    it("forfeits its own bond at the end of its turn and nobody else's; the next reveals and all clears", async function () {
      const { community, period, escrow, commitBook } = day;
      const collected = await freeOf(day, COLLECTOR);
      const turnEnd = day.gateOf() + 100;
      await day.at(turnEnd - 1);
      await refused(finish(0), "NotDue", period, 0, turnEnd);
      await day.at(turnEnd);
      await expect(finish(0))
        .to.emit(commitBook, "BondForfeited")
        .withArgs(community, period, 0, 3)
        .and.to.emit(escrow, "BondForfeited")
        .withArgs(community, day.relayer(0).address, BOND);
      expect(await bonds()).to.deep.equal([
        [3n * BOND, 0n],
        [4n * BOND, BOND],
      ]);
      expect(await freeOf(day, COLLECTOR)).to.equal(collected + BOND);
      await expectBacked(day);
      expect((await revealed(day, 1, other, { clears: true })).cleared).to.have.length(1);
      await refused(finish(1), "NotDue", period, 1, day.periodStart(period + 1));
      await refused(finish(0), "Finished", period, 0);
      await day.goTo(day.periodStart(period + 1));
      await finish(1);
      expect(await bonds()).to.deep.equal([
        [3n * BOND, 0n],
        [4n * BOND, 0n],
      ]);
      await expectBacked(day);
    });

    it("its last chunk leaves what it revealed before, and forfeits all the same", async function () {
      await day.atTurn();
      expect((await revealed(day, 0, bundle, { clears: true })).records).to.have.length(2);
      await day.atTurn(1);
      await expect(finish(0)).to.emit(day.commitBook, "BondForfeited").withArgs(day.community, day.period, 0, 1);
      const { cleared } = await revealed(day, 1, other, { clears: true });
      // Home 1 has an order there already, so the ask is skipped: two bids, no trade.
      expect(cleared).to.deep.equal([{ slot: BigInt(day.slot(1)), tick: 255n, price: 0n, lots: 0n }]);
      expect((await day.resultAt(day.slot(1))).cleared).to.equal(true);
    });

    it("cannot come back once its turn is over, nor take another's", async function () {
      await day.atTurn(1);
      await refused(reveal(day, 0, bundle), "NotItsTurn", day.period, 0, 1);
      await day.at(day.revealEnd());
      await refused(reveal(day, 1, other), "NotItsTurn", day.period, 1, PLACES);
      expect((await clear(day, [1])).cleared).to.deep.equal([]); // nobody revealed: no order, nothing to clear
    });

    it("holds the others up for its own turn at most", async function () {
      await day.goTo(day.gateOf() + 98);
      await refused(reveal(day, 1, other), "NotItsTurn", day.period, 1, 0);
      expect((await revealed(day, 1, other, { clears: true })).cleared).to.have.length(1);
    });

    it("is of no help where somebody else has the chunks: anyone reveals them", async function () {
      await day.atTurn();
      for (const index of [0, 1]) await reveal(day, 0, bundle, { index });
      await reveal(day, 1, other);
      expect(await day.commitBook.isResolved(day.community, day.period)).to.equal(true);
    });
  });

  describe("that reveals something else", function () {
    it("than a whole chunk is refused: cut off, longer, with more or fewer strips than it said", async function () {
      const [a, b] = [await sign(0), await sign(1)];
      const { bytes } = chunkOf([a, b]);
      const broken: [string, string, unknown[]][] = [
        [bytes.slice(0, -2), "BrokenChunk", [120]],
        [bytes.slice(0, 2 + 2 * 19), "BrokenChunk", [0]],
        [`${bytes}00`, "BrokenChunk", [220]],
      ];
      const bundle = bundleOf([a, b]);
      await commit(day, day.relayer(0), bundle);
      await day.goTo(day.gateOf());
      for (const [odd, name, args] of broken) {
        await expect(reveal(day, 0, bundle, { bytes: odd }))
          .to.be.revertedWithCustomError(day.sealedAuction, name)
          .withArgs(...args);
      }
    });

    for (const said of [1, 3]) {
      it(`than the ${said} strips it said is refused, and forfeits`, async function () {
        const bundle = { ...bundleOf([await sign(0), await sign(1)]), strips: said };
        await commit(day, day.relayer(0), bundle);
        await day.atTurn();
        await refused(reveal(day, 0, bundle), "WrongStripCount", 2, said);
        await day.atTurn(1);
        await expect(day.commitBook.finish(day.community, day.period, 0))
          .to.emit(day.commitBook, "BondForfeited")
          .withArgs(day.community, day.period, 0, said);
      });
    }
  });

  it("that commits to a bad strip has it skipped and named; the rest goes through", async function () {
    const bad: [string, SignedStrip][] = [
      ["BadSignature", await sign(1, { signer: day.home(0).trading })],
      ["WrongEpoch", await sign(1, { epoch: 3 })],
      ["Expired", await sign(1, { deadline: day.gateOf() - 1 })],
      ["Underfunded", await sign(1, { maxReserve: 10n ** 12n })],
      ["WrongFrontier", await sign(1, { after: 1 })],
      ["BadLength", await sign(1, { entries: "0x" })],
      ["NothingAccepted", await sign(1, { entries: [buy(3, 30, 500)] })],
    ];
    const good = [await sign(0), await sign(2)];
    const bundle = bundleOf([...good.slice(0, 1), ...bad.map(([, strip]) => strip), ...good.slice(1)]);
    await commit(day, day.relayer(0), bundle);
    await day.atTurn();
    const outcome = await revealed(day, 0, bundle, { clears: true });
    expect(outcome.skipped.map(({ member, index, reason }) => [Number(member), Number(index), reason])).to.deep.equal(
      bad.map(([reason], index) => [day.home(1).member, index + 1, reason]),
    );
    expect(outcome.records.map(({ member }) => member)).to.deep.equal([day.home(0).member, day.home(2).member]);
    expect(outcome.cleared).to.have.length(1);
  });
});
