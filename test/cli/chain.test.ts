import { once } from "node:events";
import { readFileSync, renameSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { json as jsonOf } from "node:stream/consumers";
import { expect } from "chai";
import { scanProgress } from "../../cli/src/lib/progress.ts";
import { SqliteLogStore } from "../../services/src/keeper/index.ts";
import { hours } from "../helpers/hours.ts";
import { connect, type Connection, deployMarket, key } from "../helpers/market.ts";
import { buy, dueOf, freeOf, metered, post, sell, State, stateOf, valuesAt } from "../helpers/settling.ts";
import { sealedTerms } from "../helpers/sealed.ts";
import { SUPPLIER } from "../helpers/worlds.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, PASSWORD, run, spawned, type Given, type Ran } from "./support.ts";

let connection: Connection;
let bridge: Bridge;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  await bridge.close();
});

const { hour } = hours(() => connection);

/** A seller at its command line, in a community of hourly periods. */
async function desk(keys: "all" | "none" = "all") {
  const w = await hour();
  const folder = new Folder();
  folders.push(folder);
  const { seller, m } = w;
  const held = keys === "all" ? { owner: seller.owner, trading: seller.trading, meter: seller.meter } : {};
  const config = await configure(folder, m, bridge.url, { member: seller.member, keys: held });
  const cli = async (line: string, given?: Given) => run([...line.split(" "), "--config", config], given);
  const slot = new Date((m.periodStart(w.period + 1) + 900) * 1_000).toISOString().replace(":00.000Z", "Z");
  const owned = async () => connection.ethers.provider.getTransactionCount(seller.owner.address);
  return { ...w, folder, config, cli, slot, owned };
}
type Desk = Awaited<ReturnType<typeof desk>>;
const folders: Folder[] = [];
after(() => {
  for (const folder of folders) folder.remove();
});

/** A run that failed: its exit code and its code; nothing on stdout. */
function failure({ code, stdout, stderr }: Ran): [number | null, string] {
  expect(stdout).to.equal("");
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  return [code, last.split(":")[0] ?? ""];
}

/** A dry run tells what it would do, opens no key, and makes no block. */
async function dryRun({ cli, folder }: Desk, line: string): Promise<void> {
  const blocks = async () => connection.ethers.provider.getBlockNumber();
  const before = await blocks();
  const password = folder.at("password");
  renameSync(password, `${password}.away`);
  expect(json(await cli(`${line} --dry-run --json`)), line).to.deep.include({ dryRun: true });
  renameSync(`${password}.away`, password);
  expect(await blocks(), line).to.equal(before);
}

/** The next period is over; a block says so. */
async function skipPeriod({ m, period }: Desk): Promise<void> {
  await m.goTo(m.periodStart(period + 2) + 1);
  await connection.networkHelpers.mine();
}

/** Readings of seller and buyer for this and the next period, in which they traded; settled, or accepted alone. */
async function read({ m, seller, buyer, period, registers }: Desk, how: "settle" | "meter"): Promise<void> {
  const counted = [valuesAt({ 1: [0, 1200] }), valuesAt({ 1: [900, 0] })];
  for (const [index, home] of [seller, buyer].entries()) {
    for (const [at, values] of [
      [period, valuesAt({})],
      [period + 1, counted[index] ?? []],
    ] as const) {
      const item = await metered(m, home, at, await registers.read(home, at, values));
      if (how === "settle" || at === period) await m.settlement.meterAndSettle(m.community, at, [item]);
      else await m.settlement.meter(m.community, at, [item]);
    }
  }
}

describe("wattbook doctor", function () {
  this.timeout(120_000);

  it("finds a set-up sound, from Node.js to the owner's allowance", async function () {
    const { cli } = await desk();
    const { code, stdout, stderr } = await cli("doctor --json");
    expect([code, stderr], stdout).to.deep.equal([0, ""]);
    const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: { check: string; state: string }[] };
    expect(healthy).to.equal(true);
    const bad = checks.filter(({ state, check }) => state !== "ok" && !["clock", "allowance"].includes(check));
    expect(bad).to.deep.equal([]);
    const names = checks.map(({ check }) => check);
    for (const name of ["chain", "contracts", "gas: owner", "member", "role: trading", "role: meter", "money"]) {
      expect(names).to.include(name);
    }
  });

  it("asks every node of a configuration that names several", async function () {
    const { folder, m } = await desk();
    const strange = createServer((request, response) => {
      void jsonOf(request).then((body) => {
        response.end(JSON.stringify({ jsonrpc: "2.0", id: (body as { id: number }).id, result: "0x5" }));
      });
    }).listen(0, "127.0.0.1");
    await once(strange, "listening");
    const other = `http://127.0.0.1:${(strange.address() as AddressInfo).port}`;
    const path = await configure(folder, m, bridge.url);
    const config = JSON.parse(await readText(folder, "wattbook.json")) as object;
    const urls = [bridge.url, bridge.url, "http://127.0.0.1:1/v3/secret", other];
    folder.write("wattbook.json", { ...config, node: { url: urls } });
    const { code, stdout } = await run(["doctor", "--json", "--config", path]);
    strange.close();
    const { checks } = JSON.parse(stdout) as {
      checks: { check: string; state: string; found: string; advice: string | null }[];
    };
    const nodes = checks.filter(({ check }) => /^node \d$/.test(check));
    expect(nodes.map(({ check, state }) => `${state} ${check}`)).to.deep.equal([
      "ok node 2",
      "warn node 3",
      "fail node 4",
    ]);
    expect(nodes[1]?.found).to.include("http://127.0.0.1:1").and.to.include("does not answer");
    expect(nodes[2]?.found).to.include("on chain 5");
    expect(nodes[2]?.advice).to.include("Name a node of chain 31337");
    expect(code).to.equal(2);
    expect(stdout).not.to.include("secret");
  });

  it("names keys that are not the member's, a community and a chain that are not there", async function () {
    const { folder, m, seller, buyer } = await desk();
    const states = async (path: string) => {
      const { code, stdout } = await run(["doctor", "--json", "--config", path]);
      const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string }[] };
      return { code, failed: checks.filter(({ state }) => state === "fail").map(({ check }) => check) };
    };
    const other = await configure(folder, m, bridge.url, {
      member: seller.member,
      keys: { owner: buyer.owner, trading: seller.trading },
    });
    expect(await states(other)).to.deep.equal({ code: 1, failed: ["role: owner"] });
    const nowhere = await configure(folder, { ...m, community: 77 }, bridge.url);
    expect(await states(nowhere)).to.deep.equal({ code: 2, failed: ["community"] });
    const text = (await run(["doctor", "--config", nowhere])).stdout;
    expect(text).to.match(/^fail {2}community +77 is not there, there are 0 to \d+$/m);
    expect(text).to.include("wattbook community create");
    folder.write("deployment.json", {
      ...(JSON.parse(await readText(folder, "deployment.json")) as object),
      chainId: 5,
    });
    expect(await states(nowhere)).to.deep.equal({ code: 2, failed: ["chain"] });
  });
});

async function readText(folder: Folder, name: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(folder.at(name), "utf8");
}

describe("Money at the command line", function () {
  this.timeout(120_000);

  it("is deposited after the escrow is approved, and withdrawn", async function () {
    const d = await desk();
    const { cli, m, seller } = d;
    await m.euro.faucet(seller.owner.address, 50_000_000n);
    await dryRun(d, "deposit 12.50");
    const deposited = json(await cli("deposit 12.50 --yes --json"));
    expect(deposited).to.deep.include({
      dryRun: false,
      from: seller.owner.address,
      member: seller.member,
      amount: "12500000",
      free: "112500000",
    });
    expect((deposited["calls"] as { function: string }[]).map((call) => call.function)).to.deep.equal([
      "approve",
      "deposit",
    ]);
    expect(deposited["transactions"]).to.have.length(2);
    expect(await m.euro.allowance(seller.owner.address, await m.escrow.getAddress())).to.equal(0n);
    const to = key(77).address;
    const withdrawn = json(await cli(`withdraw all --to ${to} --yes --json`));
    expect(withdrawn).to.deep.include({ to, amount: "112500000", free: "0" });
    expect(await m.euro.balanceOf(to)).to.equal(112_500_000n);
    expect(failure(await cli("withdraw 1 --yes"))).to.deep.equal([1, "BALANCE_TOO_LOW"]);
    expect(failure(await cli("deposit 99 --yes"))).to.deep.equal([1, "BALANCE_TOO_LOW"]);
    for (const amount of ["0", "-1", "1e3", "0.0000001", "much"]) {
      expect(failure(await cli(`withdraw --yes -- ${amount}`)), amount).to.deep.equal([2, "OPTION_INVALID"]);
    }
  });

  it("is shown with names and units before anybody is asked, and goes nowhere without a yes", async function () {
    const { cli, owned, m, config } = await desk();
    const before = await owned();
    const { code, stdout, stderr } = await cli("withdraw 12.50 --dry-run --json");
    expect(code).to.equal(0);
    const { dryRun, calls, transactions } = JSON.parse(stdout) as {
      dryRun: boolean;
      calls: Record<string, unknown>[];
      transactions: [];
    };
    expect([dryRun, transactions]).to.deep.equal([true, []]);
    expect(calls[0]).to.deep.include({
      contract: "PaymentEscrow",
      address: await m.escrow.getAddress(),
      function: "withdraw",
      valueWei: "0",
    });
    expect(calls[0]?.["arguments"]).to.deep.include({ amount: "12500000" });
    expect(BigInt(String(calls[0]?.["gas"])) > 21_000n).to.equal(true);
    expect(stderr).to.match(/^PaymentEscrow\.withdraw$/m);
    expect(stderr).to.match(/^ {2}amount +12\.50 LEUR \(12500000 base units\)$/m);
    expect(stderr).to.match(/^ {2}gas +\d+ \d+, fee at most 0\.\d{6} of the chain's coin$/m);
    expect(failure(await cli("withdraw 12.50"))).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    expect(failure(await cli("withdraw 12.50 --json"))).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    const asked = await cli("withdraw 12.50", { answers: ["n"] });
    expect(asked.stderr).to.include("Sign and send it? [y/N]");
    expect(failure(asked)).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    expect(await owned()).to.equal(before);
    expect((await run(["withdraw", "12.50", "--config", config], { answers: ["yes"] })).code).to.equal(0);
    expect(await owned()).to.equal(before + 1);
  });

  it("asks for a password where none is configured, and does not show it", async function () {
    const { folder, config, cli } = await desk();
    const json = JSON.parse(await readText(folder, "wattbook.json")) as Record<string, unknown>;
    folder.write("wattbook.json", { ...json, keys: { owner: "owner.json" } });
    expect(failure(await cli("withdraw 1 --yes"))).to.deep.equal([2, "PASSWORD_NEEDED"]);
    const { code, stderr } = await run(["withdraw", "1", "--config", config], { answers: ["y", PASSWORD] });
    expect(code, stderr).to.equal(0);
    expect(stderr).not.to.include(PASSWORD);
    expect((await cli(`withdraw 1 --yes --password-file ${folder.at("password")}`)).code).to.equal(0);
    const wrong = folder.write("wrong", "wrong");
    expect(failure(await cli(`withdraw 1 --yes --password-file ${wrong}`))).to.deep.equal([1, "KEY_PASSWORD_WRONG"]);
  });

  it("stops at Ctrl-C, at a question and at a password", async function () {
    const { folder, cli, owned } = await desk();
    const before = await owned();
    const interrupt = "\u0003";
    expect(failure(await cli("withdraw 1", { answers: [interrupt] }))).to.deep.equal([1, "STOPPED"]);
    const json = JSON.parse(await readText(folder, "wattbook.json")) as Record<string, unknown>;
    folder.write("wattbook.json", { ...json, keys: { owner: "owner.json" } });
    expect(failure(await cli("withdraw 1", { answers: ["y", interrupt] }))).to.deep.equal([1, "STOPPED"]);
    expect(await owned()).to.equal(before);
  });

  it("exits with 4 where a contract refuses, and sends nothing", async function () {
    const { cli, m, owned } = await desk();
    const before = await owned();
    const ran = await cli(`withdraw 1 --to ${await m.escrow.getAddress()} --yes`);
    expect(failure(ran)).to.deep.equal([4, "CONTRACT_REVERTED"]);
    expect(await owned()).to.equal(before);
  });

  it("exits with 3 where a transaction stays pending, and waits for it before it sends another", async function () {
    const { cli, owned } = await desk();
    const before = await owned();
    const { provider } = connection;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    try {
      const ran = await cli("withdraw 1 --yes --wait 1");
      expect(failure(ran)).to.deep.equal([3, "TRANSACTION_PENDING"]);
      expect(ran.stderr).to.match(/TRANSACTION_PENDING: 0x[0-9a-f]{64}/);
      expect(failure(await cli("withdraw 1 --yes"))).to.deep.equal([1, "ACCOUNT_BUSY"]);
    } finally {
      await provider.request({ method: "evm_setAutomine", params: [true] });
    }
    await connection.networkHelpers.mine();
    expect(await owned()).to.equal(before + 1);
  });

  it("needs a key, a member and a community", async function () {
    const { cli } = await desk("none");
    expect(failure(await cli("withdraw 1 --yes"))).to.deep.equal([2, "KEY_MISSING"]);
    expect(failure(await cli("member show --member 99"))).to.deep.equal([1, "MEMBER_MISSING"]);
    expect(failure(await cli("member show --community 99"))).to.deep.equal([1, "COMMUNITY_MISSING"]);
  });
});

describe("Orders at the command line", function () {
  this.timeout(120_000);

  it("are shown, signed, posted, listed, cleared, settled, billed and claimed", async function () {
    const d = await desk();
    const { cli, slot, m, seller, buyer, period } = d;
    const sells = `order place --slot ${slot} --side sell --price 0.1 --energy 1000`;
    for (const line of [sells, "withdraw 1"]) await dryRun(d, line);
    const placed = await cli(`${sells} --yes --json`);
    expect(placed.stderr).to.include("sell 1 kWh for at least 0.10 LEUR/kWh");
    expect(json(placed)).to.deep.include({ member: seller.member, period: period + 1 });
    await post(m, period + 1, [[buyer, [buy(1, 30, 60)]]]);
    const waiting = json(await cli(`order list --period ${period + 1} --json`));
    expect((waiting["orders"] as unknown[])[0]).to.deep.include({
      side: "sell",
      limit: "100",
      orderedWh: "1000",
      state: "waiting",
    });
    const shown = json(await cli(`market show --slot ${slot} --json`));
    expect(shown).to.deep.include({ state: "open", demandWh: "600", supplyWh: "1000", price: "100", volumeWh: "600" });
    await skipPeriod(d);
    expect((await cli("market clear --dry-run")).stdout).to.equal("Would clear 1 slot.\n");
    await dryRun(d, "market clear");
    expect(json(await cli("market clear --yes --json"))["slots"]).to.have.length(1);
    expect(json(await cli("market clear --yes --json"))["slots"]).to.deep.equal([]);
    await read(d, "meter");
    await dryRun(d, "settle");
    const settled = json(await cli("settle --yes --json"));
    expect(settled["settled"]).to.deep.equal([{ period: period + 1, members: [seller.member, buyer.member] }]);
    expect(settled["skipped"]).to.deep.equal([]);
    expect(await stateOf(m, seller, period + 1)).to.equal(State.Settled);
    expect((await cli("settle --yes")).stdout).to.equal("Nobody is due.\n");
    const filled = (await cli(`order list --period ${period + 1}`)).stdout;
    expect(filled).to.match(/sell +0\.10 LEUR\/kWh +1 kWh +cleared +600 Wh +0\.10 LEUR\/kWh/);
    expect(json(await cli(`bill --period ${period + 1} --json`))["totals"]).to.deep.include({
      total: "-106000",
      saving: "10000",
    });
    const pdf = d.folder.at("bill.pdf");
    expect(json(await cli(`bill --period ${period + 1} --json --pdf ${pdf}`))["pdf"]).to.equal(pdf);
    expect(readFileSync(pdf, "latin1").slice(0, 5)).to.equal("%PDF-");
    expect(failure(await cli(`bill --period ${period + 1} --json --pdf ${d.folder.at("no/bill.pdf")}`))).to.deep.equal([
      2,
      "FILE_UNWRITABLE",
    ]);
    const early = await cli(`claim --period ${period + 1} --yes`);
    expect(failure(early)).to.deep.equal([4, "CONTRACT_REVERTED"]);
    await m.goTo(m.periodStart(period + 2) + 3 * 3_600 + 1);
    await connection.networkHelpers.mine();
    await dryRun(d, `claim --period ${period + 1}`);
    const claimed = json(await cli(`claim --period ${period + 1} --yes --json`));
    expect(claimed).to.deep.include({ boughtWh: "0", unsoldWh: "600", to: seller.owner.address });
  });

  it("leave what a supplier cannot pay yet, which is claimed once it can", async function () {
    const d = await desk();
    const { cli, m, seller, period, registers } = d;
    expect((await cli("claim --due --yes")).stdout).to.match(/^The supplier of member \d+ owes it nothing\.\n$/);
    const { free } = await m.escrow.account(m.community, SUPPLIER);
    await m.escrow.connect(m.supplier).withdraw(m.community, SUPPLIER, m.supplier, free);
    await skipPeriod(d);
    // Nobody pays the supplier for an import before.
    for (const [at, values] of [
      [period, valuesAt({})],
      [period + 1, valuesAt({ 1: [0, 1200] })],
    ] as const) {
      const item = await metered(m, seller, at, await registers.read(seller, at, values));
      await m.settlement.meterAndSettle(m.community, at, [item]);
    }
    const owed = -(await dueOf(m, seller.member));
    expect(owed > 0n).to.equal(true);
    expect((await cli("member show")).stdout).to.match(/its supplier owes it .*: wattbook claim --due/);
    const nothing = json(await cli("claim --due --yes --json"));
    expect(nothing).to.deep.include({ claimed: "0", owed: String(owed) });

    const part = owed / 3n;
    await m.fund(SUPPLIER, part);
    const before = await freeOf(m, seller.member);
    const dry = await cli("claim --due --dry-run");
    expect(dry.stdout).to.match(/^Would claim what is there of .*\.\n$/);
    expect(await freeOf(m, seller.member)).to.equal(before);
    const asked = await cli("claim --due", { answers: ["y"] });
    expect(asked.stderr).to.include("PaymentEscrow.claimDue").and.to.include("its supplier owes it");
    expect(asked.stdout).to.match(/Claimed .* is still owed\. Member \d+ has .* free\.\n$/);
    expect(await freeOf(m, seller.member)).to.equal(before + part);
    await m.fund(SUPPLIER, 2n * owed);
    const rest = json(await cli("claim --due --yes --json"));
    expect(rest).to.deep.include({
      ...{ member: seller.member, claimed: String(owed - part), owed: "0", free: String(before + owed) },
    });
  });

  it("come from a file, in prices per kWh", async function () {
    const { cli, slot, folder, m, seller, period } = await desk();
    const next = new Date(Date.parse(slot) + 900_000).toISOString();
    const orders = [
      { slot, side: "sell", price: "0.10", energyWh: 500 },
      { slot: next.replace(":00.000Z", "Z"), side: "sell", price: "0.104", energyWh: 10 },
    ];
    const file = folder.write("orders.json", { orders });
    expect(json(await cli(`order place --file ${file} --yes --json`))).to.deep.include({ period: period + 1 });
    expect((await m.recordsOf(seller.member, period + 1)).length).to.equal(1);
    const bad = folder.write("bad.json", { orders: [{ ...orders[0], price: 0.1 }] });
    expect(failure(await cli(`order place --file ${bad} --yes`))).to.deep.equal([1, "FILE_MALFORMED"]);
  });

  it("are refused before they are signed where the chain would leave them out", async function () {
    const { cli, slot, folder, m, seller, buyer } = await desk();
    const place = async (more: string, price = "0.10", energy = "1000", at = slot) =>
      failure(
        await cli(`order place --slot ${at} --side sell --price ${price} --energy ${energy} --yes ${more}`.trim()),
      );
    expect(await place("", "0.101")).to.deep.equal([1, "OFF_GRID_PRICE"]);
    expect(await place("", "0.10", "1005")).to.deep.equal([1, "OFF_LOT_QUANTITY"]);
    expect(await place("", "0.10", "5000")).to.deep.equal([1, "OVER_CAP"]);
    expect(await place("", "0.10", "1000", "2020-01-01T00:00Z")).to.deep.equal([1, "MARKET_CLOSED"]);
    expect(await place("", "0.10", "1000", "2020-01-01T00:00")).to.deep.equal([2, "OPTION_INVALID"]);
    expect(failure(await cli("order place --side sell --yes"))).to.deep.equal([2, "OPTION_INVALID"]);
    await configure(folder, m, bridge.url, {
      member: buyer.member,
      keys: { owner: buyer.owner, trading: seller.trading },
    });
    expect(await place("")).to.deep.equal([1, "NOT_TRADING_KEY"]);
    await configure(folder, m, bridge.url, {
      member: seller.member,
      keys: { owner: seller.owner, trading: seller.trading },
    });
    json(await cli("withdraw all --yes --json"));
    expect(await place("")).to.deep.equal([1, "BALANCE_TOO_LOW"]);
  });
});

describe("Bills at the command line", function () {
  this.timeout(120_000);

  it("come as table, CSV and JSON, and say what is not settled", async function () {
    const d = await desk();
    const { cli, m, seller, buyer, period } = d;
    await post(m, period + 1, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 60)]],
    ]);
    await skipPeriod(d);
    await m.clearPeriod(period + 1);
    expect(failure(await cli(`bill --period ${period + 1}`))).to.deep.equal([1, "NOT_SETTLED"]);
    await read(d, "settle");
    const table = (await cli(`bill --period ${period + 1}`)).stdout;
    expect(table).to.match(
      /^02:15 +0 Wh +600 Wh +0\.10 +0 Wh +1\.2 kWh +0\.0000 +0\.0600 +0\.0000 +-0\.0480 +-0\.1080$/m,
    );
    expect(table).to.match(/^saved +0\.01 LEUR$/m);
    const csv = (await cli(`bill --period ${period + 1} --format csv`)).stdout.split("\n");
    expect(csv).to.have.length(m.terms.slotsPerPeriod + 2);
    expect(csv[0]).to.match(/^start,slot,bought,sold,price/);
    const [one, two] = [
      await cli(`bill --period ${period + 1} --format json`),
      await cli(`bill --period ${period + 1} --json`),
    ];
    expect(json(one)).to.deep.equal(json(two));
    expect(json(one)["rows"]).to.have.length(m.terms.slotsPerPeriod);
  });
});

describe("Logs at the command line", function () {
  this.timeout(120_000);

  it("are read from the start while a keeper holds their file", async function () {
    const { cli, folder, period } = await desk();
    json(await cli(`order list --period ${period} --json`));
    const keeping = new SqliteLogStore(folder.at("data/logs-31337.db"));
    try {
      const { code, stdout, stderr } = await cli(`order list --period ${period} --json`);
      expect(code, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.include({ orders: [] });
      expect(stderr).to.match(/^Logs are read from the start and not kept: Another process uses .*logs-31337\.db/);
    } finally {
      keeping.close();
    }
  });

  it("show how far they are, on a terminal alone", function () {
    const seen = (isTTY: boolean) => {
      const chunks: string[] = [];
      const write = (chunk: string) => chunks.push(chunk) > 0;
      const stderr = Object.assign(new PassThrough(), { isTTY, write, columns: 80, cursorTo: write, clearLine: write });
      const terminal = { stdin: process.stdin, stdout: process.stdout, stderr, env: {} };
      const { onProgress, stop } = scanProgress(terminal, 0);
      for (const block of [999, 1_999]) onProgress({ fromBlock: 0, toBlock: 3_999, block, logs: 1 });
      stop();
      return chunks.join("");
    };
    expect(seen(false)).to.equal("");
    expect(seen(true)).to.match(/reading logs \[#+-+\] \d+ %, block \d+ of 3999/);
  });
});

describe("A sealed community at the command line", function () {
  this.timeout(120_000);

  it("is shown, and takes no posted orders", async function () {
    const m = await deployMarket(connection, { sealed: true, terms: sealedTerms });
    const folder = new Folder();
    folders.push(folder);
    const home = await m.addHome();
    const config = await configure(folder, m, bridge.url, {
      member: home.member,
      keys: { owner: home.owner, trading: home.trading },
    });
    const cli = async (line: string) => run([...line.split(" "), "--config", config]);
    expect(json(await cli("community show --json"))).to.deep.include({ sealed: true });
    expect((await cli("market show")).stdout).to.include("There are no orders.");
    const place = "order place --slot 2030-01-01T00:00Z --side sell --price 0.10 --energy 100 --yes";
    expect(failure(await cli(place))).to.deep.equal([1, "MARKET_SEALED"]);
  });
});

describe("wattbook keeper", function () {
  this.timeout(120_000);

  it("shows what is due, clears and settles it once, and keeps its outbox", async function () {
    const d = await desk();
    const { cli, m, seller, buyer, period } = d;
    await post(m, period + 1, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 60)]],
    ]);
    await skipPeriod(d);
    expect((await cli("keeper --dry-run")).stdout).to.match(/^Due to clear: 1 slot of period/);
    expect(failure(await cli("keeper --once"))).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    const once = async () => json(await cli("keeper --once --yes --confirmations 1 --json"));
    const [cleared] = (await once())["submitted"] as { key: string; state: string }[];
    expect(cleared).to.deep.include({ key: `clear:${m.community}:${period + 1}:0`, state: "done" });
    await read(d, "meter");
    const [settled] = (await once())["submitted"] as { key: string; state: string }[];
    expect(settled?.state).to.equal("done");
    expect(await stateOf(m, seller, period + 1)).to.equal(State.Settled);
    expect((await once())["submitted"]).to.deep.equal([]);
  });

  it("asks the next of several nodes where one does not answer", async function () {
    const d = await desk();
    const { m, seller, period, folder } = d;
    await post(m, period + 1, [[seller, [sell(1, 10, 100)]]]);
    await skipPeriod(d);
    const written = JSON.parse(readFileSync(d.config, "utf8")) as object;
    const urls = ["http://127.0.0.1:1", bridge.url];
    folder.write("several.json", { ...written, node: { url: urls } });
    const args = ["keeper", "--once", "--yes", "--confirmations", "1", "--json", "--config", folder.at("several.json")];
    expect(json(await run(args))["submitted"]).to.have.length(1);
    const listed = await run(args, { env: { WATTBOOK_NODE_URL: urls.join("\n") } });
    expect(json(listed)["submitted"]).to.deep.equal([]);
    const wrong = await run(args, { env: { WATTBOOK_NODE_URL: `${bridge.url} nonsense` } });
    expect(failure(wrong)).to.deep.equal([2, "CONFIG_INVALID"]);
  });
});

describe("The built program", function () {
  this.timeout(120_000);

  it("answers on stdout, asks and tells on stderr, and exits with the code of what happened", async function () {
    const { config, m } = await desk();
    const given = { env: { WATTBOOK_CONFIG: config } };
    const shown = await spawned(["community", "show", "--json"], given);
    expect(json(shown)).to.deep.include({ community: m.community, sealed: false, symbol: "LEUR" });
    expect(shown.stderr).to.equal("");
    const nobody = await spawned(["withdraw", "1"], given);
    expect(failure(nobody)).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    const done = await spawned(["withdraw", "1", "--yes", "--json"], given);
    expect(json(done)).to.deep.include({ free: "99000000" });
    expect(done.stderr).to.include("PaymentEscrow.withdraw");
    const dead = await spawned(["community", "show"], {
      env: { ...given.env, WATTBOOK_NODE_URL: "http://127.0.0.1:1" },
    });
    expect(failure(dead)).to.deep.equal([3, "RPC_UNAVAILABLE"]);
  });

  it("keeps until it is told to stop", async function () {
    const { config, m, seller, period } = await desk();
    await post(m, period + 1, [[seller, [sell(1, 10, 100)]]]);
    await m.goTo(m.periodStart(period + 2) + 1);
    await connection.networkHelpers.mine();
    const signal = { once: /"job":"clear:[^"]*","step":"done"/, name: "SIGTERM" } as const;
    const args = ["keeper", "--yes", "--every", "1", "--confirmations", "1", "--config", config];
    const { code, stdout, stderr } = await spawned(args, { signal });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^Stopped after \d+ looks?; 1 call handed in/);
  });
});
