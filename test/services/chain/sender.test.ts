import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { hexlify, type Wallet } from "ethers";
import { above, DEFAULT_FEES, isServiceError, Node, Outbox } from "../../../services/src/chain/index.ts";
import { type NodeKind, NODES, type RunningNode } from "../../scripts/deploy/nodes.ts";
import { type Fault, faultyDoor, type FaultyDoor, type SeenCall } from "../support/door.ts";
import { fill, makeRoom, smallDisk } from "../support/small-disk.ts";
import type { Found } from "../support/bounded-file.ts";
import { type Bench, Benches, fundedWallet } from "../support/sending.ts";

/** Pays one wei to an address that nobody has used: its balance counts how often. */
function payment(key = "pay") {
  const to = hexlify(randomBytes(20));
  return { key, call: { to, data: "0x", value: 1n } };
}

const ALWAYS_REVERTS = "0x60006000fd";
/** What nodes answer to a good transaction that they do not take now: by HTTP, by JSON-RPC, and in words alone. */
const NOT_NOW: readonly Fault[] = [
  "busy",
  { error: { code: -32_005, message: "daily request count exceeded, request rate limited" } },
  { error: { code: -32_003, message: "txpool is full" } },
  { error: { code: -32_000, message: "header not found" } },
  { error: { code: -32_000, message: "request timed out" } },
  { error: { code: -32_603, message: "Internal error" } },
  { error: { code: -32_001, message: "Unauthorized: this key may not send" } },
  { error: { code: -32_601, message: "the method eth_sendRawTransaction does not exist/is not available" } },
];

const sends = (call: SeenCall) => call.method === "eth_sendRawTransaction";

for (const kind of NODES) {
  describe(`Sender on ${kind.name}`, () => {
    let node: RunningNode;
    let door: FaultyDoor;
    let benches: Benches;
    let wallet: Wallet;
    let bench: Bench;

    before(async function () {
      this.timeout(60_000);
      if (kind.missing !== undefined) this.skip();
      node = await kind.start(31_337);
    });

    beforeEach(async () => {
      benches = new Benches();
      door = await faultyDoor(node.url);
      wallet = await fundedWallet(node.provider, kind.name);
      bench = benches.make(door.url, wallet);
    });

    afterEach(async () => {
      benches.remove();
      await door.close();
    });

    after(async () => {
      await (node as RunningNode | undefined)?.stop();
    });

    const ask = (method: string, ...params: unknown[]) => node.provider.request({ method, params });
    const balanceOf = async (address: string) => BigInt((await ask("eth_getBalance", address, "latest")) as string);
    const nonceOf = async () => Number(await ask("eth_getTransactionCount", wallet.address, "latest"));
    const prefix = kind.name === "anvil" ? "anvil" : "hardhat";
    const mine = (blocks = 1) => ask(`${prefix}_mine`, `0x${blocks.toString(16)}`);

    it("sends a job once, however often it is submitted", async () => {
      const job = payment();
      bench.sender.submit(job);
      bench.sender.submit(job);
      expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", nonce: 0 });
      bench.sender.submit(job);
      await bench.sender.tick();
      expect(await balanceOf(job.call.to)).to.equal(1n);
      expect(bench.steps).to.deep.equal(["signed pay", "broadcast pay", "mined pay", "done pay"]);
    });

    it("refuses another call under a known key", () => {
      bench.sender.submit(payment());
      expect(() => bench.sender.submit(payment())).to.throw("Job pay stands for another call");
    });

    it("keeps the order of jobs, and gives each a nonce", async () => {
      const jobs = ["a", "b", "c"].map((key) => payment(key));
      for (const job of jobs) bench.sender.submit(job);
      await bench.sender.complete("c", 1);
      expect(["a", "b", "c"].map((key) => bench.sender.job(key)?.nonce)).to.deep.equal([0, 1, 2]);
      for (const { call } of jobs) expect(await balanceOf(call.to)).to.equal(1n);
    });

    it("sends what is urgent before what waits, and past a full line", async () => {
      const { sender } = benches.make(door.url, wallet, { inFlight: 2 });
      const method = kind.name === "anvil" ? "anvil_setAutomine" : "evm_setAutomine";
      await ask(method, false);
      try {
        for (const key of ["a", "b", "c", "d"]) sender.submit({ ...payment(key), gas: 21_000n });
        await sender.tick();
        const urgent = (key: string, expires: number) => ({ ...payment(key), gas: 21_000n, expires, urgent: true });
        for (const job of [urgent("clear", 2 ** 40), urgent("first", 2 ** 39), urgent("second", 2 ** 39)]) {
          sender.submit(job);
        }
        await sender.tick();
        const nonces = () => ["a", "b", "c", "d", "first", "second", "clear"].map((key) => sender.job(key)?.nonce);
        expect(nonces()).to.deep.equal([0, 1, null, null, 2, 3, null]);
        await mine();
        await sender.tick();
        expect(nonces()).to.deep.equal([0, 1, 5, null, 2, 3, 4]);
      } finally {
        await ask(method, true);
        await mine();
      }
    });

    it("does not send what would revert, and spends no nonce on it", async () => {
      const job = payment("bad");
      await ask(`${prefix}_setCode`, job.call.to, ALWAYS_REVERTS);
      bench.sender.submit(job);
      const good = payment("good");
      bench.sender.submit(good);
      expect((await bench.sender.complete("bad", 1)).state).to.equal("refused");
      expect(await bench.sender.complete("good", 1)).to.include({ state: "done", nonce: 0 });
    });

    it("tells what reverted in its block", async () => {
      const job = { ...payment("bad"), gas: 60_000n };
      await ask(`${prefix}_setCode`, job.call.to, ALWAYS_REVERTS);
      bench.sender.submit(job);
      expect((await bench.sender.complete("bad", 1)).state).to.equal("reverted");
    });

    it("does not send what has expired", async () => {
      bench.sender.submit({ ...payment("late"), expires: 1 });
      expect((await bench.sender.complete("late", 1)).state).to.equal("expired");
      expect(await nonceOf()).to.equal(0);
    });

    it("does not send what no block can hold, and keeps its nonce for the next", async () => {
      bench.sender.submit({ ...payment("huge"), gas: 2n ** 40n });
      expect((await bench.sender.complete("huge", 1)).state).to.equal("refused");
      bench.sender.submit(payment("next"));
      expect(await bench.sender.complete("next", 1)).to.include({ state: "done", nonce: 0 });
    });

    it("waits for money, and sends once it is there", async () => {
      await ask(`${prefix}_setBalance`, wallet.address, "0x0");
      const job = { ...payment(), gas: 21_000n };
      bench.sender.submit(job);
      await bench.sender.tick();
      expect(bench.sender.job("pay")?.reason).to.match(/^INSUFFICIENT_FUNDS/);
      await ask(`${prefix}_setBalance`, wallet.address, "0x8ac7230489e80000");
      await mine();
      expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
    });

    for (const fault of ["lose", "reset", "busy", "broken", "truncate"] as const) {
      it(`sends once where the node's answer to every third call is "${fault}"`, async () => {
        let calls = 0;
        door.judge(() => (calls++ % 3 === 2 ? fault : "pass"));
        const job = payment();
        bench.sender.submit(job);
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
        expect(await balanceOf(job.call.to)).to.equal(1n);
        expect(await nonceOf()).to.equal(1);
      });
    }

    it("sends once where the reply to sending is lost every time", async () => {
      door.judge((call) => (sends(call) ? "lose" : "pass"));
      const job = payment();
      bench.sender.submit(job);
      await bench.sender.tick();
      expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
      expect(await balanceOf(job.call.to)).to.equal(1n);
    });

    for (const fault of NOT_NOW) {
      it(`sends the same transaction once after "${shown(fault)}"`, async () => {
        door.judge((call) => (sends(call) ? fault : "pass"));
        const job = payment();
        bench.sender.submit(job);
        for (let round = 0; round < 2; round++) {
          await bench.sender.tick();
          expect(bench.sender.job("pay")?.state).to.equal("sent");
          expect(bench.sender.job("pay")?.reason).to.match(/^RPC_(REFUSED|UNAVAILABLE|TIMEOUT): /);
          // Blocks beyond the sender's patience: no node has it, so more money would not help.
          await mine(4);
        }
        const [attempt, ...others] = bench.outbox.attemptsAt(0);
        expect(others).to.deep.equal([]);
        door.judge(() => "pass");
        expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", hash: attempt?.hash, nonce: 0 });
        expect(await balanceOf(job.call.to)).to.equal(1n);
        expect(await nonceOf()).to.equal(1);
      });
    }

    it("closes what is wrong for good, and keeps its nonce for the next", async () => {
      const message = "intrinsic gas too low: have 21000, want 53000";
      door.judge((call) => (sends(call) ? { error: { code: -32_000, message } } : "pass"));
      bench.sender.submit(payment("bad"));
      await bench.sender.tick();
      expect(bench.sender.job("bad")?.state).to.equal("refused");
      expect(bench.sender.job("bad")?.reason).to.contain(message);
      door.judge(() => "pass");
      bench.sender.submit(payment("next"));
      expect(await bench.sender.complete("next", 1)).to.include({ state: "done", nonce: 0 });
    });

    it("sends nothing that the disk has no room for, and sends it once there is room", async () => {
      const job = payment();
      // Too long for what is left of the file's pages.
      bench.sender.submit({ ...job, call: { ...job.call, data: `0x${"00".repeat(8_192)}` } });
      bench.outbox.store.pragma("max_page_count = 1");
      for (let round = 0; round < 2; round++) expect(await codeOf(bench.sender.tick())).to.equal("STORE_FULL");
      expect(door.seen.filter(sends)).to.deep.equal([]);
      expect(bench.sender.job("pay")).to.include({ state: "queued", nonce: null });
      makeRoom(bench.outbox.store);
      expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", nonce: 0 });
      expect(await balanceOf(job.call.to)).to.equal(1n);
      expect(door.seen.filter(sends)).to.have.length(1);
    });

    for (const count of ["0xffffffff", "0xffffffffffffffff", `0x${"ff".repeat(32)}`]) {
      it(`takes no nonce from a node that counts ${count} waiting transactions, and goes on with the next one`, async function () {
        this.timeout(20_000);
        const job = payment();
        bench.sender.submit(job);
        door.judge(({ method, params }) =>
          method === "eth_getTransactionCount" && params[1] === "pending" ? { result: count } : "pass",
        );
        const error: unknown = await bench.sender.tick().catch((thrown: unknown) => thrown);
        expect(error).to.have.property("code", "RPC_INVALID");
        expect(bench.sender.job("pay")).to.include({ state: "queued", nonce: null });
        door.judge(() => "pass");
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
        expect(await balanceOf(job.call.to)).to.equal(1n);
      });
    }

    it("gives up on a node that hangs, and goes on with the next tick", async () => {
      const backoff = { tries: 1, first: 1, most: 1 };
      const node31337 = new Node({ urls: [door.url], chainId: 31_337n, timeout: 5_000, backoff });
      const { sender } = benches.make(door.url, wallet, { node: node31337 });
      sender.submit(payment());
      door.judge(() => "hang");
      expect(await codeOf(sender.tick())).to.equal("RPC_TIMEOUT");
      door.judge(() => "pass");
      expect((await sender.complete("pay", 1)).state).to.equal("done");
    });

    it("takes the next node where one is down", async () => {
      const second = await faultyDoor(node.url);
      door.judge(() => "reset");
      const { sender } = benches.make([door.url, second.url], wallet);
      sender.submit(payment());
      expect((await sender.complete("pay", 1)).state).to.equal("done");
      await second.close();
    });

    it("sends nothing to a node of another chain", async () => {
      door.judge(({ method }) => (method === "eth_chainId" ? { result: "0x1" } : "pass"));
      bench.sender.submit(payment());
      expect(await codeOf(bench.sender.tick())).to.equal("WRONG_CHAIN");
      expect(door.seen.filter(sends)).to.deep.equal([]);
    });

    it("sends nothing to a node that lags", async () => {
      const head = (await ask("eth_getBlockByNumber", "latest", false)) as Record<string, unknown>;
      await mine(10);
      await bench.sender.tick();
      door.judge(({ method }) => (method === "eth_getBlockByNumber" ? { result: head } : "pass"));
      bench.sender.submit(payment());
      expect(await codeOf(bench.sender.tick())).to.equal("NODE_LAGGING");
      expect(door.seen.filter(sends)).to.deep.equal([]);
      door.judge(() => "pass");
      expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
    });

    describe("where another node answers every second question, some blocks behind", () => {
      let behind = 0;
      let calls = 0;

      /** It answers what it knows, and has no block after that. */
      const late = ({ method, params: [, tag] }: SeenCall): Fault => {
        if (method !== "eth_getTransactionCount" || calls++ % 2 === 1) return "pass";
        const known = typeof tag === "string" && (!tag.startsWith("0x") || Number(tag) <= behind);
        return known ? { result: "0x0" } : { error: { code: -32_000, message: "header not found" } };
      };

      beforeEach(async () => {
        behind = Number(await ask("eth_blockNumber"));
        calls = 0;
      });

      it("takes back nothing that is done", async () => {
        bench.sender.submit(payment());
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
        door.judge(late);
        for (let round = 0; round < 3; round++) await bench.sender.tick();
        expect(bench.steps).not.to.include("unmined pay");
        expect(bench.sender.job("pay")?.state).to.equal("done");
      });

      it("takes no nonce that is spent, with an outbox that knows of none", async () => {
        bench.sender.submit(payment("first"));
        await bench.sender.complete("first", 1);
        const restored = benches.make(door.url, wallet);
        door.judge(late);
        restored.sender.submit({ ...payment(), gas: 21_000n });
        await restored.sender.tick();
        expect(restored.sender.job("pay")?.nonce).to.equal(1);
        door.judge(() => "pass");
        expect((await restored.sender.complete("pay", 1)).state).to.equal("done");
        restored.close();
      });
    });

    it("goes on after a restart with what was signed and not handed in", async () => {
      door.judge((call) => (sends(call) ? "reset" : "pass"));
      const job = payment();
      bench.sender.submit(job);
      await bench.sender.tick();
      const { hash } = bench.outbox.attemptsAt(0)[0] ?? {};
      bench.close();
      door.judge(() => "pass");
      const again = benches.make(door.url, wallet, {}, bench.path);
      const done = await again.sender.complete("pay", 1);
      expect(done).to.include({ state: "done", hash });
      expect(await balanceOf(job.call.to)).to.equal(1n);
    });

    it("finds after a restart what was mined meanwhile", async () => {
      const job = payment();
      bench.sender.submit(job);
      await bench.sender.tick();
      bench.close();
      const again = benches.make(door.url, wallet, {}, bench.path);
      expect((await again.sender.complete("pay", 1)).state).to.equal("done");
      expect(door.seen.filter(sends)).to.have.length(1);
    });

    describe("without automatic mining", () => {
      beforeEach(async () => {
        await ask("evm_setAutomine", false);
      });

      afterEach(async () => {
        await ask("evm_setAutomine", true);
        await mine();
      });

      it("raises what is stuck once blocks have passed, by an eighth at least", async () => {
        const job = payment();
        bench.sender.submit(job);
        await bench.sender.tick();
        await raiseBaseFee(kind, ask);
        await mine(3);
        await bench.sender.tick();
        const [second, first] = bench.outbox.attemptsAt(0);
        expect(bench.steps).to.include("raised pay");
        expect(second?.fees.most).to.be.at.least(((first?.fees.most ?? 0n) * 9n) / 8n);
        await mine();
        expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", hash: second?.hash });
        expect(await balanceOf(job.call.to)).to.equal(1n);
        expect(await nonceOf()).to.equal(1);
      });

      it("raises nothing as long as no blocks come, for two hours", async () => {
        const job = payment();
        bench.sender.submit(job);
        // Senders have no clock: blocks alone tell them that time goes on, so looks beyond their patience are enough.
        for (let minute = 0; minute < 120; minute += 10) await bench.sender.tick();
        expect(bench.outbox.attemptsAt(0)).to.have.length(1);
        await ask("evm_increaseTime", 7_200);
        await mine();
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
      });

      it("raises no further than the cap, and says so", async () => {
        const cap = 3_000_000_000n;
        const { sender, outbox } = benches.make(door.url, wallet, { fees: { cap, leastTip: 1n } });
        sender.submit(payment());
        await sender.tick();
        await raiseBaseFee(kind, ask);
        await mine(3);
        await sender.tick();
        await mine(3);
        await sender.tick();
        for (const { fees } of outbox.attemptsAt(0)) expect(fees.most).to.be.at.most(cap);
        expect(sender.job("pay")?.reason).to.match(/^FEES_CAPPED/);
      });

      it("spends the nonce of what has expired on nothing", async () => {
        const { timestamp } = (await ask("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
        const job = { ...payment("old"), expires: Number(timestamp) + 100 };
        bench.sender.submit(job);
        const next = payment("next");
        bench.sender.submit(next);
        await bench.sender.tick();
        await raiseBaseFee(kind, ask);
        await ask("evm_increaseTime", 200);
        await mine();
        await bench.sender.tick();
        expect(bench.steps).to.include("cancelled old");
        for (let round = 0; round < 5; round++) {
          await mine(3);
          await bench.sender.tick();
        }
        expect((await bench.sender.complete("old", 1)).state).to.equal("expired");
        expect((await bench.sender.complete("next", 1)).state).to.equal("done");
        expect(await balanceOf(job.call.to)).to.equal(0n);
        expect(await balanceOf(next.call.to)).to.equal(1n);
      });

      it("hands in again what the node has dropped", async () => {
        const job = payment();
        bench.sender.submit(job);
        await bench.sender.tick();
        const [attempt] = bench.outbox.attemptsAt(0);
        expect(await ask(`${prefix}_dropTransaction`, attempt?.hash)).to.not.equal(null);
        await mine();
        await bench.sender.tick();
        await mine();
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
        expect(await balanceOf(job.call.to)).to.equal(1n);
      });

      it("takes another nonce where somebody else's transaction has spent it", async () => {
        const job = payment();
        door.judge((call) => (sends(call) ? "reset" : "pass"));
        bench.sender.submit(job);
        await bench.sender.tick();
        door.judge(() => "pass");
        const { provider } = new Node({ urls: [node.url], chainId: 31_337n });
        await wallet.connect(provider).sendTransaction({ to: wallet.address, nonce: 0, maxFeePerGas: 10n ** 11n });
        await mine();
        await bench.sender.tick();
        expect(bench.steps, "a node that is behind may know better").not.to.include("requeued pay");
        await mine(3);
        await bench.sender.tick();
        expect(bench.steps).to.include("requeued pay");
        await mine();
        provider.destroy();
        expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", nonce: 1 });
        expect(await balanceOf(job.call.to)).to.equal(1n);
      });

      it("takes no other nonce for a transaction that is mined, while the node has no receipt of it yet", async () => {
        const job = payment();
        bench.sender.submit(job);
        await bench.sender.tick();
        await mine();
        // One of several behind an address that is some blocks late: it has neither the transaction nor its receipt.
        door.judge(({ method }) => (/ByHash|Receipt/.test(method) ? { result: null } : "pass"));
        for (let late = 0; late < 3; late++) {
          await bench.sender.tick();
          await mine();
        }
        door.judge(() => "pass");
        expect(await bench.sender.complete("pay", 1)).to.include({ state: "done", nonce: 0 });
        expect(bench.steps).not.to.include("requeued pay");
        expect(await balanceOf(job.call.to)).to.equal(1n);
      });

      it("goes behind what somebody else has waiting", async () => {
        const { provider } = new Node({ urls: [node.url], chainId: 31_337n });
        await wallet.connect(provider).sendTransaction({ to: wallet.address, nonce: 0, maxFeePerGas: 10n ** 11n });
        bench.sender.submit(payment());
        await bench.sender.tick();
        expect(bench.sender.job("pay")?.nonce).to.equal(1);
        await mine();
        provider.destroy();
        expect((await bench.sender.complete("pay", 1)).state).to.equal("done");
      });
    });
  });
}

describe("Sender on a chain that is reorganised", () => {
  const anvil = NODES.find(({ name }) => name === "anvil");
  let node: RunningNode;
  let benches: Benches;
  let wallet: Wallet;

  before(async function () {
    if (anvil === undefined || anvil.missing !== undefined) this.skip();
    node = await anvil.start(31_337);
  });

  beforeEach(async () => {
    benches = new Benches();
    wallet = await fundedWallet(node.provider, "anvil");
  });

  afterEach(() => {
    benches.remove();
  });

  after(async () => {
    await (node as RunningNode | undefined)?.stop();
  });

  const ask = (method: string, ...params: unknown[]) => node.provider.request({ method, params });

  it("goes on behind a nonce of somebody else that a deep reorganisation has set free, and sends once", async () => {
    const door = await faultyDoor(node.url);
    const { sender, steps, outbox } = benches.make(door.url, wallet, { confirmations: 2 });
    const job = payment();
    await ask("anvil_mine", "0x10");
    sender.submit(job);
    door.judge((call) => (sends(call) ? "reset" : "pass"));
    await sender.tick();
    door.judge(() => "pass");
    const { provider } = new Node({ urls: [node.url], chainId: 31_337n });
    await wallet.connect(provider).sendTransaction({ to: wallet.address, nonce: 0, maxFeePerGas: 10n ** 11n });
    provider.destroy();
    for (let block = 0; block < 8; block++) {
      await sender.tick();
      await ask("anvil_mine", "0x1");
    }
    expect(steps).to.include("requeued pay");
    expect(sender.job("pay")).to.include({ state: "done", nonce: 1 });
    await ask("anvil_reorg", 12, []);
    expect(await balanceOf(ask, job.call.to)).to.equal(0n);
    for (let block = 0; block < 8; block++) {
      await sender.tick();
      await ask("anvil_mine", "0x1");
    }
    expect(sender.job("pay")).to.include({ state: "done", nonce: 1 });
    expect(sender.job("nonce 0")).to.include({ state: "expired", nonce: 0 });
    expect(await balanceOf(ask, job.call.to), "the bytes of its first nonce stay where they are").to.equal(1n);
    expect(outbox.counts()).to.include({ queued: 0, sent: 0, mined: 0 });
    await door.close();
  });

  for (const depth of [1, 3, 10]) {
    it(`sends once through a reorganisation of depth ${depth}`, async () => {
      const { sender, steps } = benches.make(node.url, wallet, { confirmations: 2 });
      const job = payment();
      await ask("anvil_mine", "0x10");
      sender.submit(job);
      await sender.tick();
      await ask("anvil_mine", `0x${(depth - 1).toString(16)}`);
      await sender.tick();
      await ask("anvil_reorg", depth, []);
      expect(await balanceOf(ask, job.call.to)).to.equal(0n);
      for (let round = 0; round < 3; round++) {
        await sender.tick();
        await ask("anvil_mine", "0x1");
      }
      expect((await sender.complete("pay", 1)).state).to.equal("done");
      expect(steps).to.include("unmined pay");
      expect(await balanceOf(ask, job.call.to)).to.equal(1n);
    });
  }
});

describe("Outbox", () => {
  // A disk of its own takes Linux and its administrator.
  it("says so where a disk is full, and goes on once it is not (as root on Linux)", async function () {
    const disk = smallDisk();
    if (disk === undefined) this.skip();
    const wallet = await anyWallet();
    const outbox = new Outbox(join(disk.path, "outbox.db"), 31_337n, wallet.address);
    try {
      const data = `0x${"00".repeat(8_192)}`;
      const attempt = { hash: "0x01", nonce: 0, signed: data, block: 0, cancels: false };
      const fees = { most: 1n, tip: 1n, legacy: false };
      outbox.add({ key: "pay", call: { to: wallet.address, data, value: 1n } });
      const hoard = join(disk.path, "hoard");
      fill(hoard);
      const sign = () => {
        outbox.sign({ ...attempt, fees, key: "pay" });
      };
      const add = () => outbox.add({ key: "more", call: { to: wallet.address, data, value: 1n } });
      for (const work of [sign, add]) {
        expect(work)
          .to.throw("make room on the disk")
          .and.to.satisfy((error: unknown) => isServiceError(error, "STORE_FULL"));
      }
      expect(outbox.job("pay")).to.include({ state: "queued", nonce: null });
      expect(outbox.job("more")).to.equal(undefined);
      rmSync(hoard);
      outbox.sign({ ...attempt, fees, key: "pay" });
      expect(outbox.job("pay")).to.include({ state: "sent", nonce: 0 });
    } finally {
      outbox.close();
      disk.remove();
    }
  });

  it("does not say that a disk is full where files may not grow, and keeps what it has taken", function () {
    if (process.platform === "win32") this.skip();
    const benches = new Benches();
    const path = benches.path();
    const program = `"${process.execPath}" --import tsx test/services/support/bounded-file.ts "${path}"`;
    const { code, message, taken } = JSON.parse(
      execFileSync("sh", ["-c", `ulimit -f 512; exec ${program}`], { encoding: "utf8" }),
    ) as Found;
    expect(code).to.equal("STORE_FAILED");
    expect(message)
      .to.match(/SQLITE_IOERR_WRITE.*quota and the largest file/)
      .and.not.to.include("make room");
    const outbox = new Outbox(path, 31_337n, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    expect(taken).to.be.greaterThan(0);
    expect(outbox.counts().queued).to.equal(taken);
    outbox.close();
    benches.remove();
  });

  it("belongs to one account", async () => {
    const benches = new Benches();
    const { path, outbox } = benches.make("http://127.0.0.1:1", await anyWallet());
    outbox.close();
    const other = await anyWallet();
    expect(() => benches.make("http://127.0.0.1:1", other, {}, path)).to.throw("belongs to");
    benches.remove();
  });

  it("is used by one process at a time", async () => {
    const benches = new Benches();
    const wallet = await anyWallet();
    const { path } = benches.make("http://127.0.0.1:1", wallet);
    const again = () => benches.make("http://127.0.0.1:1", wallet, {}, path);
    expect(again)
      .to.throw("Another process uses")
      .and.to.satisfy((error: unknown) => isServiceError(error, "STORE_IN_USE"));
    benches.remove();
  });
});

describe("Fees", () => {
  const now = { most: 100n, tip: 10n, legacy: false };

  it("are an eighth above those they replace, rounded up", () => {
    expect(above({ most: 160n, tip: 16n, legacy: false }, now, DEFAULT_FEES)).to.include({ most: 181n, tip: 19n });
  });

  it("are no less than what gets in now", () => {
    expect(above({ most: 8n, tip: 1n, legacy: false }, now, DEFAULT_FEES)).to.include({ most: 100n, tip: 10n });
  });

  it("end at the cap", () => {
    expect(above(now, now, { ...DEFAULT_FEES, cap: 112n })).to.equal(null);
  });
});

function shown(fault: Fault): string {
  if (typeof fault === "string") return fault;
  return "error" in fault ? fault.error.message : "an answer";
}

/** The next blocks take no transaction of the usual fees. */
async function raiseBaseFee(
  kind: NodeKind,
  ask: (method: string, ...params: unknown[]) => Promise<unknown>,
): Promise<void> {
  const method = kind.name === "anvil" ? "anvil_setNextBlockBaseFeePerGas" : "hardhat_setNextBlockBaseFeePerGas";
  await ask(method, `0x${(20n * 10n ** 9n).toString(16)}`);
}

async function balanceOf(
  ask: (method: string, ...params: unknown[]) => Promise<unknown>,
  address: string,
): Promise<bigint> {
  return BigInt((await ask("eth_getBalance", address, "latest")) as string);
}

async function anyWallet(): Promise<Wallet> {
  const { Wallet } = await import("ethers");
  return new Wallet(hexlify(randomBytes(32)));
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no error",
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}
