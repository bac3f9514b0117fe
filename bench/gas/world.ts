/** A community whose rings are warm, to which every measurement returns. */
import type { HomeKeys, TermsOverride } from "../../test/helpers/market.ts";
import { ALL_SLOTS, capsOf, countedBy, entriesOf } from "./homes.ts";
import { batches, halves } from "./calls.ts";
import { openMarket, type JournalRecord, type Market } from "./market.ts";
import type { Progress } from "./types.ts";

export interface World {
  readonly gas: Market;
  readonly ticks: number;
  /** More than any measurement uses. */
  readonly homes: readonly HomeKeys[];
  /** The period that is measured: its orders can be placed, the one before has none. */
  readonly period: number;
  /** Goes back to before anything was measured. */
  readonly restore: () => Promise<void>;
  /** Readings of a home before `period`. */
  readonly dayOf: (period: number) => number;
}

/** After so many periods a ring entry is used again: journals, results and ledger; and the words of the book. */
const RING = 5;
const BOOK_RING = 2;
const WARM_PERIODS = RING;
/** Periods after the first reading; in the one before it nobody orders. */
export const MEASURED_DAY = RING + 1;
/** While words are new, a call holds few strips; once every tick word is there, a journal is all that a strip makes. */
const COLD = { strips: 64, batch: 4 };
const WARM_BATCH = 40;
const DEPOSIT = 4_000_000_000n;
const SUPPLIER = { member: 3, deposit: 1_000_000_000_000n };

export async function warmWorld(
  homeCount: number,
  ticks: number,
  progress: Progress,
  terms: TermsOverride = {},
): Promise<World> {
  const gas = await openMarket({ tickCount: ticks, ...terms });
  const { market } = gas;
  const homes: HomeKeys[] = [];
  progress(`${String(ticks)} ticks: enrolling ${String(homeCount)} homes`);
  while (homes.length < homeCount)
    homes.push(await gas.addHome({ deposit: DEPOSIT, ...capsOf(await nextMember(gas)) }));
  await market.fund(SUPPLIER.member, SUPPLIER.deposit);
  const first = (await market.periodNow()) + 1;
  await market.goTo(market.periodStart(first));
  let records = new Map<number, JournalRecord>();
  for (let period = first; period < first + WARM_PERIODS; period++) {
    const day = period + 1 - first;
    progress(`${String(ticks)} ticks: warming the rings, period ${String(day)} of ${String(WARM_PERIODS)}`);
    const next = await postAll(gas, tradersOn(day, homes), ticks, { period: period + 1, day });
    await market.goTo(market.periodStart(period + 1));
    if (records.size > 0) {
      for (const half of halves(ALL_SLOTS)) await gas.clear(period, half);
    }
    for (const batch of batches(homes, WARM_BATCH)) {
      const items = batch.map((home) => ({
        home,
        counted: countedBy(home, period - first),
        record: records.get(home.member),
      }));
      await gas.settle(period, items);
    }
    records = next;
  }
  const snapshot = await gas.connection.networkHelpers.takeSnapshot();
  return {
    gas,
    ticks,
    homes,
    period: first + MEASURED_DAY,
    restore: async () => {
      await snapshot.restore();
    },
    dayOf: (period) => period - first,
  };
}

/** Homes that order on a day: every word that the measured day uses is used before, and no other. */
function tradersOn(day: number, homes: readonly HomeKeys[]): readonly HomeKeys[] {
  if (day === MEASURED_DAY - RING) return homes;
  return day === MEASURED_DAY - BOOK_RING ? homes.slice(0, COLD.strips) : [];
}

const nextMember = async ({ market }: Market) => Number(await market.registry.memberCount(market.community));

async function postAll(
  gas: Market,
  homes: readonly HomeKeys[],
  ticks: number,
  { period, day }: { period: number; day: number },
) {
  const records = new Map<number, JournalRecord>();
  const calls = [...batches(homes.slice(0, COLD.strips), COLD.batch), ...batches(homes.slice(COLD.strips), WARM_BATCH)];
  for (const batch of calls) {
    const receipt = await gas.post(
      period,
      batch.map((home) => ({ home, entries: entriesOf(home, day, ticks) })),
    );
    for (const [member, record] of gas.recordsIn(receipt)) records.set(member, record);
  }
  return records;
}
