/** A sealed community whose rings are warm: whole periods committed to, revealed and cleared in one call, settled, finished. */
import { connect, unpackRecords, type HomeKeys } from "../../test/helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal, type SealedDay } from "../../test/helpers/sealed.ts";
import { batches } from "./calls.ts";
import { ALL_SLOTS, capsOf, countedBy, entriesOf } from "./homes.ts";
import { checkLength, MAX_GAS, receiptOf, type Market, type Order, type Receipt } from "./market.ts";

/** Periods of eight hours, and a ring of five. */
const TERMS = {
  slotDuration: 300,
  slotsPerPeriod: 96,
  horizon: 1,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};
const RING = 5;
const RICH = 10n ** 12n;
/** Members before the first home: coordinator, DSO, fee collector, supplier. */
const SERVICES = 4;
/** Homes with orders in every slot while rings are warmed: each slot clears. The others order in one, which makes all words of theirs. */
const WARMERS = 10;
/** Members in a call that settles: what calldata has room for. */
const SETTLED = 75;

/** Some members metered and settled in a call. */
export interface Settled {
  readonly receipt: Receipt;
  readonly homes: readonly HomeKeys[];
}

/** A period that is committed to, revealed and cleared. */
export interface Played {
  readonly period: number;
  readonly orders: readonly Order[];
  readonly committed: Receipt;
  readonly revealed: Receipt;
}

export interface SealedWorld {
  readonly day: SealedDay;
  readonly provider: Market["provider"];
  readonly ticks: number;
  /** Goes back to before anything was measured. */
  readonly restore: () => Promise<void>;
}

export async function sealedWorld(count: number, ticks: number): Promise<SealedWorld> {
  const connection = await connect();
  const homes = Array.from({ length: count }, (_, index) => ({
    ...capsOf(SERVICES + index),
    deposit: RICH,
    pledge: RICH / 2n,
  }));
  const day = await openSealedDay(connection, homes, { terms: { ...TERMS, tickCount: ticks } });
  await day.fund(SERVICES - 1, RICH);
  const world = { day, provider: connection.provider, ticks };
  for (let turn = 0; turn < RING; turn++) await play(world, turn, count, WARMERS);
  const snapshot = await connection.networkHelpers.takeSnapshot();
  return {
    ...world,
    restore: async () => {
      await snapshot.restore();
    },
  };
}

/** The first period after the rings are warm, traded by the first `count` homes, in one chunk. */
export const playNext = async (world: SealedWorld, count: number): Promise<Played> => await play(world, RING, count);

/** Settles the period before the last, commits to a new one and reveals it; the first `whole` homes order in every slot. */
async function play(
  { day, ticks }: Pick<SealedWorld, "day" | "ticks">,
  turn: number,
  count: number,
  whole = count,
): Promise<Played> {
  const period = day.period + turn;
  if (turn >= 1) await settle(day, period - 2, count);
  if (turn >= 2) await finish(day, period - 2);
  const slotsOf = (index: number) => (index < whole ? ALL_SLOTS : ALL_SLOTS.slice(0, 1));
  const orders = day.homes
    .slice(0, count)
    .map((home, index) => ({ home, entries: entriesOf(home, turn, ticks, slotsOf(index)) }));
  const terms = { period, maxReserve: 10n ** 10n, feePerEntry: 5, feeTo: day.relayer(0).address };
  const strips = [];
  for (const order of orders) strips.push(await day.signStrip({ ...order, ...terms }));
  const bundle = bundleOf(strips);
  await day.goTo(day.periodStart(period - 1));
  const committed = await receiptOf(commit(day, day.relayer(0), bundle, period));
  await day.atTurn(0, period);
  const revealed = await receiptOf(reveal(day, 0, bundle, { period, clears: true }));
  const topic = day.sealedAuction.interface.getEvent("SlotCleared").topicHash;
  const cleared = revealed.logs.filter(({ topics }) => topics[0] === topic).length;
  if (cleared !== ALL_SLOTS.length) throw new Error(`${String(cleared)} slots cleared`);
  return { period, orders, committed, revealed };
}

/** Releases the bond of a period's commit. */
export const finish = async (day: SealedDay, period: number): Promise<Receipt> =>
  await receiptOf(day.commitBook.finish(day.community, period, 0));

/** Meters and settles the first `count` homes of a period that is over. */
export async function settle(day: SealedDay, period: number, count: number): Promise<Settled[]> {
  const { community, settlement, escrow } = day;
  await day.goTo(day.periodStart(period + 1));
  const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
  const records = logs.flatMap(({ args }) => unpackRecords(args.module, args.records));
  const calls: Settled[] = [];
  for (const homes of batches(day.homes.slice(0, count), SETTLED)) {
    const items = [];
    for (const home of homes) {
      const reading = await day.signReading({ home, period, ...countedBy(home, period - day.period + 1) });
      items.push({ member: home.member, reading, records: records.filter(({ member }) => member === home.member) });
    }
    checkLength(settlement.interface.encodeFunctionData("meterAndSettle", [community, period, items]));
    const receipt = await receiptOf(settlement.meterAndSettle(community, period, items, { gasLimit: MAX_GAS }));
    for (const log of receipt.logs) {
      const name = settlement.interface.parseLog(log)?.name;
      if (name === "RecordsVoided" || name === "ItemSkipped") throw new Error(`not what members get: ${name}`);
    }
    calls.push({ receipt, homes });
  }
  return calls;
}
