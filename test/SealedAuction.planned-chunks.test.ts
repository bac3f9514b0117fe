/** A chunk that relayers plan is one that they can reveal, whatever its strips hold: or else its bond and every strip behind it are lost. */
import { expect } from "chai";
import { buildCommit, CHECKED_LIMITS, CHUNK_LIMITS, type ChunkLimits, USED_RINGS } from "../sdk/src/commit.ts";
import { unpackStrips } from "../sdk/src/packed-strips.ts";
import { asCommunity, asPeriod } from "../sdk/src/units.ts";
import { buy, sell, type SignedStrip } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { connect, packStrips, type Entry } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal } from "./helpers/sealed.ts";
import { freshWrites } from "./helpers/writes.ts";

const LIMIT = 2n ** 24n;
const RICH = 10n ** 12n;
const TICKS = 64;
const terms = {
  slotDuration: 300,
  slotsPerPeriod: 96,
  horizon: 1,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};

const curve = (slot: number, entry: (slot: number, tick: number, lots: number) => Entry): Entry[] =>
  Array.from({ length: TICKS }, (_, tick) => entry(slot, tick, 1));
const sells = Array.from({ length: 32 }, (_, slot) => curve(slot, sell)).flat();
const both = Array.from({ length: 16 }, (_, slot) => [...curve(slot, buy), ...curve(slot, sell)]).flat();

/** What relayers plan with for strips that all hold the same entries. */
function planned(entries: readonly Entry[], count: number): bigint {
  const { gasPerStrip, gasPerEntry, gasPerSlot, gasPerWord } = CHUNK_LIMITS;
  const slots = new Set(entries.map(({ slot }) => slot));
  const words = new Set(entries.map(({ slot, side, tick }) => `${slot} ${side} ${Math.floor(tick / 16)}`));
  const ofStrips = BigInt(count) * (gasPerStrip + BigInt(entries.length) * gasPerEntry);
  return ofStrips + BigInt(slots.size) * gasPerSlot + BigInt(words.size) * gasPerWord;
}

/** As many strips as a chunk takes. */
function most(entries: readonly Entry[]): number {
  let count = 1;
  while (planned(entries, count + 1) <= CHUNK_LIMITS.gas) ++count;
  return count;
}

describe("Chunks of hostile strips", function () {
  this.timeout(300_000);
  for (const [what, entries, maxReserve] of [
    ["pay for their first entry alone", sells, 5_000n],
    ["pay for none", sells, 10n],
    ["are good but for their last entry", [...both.slice(0, -1), sell(15, TICKS - 1, 5_000)], RICH],
    ["ask for more than the member may in every entry", both.map((entry) => ({ ...entry, lots: 500 })), RICH],
  ] as const) {
    it(`can be revealed if all of them ${what}`, async function () {
      const connection = await connect();
      const count = most(entries);
      const homes = Array.from({ length: count }, () => ({ deposit: 2n * RICH, pledge: RICH }));
      const day = await openSealedDay(connection, homes, { terms });
      const fees = { maxReserve, feePerEntry: 1, feeTo: day.relayer(0).address };
      const strips = await Promise.all(
        day.homes.map(async (home) => await day.signStrip({ home, period: day.period, entries, ...fees })),
      );
      const bundle = bundleOf(strips);
      await commit(day, day.relayer(0), bundle);
      await day.atTurn();
      const receipt = await (await reveal(day, 0, bundle)).wait();
      const gas = receipt?.gasUsed ?? LIMIT;
      console.log(`      ${String(count)} strips: ${String(gas)} gas of ${String(planned(entries, count))} planned`);
      expect(gas).to.be.lessThan(LIMIT);
    });
  }
});

describe("Chunks of a community whose periods were cleared out of memory", function () {
  this.timeout(300_000);
  /** With the limits of used rings a first chunk takes 107 of them. */
  const HOMES = 110;
  const SLOTS = 96;
  /** Periods that books are kept for. */
  const BOOKS = 2;

  it("can be revealed as planned by default, and not as planned for used words", async function () {
    const connection = await connect();
    const homes = Array.from({ length: HOMES }, () => ({ deposit: 2n * RICH, pledge: RICH }));
    const day = await openSealedDay(connection, homes, { terms });
    const feeTo = day.relayer(0).address;
    const signed = async (period: number, count = HOMES): Promise<SignedStrip[]> =>
      await Promise.all(
        day.homes.slice(0, count).map(async (home, index) => {
          const order = index % 2 === 0 ? sell : buy;
          const entries = Array.from({ length: SLOTS }, (_, slot) => order(slot, (7 * index + 3 * slot) % TICKS, 1));
          return await day.signStrip({ home, period, entries, maxReserve: 10n ** 10n, feePerEntry: 1, feeTo });
        }),
      );
    for (let turn = 0; turn < BOOKS; turn++) {
      const period = day.period + turn;
      const bundle = bundleOf(await signed(period, 60));
      await day.goTo(day.periodStart(period - 1));
      await commit(day, day.relayer(0), bundle, period);
      await day.atTurn(0, period);
      await reveal(day, 0, bundle, { period, clears: true });
    }
    const period = day.period + BOOKS;
    const strips = await signed(period);
    const planned = (limits?: ChunkLimits) => {
      const context = { community: asCommunity(BigInt(day.community)), period: asPeriod(BigInt(period)), feeTo };
      return buildCommit(unpackStrips(context, packStrips(strips)), limits);
    };
    const [unsafe, safe] = [planned({ ...CHECKED_LIMITS, ...USED_RINGS }), planned()];
    await day.goTo(day.periodStart(period - 1));
    await commit(day, day.relayer(0), unsafe, period);
    await commit(day, day.relayer(1), safe, period);
    await day.atTurn(0, period);
    const held = await reveal(day, 0, unsafe, { period }).then(
      () => true,
      () => false,
    );
    expect([at(unsafe.chunks, 0).strips, held]).to.deep.equal([107, false]);
    await day.atTurn(1, period);
    const sent = await reveal(day, 1, safe, { period });
    const gas = (await sent.wait())?.gasUsed ?? LIMIT;
    const { fresh } = await freshWrites(connection, sent);
    console.log(`      ${String(at(safe.chunks, 0).strips)} strips: ${String(gas)} gas, ${String(fresh)} new words`);
    expect(gas).to.be.lessThan(CHUNK_LIMITS.gas);
    // Each strip names a tick in each slot, hardly ever in the word of another.
    expect(fresh).to.be.greaterThan(4 * SLOTS);
  });
});
