import { expect } from "chai";
import { HDNodeWallet, Wallet } from "ethers";
import { connect as connectSdk } from "@wattbook/sdk";
import { Node } from "../../../services/src/chain/index.ts";
import { Keeper } from "../../../services/src/keeper/index.ts";
import { connect, type Connection } from "../../helpers/market.ts";
import { openMetered, type TradingDay } from "../../helpers/metered-day.ts";
import { HOUR, State, stateOf } from "../../helpers/settling.ts";
import { goAfter } from "../../helpers/shared-day.ts";
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

/** A keeper with an account of its own that counts so many members in a call; `run` looks once and waits for what it sends. */
async function keeperFor({ deployment, community }: TradingDay, items: number) {
  const wallet = new Wallet(HDNodeWallet.createRandom().privateKey);
  await connection.networkHelpers.setBalance(wallet.address, 10n ** 19n);
  const node = new Node({ urls: [bridge.url], chainId: 31_337n });
  const wattbook = await connectSdk(node.provider, deployment);
  const { sender } = benches.make(bridge.url, wallet, { node });
  const limits = { count: { items, bytes: 120_000 } };
  const account = wallet.address;
  const keeper = new Keeper({ wattbook, community, sender, account, logs: await wattbook.logs(community), limits });
  return async () => {
    const pass = await keeper.pass();
    for (const key of pass.submitted) await sender.complete(key, 1);
    return pass.submitted.map((key) => key.slice(0, key.indexOf(":")));
  };
}

describe("Keeper of a community whose members keep standing orders", () => {
  it("lets members join, counts chunk by chunk, settles chunks and plain customers, and estimates", async () => {
    const w = await openMetered(connection);
    const { m, wattbook, community, period, homes, read, logs } = w;
    const { late, ...rest } = homes;
    const run = await keeperFor(w, 3);
    expect(await run()).to.deep.equal(["join"]);
    expect(await wattbook.meteredAuction.round(community, period)).to.deep.equal({
      joined: 6n,
      counted: 0n,
      chunks: 0n,
    });
    expect(await run()).to.deep.equal([]);
    await goAfter(w, connection, 1);
    await wattbook.settlement.send.meter(
      community,
      period,
      await Promise.all(Object.values(rest).map((home) => read(home))),
    );
    // The second chunk takes the totals of the first along: it waits for it. Orders hold for later periods too.
    expect(await run()).to.deep.equal(["count", "settle", "join"]);
    expect(await run()).to.deep.equal(["count"]);
    expect(await wattbook.meteredAuction.round(community, period)).to.include({ counted: 5n, chunks: 2n });
    expect(await run()).to.deep.equal([]);
    await goAfter(w, connection, 2 * HOUR);
    expect(await run()).to.deep.equal(["share", "share", "estimate", "join"]);
    for (const { keys } of Object.values(rest)) {
      expect(await stateOf(m, keys, Number(period))).to.equal(State.Settled);
    }
    expect(await stateOf(m, late.keys, Number(period))).to.equal(State.Estimated);
    expect((await logs.traded(period)).parts.size).to.equal(5);
    expect(await wattbook.escrow.pot(community, 0n, period)).to.include({ amount: 0n, outstanding: 0n });
    expect(await run()).to.deep.equal([]);
  });
});
