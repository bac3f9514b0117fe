import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  buildCommit,
  chunkAt,
  CHUNK_LIMITS,
  type Entry,
  type Period,
  periodEnd,
  periodStart,
  RpcInvalidError,
  SealedAuctionAbi,
  sealedTimes,
  slotsOf,
} from "@wattbook/sdk";
import { Interface, type Wallet } from "ethers";
import { Node } from "../../../services/src/chain/index.ts";
import { KnownWords } from "../../../services/src/relayer/sealed/used.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, SEALED } from "./world.ts";

/** Homes with orders at 50 ticks of both sides in each slot: some 400 thousand gas each. */
const HOMES = 70;
/** Gas that a transaction can have. */
const MOST_GAS = 1n << 24n;

describe("relayer: a commit of several chunks", function () {
  this.timeout(300_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let wallet: Wallet;
  let period: Period;

  before(async () => {
    world = await CommunityWorld.start(anvil(), SEALED);
    await world.enrol(HOMES);
    for (const home of world.homes) await world.pledge(home, 500_000_000n);
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    benches = new RelayerBenches(world);
    period = asPeriod((await world.nextPeriod()) + 2n);
    wallet = await benches.account(`chunks ${period}`);
    await world.postBond(wallet, SEALED.bond);
  });
  afterEach(async () => {
    await benches.remove();
  });

  const times = () => sealedTimes(world.terms, period);
  const entries = (count: number): Entry[] =>
    slotsOf(world.terms, period).flatMap((_, offset) =>
      (["buy", "sell"] as const).flatMap((side) =>
        Array.from({ length: count }, (_, tick) => ({
          ...{ offset: asSlotOffset(BigInt(offset)), side, tick: asTick(BigInt(tick)), lots: asLots(1n) },
        })),
      ),
    );
  const hand = async (bench: RelayerBench, homes = HOMES) => {
    for (const home of world.homes.slice(0, homes)) {
      const strip = world.strip(home, period, wallet.address, entries(50));
      const answer = await bench.strip(await world.sign(home, strip));
      if (answer.status !== 202) return answer;
    }
    return null;
  };
  const own = async () => world.wattbook.commits.commit(world.community, period, 0n);

  it("reveals all of them in one turn, one behind the other, and clears with the last", async () => {
    const bench = await benches.open(wallet);
    expect(await hand(bench)).to.equal(null);
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    const commit = await own();
    expect(Number(commit?.chunks)).to.be.greaterThan(2);
    await world.advanceTo(times().gate);
    await bench.relayer.tick();
    const sent = await world.provider.getTransactionCount(wallet.address, "pending");
    expect(sent, "all but the last at once").to.equal(3 + Number(commit?.chunks) - 1);
    await bench.ticks(10);
    expect(await own()).to.include({ revealed: commit?.chunks, stripsLeft: 0n });
    expect(await world.recorded(period)).to.have.length(HOMES);
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size).to.equal(Number(SEALED.slotsPerPeriod));
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(3 + Number(commit?.chunks));
    expect(await mostGas()).to.be.lessThan(CHUNK_LIMITS.gas + (MOST_GAS - CHUNK_LIMITS.gas) / 2n);
  });

  it("sends the last without clearing where the turn would end over it, and clears afterwards", async () => {
    const bench = await benches.open(wallet);
    expect(await hand(bench)).to.equal(null);
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    const commit = await own();
    await world.advanceTo(times().gate + SEALED.revealWindow / 16n);
    await bench.relayer.tick();
    const sent = await world.provider.getTransactionCount(wallet.address, "pending");
    expect(sent, "all at once").to.equal(3 + Number(commit?.chunks));
    await bench.ticks(10);
    expect(await own()).to.include({ revealed: commit?.chunks });
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size, "by a call of its own").to.equal(Number(SEALED.slotsPerPeriod));
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(4 + Number(commit?.chunks));
  });

  it("takes no more strips than its commit has room for", async () => {
    const bench = await benches.open(wallet, { sealed: { lead: 600, mostChunks: 1 } });
    const answer = await hand(bench);
    expect(answer?.body).to.include({ code: "RELAYER_REFUSED", reason: "CommitFull" });
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    expect((await own())?.chunks).to.equal(1n);
    expect((await own())?.stripsLeft).to.equal(16n);
  });

  it("takes no more of them where all homes hand in at the same moment", async () => {
    const bench = await benches.open(wallet, { sealed: { lead: 600, mostChunks: 1 } });
    const strips = await Promise.all(
      world.homes.map((home) => world.sign(home, world.strip(home, period, wallet.address, entries(50)))),
    );
    const answers = await Promise.all(strips.map((strip) => bench.strip(strip)));
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).to.equal(16);
    for (const { status, body } of answers) if (status !== 202) expect(body).to.include({ reason: "CommitFull" });
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    expect((await own())?.chunks).to.equal(1n);
  });

  /** Gas of the dearest transaction of the relayer. */
  async function mostGas(): Promise<bigint> {
    let most = 0n;
    const last = await world.provider.getBlockNumber();
    for (let number = Math.max(0, last - 40); number <= last; number++) {
      const block = await world.provider.getBlock(number);
      if (block !== null && block.gasUsed > most) most = block.gasUsed;
    }
    return most;
  }
});

const REVEAL = new Interface(SealedAuctionAbi).getFunction("reveal")?.selector ?? "";
const CLEARED = new Interface(SealedAuctionAbi).getEvent("SlotCleared")?.topicHash;
/** Periods of a day, each of 96 slots with eight tick words; books are kept for two of them, journals for longer than the tests take. */
const DAYS = { ...SEALED, slotsPerPeriod: 96n, horizon: 1n, claimWindow: 2_000_000n };
const SLOTS = 96;
const FULL = 60;
const TICKS = 64;
const TICKS_PER_WORD = 16;
/** More blocks than a relayer lets lie on a word before it counts on it. */
const DEPTH = 40;

/** A node that does not tell what is in storage. */
class Deaf extends Node {
  override async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_getStorageAt") throw new RpcInvalidError(`${method}: nothing`);
    return super.ask(method, params);
  }
}

/** A call that revealed. */
interface Reveal {
  readonly gas: number;
  readonly cleared: number;
}

describe("relayer: a commit of full strips", function () {
  this.timeout(600_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let period: Period;
  let wallet: Wallet;
  let bench: RelayerBench;
  /** Of the first period, in which every tick word was new, and another relayer had committed behind. */
  let first: Reveal[];

  before(async () => {
    world = await CommunityWorld.start(anvil(), DAYS);
    await world.enrol(FULL + 1);
    for (const home of world.homes) await world.pledge(home, 900_000_000n);
    period = asPeriod((await world.nextPeriod()) + 1n);
    await open();
    await committed();
    await rival();
    await world.advanceTo(times().gate);
    first = await revealed();
    await windowOver();
    await bondIsBack();
    await benches.remove();
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    // It has its place in the ring of books of the one before.
    period = asPeriod(period + 2n);
    await world.advanceTo(periodStart(world.terms, asPeriod(period - 1n)));
    await world.ask("hardhat_mine", `0x${DEPTH.toString(16)}`);
    await open();
  });
  afterEach(async () => {
    await benches.remove();
  });

  const times = () => sealedTimes(world.terms, period);
  const entryOf = (offset: number, side: Entry["side"], tick: number): Entry => ({
    ...{ offset: asSlotOffset(BigInt(offset)), side, tick: asTick(BigInt(tick)), lots: asLots(1n) },
  });
  const slots = Array.from({ length: SLOTS }, (_, offset) => offset);
  /** One entry in each slot. */
  const full = (home: number) =>
    slots.map((slot) => entryOf(slot, home % 2 === 0 ? "sell" : "buy", (7 * home + 3 * slot) % TICKS));
  /** One entry in each tick word. */
  const everywhere = slots.flatMap((slot) =>
    (["buy", "sell"] as const).flatMap((side) =>
      Array.from({ length: TICKS / TICKS_PER_WORD }, (_, word) => entryOf(slot, side, TICKS_PER_WORD * word)),
    ),
  );

  /** A relayer that knows nothing yet, and has a bond. */
  async function open(): Promise<void> {
    benches = new RelayerBenches(world);
    wallet = await benches.account(`full strips ${period}`);
    await world.postBond(wallet, SEALED.bond);
    bench = await benches.open(wallet);
  }

  /** Hands in a full strip of each home, and has them committed. @return Chunks */
  async function committed(): Promise<number> {
    for (const [index, home] of world.homes.slice(0, FULL).entries()) {
      const strip = world.strip(home, period, wallet.address, full(index));
      expect(await bench.strip(await world.sign(home, strip))).to.include({ status: 202 });
    }
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(4);
    return Number((await ownCommit()).chunks);
  }

  async function ownCommit() {
    for (const place of [0n, 1n]) {
      const commit = await world.wattbook.commits.commit(world.community, period, place);
      if (commit?.relayer === wallet.address) return commit;
    }
    throw new Error("no commit");
  }

  /** Lets the relayer reveal all; the calls that did. */
  async function revealed(): Promise<Reveal[]> {
    const { sealedMarket } = world.wattbook;
    const from = await world.provider.getBlockNumber();
    await bench.ticks(6);
    const { chunks, revealed: shown, stripsLeft } = await ownCommit();
    expect({ shown, stripsLeft }).to.deep.equal({ shown: chunks, stripsLeft: 0n });
    const calls: Reveal[] = [];
    for (let number = from + 1; number <= (await world.provider.getBlockNumber()); number++) {
      const block = await world.provider.getBlock(number, true);
      for (const { hash, from: by, to, data } of block?.prefetchedTransactions ?? []) {
        if (by !== wallet.address || to !== sealedMarket.address || !data.startsWith(REVEAL)) continue;
        const receipt = await world.provider.getTransactionReceipt(hash);
        const logs = receipt?.logs.filter(({ topics }) => topics[0] === CLEARED) ?? [];
        calls.push({ gas: Number(receipt?.gasUsed), cleared: logs.length });
      }
    }
    expect(calls).to.have.length(Number(chunks));
    for (const { gas } of calls) expect(gas).to.be.lessThan(Number(MOST_GAS));
    return calls;
  }

  /** Until the period is over: nobody asks for anything, and the whole bond is free. */
  async function bondIsBack(): Promise<void> {
    await world.advanceTo(periodEnd(world.terms, period));
    await bench.ticks(3);
    const bond = await world.wattbook.escrow.bond(world.community, wallet.address);
    expect(bond).to.include({ balance: SEALED.bond, locked: 0n });
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size).to.equal(SLOTS);
  }

  /** The other relayer never reveals; whoever was last to do so clears. */
  async function windowOver(): Promise<void> {
    await world.advanceTo(times().gate + SEALED.revealWindow);
    await bench.ticks(4);
  }

  /** A home that the relayer does not serve places an order in every tick word. */
  async function ownOrder(entries = everywhere): Promise<void> {
    const home = world.home(FULL);
    await world.sendAs(
      home.owner,
      world.wattbook.sealedMarket.calls.place(world.strip(home, period, wallet.address, entries)),
    );
  }

  /** Commits another relayer to an order of that home in every slot. @return How it reveals it */
  async function rival(): Promise<(place: bigint) => Promise<void>> {
    const other = await benches.account(`rival ${period}`);
    await world.postBond(other, SEALED.bond);
    const home = world.home(FULL);
    const commit = buildCommit([await world.sign(home, world.strip(home, period, other.address, full(FULL)))]);
    const { commits, sealedMarket } = world.wattbook;
    await world.sendAs(other, commits.calls.commit(commit));
    return async (place) => {
      await world.sendAs(other, sealedMarket.calls.reveal(commit, place, chunkAt(commit, 0), false));
    };
  }

  const perEntry = (calls: readonly Reveal[]) => calls.reduce((sum, { gas }) => sum + gas, 0) / (FULL * SLOTS);

  it("takes one call where its tick words are used, and a few where they are new", async () => {
    expect(await committed()).to.equal(1);
    await world.advanceTo(times().gate);
    const calls = await revealed();
    expect(calls.map(({ cleared }) => cleared)).to.deep.equal([SLOTS]);
    expect(first.map(({ cleared }) => cleared)).to.deep.equal(first.map(() => 0));
    // Journals and results, three slots in a word, have places of their own in rings that go round later.
    const rings = ((FULL + SLOTS / 3) * 17_100) / (FULL * SLOTS);
    const [before, now] = [perEntry(first), perEntry(calls) - rings];
    const found = `${before.toFixed(0)} gas per entry in ${first.length} calls, then ${now.toFixed(0)} besides new journals and results`;
    console.log(`      ${found}`);
    expect(now, found).to.be.within(500, 1_000);
    expect(first.length, found).to.be.within(2, 14);
    await bondIsBack();
  });

  it("takes one call that clears though a member's own order is in every tick word", async () => {
    expect(await committed()).to.equal(1);
    await ownOrder();
    await world.advanceTo(times().gate);
    const calls = await revealed();
    expect(calls.map(({ cleared }) => cleared)).to.deep.equal([SLOTS]);
    console.log(`      ${perEntry(calls).toFixed(0)} gas per entry`);
    await bondIsBack();
  });

  it("takes one call that clears behind another relayer's commit", async () => {
    const reveal = await rival();
    expect(await committed()).to.equal(1);
    await world.advanceTo(times().gate);
    await reveal(0n);
    const calls = await revealed();
    expect(calls.map(({ cleared }) => cleared)).to.deep.equal([SLOTS]);
    console.log(`      ${perEntry(calls).toFixed(0)} gas per entry`);
    await bondIsBack();
  });

  it("takes one call that writes every tick word before another relayer's commit, with an own order in all of them", async () => {
    expect(await committed()).to.equal(1);
    await rival();
    await ownOrder();
    await world.advanceTo(times().gate);
    const calls = await revealed();
    expect(calls.map(({ cleared }) => cleared)).to.deep.equal([0]);
    console.log(`      ${perEntry(calls).toFixed(0)} gas per entry`);
    await windowOver();
    await bondIsBack();
  });

  it("waits for a node that does not tell of words, up to half of its lead, and then counts all as new", async () => {
    const node = new Deaf({ urls: [world.node.url], chainId: world.deployment.chainId });
    await bench.close();
    bench = await benches.open(wallet, { node });
    for (const [index, home] of world.homes.slice(0, 8).entries()) {
      const signed = await world.sign(home, world.strip(home, period, wallet.address, full(index)));
      expect(await bench.strip(signed)).to.include({ status: 202 });
    }
    await world.advanceTo(times().gate - 310n);
    await bench.ticks(2);
    expect(await world.wattbook.commits.commit(world.community, period, 0n)).to.equal(null);
    await world.advanceTo(times().gate - 300n);
    await bench.ticks(3);
    expect((await ownCommit()).chunks).to.equal(2n);
    node.provider.destroy();
  });

  it("lets in what its chunks hold once words are used, also where all hand in at the same moment", async () => {
    await bench.close();
    bench = await benches.open(wallet, { sealed: { lead: 600, mostChunks: 2 } });
    const strips = await Promise.all(
      world.homes
        .slice(0, FULL)
        .map((home, index) => world.sign(home, world.strip(home, period, wallet.address, full(index)))),
    );
    const answers = await Promise.all(strips.map((strip) => bench.strip(strip)));
    const taken = answers.filter(({ status }) => status === 202).length;
    // Of these 16 are let in uncounted; more than two chunks would be full if all words were new.
    expect(taken).to.equal(FULL);
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(4);
    const { chunks, stripsLeft } = await ownCommit();
    expect({ chunks, stripsLeft }).to.deep.equal({ chunks: 1n, stripsLeft: BigInt(taken) });
  });

  it("does not commit to more chunks than its turn has room for where it has forgotten which words are used", async () => {
    const options = { sealed: { lead: 600, mostChunks: 2 }, folder: benches.folder() };
    await bench.close();
    bench = await benches.open(wallet, options);
    // One sells in every tick word, the next buys: each takes a chunk of its own as long as those are new.
    const sides = (["sell", "buy"] as const).map((of) => everywhere.filter(({ side }) => side === of));
    for (const [index, home] of world.homes.slice(0, 18).entries()) {
      const strip = world.strip(home, period, wallet.address, sides[index % 2] ?? []);
      expect(await bench.strip(await world.sign(home, strip))).to.include({ status: 202 });
    }
    await bench.close();
    const node = new Deaf({ urls: [world.node.url], chainId: world.deployment.chainId });
    bench = await benches.open(wallet, { ...options, node });
    const next = await world.sign(world.home(21), world.strip(world.home(21), period, wallet.address, full(21)));
    expect(await bench.strip(next), "whether it is full cannot be asked").to.include({ status: 503 });
    await world.advanceTo(times().gate - 200n);
    await bench.ticks(2);
    expect(await world.wattbook.commits.commit(world.community, period, 0n), "too many chunks").to.equal(null);
    await bench.close();
    node.provider.destroy();
    bench = await benches.open(wallet, options);
    await bench.ticks(4);
    const { chunks, stripsLeft } = await ownCommit();
    expect([Number(chunks), Number(stripsLeft)]).to.deep.equal([1, 18]);
  });

  it("knows which words are used, and no others", async () => {
    await world.advanceTo(periodStart(world.terms, period));
    const home = world.home(FULL);
    // Its place in the ring of books is not that of the other tests.
    period = asPeriod(period + 1n);
    const placed = [entryOf(0, "buy", 17), entryOf(0, "sell", 63), entryOf(5, "sell", 0), entryOf(95, "buy", 32)];
    await ownOrder(placed);
    const { url } = world.node;
    const known = new KnownWords(
      new Node({ urls: [url], chainId: world.deployment.chainId }),
      world.deployment,
      world.terms,
    );
    const strip = world.strip(home, period, wallet.address, everywhere);
    const others = world.strip(world.home(0), period, wallet.address, everywhere);
    const used = () =>
      everywhere
        .map(({ offset, side, tick }) => ({ offset, side, word: Number(tick) / TICKS_PER_WORD }))
        .filter(({ offset, side, word }) => known.hasTicks(strip, offset, side, word))
        .map(({ offset, side, word }) => `${offset} ${side} ${word}`);
    await known.learn([strip, others]);
    expect(used(), "too young").to.deep.equal([]);
    await world.ask("hardhat_mine", `0x${DEPTH.toString(16)}`);
    await known.learn([strip, others]);
    expect(used()).to.deep.equal(["0 buy 1", "0 sell 3", "5 sell 0", "95 buy 2"]);
    expect([strip, others].map((each) => known.hasJournal(each))).to.deep.equal([true, false]);
  });
});
