/** Sealed periods one after another: nobody has to do anything in time, and the words of the rings are used again. */
import { expect } from "chai";
import { id, toBeHex, type ContractTransactionResponse } from "ethers";
import { buy, clear, sell } from "./helpers/auction.ts";
import { connect, type Connection, type StripInput } from "./helpers/market.ts";
import { BOND, bundleOf, commit, expectBacked, openSealedDay, PLEDGE, reveal } from "./helpers/sealed.ts";
import type { SealedDay } from "./helpers/sealed.ts";
import { freeOf, metered, Registers, valuesAt, type Values } from "./helpers/settling.ts";
import { freshWrites } from "./helpers/writes.ts";

/** A ring of five periods for journals and results, of three for commits, of two for books. */
const shortest = { readingDeadline: 1, correctionWindow: 2, claimWindow: 3 };
const RING = 5;
const COMMIT_RING = 3;
const NOTHING = { fresh: 0, all: 0 };
const ONE_CALL = "in one call";

/** Of two periods that books are kept for, four slots each of eight tick words. */
const BOOKS = 2;
const SLOTS = 4;
const WORDS = 8;
const NO_VOLUMES = Array.from({ length: BOOKS * SLOTS * WORDS }, () => 0n);

/** Every tick word of the community, as the order book has it in storage: see `BookPlaces` and `Book`. */
async function tickWords({ sealedAuction, community }: SealedDay): Promise<bigint[]> {
  const area = (BigInt(id("wattbook.auction.books")) >> 128n) << 128n;
  const places = NO_VOLUMES.map((_, word) => {
    const [slot, index] = [Math.floor(word / WORDS), word % WORDS];
    return area | (BigInt(community) << 24n) | BigInt((slot << 6) + 1 + index);
  });
  return await Promise.all(places.map(async (at) => BigInt(await sealedAuction.extsload(toBeHex(at, 32)))));
}

describe("SealedAuction: period after period", function () {
  let connection: Connection;
  let day: SealedDay;
  const build = async () => await openSealedDay(connection, [{}, {}], { terms: shortest });

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
  });

  const sign = async (home: number, input: Partial<StripInput> = {}) =>
    await day.signStrip({ home: day.home(home), period: day.period, entries: [buy(1, 30, 5)], ...input });

  it("clears own orders after the window where nobody reveals, and lets everybody out", async function () {
    const { community, escrow, period } = day;
    const withheld = bundleOf([await sign(0)]);
    for (let index = 0; index < 4; index++) await commit(day, day.relayer(index), withheld);
    const own = await sign(1, { entries: [sell(1, 10, 5)] });
    await day.auction.connect(day.as(day.home(1))).place(community, period, own);
    for (const home of day.homes) {
      await escrow.connect(day.as(home)).unpledge(community, home.member, await day.pledgeOf(home));
    }
    // The fourth turn is the last that anybody has.
    await day.at(day.gateOf() + 399);
    expect((await clear(day, [1])).cleared).to.deep.equal([]);
    expect((await clear(day, [1])).cleared).to.have.length(1);
    for (const place of [0, 1, 2, 3]) await day.commitBook.finish(community, period, place);
    await day.goTo(day.revealEnd());
    for (const home of day.homes) {
      await escrow.releasePledge(community, home.member);
      await escrow.connect(day.as(home)).withdraw(community, home.member, day.as(home), await freeOf(day, home.member));
      expect([await freeOf(day, home.member), await day.pledgeOf(home)]).to.deep.equal([0n, 0n]);
    }
    await expectBacked(day);
  });

  it("keeps a place for an older commit until anyone finishes it, whichever way the ring came round", async function () {
    const { community, commitBook, period: first } = day;
    const at = async (period: number) => {
      await day.goTo(day.periodStart(period - 1));
      return await commit(day, day.relayer(0), bundleOf([await sign(0, { period })]), period);
    };
    for (let turn = 0; turn < COMMIT_RING; turn++) await at(first + turn);
    // Several wraps later nobody has finished anything.
    for (const period of [first + COMMIT_RING, first + 3 * COMMIT_RING]) {
      await expect(at(period)).to.be.revertedWithCustomError(commitBook, "PlaceBusy").withArgs(first, 0);
    }
    const now = first + 3 * COMMIT_RING;
    expect(await day.bondOf(day.relayer(0))).to.deep.equal([4n * BOND, 3n * BOND]);
    await commitBook.connect(day.stranger).finish(community, first, 0);
    await at(now);
    expect(await day.bondOf(day.relayer(0))).to.deep.equal([3n * BOND, 3n * BOND]);
    await expect(commitBook.finish(community, first, 0))
      .to.be.revertedWithCustomError(commitBook, "NoCommit")
      .withArgs(first, 0);
    await expectBacked(day);
  });

  const ways = {
    [ONE_CALL]: { chunks: 1, clears: true },
    "in two calls of which the last clears": { chunks: 2, clears: true },
    "in two calls and clearing on its own": { chunks: 2, clears: false },
  };
  for (const [how, { chunks, clears }] of Object.entries(ways)) {
    it(`rewrites the words of older periods alone, revealed ${how}`, async function () {
      const { community, settlement, commitBook } = day;
      const writes = async (sent: ContractTransactionResponse) => await freshWrites(connection, sent);
      await day.fund(3, 1_000_000_000n);
      const registers = new Registers(day);
      for (let turn = 0; turn < 3 * RING; turn++) {
        const period = day.period + turn;
        await day.goTo(day.periodStart(period - 1));
        // The period before the current one is over.
        const past = period - 2;
        const read = async (home: number, values: Values) =>
          await metered(day, day.home(home), past, await registers.read(day.home(home), past, values));
        const settle = async () => {
          const items = [await read(0, valuesAt({ 1: [0, 90] })), await read(1, valuesAt({ 1: [90, 0] }))];
          const counted = await writes(await settlement.meterAndSettle(community, past, items));
          expect(await day.escrow.journals(community, past)).to.deep.equal([2n, 2n]);
          return counted;
        };
        const settled = turn === 0 ? NOTHING : await settle();
        const finished = turn < 2 ? NOTHING : await writes(await commitBook.finish(community, past, 0));
        const fee = { period, feePerEntry: 3 };
        const strips = [
          await sign(0, { entries: [sell(1, 10, 10 + turn), sell(2, 20, 5)], ...fee }),
          await sign(1, { entries: [buy(1, 30, 9), buy(2, 24, 6 + turn)], ...fee }),
        ];
        const bundle = chunks === 1 ? bundleOf(strips) : bundleOf(...strips.map((strip) => [strip]));
        const committed = await writes(await commit(day, day.relayer(0), bundle, period));
        if (how === ONE_CALL && turn === 3 * RING - 1) {
          const snapshot = await connection.networkHelpers.takeSnapshot();
          await day.atTurn(0, period);
          const { fresh } = await writes(await reveal(day, 0, bundle, { clears: false, period }));
          // Asks of ticks 10 and 20, bids of ticks 30 and 24: four tick words; and the group that says which are live.
          expect(fresh, "without clearing").to.equal(4 + 1);
          expect((await tickWords(day)).filter((word) => word !== 0n)).to.have.length(4);
          await snapshot.restore();
        }
        await day.atTurn(0, period);
        let revealed = 0;
        for (let index = 0; index < chunks; index++) {
          revealed += (await writes(await reveal(day, 0, bundle, { index, clears, period }))).fresh;
        }
        const slots = [1, 2].map((offset) => day.slot(offset, period));
        const cleared = await writes(await day.auction.clear(community, slots));
        const fresh = [settled.fresh, finished.fresh, committed.fresh, revealed, cleared.fresh];
        if (turn >= RING + 2) expect(fresh, `turn ${turn}`).to.deep.equal([0, 0, 0, 0, 0]);
        else if (turn < 2) expect(revealed, `turn ${turn}`).to.be.greaterThan(0);
        if (how === ONE_CALL) expect(await tickWords(day), `turn ${turn}`).to.deep.equal(NO_VOLUMES);
        if (turn >= 2) expect(Math.min(settled.all, finished.all, committed.all), `turn ${turn}`).to.be.greaterThan(1);
        expect((await day.resultAt(day.slot(1, period))).lots).to.equal(9n);
      }
      expect(await day.pledgeOf(day.home(0))).to.be.lessThan(PLEDGE);
      await expectBacked(day);
    });
  }
});
