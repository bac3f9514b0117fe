import { expect } from "chai";
import { buy, openDay, post, type Day, type EntryReason, type StripReason } from "./helpers/auction.ts";
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

interface Hostile {
  readonly name: string;
  readonly entries: (count: number) => readonly Entry[];
  readonly maxReserve?: (entries: readonly Entry[]) => bigint;
  /** The first slot whose gate is open; all of them where left out. */
  readonly gate?: number;
  readonly refused: EntryReason;
  /** Gas above what a strip of the same bytes takes under a wrong signature, per entry. */
  readonly perEntry: readonly [number, number, number];
}

const HOSTILE: readonly Hostile[] = [
  { name: "no reserve", entries: curves, maxReserve: () => 0n, refused: "OverReserve", perEntry: [0, 0, 0] },
  { name: "settlement fee alone", entries: curves, maxReserve: () => 2000n, refused: "OverReserve", perEntry: [0, 0, 0] },
  {
    name: "one lot short of the first entry",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, 1)) - 1n,
    refused: "OverReserve",
    perEntry: [0, 0, 0],
  },
  { name: "over the cap", entries: (count) => curves(count, BUY_CAP + 1), refused: "OverCap", perEntry: [0, 0, 0] },
  { name: "far over the cap", entries: (count) => curves(count, 65_535), refused: "OverCap", perEntry: [0, 0, 0] },
  {
    name: "ticks off the grid",
    entries: (count) => curves(count).map((entry) => ({ ...entry, tick: entry.tick + 64 })),
    refused: "OffGrid",
    perEntry: [0, 0, 0],
  },
  { name: "no lots", entries: (count) => curves(count, 0), refused: "ZeroLots", perEntry: [0, 0, 0] },
  { name: "closed slots", entries: curves, gate: FIRST + SLOTS, refused: "GateClosed", perEntry: [0, 0, 0] },
  {
    name: "one entry off the grid, all others behind it",
    entries: (count) => [buy(255, 0, 1), ...curves(count - 1)],
    refused: "NotAscending",
    perEntry: [0, 0, 0],
  },
  {
    name: "every entry off the grid twice",
    entries: (count) =>
      curves(count / 2)
        .map((entry) => ({ ...entry, tick: entry.tick + 64 }))
        .flatMap((entry) => [entry, entry]),
    refused: "NotAscending",
    perEntry: [0, 0, 0],
  },
];

interface Paid {
  readonly name: string;
  readonly entries: (count: number) => readonly Entry[];
  readonly maxReserve?: (entries: readonly Entry[]) => bigint;
  readonly perEntry: readonly [number, number, number];
}
/** Strips of which some entries are accepted. */
const MIXED: readonly Paid[] = [
  { name: "all good", entries: curves, perEntry: [0, 0, 0] },
  {
    name: "every other over the cap",
    entries: (count) => curves(count).map((e, i) => (i % 2 === 0 ? e : { ...e, lots: 1000 })),
    perEntry: [0, 0, 0],
  },
  {
    name: "one in eight good, the others over the cap",
    entries: (count) => curves(count, 1000).map((e, i) => (i % 8 === 0 ? { ...e, lots: 1 } : e)),
    perEntry: [0, 0, 0],
  },
  {
    name: "the first good, the others over the cap",
    entries: (count) => curves(count, 1000).map((e, i) => (i === 0 ? { ...e, lots: 1 } : e)),
    perEntry: [0, 0, 0],
  },
  {
    name: "a reserve for the first only",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, 1)),
    perEntry: [0, 0, 0],
  },
  {
    name: "a reserve for half",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries.slice(0, entries.length / 2)),
    perEntry: [0, 0, 0],
  },
  {
    name: "a reserve for all but the last",
    entries: curves,
    maxReserve: (entries) => reserveOf(entries) - 1n,
    perEntry: [0, 0, 0],
  },
];

const COUNTS = [96, 512, 2048];

async function homes() {
  return await openDay(connection, [{ buyCap: BUY_CAP, deposit: 10n ** 9n }, { deposit: 10n ** 9n }]);
}

describe("measure", function () {
  it("prints", async function () {
    const table: string[] = [];
    for (const kind of [...HOSTILE, ...MIXED]) {
      const cells: string[] = [];
      for (const count of COUNTS) {
        const day = await networkHelpers.loadFixture(homes);
        const gate = "gate" in kind ? kind.gate : undefined;
        const period = gate === undefined ? day.period + 1 : day.period;
        if (gate !== undefined) await day.goTo(day.gate(gate - 1) + 1);
        const entries = kind.entries(count);
        const maxReserve = kind.maxReserve?.(entries) ?? ENOUGH;
        const input = { home: day.home(0), period, entries, maxReserve, feePerEntry: 0 };
        const forged = await day.signStrip({ ...input, signer: day.home(1).trading });
        const strip = await day.signStrip(input);
        const snap = await networkHelpers.takeSnapshot();
        const base = await post(day, [forged], period);
        expect(at(base.skipped, 0).reason).to.equal("BadSignature");
        await snap.restore();
        try {
          const { gasUsed, refused, skipped } = await post(day, [strip], period);
          const n = refused[0]?.reasons.filter((r) => r !== "None").length ?? (skipped.length ? "all" : 0);
          cells.push(`${((Number(gasUsed) - Number(base.gasUsed)) / count).toFixed(0)} (${n})`);
        } catch (error) {
          cells.push(`fails`);
        }
      }
      table.push(`${kind.name.padEnd(50)} ${cells.join(" | ")}`);
    }
    console.log(table.join("\n"));
  });
});
