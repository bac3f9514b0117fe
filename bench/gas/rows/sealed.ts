/** A whole period of a sealed community in one call: revealed, accepted and cleared out of memory. */
import { connect, flatValues, unpackRecords } from "../../../test/helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal, type SealedDay } from "../../../test/helpers/sealed.ts";
import { Registers } from "../../../test/helpers/settling.ts";
import { halves } from "../calls.ts";
import { callOf } from "../evidence.ts";
import { ALL_SLOTS, capsOf, entriesOf } from "../homes.ts";
import { groupsOf, resultWordsOf } from "../limits/book.ts";
import { revealed } from "../limits/reveal.ts";
import { MAX_GAS, receiptOf } from "../market.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { RowSource } from "./source.ts";

/** Strips in the call, one per home. */
const HOMES = 100;
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

export const sealed: RowSource = {
  name: "sealed call",
  needs: () => 0,
  async measure({ world: { ticks }, progress }) {
    progress(`${String(ticks)} ticks: a sealed community of ${String(HOMES)} homes`);
    const connection = await connect();
    const homes = Array.from({ length: HOMES }, (_, index) => ({
      ...capsOf(SERVICES + index),
      deposit: RICH,
      pledge: RICH / 2n,
    }));
    const day = await openSealedDay(connection, homes, { terms: { ...TERMS, tickCount: ticks } });
    await day.fund(SERVICES - 1, RICH);
    const registers = new Registers(day);
    for (let turn = 0; turn < RING; turn++) await play(day, registers, turn, ticks);
    const { receipt, orders } = await play(day, registers, RING, ticks);
    const call = await callOf({ provider: connection.provider, lastSeconds: () => 0 }, "sealed call", receipt);
    const units = HOMES * ALL_SLOTS.length;
    const calls = [revealed(call, orders, resultWordsOf(ALL_SLOTS).size, groupsOf(ALL_SLOTS, ticks).size)];
    return [{ operation: OP.placeSealed, homes: HOMES, ticks, per: "entry", units, calls }];
  },
};

/** Settles the period before the last, commits to a new one and reveals it. */
async function play(day: SealedDay, registers: Registers, turn: number, ticks: number) {
  const period = day.period + turn;
  if (turn >= 1) await settle(day, period - 2, registers);
  if (turn >= 2) await receiptOf(day.commitBook.finish(day.community, period - 2, 0));
  const orders = day.homes.map((home) => ({ home, entries: entriesOf(home, turn, ticks, ALL_SLOTS) }));
  const terms = { period, maxReserve: 10n ** 10n, feePerEntry: 5, feeTo: day.relayer(0).address };
  const strips = [];
  for (const order of orders) strips.push(await day.signStrip({ ...order, ...terms }));
  const bundle = bundleOf(strips);
  await day.goTo(day.periodStart(period - 1));
  await receiptOf(commit(day, day.relayer(0), bundle, period));
  await day.atTurn(0, period);
  const receipt = await receiptOf(reveal(day, 0, bundle, { period, clears: true }));
  const { clearedTopic, cleared } = clearedIn(day, receipt.logs);
  if (cleared !== ALL_SLOTS.length) throw new Error(`${String(cleared)} slots cleared (${clearedTopic})`);
  return { receipt, orders };
}

function clearedIn(day: SealedDay, logs: readonly { readonly topics: readonly string[] }[]) {
  const clearedTopic = day.sealedAuction.interface.getEvent("SlotCleared").topicHash;
  return { clearedTopic, cleared: logs.filter(({ topics }) => topics[0] === clearedTopic).length };
}

/** Settles a period that is over, in which nobody used anything. */
async function settle(day: SealedDay, period: number, registers: Registers): Promise<void> {
  const { community, settlement, escrow } = day;
  await day.goTo(day.periodStart(period + 1));
  const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
  const records = logs.flatMap(({ args }) => unpackRecords(args.module, args.records));
  const items = [];
  for (const home of day.homes) {
    const reading = await registers.read(home, period, flatValues(ALL_SLOTS.length, 0, 0));
    items.push({ member: home.member, reading, records: records.filter(({ member }) => member === home.member) });
  }
  for (const half of halves(items)) {
    await receiptOf(settlement.meterAndSettle(community, period, [...half], { gasLimit: MAX_GAS }));
  }
}
