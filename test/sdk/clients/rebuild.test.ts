import { expect } from "chai";
import type { Filter, FilterByBlockHash } from "ethers";
import { LogReader } from "../../../sdk/src/clients/log-reader.ts";
import { MemoryLogStore } from "../../../sdk/src/clients/log-store.ts";
import type { LogState, LogStore } from "../../../sdk/src/clients/log-store.ts";
import type { ScanRange } from "../../../sdk/src/clients/scan.ts";
import { syncLogs } from "../../../sdk/src/clients/sync-logs.ts";
import type { AnchoredSource } from "../../../sdk/src/clients/sync-logs.ts";
import { journalOf } from "../../../sdk/src/journal.ts";
import { asMember, asPeriod, sumSigned } from "../../../sdk/src/units.ts";
import type { MemberIndex } from "../../../sdk/src/units.ts";
import { buy, flatValues, sell, type Entry, type HomeKeys, postArguments } from "../../helpers/market.ts";
import { evidence } from "../../helpers/settling.ts";
import { flakyNode } from "./flaky-node.ts";
import { rejection } from "./rejection.ts";
import { world, type World } from "./support.ts";

const PUBLIC = { blocks: 1_000, results: 10, busyEvery: 7, slowEvery: 11, lostEvery: 13 };
const QUICK = { backoff: 1, chunk: 10_000 };

/** A day of five homes: two sellers, three buyers, one of them estimated and corrected, one estimated; thousands of blocks. */
async function tradedDay() {
  const w = await world();
  const { raw } = w;
  const homes: HomeKeys[] = [];
  for (let index = 0; index < 5; index++) homes.push(await raw.addHome());
  await raw.fund(3, 1_000_000_000n);
  const period = (await raw.periodNow()) + 1;
  await raw.goTo(raw.periodStart(period) + 1);
  const slots = [30, 40, 41, 60];
  for (const [index, home] of homes.entries()) {
    const entries: Entry[] = slots.map((slot) =>
      index < 2 ? sell(slot, 10 + index, 50 + 7 * slot) : buy(slot, 30 + index, 20 + 11 * index),
    );
    await raw.auction.post(...postArguments(raw.community, period, [await raw.signStrip({ home, period, entries })]));
    await w.connection.networkHelpers.mine(700);
  }
  await raw.goTo(raw.periodStart(period + 1) + raw.terms.readingDeadline);
  await raw.clearPeriod(period);
  for (const [index, home] of homes.slice(0, 3).entries()) {
    const values = flatValues(96, index === 2 ? 300 : 5, index < 2 ? 250 : 0);
    const reading = await raw.signReading({ home, period, values });
    const records = await raw.recordsOf(home.member, period);
    await raw.settlement.meterAndSettle(raw.community, period, [{ member: home.member, reading, records }]);
  }
  for (const { member } of homes.slice(3)) {
    const records = await raw.recordsOf(member, period);
    await raw.settlement.settleEstimated(raw.community, period, [{ member, records }]);
  }
  const [, , , late] = homes;
  if (late === undefined) throw new Error("no late home");
  const reading = await raw.signReading({ home: late, period, values: flatValues(96, 10, 3) });
  const item = { member: late.member, reading, ...(await evidence(raw, late, period)) };
  await raw.settlement.correct(raw.community, period, [item]);
  const members = homes.map(({ member }) => asMember(BigInt(member)));
  return { ...w, homes, members, period: asPeriod(BigInt(period)) };
}

type Day = Awaited<ReturnType<typeof tradedDay>>;

function readerOf(w: World, source: AnchoredSource, how: ScanRange & { store?: LogStore } = {}): LogReader {
  const { community, terms, at, escrow } = w;
  return new LogReader({
    ...{ ...QUICK, ...how, source, community, terms },
    ...{ market: at.market, escrow: at.escrow, settlement: at.settlement, registry: at.registry },
    journalOnChain: (member, period) => escrow.journal(community, member, period),
  });
}

/** Every bill adds up to what the chain settled, to the base unit. */
async function expectBills(day: Day, reader: LogReader): Promise<void> {
  const legs = await day.logs.settled(day.period);
  const bills = await reader.bills(day.period);
  expect([...legs.keys()].sort()).to.deep.equal([...day.members].sort());
  for (const member of day.members) {
    const [bill, leg] = [bills.get(member), legs.get(member)];
    if (bill === undefined || leg === undefined) throw new Error(`no bill of member ${member}`);
    expect(sumSigned(bill.lines.map((line) => line.gridLeg)) + bill.gapLeg).to.equal(leg.gridLeg);
    for (const part of ["paid", "received", "networkFee"] as const) {
      expect(
        bill.lines.reduce((sum, line) => sum + line[part], 0n),
        part,
      ).to.equal(leg[part]);
    }
    const { paid, received, networkFee, settlementFee, gridLeg } = leg;
    expect(bill.total).to.equal(paid - received + networkFee + settlementFee + gridLeg);
  }
}

/** Keeps states as text, as a file would, and can stop a scan. */
class TextStore implements LogStore {
  readonly texts = new Map<string, string>();
  saves = 0;
  onSave: () => void = () => undefined;

  load(key: string): Promise<unknown> {
    const text = this.texts.get(key);
    return Promise.resolve(text === undefined ? undefined : JSON.parse(text));
  }

  save(key: string, state: LogState): Promise<void> {
    this.texts.set(key, JSON.stringify(state));
    this.saves++;
    this.onSave();
    return Promise.resolve();
  }
}

describe("journals and bills from logs", function () {
  this.timeout(60_000);

  it("come out whole from a public node, interrupted and resumed", async function () {
    const day = await tradedDay();
    const node = flakyNode(day.provider, PUBLIC);
    const store = new TextStore();
    const stop = new AbortController();
    store.onSave = () => {
      if (store.saves === 3) stop.abort(new Error("power cut"));
    };
    const cut: unknown = await readerOf(day, node, { store, signal: stop.signal })
      .journals(day.period)
      .catch((error: unknown) => error);
    expect(String(cut)).to.include("power cut");
    const [[key, text] = ["", ""]] = [...store.texts];
    const before = (JSON.parse(text) as LogState).checkpoint.nextBlock;
    expect(before).to.be.greaterThan(0);
    expect(before).to.be.lessThan(await day.provider.getBlockNumber());

    node.asked.length = 0;
    const reader = readerOf(day, node, { store });
    const journals = await reader.journals(day.period);
    expect(Math.min(...node.asked.map(([from]) => from)), key).to.equal(before);
    for (const member of day.members) {
      const records = await day.raw.recordsOf(Number(member), Number(day.period));
      expect((journals.get(member) ?? []).length).to.equal(records.length);
      expect(journalOf(journals.get(member) ?? [])).not.to.equal(0n);
    }
    await expectBills(day, reader);
    for (const [kind, count] of Object.entries(node.failures)) expect(count, kind).to.be.greaterThan(0);
  });

  it("come out whole without a store of one's own, and each log is read once", async function () {
    const day = await tradedDay();
    const node = flakyNode(day.provider, {});
    await expectBills(day, readerOf(day, node));
    const [member] = day.members as [MemberIndex];
    const alone = await readerOf(day, node).bill(member, day.period);
    expect((await readerOf(day, node).bills(day.period)).get(member)).to.deep.equal(alone);
    const kept = flakyNode(day.provider, {});
    const store = new MemoryLogStore();
    await expectBills(day, readerOf(day, kept, { store }));
    expect(kept.asked).to.have.lengthOf(1);
  });

  it("are refused where the node has dropped old logs, loudly or silently", async function () {
    const day = await tradedDay();
    const latest = await day.provider.getBlockNumber();
    const [member] = day.members as [MemberIndex];
    const loud = flakyNode(day.provider, { prunedBefore: 2_000 });
    expect(await rejection(readerOf(day, loud).bill(member, day.period), "LOGS_PRUNED")).to.include({ fromBlock: 0 });
    for (const prunedBefore of [2_000, latest - 9, latest + 1]) {
      const silent = flakyNode(day.provider, { prunedBefore, silently: true });
      await rejection(readerOf(day, silent).bill(member, day.period), "LOGS_INCOMPLETE");
    }
    const settled = asPeriod(day.period + 1n);
    await rejection(readerOf(day, flakyNode(day.provider, {})).bill(member, settled), "NOT_SETTLED");
  });

  it("follow a reorganisation of the chain", async function () {
    const w = await world();
    const { networkHelpers } = w.connection;
    const store = new TextStore();
    const filter = { address: w.at.escrow, topics: [] };
    const sync = () => syncLogs(w.provider, filter, { store, chunk: 5 });
    await w.raw.fund(3, 1n);
    await networkHelpers.mine(10);
    const before = await sync();
    expect(before.rewoundTo).to.equal(null);
    const fork = await networkHelpers.takeSnapshot();
    const forkBlock = await w.provider.getBlockNumber();
    await w.raw.fund(3, 22n);
    await networkHelpers.mine(10);
    const old = await sync();
    expect(old.logs.length).to.equal(before.logs.length + 1);
    await fork.restore();
    await w.raw.fund(3, 333n);
    await networkHelpers.mine(20);
    const after = await sync();
    expect(after.rewoundTo ?? Infinity).to.be.at.most(forkBlock + 1);
    const fresh = await syncLogs(w.provider, filter, { store: new MemoryLogStore() });
    expect(after.logs).to.deep.equal(fresh.logs);
    expect(after.logs).not.to.deep.equal(old.logs);
    expect((await sync()).rewoundTo).to.equal(null);
  });

  for (const depth of [1, 3, 10]) {
    it(`follow a reorganisation of ${depth} blocks, also to a shorter chain`, async function () {
      const w = await world();
      const { networkHelpers } = w.connection;
      const store = new TextStore();
      const filter = { address: w.at.escrow, topics: [] };
      const sync = () => syncLogs(w.provider, filter, { store, chunk: 1 });
      const forkBlock = await w.provider.getBlockNumber();
      const fork = await networkHelpers.takeSnapshot();
      for (let block = 0; block < depth; block++) await w.raw.fund(3, 22n + BigInt(block));
      const old = await sync();
      await fork.restore();
      await w.raw.fund(3, 333n);
      const after = await sync();
      expect(after.rewoundTo ?? Infinity).to.be.at.most(forkBlock + 1);
      const fresh = await syncLogs(w.provider, filter, { store: new MemoryLogStore() });
      expect(after.logs).to.deep.equal(fresh.logs);
      expect(after.logs).not.to.deep.equal(old.logs);
    });
  }

  it("do not take a checkpoint that began later for a whole one", async function () {
    const w = await world();
    const store = new TextStore();
    const filter = { address: w.at.escrow, topics: [] };
    await w.raw.fund(3, 1n);
    const late = await syncLogs(w.provider, filter, { store, fromBlock: (await w.provider.getBlockNumber()) + 1 });
    expect(late.logs).to.deep.equal([]);
    const whole = await syncLogs(w.provider, filter, { store });
    expect(whole.logs).to.have.lengthOf.greaterThan(0);
  });

  it("come out whole where a node answers for logs that is some blocks behind the one that names blocks", async function () {
    const w = await world();
    const filter = { address: w.at.escrow, topics: [] };
    await w.connection.networkHelpers.mine(10);
    const behind = await w.provider.getBlockNumber();
    for (const amount of [22n, 333n]) await w.raw.fund(3, amount);
    let asked = 0;
    const source: AnchoredSource = {
      getBlockNumber: () => w.provider.getBlockNumber(),
      getBlock: (block) => w.provider.getBlock(block),
      getLogs: async (wanted: Filter & FilterByBlockHash) => {
        const { blockHash, toBlock } = wanted;
        if (blockHash === undefined) {
          return w.provider.getLogs({ ...wanted, toBlock: Math.min(behind, Number(toBlock)) });
        }
        // The next one to answer has the block.
        const block = await w.provider.getBlock(blockHash);
        if ((block?.number ?? 0) > behind && asked++ % 2 === 0) throw new Error("unknown block");
        return w.provider.getLogs(wanted);
      },
    };
    const synced = await syncLogs(source, filter, { store: new MemoryLogStore(), backoff: 1 });
    const fresh = await syncLogs(w.provider, filter, { store: new MemoryLogStore() });
    expect(synced.logs.filter(({ blockNumber }) => blockNumber > behind)).to.have.lengthOf(2);
    expect(synced.logs).to.deep.equal(fresh.logs);
    expect(synced.checkpoint.nextBlock).to.equal(fresh.checkpoint.nextBlock);
  });

  it("notice a reorganisation in the middle of a scan", async function () {
    const w = await world();
    const { networkHelpers } = w.connection;
    const fork = await networkHelpers.takeSnapshot();
    await w.raw.fund(3, 22n);
    // Of blocks that are mined at once this chain makes the same again on either branch.
    const mine = async (count: number) => {
      for (let block = 0; block < count; block++) await networkHelpers.mine();
    };
    await mine(10);
    const state = { changed: false };
    const source: AnchoredSource = {
      getBlockNumber: () => w.provider.getBlockNumber(),
      getBlock: (block) => w.provider.getBlock(block),
      getLogs: async (filter) => {
        const found = await w.provider.getLogs(filter);
        if (!state.changed) {
          state.changed = true;
          await fork.restore();
          await w.raw.fund(3, 333n);
          await mine(30);
        }
        return found;
      },
    };
    const filter = { address: w.at.escrow, topics: [] };
    const synced = await syncLogs(source, filter, { store: new MemoryLogStore() });
    const fresh = await syncLogs(w.provider, filter, { store: new MemoryLogStore() });
    expect(synced.logs).to.deep.equal(fresh.logs);
  });

  it("notice a reorganisation of what was read before, while the rest is read", async function () {
    const w = await world();
    const { networkHelpers } = w.connection;
    const store = new TextStore();
    const filter = { address: w.at.escrow, topics: [] };
    const fork = await networkHelpers.takeSnapshot();
    await w.raw.fund(3, 22n);
    await syncLogs(w.provider, filter, { store });
    for (let block = 0; block < 10; block++) await networkHelpers.mine();
    let changed = false;
    const source: AnchoredSource = {
      getBlock: (block) => w.provider.getBlock(block),
      getLogs: (wanted) => w.provider.getLogs(wanted),
      // Asked once the checkpoint was found to be part of the chain.
      getBlockNumber: async () => {
        if (!changed) {
          changed = true;
          await fork.restore();
          await w.raw.fund(3, 333n);
          for (let block = 0; block < 30; block++) await networkHelpers.mine();
        }
        return w.provider.getBlockNumber();
      },
    };
    const synced = await syncLogs(source, filter, { store });
    const fresh = await syncLogs(w.provider, filter, { store: new MemoryLogStore() });
    expect(synced.logs).to.deep.equal(fresh.logs);
  });

  it("refuse a checkpoint that is none, or of another scan", async function () {
    const w = await world();
    const filter = { address: w.at.escrow, topics: [] };
    const store = new TextStore();
    await w.raw.fund(3, 1n);
    await syncLogs(w.provider, filter, { store });
    const [[key, text] = ["", ""]] = [...store.texts];
    const broken = (change: (state: { checkpoint: Record<string, unknown>; logs: unknown }) => void) => {
      const state = JSON.parse(text) as { checkpoint: Record<string, unknown>; logs: unknown };
      change(state);
      store.texts.set(key, JSON.stringify(state));
      return rejection(syncLogs(w.provider, filter, { store }), "CHECKPOINT_INVALID");
    };
    expect(await broken(({ checkpoint }) => (checkpoint["format"] = 2))).to.include({ field: "format" });
    expect(await broken(({ checkpoint }) => (checkpoint["key"] = "x"))).to.include({ field: "key" });
    expect(await broken(({ checkpoint }) => (checkpoint["nextBlock"] = -1))).to.include({ field: "nextBlock" });
    expect(await broken(({ checkpoint }) => (checkpoint["anchors"] = [1]))).to.include({ field: "anchors" });
    expect(await broken((state) => (state.logs = [{}]))).to.include({ field: "logs" });
    expect(await broken(({ checkpoint }) => (checkpoint["nextBlock"] = 0))).to.include({ field: "logs" });
    // Without anchors no reorganisation would ever show.
    expect(await broken(({ checkpoint }) => (checkpoint["anchors"] = []))).to.include({ field: "anchors" });
    expect(
      await broken((state) => {
        state.checkpoint["anchors"] = [];
        state.logs = [];
      }),
    ).to.include({ field: "nextBlock" });
    store.texts.set(key, "7");
    await rejection(syncLogs(w.provider, filter, { store }), "CHECKPOINT_INVALID");
  });
});
