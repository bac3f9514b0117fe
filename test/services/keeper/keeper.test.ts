import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type BaseWallet, HDNodeWallet, makeError, Wallet } from "ethers";
import { asCommunity, connect as connectSdk, isWattbookError, type Wattbook } from "@wattbook/sdk";
import { isServiceError, Node } from "../../../services/src/chain/index.ts";
import { Keeper, SqliteLogStore } from "../../../services/src/keeper/index.ts";
import { addressesOf } from "../../helpers/addresses.ts";
import { hours } from "../../helpers/hours.ts";
import { connect, type Connection } from "../../helpers/market.ts";
import {
  buy,
  goBehind,
  HOUR,
  metered,
  post as postStrips,
  sell,
  State,
  stateOf,
  valuesAt,
} from "../../helpers/settling.ts";
import { deploymentOf } from "../../sdk/clients/deployment-of.ts";
import { type Bridge, bridgeTo } from "../support/bridge.ts";
import { faultyDoor } from "../support/door.ts";
import { fillStore, makeRoom } from "../support/small-disk.ts";
import { Benches } from "../support/sending.ts";

let connection: Connection;
let bridge: Bridge;
let benches: Benches;
let folder: string;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
  benches = new Benches();
  folder = mkdtempSync(join(tmpdir(), "wattbook-keeper-"));
});

after(async () => {
  benches.remove();
  rmSync(folder, { recursive: true });
  await bridge.close();
});

const { hour } = hours(() => connection);
/** Digits of a call that settles one member. */
const LONGEST = 1_400;
type World = Awaited<ReturnType<typeof hour>>;

/** A keeper with an account of its own, and its sender. */
async function keeperFor(
  { m }: World,
  store?: SqliteLogStore,
  through = (wattbook: Wattbook) => wattbook,
  node = new Node({ urls: [bridge.url], chainId: 31_337n }),
) {
  const wallet = new Wallet(HDNodeWallet.createRandom().privateKey);
  await connection.networkHelpers.setBalance(wallet.address, 10n ** 19n);
  const wattbook = through(await clientsOf(m, node));
  const community = asCommunity(BigInt(m.community));
  const { sender, outbox } = benches.make(bridge.url, wallet, { node });
  const logs = await wattbook.logs(community, store && { store });
  const keeper = new Keeper({ wattbook, community, sender, account: wallet.address, logs });
  const run = async () => {
    const pass = await keeper.pass();
    for (const key of pass.submitted) await sender.complete(key, 1);
    return pass;
  };
  return { keeper, sender, run, wallet, outbox, wattbook };
}

async function clientsOf(m: World["m"], { provider }: Node): Promise<Wattbook> {
  const at = await addressesOf(m);
  return connectSdk(provider, await deploymentOf({ at, provider } as unknown as Parameters<typeof deploymentOf>[0]));
}

const spentBy = async ({ address }: BaseWallet) => connection.ethers.provider.getTransactionCount(address);

describe("Keeper", () => {
  it("finds nothing to do before a gate", async () => {
    const w = await hour();
    await post(w);
    const { run, wallet } = await keeperFor(w);
    expect(await run()).to.deep.equal({ submitted: [], waiting: [] });
    expect(await spentBy(wallet)).to.equal(0);
  });

  it("clears due slots in one call, and settles who was metered", async () => {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const { run } = await keeperFor(w);
    expect((await run()).submitted).to.deep.equal([`clear:${m.community}:${period}:0`]);
    await meter(w);
    expect((await run()).submitted).to.deep.equal([`settle:${m.community}:${period}:0`]);
    for (const home of [seller, buyer]) expect(await stateOf(m, home, period)).to.equal(State.Settled);
    expect(await run()).to.deep.equal({ submitted: [], waiting: [] });
  });

  it("forgets jobs of periods that have left the ring, but for the one with the latest nonce", async () => {
    const w = await hour();
    const { m, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const { run, outbox } = await keeperFor(w);
    const keys = [...(await run()).submitted];
    await meter(w);
    keys.push(...(await run()).submitted);
    await goBehind(m, period + 5, 1);
    await connection.networkHelpers.mine();
    await run();
    expect(keys.map((key) => outbox.job(key)?.state)).to.deep.equal(["done", "done"]);
    await goBehind(m, period + 20, 1);
    await connection.networkHelpers.mine();
    await run();
    expect(keys.map((key) => outbox.job(key)?.state)).to.deep.equal([undefined, "done"]);
    expect(outbox.nextNonce()).to.equal(2);
  });

  it("halves a call that no transaction can hold, and goes on where one is refused", async () => {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    await meter(w);
    const refused = () => {
      const message = "gas required exceeds allowance (16777216)";
      return makeError(message, "UNKNOWN_ERROR", { error: { code: -32000, message } });
    };
    let clearing = "reverts";
    /** A node that finds two members too many, and clearing impossible at first. */
    const picky = (wattbook: Wattbook): Wattbook => {
      const { provider } = wattbook;
      const asked = new Proxy(provider, {
        get(target, name) {
          if (name === "estimateGas")
            return async (call: { data: string; to: string }) => {
              if (call.to === wattbook.settlement.address && call.data.length > LONGEST) throw refused();
              return target.estimateGas(call);
            };
          if (name === "call")
            return async (call: { data: string; to: string }) => {
              if (call.to === wattbook.market.address && clearing === "reverts") {
                throw makeError("execution reverted", "CALL_EXCEPTION", { action: "call", data: "0x" } as never);
              }
              return target.call(call);
            };
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
        },
      });
      return { ...wattbook, provider: asked };
    };
    const { run } = await keeperFor(w, undefined, picky);
    const pass = await run();
    expect(pass.submitted).to.deep.equal([]);
    expect(pass.waiting.map(({ task, items }) => ({ task, items }))).to.deep.equal([{ task: "clear", items: 1 }]);
    clearing = "goes";
    expect((await run()).submitted).to.deep.equal([`clear:${m.community}:${period}:0`]);
    expect((await run()).submitted, "a call for each of three members").to.deep.equal(
      [0, 1, 2].map((part) => `settle:${m.community}:${period}:${part}`),
    );
    for (const home of [seller, buyer]) expect(await stateOf(m, home, period)).to.equal(State.Settled);
  });

  it("estimates whose reading is missing, from the deadline on", async () => {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const { run } = await keeperFor(w);
    await run();
    await run();
    expect(await stateOf(m, seller, period)).to.equal(State.Open);
    await goBehind(m, period, HOUR + 1);
    await connection.networkHelpers.mine();
    expect((await run()).submitted).to.deep.equal([`estimate:${m.community}:${period}:0`]);
    for (const home of [seller, buyer]) expect(await stateOf(m, home, period)).to.equal(State.Estimated);
    expect(await stateOf(m, idle, period)).to.equal(State.Open);
  });

  it("estimates periods without orders first, where a later one cannot be estimated without them", async () => {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    const later = period + 2;
    await postStrips(m, later, [
      [seller, [sell(1, 10, 10)]],
      [buyer, [buy(1, 30, 10)]],
    ]);
    const { run } = await keeperFor(w);
    await goBehind(m, later, HOUR + 1);
    await run();
    for (let pass = 0; pass < 3; pass++) await run();
    for (const home of [seller, buyer]) {
      for (const each of [period, period + 1, later]) expect(await stateOf(m, home, each)).to.equal(State.Estimated);
    }
    expect(await run()).to.deep.equal({ submitted: [], waiting: [] });
  });

  it("sends what two keepers find once, where one sees what the other did", async () => {
    const w = await hour();
    const { m, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const [one, two] = [await keeperFor(w), await keeperFor(w)];
    await one.run();
    await two.run();
    expect(await spentBy(two.wallet)).to.equal(0);
  });

  it("does no harm where two keepers send the same at once", async () => {
    const w = await hour();
    const { m, seller, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const [one, two] = [await keeperFor(w), await keeperFor(w)];
    await one.run();
    await meter(w);
    const passes = [await one.keeper.pass(), await two.keeper.pass()];
    expect(passes.flatMap(({ submitted }) => submitted)).to.have.length(2);
    for (const [index, { submitted }] of passes.entries()) {
      const { sender } = [one, two][index] as typeof one;
      for (const key of submitted) expect((await sender.complete(key, 1)).state).to.equal("done");
    }
    expect(await stateOf(m, seller, period)).to.equal(State.Settled);
    const logs = await m.escrow.queryFilter(m.escrow.filters.Settled(m.community, undefined, period));
    expect(logs).to.have.length(3);
  });

  it("goes on with another node while one is away, whichever it is", async () => {
    const w = await hour();
    const { m, seller, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const doors = [await faultyDoor(bridge.url), await faultyDoor(bridge.url)] as const;
    const node = new Node({
      urls: doors.map(({ url }) => url),
      chainId: 31_337n,
      backoff: { tries: 2, first: 1, most: 2 },
    });
    try {
      const { run } = await keeperFor(w, undefined, undefined, node);
      expect(doors[1].seen, "the first one answers").to.deep.equal([]);
      doors[0].judge(() => "reset");
      expect((await run()).submitted).to.deep.equal([`clear:${m.community}:${period}:0`]);
      await meter(w);
      doors[0].judge(() => "pass");
      doors[1].judge(() => "broken");
      expect((await run()).submitted).to.deep.equal([`settle:${m.community}:${period}:0`]);
      expect(await stateOf(m, seller, period)).to.equal(State.Settled);
      doors[0].judge(() => "reset");
      const thrown = await run().catch((error: unknown) => error);
      expect(isWattbookError(thrown, "RPC_UNAVAILABLE"), String(thrown)).to.equal(true);
    } finally {
      node.provider.destroy();
      for (const door of doors) await door.close();
    }
  });

  it("goes on from a file of logs after a restart", async () => {
    const w = await hour();
    const { m, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const path = join(folder, "logs.db");
    const first = new SqliteLogStore(path);
    await (await keeperFor(w, first)).run();
    first.close();
    await meter(w);
    const second = new SqliteLogStore(path);
    const { run } = await keeperFor(w, second);
    expect((await run()).submitted).to.deep.equal([`settle:${m.community}:${period}:0`]);
    second.close();
  });

  it("submits nothing while its file of logs is full, and goes on once there is room", async () => {
    const w = await hour();
    const { m, seller, period } = w;
    await post(w);
    await goBehind(m, period, 1);
    const store = new SqliteLogStore(join(folder, "full.db"));
    const { run, wallet } = await keeperFor(w, store);
    await run();
    await meter(w);
    const spent = await spentBy(wallet);
    const insert = store.store.prepare("INSERT INTO logs (key, position, log) VALUES ('ballast', ?, ?)");
    fillStore(store.store, (count) => insert.run(count, "-".repeat(100)));
    for (let round = 0; round < 2; round++) {
      const fault: unknown = await run().catch((error: unknown) => error);
      expect(isServiceError(fault, "STORE_FULL")).to.equal(true);
    }
    expect(await spentBy(wallet)).to.equal(spent);
    makeRoom(store.store);
    expect((await run()).submitted).to.deep.equal([`settle:${m.community}:${period}:0`]);
    expect(await stateOf(m, seller, period)).to.equal(State.Settled);
    expect(await run()).to.deep.equal({ submitted: [], waiting: [] });
    store.close();
  });
});

/** Signs and posts a trade between seller and buyer. */
async function post({ m, seller, buyer, period }: World): Promise<void> {
  await postStrips(m, period, [
    [seller, [sell(1, 10, 100)]],
    [buyer, [buy(1, 20, 90)]],
  ]);
}

/** Readings of all homes, accepted and not settled. */
async function meter(w: World): Promise<void> {
  const { m, seller, buyer, idle, period, registers } = w;
  const values = [valuesAt({ 1: [0, 1200] }), valuesAt({ 1: [900, 0] }), valuesAt({ 3: [12, 0] })];
  const homes = [seller, buyer, idle];
  const items = await Promise.all(
    homes.map(async (home, index) => metered(m, home, period, await registers.read(home, period, values[index] ?? []))),
  );
  await m.settlement.meter(m.community, period, items);
}
