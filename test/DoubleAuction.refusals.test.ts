import { expect } from "chai";
import { buy, openDay, post } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { connect, type Entry } from "./helpers/market.ts";

const connection = await connect();
const { networkHelpers } = connection;

const BUY_CAP = 100;
const ENOUGH = 10n ** 8n;
/** Entries in the middle of the day, as many in each of 64 slots: bids of one lot from tick 0 on. */
const SLOTS = 64;
const FIRST = 16;
const curves = (count: number, lots = 1): Entry[] =>
  Array.from({ length: count }, (_, i) => {
    const each = Math.ceil(count / SLOTS);
    return buy(FIRST + Math.floor(i / each), i % each, lots);
  });
/** What the first entries of a curve reserve: limit and network fee of 40, 10 Wh a lot, and the settlement fee. */
const reserveOf = (entries: readonly Entry[]) =>
  2000n + BigInt(entries.reduce((sum, { tick, lots }) => sum + 10 * lots * (100 + 4 * tick), 0));

interface Case {
  readonly name: string;
  readonly entries: (count: number) => readonly Entry[];
  readonly maxReserve?: (entries: readonly Entry[]) => bigint;
  /** Where all slots before this one are closed. */
  readonly gate?: number;
  /** How many of so many entries are accepted. */
  readonly accepted: (count: number) => number;
  /** Gas at most per entry above what a strip of the same bytes takes under a wrong signature; by `COUNTS`. */
  readonly gas: readonly [number, number, number];
}

const none = () => 0;
const overCap = (entry: Entry) => ({ ...entry, lots: 1000 });
const offGrid = (entry: Entry) => ({ ...entry, tick: entry.tick + 64 });
const CASES: readonly Case[] = [
  { name: "no reserve", entries: curves, maxReserve: () => 0n, accepted: none, gas: [75, 25, 5] },
  { name: "a reserve for fees only", entries: curves, maxReserve: () => 2000n, accepted: none, gas: [75, 25, 5] },
  {
    name: "a reserve too small for the first entry",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, 1)) - 1n,
    accepted: none,
    gas: [75, 25, 5],
  },
  { name: "all over the cap", entries: (count) => curves(count, BUY_CAP + 1), accepted: none, gas: [240, 210, 150] },
  { name: "the most lots there are", entries: (count) => curves(count, 65_535), accepted: none, gas: [240, 210, 150] },
  { name: "ticks off the grid", entries: (count) => curves(count).map(offGrid), accepted: none, gas: [240, 210, 150] },
  { name: "no lots", entries: (count) => curves(count, 0), accepted: none, gas: [240, 210, 165] },
  { name: "closed slots", entries: curves, gate: FIRST + SLOTS, accepted: none, gas: [240, 210, 150] },
  {
    name: "one entry off the grid, all others behind it",
    entries: (count) => [buy(255, 0, 1), ...curves(count - 1)],
    accepted: none,
    gas: [240, 210, 150],
  },
  {
    name: "every entry off the grid twice",
    entries: (count) => curves(count / 2).flatMap((entry) => [offGrid(entry), offGrid(entry)]),
    accepted: none,
    gas: [240, 210, 150],
  },
  {
    name: "the first good, the others over the cap",
    entries: (count) => curves(count).map((entry, i) => (i === 0 ? entry : overCap(entry))),
    accepted: () => 1,
    gas: [1550, 490, 250],
  },
  {
    name: "one in eight good, the others over the cap",
    entries: (count) => curves(count).map((entry, i) => (i % 8 === 0 ? entry : overCap(entry))),
    accepted: (count) => count / 8,
    gas: [5600, 4500, 2400],
  },
  {
    name: "a reserve for the first entry",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, 1)),
    accepted: () => 1,
    gas: [1350, 310, 75],
  },
  {
    name: "a reserve for half of the entries",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, entries.length / 2)),
    accepted: (count) => count / 2,
    gas: [8400, 2350, 1060],
  },
  {
    name: "a reserve for all but the last entry",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries) - 1n,
    accepted: (count) => count - 1,
    gas: [15_700, 4500, 2140],
  },
];

const COUNTS = [96, 512, 2048] as const;

async function homes() {
  return await openDay(connection, [{ buyCap: BUY_CAP, deposit: 10n ** 9n }, { deposit: 10n ** 9n }]);
}

describe("What refused entries cost the relayer", function () {
  for (const { name, entries: entriesOf, maxReserve, gate, accepted, gas } of CASES) {
    it(`is bounded for ${name}`, async function () {
      for (const [i, count] of COUNTS.entries()) {
        const day = await networkHelpers.loadFixture(homes);
        const period = gate === undefined ? day.period + 1 : day.period;
        if (gate !== undefined) await day.goTo(day.gate(gate - 1) + 1);
        const entries = entriesOf(count);
        const input = {
          home: day.home(0),
          period,
          entries,
          maxReserve: maxReserve?.(entries) ?? ENOUGH,
          feePerEntry: 0,
        };
        const forged = await day.signStrip({ ...input, signer: day.home(1).trading });
        const strip = await day.signStrip(input);
        const snapshot = await networkHelpers.takeSnapshot();
        const unsigned = await post(day, [forged], period);
        expect(at(unsigned.skipped, 0).reason).to.equal("BadSignature");
        await snapshot.restore();
        const { gasUsed, refused, skipped } = await post(day, [strip], period);
        const good = refused[0]?.reasons.filter((reason) => reason === "None").length ?? 0;
        expect(good, `accepted of ${String(count)}`).to.equal(accepted(count));
        if (good === 0) expect(at(skipped, 0).reason).to.equal("NothingAccepted");
        const perEntry = Number(gasUsed - unsigned.gasUsed) / count;
        expect(perEntry, `gas per entry of ${String(count)}`).to.be.at.most(at(gas, i));
      }
    });
  }
});
