import { expect } from "chai";
import fc from "fast-check";
import { buy, clear, openDay, sell, type SignedStrip } from "./helpers/auction.ts";
import {
  anyBooks,
  anyPlan,
  arrange,
  deepPockets,
  expected,
  play,
  positionOf,
  resultOf,
  type HomeOrder,
  type Plan,
} from "./helpers/books.ts";
import { at } from "./helpers/lists.ts";
import { slotResultOf } from "./reference/clearing.ts";
import { connect } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, revealed, type Bundle, type SealedDay } from "./helpers/sealed.ts";
import { hourly } from "./helpers/settling.ts";
import { runs } from "./reference/samples.ts";

const HOMES = 5;
const SLOTS = 4;
const TICKS = 32;
const MOST = 10n ** 10n;

/** How strips are shared out: commits end before these strips, and chunks hold so many. */
interface Split {
  readonly commits: readonly number[];
  readonly chunk: number;
  readonly clears: boolean;
}
const anySplit: fc.Arbitrary<Split> = fc.record({
  commits: fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 3 }),
  chunk: fc.integer({ min: 1, max: 6 }),
  clears: fc.boolean(),
});
const IN_ONE_CALL: Split = { commits: [], chunk: 1_000, clears: true };

/** Parts of a list that end before each of these indices. */
function cut<T>(list: readonly T[], ends: readonly number[]): T[][] {
  const edges = [0, ...ends.filter((end) => end < list.length).sort((a, b) => a - b), list.length];
  return edges.slice(1).map((end, i) => list.slice(at(edges, i), end));
}
const inChunks = <T>(list: readonly T[], size: number): T[][] =>
  cut(
    list,
    Array.from({ length: list.length }, (_, i) => (i + 1) * size),
  );

/** Commits to a book's strips, reveals and clears them; returns every result and position. */
async function playSealed(day: SealedDay, orders: readonly HomeOrder[], plan: Plan, split: Split) {
  const { period } = day;
  const arranged = arrange(orders, plan);
  const strips: SignedStrip[] = await Promise.all(
    arranged.map(
      async ({ home, after, orders: entries }) =>
        await day.signStrip({ home: day.home(home), period, after, entries, maxReserve: MOST }),
    ),
  );
  const bundles: Bundle[] = cut(strips, split.commits)
    .filter((part) => part.length > 0)
    .map((part) => bundleOf(...inChunks(part, split.chunk)));
  for (const [index, bundle] of bundles.entries()) await commit(day, day.relayer(index), bundle);
  await day.atTurn();
  const { clears } = split;
  let cleared = 0;
  for (const [place, bundle] of bundles.entries()) {
    for (const index of bundle.chunks.keys()) {
      const outcome = await revealed(day, place, bundle, { index, clears });
      expect([...outcome.skipped, ...outcome.refused]).to.deep.equal([]);
      cleared += outcome.cleared.length;
    }
  }
  expect(cleared > 0).to.equal(clears && orders.length > 0);
  await clear(day, [...Array(SLOTS).keys()]);
  return { accepted: arranged.flatMap((strip) => strip.orders), ...(await outcomes(day)) };
}

async function outcomes(day: SealedDay) {
  const results = await Promise.all(
    Array.from({ length: SLOTS }, async (_, slot) => await resultOf(day, slot, day.period).catch(() => null)),
  );
  const positions = await Promise.all(day.homes.map(async (_, home) => await positionOf(day, home, day.period)));
  return { results, positions };
}

describe("SealedAuction: whatever the chunking", function () {
  const grids = {
    "in a period of 32 ticks": { terms: { tickCount: TICKS }, count: 25 },
    "where ticks are wide and orders come in four periods ahead": {
      terms: { tickCount: TICKS, wideTicks: true, horizon: 4 },
      count: 10,
    },
  };
  for (const [where, { terms, count }] of Object.entries(grids))
    describe(where, function () {
      it("has the price, the volumes and the fills of an open book and of the naive model", async function () {
        this.timeout(300_000);
        const homes = Array.from({ length: HOMES }, () => ({ ...deepPockets, pledge: 9n * 10n ** 11n }));
        const [connection, other] = [await connect(), await connect()];
        const day = await openSealedDay(connection, homes, { terms });
        const open = await openDay(other, homes, { terms: { ...hourly, ...terms } });
        const snapshots = [
          await connection.networkHelpers.takeSnapshot(),
          await other.networkHelpers.takeSnapshot(),
        ] as const;
        await fc.assert(
          fc.asyncProperty(anyBooks(SLOTS, HOMES, TICKS), anyPlan, anySplit, async (orders, plan, split) => {
            await snapshots[0].restore();
            await snapshots[1].restore();
            const wanted = await play(open, orders, plan, SLOTS);
            for (const how of [IN_ONE_CALL, split]) {
              await snapshots[0].restore();
              const { accepted, results, positions } = await playSealed(day, orders, plan, how);
              expect({ accepted, results, positions }).to.deep.equal(wanted);
              for (const [slot, result] of results.entries()) {
                if (!orders.some((order) => order.slot === slot)) expect(result).to.equal(null);
                else {
                  const { clearing } = expected(accepted, slot, TICKS);
                  expect(result).to.deep.equal(clearing && slotResultOf(clearing));
                }
              }
            }
          }),
          runs(count),
        );
      });
    });

  it("clears own orders in storage together with revealed ones in memory", async function () {
    const connection = await connect();
    const day = await openSealedDay(connection, [{}, {}, {}]);
    const { period, community } = day;
    const own = await day.signStrip({ home: day.home(0), period, entries: [sell(0, 8, 20), sell(2, 8, 7)] });
    await day.auction.connect(day.as(day.home(0))).place(community, period, own);
    const bundle = bundleOf([
      // The second shares a tick word with the order in storage, the third lies in another word of the slot.
      await day.signStrip({ home: day.home(1), period, entries: [sell(0, 9, 5), buy(1, 3, 2)] }),
      await day.signStrip({ home: day.home(2), period, entries: [buy(0, 40, 22)] }),
    ]);
    await commit(day, day.relayer(0), bundle);
    await day.atTurn();
    const { cleared } = await revealed(day, 0, bundle, { clears: true });
    expect(
      cleared.map(({ slot, tick, lots }) => [Number(slot) - day.slot(0), Number(tick), Number(lots)]),
    ).to.deep.equal([
      [0, 9, 22],
      [1, 255, 0],
      [2, 255, 0],
    ]);
    const [first, second] = [await positionOf(day, 0, period), await positionOf(day, 1, period)];
    expect([first.slots[0], second.slots[0]]).to.deep.equal([
      { bought: 0n, sold: 20n },
      { bought: 0n, sold: 2n },
    ]);
    expect((await clear(day, [0, 1, 2, 3])).cleared).to.deep.equal([]);
  });

  it("clears in the call that reveals the last chunk, and in no earlier one", async function () {
    const connection = await connect();
    const day = await openSealedDay(connection, [{}, {}]);
    const { period } = day;
    const strips = [0, 1].map(
      async (home) => await day.signStrip({ home: day.home(home), period, entries: [sell(home, 8, 1)] }),
    );
    const [one, two] = await Promise.all(strips);
    if (!one || !two) throw new Error("no strips");
    const bundle = bundleOf([one], [two]);
    await commit(day, day.relayer(0), bundle);
    await day.atTurn();
    expect((await revealed(day, 0, bundle, { clears: true })).cleared).to.deep.equal([]);
    expect((await revealed(day, 0, bundle, { index: 1, clears: true })).cleared).to.have.length(2);
  });
});
