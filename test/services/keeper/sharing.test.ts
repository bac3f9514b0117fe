import { expect } from "chai";
import { HDNodeWallet, Wallet } from "ethers";
import { connect as connectSdk } from "@wattbook/sdk";
import { Node } from "../../../services/src/chain/index.ts";
import { Keeper } from "../../../services/src/keeper/index.ts";
import { connect, type Connection } from "../../helpers/market.ts";
import { HOUR, State, stateOf } from "../../helpers/settling.ts";
import { goAfter, openShared, type Shared } from "../../helpers/shared-day.ts";
import { type Bridge, bridgeTo } from "../support/bridge.ts";
import { Benches } from "../support/sending.ts";

let connection: Connection;
let bridge: Bridge;
let benches: Benches;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
  benches = new Benches();
});

after(async () => {
  benches.remove();
  await bridge.close();
});

/** A keeper with an account of its own; `run` looks once and waits for what it sends. */
async function keeperFor({ deployment, community }: Shared, limit?: number) {
  const wallet = new Wallet(HDNodeWallet.createRandom().privateKey);
  await connection.networkHelpers.setBalance(wallet.address, 10n ** 19n);
  const node = new Node({ urls: [bridge.url], chainId: 31_337n });
  const wattbook = await connectSdk(node.provider, deployment);
  const { sender } = benches.make(bridge.url, wallet, { node });
  const limits = limit === undefined ? {} : { limits: { count: { items: limit, bytes: 120_000 } } };
  const account = wallet.address;
  const keeper = new Keeper({ wattbook, community, sender, account, logs: await wattbook.logs(community), ...limits });
  const run = async () => {
    const pass = await keeper.pass();
    for (const key of pass.submitted) await sender.complete(key, 1);
    return { tasks: pass.submitted.map((key) => key.slice(0, key.indexOf(":"))), waiting: pass.waiting };
  };
  return { run, account };
}

describe("Keeper of a community that shares after the fact", () => {
  it("lets members join, counts, shares in chunks, settles plain customers and estimates, from the logs alone", async () => {
    const w = await openShared(connection);
    const { m, wattbook, community, period, homes, read, logs } = w;
    const { roof, rich, poor, plain, late } = homes;
    const { run, account } = await keeperFor(w, 2);
    expect(await run()).to.deep.equal({ tasks: ["join"], waiting: [] });
    expect(await wattbook.sharing.round(community, period)).to.deep.equal({ joined: 4n, counted: 0n, chunks: 0n });
    expect(await run()).to.deep.equal({ tasks: [], waiting: [] });
    await goAfter(w, connection, 1);
    // Whoever holds the readings hands them in.
    const readings = await Promise.all([roof, rich, poor, plain].map((home) => read(home)));
    await wattbook.settlement.send.meter(community, period, readings);
    // Budgets hold for later periods too.
    expect((await run()).tasks).to.deep.equal(["count", "count", "settle", "join"]);
    expect((await wattbook.sharing.round(community, period)).chunks).to.equal(2n);
    expect(await run()).to.deep.equal({ tasks: [], waiting: [] });
    // The last meter says nothing until the reading deadline: then its member has no part.
    await goAfter(w, connection, 2 * HOUR);
    expect((await run()).tasks).to.deep.equal(["share", "share", "estimate", "join"]);
    for (const { keys } of [roof, rich, poor, plain])
      expect(await stateOf(m, keys, Number(period))).to.equal(State.Settled);
    expect(await stateOf(m, late.keys, Number(period))).to.equal(State.Estimated);
    expect((await logs.shared(period)).parts.size).to.equal(3);
    // Four members had records: the keeper gets their settlement fees.
    expect(await m.escrow.fees(m.euro, account)).to.equal(4n * 2_000n);
    expect(await run()).to.deep.equal({ tasks: [], waiting: [] });
  });
});
