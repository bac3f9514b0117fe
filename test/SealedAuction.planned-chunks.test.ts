/** A chunk that relayers plan is one that they can reveal, whatever its strips hold: or else its bond and every strip behind it are lost. */
import { expect } from "chai";
import { NEW_RING_LIMITS } from "../sdk/src/commit.ts";
import { buy, sell } from "./helpers/auction.ts";
import { connect, type Entry } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal } from "./helpers/sealed.ts";

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
  const { gasPerStrip, gasPerEntry, gasPerSlot, gasPerWord } = NEW_RING_LIMITS;
  const slots = new Set(entries.map(({ slot }) => slot));
  const words = new Set(entries.map(({ slot, side, tick }) => `${slot} ${side} ${Math.floor(tick / 16)}`));
  const ofStrips = BigInt(count) * (gasPerStrip + BigInt(entries.length) * gasPerEntry);
  return ofStrips + BigInt(slots.size) * gasPerSlot + BigInt(words.size) * gasPerWord;
}

/** As many strips as a chunk takes. */
function most(entries: readonly Entry[]): number {
  let count = 1;
  while (planned(entries, count + 1) <= NEW_RING_LIMITS.gas) ++count;
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
