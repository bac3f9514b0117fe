import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { connect, deployMarket, type Connection, type Market } from "../helpers/market.ts";
import { openMetered } from "../helpers/metered-day.ts";
import { openShared, type MeteredHome } from "../helpers/shared-day.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, run, type Ran } from "./support.ts";

let connection: Connection;
let bridge: Bridge;
const folder = new Folder();
/** The last period that a number can name. */
const LAST = 2n ** 32n - 1n;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  folder.remove();
  await bridge.close();
});

/** A member's command line, and that of another one with the same keys. */
async function cliOf({ m, homes }: { readonly m: Market; readonly homes: { readonly rich: MeteredHome } }) {
  const { keys } = homes.rich;
  await connection.networkHelpers.setBalance(keys.owner.address, 10n ** 19n);
  const config = await configure(folder, m, bridge.url, {
    member: keys.member,
    keys: { owner: keys.owner, trading: keys.trading },
  });
  return async (line: string) => run([...line.split(" "), "--config", config]);
}

async function refused(ran: Promise<Ran>, exit: number): Promise<string> {
  const { code, stdout, stderr } = await ran;
  expect([code, stdout], stderr).to.deep.equal([exit, ""]);
  return stderr;
}

describe("wattbook budget in a community that shares after the fact", function () {
  it("shows what is signed, replaces it, and ends it: the member joins no further period", async function () {
    const w = await openShared(connection);
    const { wattbook, community, period, homes } = w;
    const { sharing } = wattbook;
    const cli = await cliOf(w);
    const { member } = homes.rich;
    const joins = async () => w.m.sharing.join.staticCall(community, period, [member]);
    expect((await cli("budget show")).stdout).to.match(/^budget +5\.00 .*\n.*\nsigned +number 1, counts/m);

    const dry = json(await cli("budget sign --amount 2.50 --dry-run --json"));
    expect(dry["dryRun"]).to.equal(true);
    expect((await sharing.budget(community, member)).sequence).to.equal(1n);
    const signed = json(await cli("budget sign --amount 2.50 --yes --json"));
    expect(signed["counts"]).to.equal(true);
    expect(await sharing.budget(community, member)).to.deep.equal({
      ...{ budget: 2_500_000n, firstPeriod: period, lastPeriod: LAST, epoch: 0n, sequence: 2n },
    });
    expect(await joins()).to.equal(1n);

    const later = json(await cli(`budget sign --amount 0 --from ${period + 2n} --until ${period + 3n} --yes --json`));
    expect(later["counts"]).to.equal(false);
    expect((await cli("budget show")).stdout).to.include(`number 3, not yet, from period ${period + 2n} on`);

    json(await cli("budget end --yes --json"));
    expect((await cli("budget show")).stdout).to.include("number 4, ended");
    expect(await joins()).to.equal(0n);
  });

  it("begins its numbers anew where the member has voided what it had signed", async function () {
    const w = await openShared(connection);
    const { m, wattbook, community, homes } = w;
    const cli = await cliOf(w);
    const { keys, member } = homes.rich;
    await m.escrow.connect(keys.owner.connect(connection.ethers.provider)).bumpEpoch(community, keys.member);
    expect((await cli("budget show")).stdout).to.include("void: the member has voided");
    json(await cli("budget sign --amount 1 --yes --json"));
    expect(await wattbook.sharing.budget(community, member)).to.include({
      budget: 1_000_000n,
      epoch: 1n,
      sequence: 1n,
    });
  });

  it("says of whoever has signed nothing that it is a plain customer", async function () {
    const w = await openShared(connection);
    const cli = await cliOf(w);
    const plain = `--member ${w.homes.plain.keys.member}`;
    expect((await cli(`budget show ${plain}`)).stdout).to.include("is a plain customer of its supplier");
    expect(json(await cli(`budget end ${plain} --yes --json`))["transactions"]).to.deep.equal([]);
  });

  it("signs for somebody else to send, many in one call; bad ones are left out and named", async function () {
    const w = await openShared(connection);
    const { m, wattbook, community, homes } = w;
    const signed = [];
    for (const name of ["rich", "roof"] as const) {
      const { keys } = homes[name];
      const config = await configure(folder, m, bridge.url, { member: keys.member, keys: { trading: keys.trading } });
      const { code, stdout } = await run([
        "budget",
        "sign",
        "--amount",
        "0.75",
        "--sign-only",
        "--yes",
        "--config",
        config,
      ]);
      expect(code).to.equal(0);
      signed.push(folder.write(`${name}.json`, stdout));
      expect((await wattbook.sharing.budget(community, homes[name].member)).sequence, "nothing was sent").to.equal(1n);
    }
    const keeper = HDNodeWallet.createRandom();
    await connection.networkHelpers.setBalance(keeper.address, 10n ** 19n);
    const sender = await configure(folder, m, bridge.url, { keys: { keeper } });
    const send = async (...files: string[]) =>
      run(["budget", "send", "--file", ...files, "--yes", "--json", "--config", sender]);
    const all = json(await send(...signed));
    expect(all["transactions"]).to.have.length(1);
    for (const name of ["rich", "roof"] as const) {
      const kept = await wattbook.sharing.budget(community, homes[name].member);
      expect(kept).to.include({ budget: 750_000n, sequence: 2n });
    }
    // The same again, a file that is none, and one of another community.
    const other = folder.write("other.json", folder.read("rich.json").replace(/"community": \d+/, '"community": 7'));
    const broken = folder.write("broken.json", "{}");
    const again = await send(signed[0] ?? "", broken, other);
    expect(again.code).to.equal(1);
    const { budgets } = JSON.parse(again.stdout) as {
      budgets: { file: string; fault: { code: string; message: string } }[];
    };
    expect(budgets.map(({ file, fault }) => [file, fault.code])).to.deep.equal([
      [broken, "FILE_MALFORMED"],
      [other, "FILE_MALFORMED"],
      [signed[0], "ORDER_LEFT_OUT"],
    ]);
    expect(budgets[2]?.fault.message).to.include("OldSequence");
  });

  it("refuses what the chain would leave out, and names the option", async function () {
    const w = await openShared(connection);
    const { wattbook, community, period, homes } = w;
    const cli = await cliOf(w);
    const sign = (line: string, exit = 2) => refused(cli(`budget sign ${line} --yes`), exit);
    expect(await sign("--amount 1 --buy 0.30")).to.include("--buy: this community's rule makes the price.");
    expect(await sign("--amount -1")).to.include("--amount -1: pass");
    expect(await sign("--amount 1e3")).to.include("--amount 1e3: pass");
    expect(await sign("--amount 281474976.710656")).to.include("at most 281474976710655 base units");
    expect(await sign(`--amount 1 --until ${period - 1n}`)).to.include(`Pass period ${period}, or a later one.`);
    expect(await sign("--amount 1 --from 2026-11-30")).to.include("--from 2026-11-30: pass a time in the period");
    const other = await sign(`--amount 1 --member ${homes.roof.keys.member}`, 1);
    expect(other).to.match(/^NOT_TRADING_KEY.*Name the keystore of that key/);
    expect((await wattbook.sharing.budget(community, homes.rich.member)).sequence).to.equal(1n);
    expect((await wattbook.sharing.budget(community, homes.roof.member)).sequence).to.equal(1n);
  });
});

describe("wattbook budget in an auction of metered energy", function () {
  it("signs a standing order with price limits, and ends it", async function () {
    const w = await openMetered(connection);
    const { wattbook, community, period, homes, terms } = w;
    const { meteredAuction } = wattbook;
    const cli = await cliOf(w);
    const { member } = homes.rich;
    const joins = async () => w.m.metered.join.staticCall(community, period, [member]);
    const kept = async () => meteredAuction.order(community, member);
    expect((await cli("budget show")).stdout).to.match(/^buys +at most .*\nsells +nothing$/m);

    const price = (tick: bigint) => `0.${(terms.floorPrice + tick * terms.tickSize).toString().padStart(3, "0")}`;
    json(await cli(`budget sign --amount 3 --buy ${price(12n)} --sell ${price(30n)} --yes --json`));
    expect(await kept()).to.deep.equal({
      ...{ budget: 3_000_000n, buyTick: 12n, sellTick: 30n, firstPeriod: period, lastPeriod: LAST },
      ...{ epoch: 0n, sequence: 2n },
    });
    expect(await joins()).to.equal(1n);

    json(await cli("budget end --yes --json"));
    expect(await kept()).to.include({ buyTick: null, sellTick: null, sequence: 3n });
    expect(await joins()).to.equal(0n);
  });

  it("needs a limit, and one on the grid", async function () {
    const w = await openMetered(connection);
    const cli = await cliOf(w);
    expect(await refused(cli("budget sign --amount 3 --yes"), 2)).to.include("--buy and --sell are missing");
    expect(await refused(cli("budget sign --amount 3 --buy 9.999 --yes"), 1)).to.match(/^OFF_GRID_PRICE/);
    expect((await w.wattbook.meteredAuction.order(w.community, w.homes.rich.member)).sequence).to.equal(1n);
  });
});

describe("wattbook budget in a community with an order book", function () {
  it("says that orders are placed there", async function () {
    const m = await deployMarket(connection);
    const keys = await m.addHome({});
    const config = await configure(folder, m, bridge.url, { member: keys.member, keys: { trading: keys.trading } });
    const line = ["budget", "sign", "--amount", "1", "--yes", "--config", config];
    expect(await refused(run(line), 1)).to.match(/^NOT_AVAILABLE.*Use wattbook order place/);
  });
});
