/** A chunk that relayers plan is one that they can reveal, whatever its strips hold: or else its bond and every strip behind it are lost. */
import { expect } from "chai";
import {
  asCommunity,
  asPeriod,
  buildCommit,
  CHECKED_LIMITS,
  CHUNK_LIMITS,
  type ChunkLimits,
  unpackStrips,
  USED_RINGS,
} from "@wattbook/sdk";
import { chunkLimits } from "../services/src/relayer/sealed/pack.ts";
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

describe("Chunks of relayers that know that tick words are used", function () {
  this.timeout(300_000);
  const SLOTS = 96;
  /** Of the ring of books. */
  const BOOKS = 2;
  const grid = { slotsPerPeriod: 96n, tickCount: 64n, wideTicks: false };
  /** Tick words were written before, by whomever; journals, this relayer believes, too. */
  const used = { hasTicks: () => true, hasJournal: () => true };
  /** What it is wrong about: every journal is new. */
  const NEW_JOURNAL = 17_100n;

  const tickOf = (home: number, slot: number) => (7 * home + 3 * slot) % TICKS;
  const full = (home: number) =>
    Array.from({ length: SLOTS }, (_, slot) => (home % 2 === 0 ? sell : buy)(slot, tickOf(home, slot), 1));
  /** Of each eight entries one is accepted, the others are beyond the member's cap. */
  const refused = (home: number) =>
    full(home).map((entry, index) => ({ ...entry, lots: (index + home) % 8 === 0 ? 1 : 50_000 }));

  for (const [what, entriesOf, checked, least] of [
    ["full strips that were checked", full, true, 100],
    ["strips of which seven entries in eight are refused", refused, false, 70],
  ] as const) {
    it(`hold ${what}, and can be revealed in front of another commit with an own order in every word`, async function () {
      const homes = Array.from({ length: 110 }, () => ({ deposit: 2n * RICH, pledge: RICH }));
      const day = await openSealedDay(await connect(), homes, { terms });
      const { community, auction } = day;
      const feeTo = day.relayer(0).address;
      const own = day.home(homes.length - 1);
      const everywhere = async (period: number) => {
        for (const after of [0, SLOTS / 2]) {
          const entries = Array.from({ length: SLOTS / 2 }, (_, slot) =>
            [buy, sell].flatMap((order) => [0, 16, 32, 48].map((tick) => order(after + slot, tick, 1))),
          ).flat();
          const strip = await day.signStrip({ home: own, period, after, entries, maxReserve: 10n ** 10n });
          await auction.connect(day.as(own)).place(community, period, strip, { gasLimit: LIMIT });
        }
      };
      await everywhere(day.period);
      await day.goTo(day.revealEnd());
      const slots = Array.from({ length: SLOTS }, (_, offset) => day.slot(offset));
      for (const half of [slots.slice(0, 48), slots.slice(48)])
        await auction.clear(community, half, { gasLimit: LIMIT });

      const period = day.period + BOOKS;
      const strips = await Promise.all(
        day.homes.slice(0, -1).map(
          async (home, index) =>
            await day.signStrip({
              home,
              period,
              entries: entriesOf(index),
              maxReserve: 10n ** 11n,
              feePerEntry: 1,
              feeTo,
            }),
        ),
      );
      const context = { community: asCommunity(BigInt(community)), period: asPeriod(BigInt(period)), feeTo };
      const limits = chunkLimits(grid, { used, checked });
      const planned = buildCommit(unpackStrips(context, packStrips(strips)), limits);
      const count = at(planned.chunks, 0).strips;
      await day.goTo(day.periodStart(period - 1));
      await commit(day, day.relayer(0), planned, period);
      await commit(day, day.relayer(1), planned, period);
      await everywhere(period);
      await day.atTurn(0, period);
      const receipt = await (await reveal(day, 0, planned, { period, clears: true })).wait();
      const gas = receipt?.gasUsed ?? LIMIT;
      console.log(`      ${String(count)} strips: ${String(gas)} gas, of ${String(limits.gas)} planned`);
      expect(count).to.be.at.least(least);
      expect(gas - BigInt(count) * NEW_JOURNAL).to.be.lessThan(limits.gas);
      expect(gas).to.be.lessThan(LIMIT);
    });
  }
});
