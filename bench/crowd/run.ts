/** A community of very many homes: enrolled, and whole periods placed, cleared and settled. */
import type { HomeKeys } from "../../test/helpers/market.ts";
import { batches, inCalls } from "../gas/calls.ts";
import { ALL_SLOTS, SLOTS, countedBy } from "../gas/homes.ts";
import { openMarket, type JournalRecord, type Market, type Order } from "../gas/market.ts";
import type { Progress } from "../gas/types.ts";
import { checkResults, checkSettled, type Checked } from "./check.ts";
import { enrolAll, ordersOf } from "./homes.ts";
import { posting, revealing, type Placed } from "./placing.ts";
import { Tally, type Step } from "./step.ts";

export type Mode = "open" | "sealed";

/** A period that was played. */
export interface Played {
  /** Whether every word that it wrote was used before; else journals and results are used for the first time. */
  readonly warm: boolean;
  readonly steps: readonly Step[];
  /** Gas per home and slot, rounded up. */
  readonly perHomeAndSlot: bigint;
  readonly fullestTick: bigint;
  readonly lots: bigint;
}

export interface Crowd {
  readonly mode: Mode;
  readonly homes: number;
  readonly ticks: number;
  readonly periods: readonly Played[];
}

/** Lots of a watt-hour: ticks of 16 bits would hold 65 kWh. Sealed: eight turns of ten minutes. */
const TERMS = { wideTicks: true, lotWh: 1 };
const SEALED_TERMS = { gateClosure: 6_000, revealWindow: 4_800, bond: 5_000_000 };

/** After so many periods a journal's place in the ring is used again. */
const RING = 5;
/** A large community does not begin with everybody: in the first periods few homes make the words of the book. */
const BOOK_RING = 2;
const BOOK_HOMES = 128;
const BATCH = 100;
const SLOTS_PER_CLEAR = 48;
const SUPPLIER = { member: 3, deposit: 10n ** 15n };

/** A period with its orders on chain. */
interface Open {
  readonly period: number;
  readonly orders: readonly Order[];
  readonly placed: Placed;
}

const NOTHING: Placed = { steps: [], records: new Map() };

/** `warm`: also a period that reuses every word of the first. */
export async function crowdOf(mode: Mode, count: number, warm: boolean, progress: Progress): Promise<Crowd> {
  const sealed = mode === "sealed";
  const gas = await openMarket({ ...TERMS, ...(sealed ? SEALED_TERMS : {}) }, { sealed });
  const { market } = gas;
  progress(`${mode}: enrolling ${String(count)} homes`);
  const homes = await enrolAll(gas, count, sealed, progress);
  await market.fund(SUPPLIER.member, SUPPLIER.deposit);
  const place = sealed ? await revealing(gas) : posting(gas);
  // Meters count from the period after enrolment, for which nobody can have ordered.
  const metered = (await market.periodNow()) + 1;
  await market.goTo(market.periodStart(metered));
  let before: Open = { period: metered, orders: [], placed: NOTHING };
  const periods: Played[] = [];
  const last = BOOK_RING + (warm ? RING : 0);
  for (let day = 0; day <= last + 1; day++) {
    const period = metered + 1 + day;
    const traders = day > last ? [] : tradersOn(day, homes);
    progress(`${mode}: ${String(traders.length)} homes order for period ${String(day + 1)}`);
    const orders = traders.map((home) => ({ home, entries: ordersOf(gas, home, day) }));
    const fresh = { book: day < BOOK_RING, journals: day <= BOOK_RING };
    const placed = traders.length === 0 ? NOTHING : await place(period, orders, fresh);
    if (placed.records.size !== traders.length) {
      throw new Error(`${String(placed.records.size)} of ${String(traders.length)} strips stand`);
    }
    await market.goTo(market.periodStart(period));
    progress(`${mode}: clearing and settling period ${String(day)}`);
    const played = await close(gas, homes, before, day);
    if (before.orders.length === homes.length) periods.push({ ...played, warm: day - 1 > BOOK_RING });
    before = { period, orders, placed };
  }
  return { mode, homes: count, ticks: market.terms.tickCount, periods };
}

/** Homes that order on a day: few until the book has all its words, then everybody, and again once the ring comes round. */
function tradersOn(day: number, homes: readonly HomeKeys[]): readonly HomeKeys[] {
  if (day < BOOK_RING) return homes.slice(0, BOOK_HOMES);
  return (day - BOOK_RING) % RING === 0 ? homes : [];
}

/** Clears and settles a period that is over, and checks what came of it. */
async function close(gas: Market, homes: readonly HomeKeys[], { period, orders, placed }: Open, readings: number) {
  const clears = new Tally("clear");
  let checked: Checked = { fullestTick: 0n, lots: 0n };
  if (orders.length > 0) {
    for (const some of batches(ALL_SLOTS, SLOTS_PER_CLEAR)) clears.add(gas, await gas.clear(period, some));
    checked = await checkResults(gas, period, orders);
  }
  const settled = await settleAll(gas, homes, period, readings, placed.records);
  await checkSettled(gas, period, homes.length, checked.lots);
  const steps = [...placed.steps, clears.done(), settled];
  const units = BigInt(homes.length * SLOTS);
  const sum = steps.reduce((total, step) => total + step.gas, 0n);
  return { steps, perHomeAndSlot: (sum + units - 1n) / units, ...checked };
}

async function settleAll(
  gas: Market,
  homes: readonly HomeKeys[],
  period: number,
  readings: number,
  records: ReadonlyMap<number, JournalRecord>,
): Promise<Step> {
  const tally = new Tally("settle");
  await inCalls(homes, BATCH, async (some) => {
    const items = some.map((home) => ({
      home,
      counted: countedBy(home, readings),
      record: records.get(home.member),
    }));
    tally.add(gas, await gas.settle(period, items));
  });
  return tally.done();
}
