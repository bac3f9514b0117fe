import { expect } from "chai";
import {
  asAmount,
  asLots,
  asPeriod,
  asSeconds,
  asSlotOffset,
  asTick,
  type Entry,
  gateOf,
  periodStart,
  slotIn,
  slotsOf,
  stripDigest,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { Node } from "../../../services/src/chain/index.ts";
import { ChainClock } from "../../../services/src/relayer/chain/clock.ts";
import { Together } from "../../../services/src/relayer/chain/once.ts";
import { GroupCommit } from "../../../services/src/relayer/store/group-commit.ts";
import { openStore } from "../../../services/src/store/open.ts";
import { type Fault, faultyDoor, type FaultyDoor, type SeenCall, type Verdict } from "../support/door.ts";
import { lateAnswer } from "../support/late-node.ts";
import { fillStore, makeRoom } from "../support/small-disk.ts";
import { RelayerBenches } from "./bench.ts";
import { CommunityWorld, SHORT } from "./world.ts";

const sell = (offset: number, tick = 10, lots = 5): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side: "sell", tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});

describe("relayer: faults", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let door: FaultyDoor;
  let wallet: Wallet;

  before(async () => {
    // Three periods share the places of a ring.
    world = await CommunityWorld.start(undefined, { ...SHORT, horizon: 2n });
    await world.enrol(6);
    await world.enrol(1, 1n);
    await world.nextPeriod();
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    door = await faultyDoor(world.node.url);
  });
  afterEach(() => {
    door.judge(() => "pass");
  });
  after(async () => {
    await door.close();
    await benches.remove();
    await world.stop();
  });

  const node = () => nodeAt(door.url, world);
  const signed = async (home: number, entries: readonly Entry[], ahead = 1n) => {
    const who = world.home(home);
    const period = asPeriod((await world.period()) + ahead);
    return world.sign(who, world.strip(who, period, wallet.address, entries));
  };

  it("answers 503 while the chain cannot be asked, and takes the same strip afterwards", async () => {
    const bench = await benches.open(wallet, { node: node() });
    const strip = await signed(0, [sell(0)]);
    door.judge(() => "reset");
    const { status, body } = await bench.strip(strip);
    expect(status).to.equal(503);
    expect(body.message).to.contain("cannot be asked").and.not.to.contain("127.0.0.1");
    door.judge(() => "pass");
    expect((await bench.strip(strip)).status).to.equal(202);
    await bench.close();
  });

  it("answers 503 and keeps its place free where the file cannot be written, and takes it once it can", async () => {
    const bench = await benches.open(wallet);
    const strip = await signed(1, [sell(0)]);
    bench.relayer.store.pragma("query_only = ON");
    const { status, body } = await bench.strip(strip);
    expect({ status, code: body.code }).to.deep.equal({ status: 503, code: "STORE_UNREADABLE" });
    bench.relayer.store.pragma("query_only = OFF");
    expect((await bench.strip(strip)).status).to.equal(202);
    await bench.close();
  });

  it("answers 503 and asks for room where the disk is full, and brings the strip in once there is room", async () => {
    const bench = await benches.open(wallet, { lead: 1_000_000 });
    const { store } = bench.relayer;
    const strip = await signed(5, [sell(0)]);
    const insert = store.prepare(
      `INSERT INTO strips (digest, community, period, member, starts, ends, fee_to, packed, uses, gate, closes, received, receipt, state)
       VALUES (?, 0, 0, 0, 0, 0, '', x'', '', 0, 0, 0, '', 'ballast')`,
    );
    fillStore(store, (count) => insert.run(`${count}`.padEnd(300, "-")));
    for (let round = 0; round < 2; round++) {
      const { status, body } = await bench.strip(strip);
      expect({ status, code: body.code }).to.deep.equal({ status: 503, code: "STORE_FULL" });
      expect(body.message).to.match(/make room on the disk/);
    }
    store.exec("DELETE FROM strips WHERE state = 'ballast'");
    makeRoom(store);
    expect((await bench.strip(strip)).status).to.equal(202);
    await bench.ticks(3);
    const digest = stripDigest(world.wattbook.domains.market, strip.strip);
    expect((await bench.get(`/v1/strips/${digest}`)).body).to.include({ state: "posted" });
    expect((await world.recorded(strip.strip.period)).filter((each) => each === digest)).to.have.length(1);
    await bench.close();
  });

  it("brings in one strip where every answer to its transaction is lost", async () => {
    const bench = await benches.open(wallet, { node: node(), lead: 1_000_000 });
    const strip = await signed(2, [sell(1)]);
    expect((await bench.strip(strip)).status).to.equal(202);
    door.judge(({ method }) => (method === "eth_sendRawTransaction" ? "lose" : "pass"));
    for (let round = 0; round < 5; round++) await bench.relayer.tick().catch(() => undefined);
    door.judge(() => "pass");
    for (let round = 0; round < 3; round++) await bench.relayer.tick();
    const digest = stripDigest(world.wattbook.domains.market, strip.strip);
    expect((await bench.get(`/v1/strips/${digest}`)).body).to.include({ state: "posted" });
    const recorded = await world.recorded(strip.strip.period);
    expect(recorded.filter((each) => each === digest)).to.have.length(1);
    await bench.close();
  });

  it("misses no log where the next node takes over that is some blocks behind", async () => {
    const behind = await faultyDoor(world.node.url);
    const { chainId } = world.deployment;
    const backoff = { tries: 3, first: 1, most: 2 };
    const bench = await benches.open(wallet, { node: new Node({ urls: [door.url, behind.url], chainId, backoff }) });
    const strip = await signed(3, [sell(0)], 2n);
    expect((await bench.strip(strip)).status).to.equal(202);
    const before = await world.provider.getBlockNumber();
    await world.send(world.wattbook.market.calls.post(world.community, strip.strip.period, [strip]));
    // The first one names its newest block and is gone; the other one has neither that nor its logs.
    door.judge(({ method }) => (method === "eth_getLogs" ? "reset" : "pass"));
    behind.judge(({ method, params: [block] }) => {
      if (method === "eth_getLogs") return { result: [] };
      return method === "eth_getBlockByNumber" && Number(block) > before ? { result: null } : "pass";
    });
    await bench.relayer.tick().catch(() => undefined);
    for (const each of [door, behind]) each.judge(() => "pass");
    await world.ask("hardhat_mine");
    await bench.relayer.tick();
    const digest = stripDigest(world.wattbook.domains.market, strip.strip);
    expect((await bench.get(`/v1/strips/${digest}`)).body).to.include({ state: "posted" });
    await bench.close();
    await behind.close();
  });

  it("misses no log where another node behind the same address is some blocks behind", async () => {
    const bench = await benches.open(wallet, { node: node() });
    const strip = await signed(4, [sell(3)], 2n);
    expect((await bench.strip(strip)).status).to.equal(202);
    const behind = await world.provider.getBlockNumber();
    await world.send(world.wattbook.market.calls.post(world.community, strip.strip.period, [strip]));
    await world.ask("hardhat_mine");
    // It answers for logs, and the other one for everything else: both hashes of a range are right, and its logs are none.
    door.judge((call) =>
      call.method === "eth_getLogs" ? lateAnswer((...of) => world.ask(...of), behind, call) : "pass",
    );
    await bench.relayer.tick().catch(() => undefined);
    door.judge(() => "pass");
    await world.ask("hardhat_mine");
    await bench.relayer.tick();
    const digest = stripDigest(world.wattbook.domains.market, strip.strip);
    expect((await bench.get(`/v1/strips/${digest}`)).body).to.include({ state: "posted" });
    await bench.close();
  });

  it("takes back what was posted where its block goes while the ones behind it are read", async () => {
    const bench = await benches.open(wallet, { node: node(), lead: 1 });
    const strip = await signed(5, [sell(2)], 2n);
    expect((await bench.strip(strip)).status).to.equal(202);
    const stateOf = async () =>
      (await bench.get(`/v1/strips/${stripDigest(world.wattbook.domains.market, strip.strip)}`)).body.state;
    const fork = await world.ask("evm_snapshot");
    await world.send(world.wattbook.market.calls.post(world.community, strip.strip.period, [strip]));
    await bench.relayer.tick();
    expect(await stateOf()).to.equal("posted");
    const read = await world.provider.getBlockNumber();
    await world.ask("hardhat_mine", "0xa");
    let step = 0;
    const verdict = async ({ method, params: [block] }: SeenCall): Promise<Fault> => {
      if (step === 1) {
        step = 2;
        await world.ask("evm_revert", fork);
        await world.ask("hardhat_mine", "0x14");
      }
      if (step === 0 && method === "eth_getBlockByNumber" && Number(block) === read) step = 1;
      return "pass";
    };
    door.judge(verdict);
    await bench.relayer.tick().catch(() => undefined);
    expect(step, "the chain changed behind the look at the block that was read").to.equal(2);
    door.judge(() => "pass");
    await world.ask("hardhat_mine");
    await bench.relayer.tick();
    expect(await stateOf()).to.equal("waiting");
    await bench.close();
  });

  it("says that the node's answer is none where it gives logs that cannot be read, and reads them once it does", async () => {
    const backoff = { tries: 2, first: 1, most: 2 };
    const asked = new Node({ urls: [door.url], chainId: world.deployment.chainId, backoff });
    const bench = await benches.open(wallet, { node: asked });
    const log = { address: world.deployment.contracts.DoubleAuction, topics: [], data: "0x", logIndex: "0x0" };
    const known = { ...log, blockHash: `0x${"11".repeat(32)}`, transactionHash: `0x${"22".repeat(32)}` };
    for (const result of [
      null,
      {},
      "0x",
      [null],
      [{}],
      [{ ...known, blockNumber: "soon" }],
      [{ ...known, blockNumber: null }],
    ]) {
      await world.ask("hardhat_mine", "0xa");
      door.judge(({ method }) => (method === "eth_getLogs" ? { result } : "pass"));
      const error: unknown = await bench.relayer.tick().catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(result)).to.have.property("code", "RPC_INVALID");
    }
    door.judge(() => "pass");
    await bench.relayer.tick();
    await bench.close();
  });

  it("takes nothing back where a node behind the same address is only some blocks behind", async () => {
    const bench = await benches.open(wallet, { node: node() });
    const strip = await signed(0, [sell(3)], 2n);
    expect((await bench.strip(strip)).status).to.equal(202);
    const behind = await world.provider.getBlockNumber();
    await world.send(world.wattbook.market.calls.post(world.community, strip.strip.period, [strip]));
    await world.ask("hardhat_mine");
    await bench.relayer.tick();
    const path = `/v1/strips/${stripDigest(world.wattbook.domains.market, strip.strip)}`;
    expect((await bench.get(path)).body).to.include({ state: "posted" });
    door.judge((call) => lateAnswer((...of) => world.ask(...of), behind, call));
    await bench.relayer.tick().catch(() => undefined);
    expect((await bench.get(path)).body).to.include({ state: "posted" });
    door.judge(() => "pass");
    await world.ask("hardhat_mine");
    await bench.relayer.tick();
    expect((await bench.get(path)).body).to.include({ state: "posted" });
    await bench.close();
  });

  it("takes a strip behind a deposit that another node behind the same address has not seen yet", async () => {
    const bench = await benches.open(wallet, { node: node() });
    const home = world.home(6);
    const behind = await world.provider.getBlockNumber();
    await world.deposit(home.member, asAmount(1_000_000_000n));
    const asked = new Set<string>();
    // It answers whoever does not name a block, and everybody once.
    const late: Verdict = (call) => {
      const question = JSON.stringify(call.params);
      if (call.method !== "eth_call" || (call.params[1] !== "latest" && asked.has(question))) return "pass";
      asked.add(question);
      return lateAnswer((...of) => world.ask(...of), behind, call);
    };
    await bench.relayer.tick();
    door.judge(late);
    const { status, body } = await bench.strip(await signed(6, [sell(0)]));
    expect(status, JSON.stringify(body)).to.equal(202);
    expect(asked).to.not.have.property("size", 0);
    await bench.close();
  });

  it("waits where an older period still needs the slots' place, and goes on once they are clear", async () => {
    const bench = await benches.open(wallet, { lead: 1_000_000 });
    const old = await signed(3, [sell(2)]);
    const { market } = world.wattbook;
    await world.send(market.calls.post(world.community, old.strip.period, [old]));
    // The first period that takes its place, one ring later.
    await world.advanceTo(periodStart(world.terms, asPeriod(old.strip.period + 1n)));
    await bench.relayer.tick();
    const next = await signed(3, [sell(2)], 2n);
    expect(next.strip.period).to.equal(old.strip.period + 3n);
    const busy = await bench.strip(next);
    expect({ status: busy.status, reason: busy.body.reason }).to.deep.equal({ status: 425, reason: "RingBusy" });
    await world.send(market.calls.clear(world.community, slotsOf(world.terms, old.strip.period)));
    await bench.relayer.tick();
    expect((await bench.strip(next)).status).to.equal(202);
    for (let round = 0; round < 4; round++) await bench.relayer.tick();
    expect(await world.recorded(next.strip.period)).to.include(stripDigest(world.wattbook.domains.market, next.strip));
    await bench.close();
  });

  it("takes nothing that it could not post in time", async () => {
    const bench = await benches.open(wallet);
    const strip = await signed(4, [sell(0)]);
    const gate = gateOf(world.terms, slotIn(world.terms, strip.strip.period, asSlotOffset(0n)));
    await world.advanceTo(gate - 20n);
    await bench.relayer.tick();
    expect((await bench.strip(strip)).body).to.include({ code: "RELAYER_REFUSED", reason: "GateTooNear" });
    await bench.close();
  });
});

describe("relayer: two hours without a block", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let door: FaultyDoor;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(2);
    await world.nextPeriod();
    benches = new RelayerBenches(world);
    door = await faultyDoor(world.node.url);
  });
  afterEach(async () => {
    door.judge(() => "pass");
    await world.ask("evm_setAutomine", true);
  });
  after(async () => {
    await door.close();
    await benches.remove();
    await world.stop();
  });

  for (const arrives of [true, false]) {
    const which = arrives ? "waits" : "does not arrive";
    it(`gives up strips whose gates pass, where their call ${which}`, async () => {
      const { provider } = world;
      const account = await benches.account(`two hours ${arrives}`);
      const bench = await benches.open(account, { node: nodeAt(door.url, world), lead: 1_000_000 });
      const who = world.home(arrives ? 0 : 1);
      const strip = async () => {
        const period = asPeriod((await world.period()) + 1n);
        return world.sign(who, world.strip(who, period, account.address, [sell(0)]));
      };
      const one = await strip();
      expect((await bench.strip(one)).status).to.equal(202);
      await world.ask("evm_setAutomine", false);
      if (!arrives) door.judge(({ method }) => (method === "eth_sendRawTransaction" ? "reset" : "pass"));
      for (let minute = 0; minute < 120; minute += 10) await bench.relayer.tick();
      const waiting = async () =>
        (await provider.getTransactionCount(account.address, "pending")) -
        (await provider.getTransactionCount(account.address, "latest"));
      expect(await waiting()).to.equal(arrives ? 1 : 0);

      const gate = gateOf(world.terms, slotIn(world.terms, one.strip.period, asSlotOffset(0n)));
      await world.advanceTo((await world.now()) + 7_200n);
      expect(await world.now()).to.be.greaterThan(gate);
      door.judge(() => "pass");
      for (let round = 0; round < 6; round++) {
        await bench.relayer.tick();
        await world.ask("evm_mine");
      }
      const digest = stripDigest(world.wattbook.domains.market, one.strip);
      expect((await bench.get(`/v1/strips/${digest}`)).body).to.include({ state: "missed", inCall: null });
      expect(await world.recorded(one.strip.period)).to.not.include(digest);
      expect(await waiting(), "transactions that wait").to.equal(0);
      expect(await provider.getTransactionCount(account.address)).to.equal(1);

      // Nothing stands in the way of what comes next.
      await world.ask("evm_setAutomine", true);
      const two = await strip();
      expect((await bench.strip(two)).status).to.equal(202);
      await bench.ticks(3);
      expect(await world.recorded(two.strip.period)).to.include(stripDigest(world.wattbook.domains.market, two.strip));
      await bench.close();
    });
  }
});

/** The world's node, behind a door that may misbehave. */
function nodeAt(url: string, { deployment }: CommunityWorld): Node {
  const backoff = { tries: 2, first: 1, most: 2 };
  return new Node({ urls: [url], chainId: deployment.chainId, timeout: 1_000, backoff });
}

describe("relayer: parts", () => {
  it("a group of writes is kept or lost together, and each hears of it", async () => {
    const store = openStore(":memory:", ["CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT;"]);
    const commits = new GroupCommit(store);
    const insert = store.prepare("INSERT INTO t VALUES (?)");
    await Promise.all([1, 2, 3].map((x) => commits.commit(() => insert.run(x))));
    expect(store.prepare("SELECT count(*) AS n FROM t").get()).to.deep.equal({ n: 3 });
    const lost = await Promise.allSettled([4, 1].map((x) => commits.commit(() => insert.run(x))));
    expect(lost.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(store.prepare("SELECT count(*) AS n FROM t").get()).to.deep.equal({ n: 3 });
    await commits.commit(() => insert.run(4));
  });

  it("questions that come at once are asked at once, and again only after a failure or a new block", async () => {
    const asked: (readonly number[])[] = [];
    let fails = false;
    const doubles = new Together((keys: readonly number[]) => {
      asked.push(keys);
      return fails ? Promise.reject(new Error("down")) : Promise.resolve(keys.map((key) => 2 * key));
    });
    expect(await Promise.all([1, 2, 1].map((key) => doubles.get(key)))).to.deep.equal([2, 4, 2]);
    expect(await doubles.get(2)).to.equal(4);
    expect(asked).to.deep.equal([[1, 2]]);
    doubles.forget();
    fails = true;
    const failed: unknown = await doubles.get(1).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    fails = false;
    expect(await doubles.get(1)).to.equal(2);
    expect(asked).to.have.length(3);
  });

  it("answers do not pile up where a chain stands and strangers ask about anything", async () => {
    const asked = new Together((keys: readonly number[]) => Promise.resolve(keys));
    for (let from = 0; from < 25_000; from += 1_000) {
      const keys = Array.from({ length: 1_000 }, (_, index) => from + index);
      expect(await Promise.all(keys.map((key) => asked.get(key)))).to.deep.equal(keys);
    }
    expect(asked.size).to.be.within(1, 10_000);
  });

  it("the chain's clock goes on between blocks, from each block's own time", async () => {
    const clock = new ChainClock();
    clock.see({ number: 1, hash: "0x1", parent: "0x0", time: 1_000, baseFee: null });
    expect(clock.now()).to.equal(asSeconds(1_000n));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    clock.see({ number: 1, hash: "0x1", parent: "0x0", time: 1_000, baseFee: null });
    expect(clock.now()).to.equal(asSeconds(1_001n));
    clock.see({ number: 2, hash: "0x2", parent: "0x0", time: 900, baseFee: null });
    expect(clock.now()).to.equal(asSeconds(900n));
  });
});
