import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { billsFromCsv, billsFromJson } from "@wattbook/data/export";
import { SHARING_RULES, sumWh } from "@wattbook/sdk";
import { expect } from "chai";
import fc from "fast-check";
import { parseOptions } from "../../../scripts/demo/cli.ts";
import { loadCommunity } from "../../../scripts/demo/community.ts";
import { EXIT, main } from "../../../scripts/demo/main.ts";
import { MARKET, priceOf, tradingBand } from "../../../scripts/demo/market.ts";
import { giniOf } from "../../../scripts/demo/modes/gini.ts";
import { limitsOf, meteredMode } from "../../../scripts/demo/modes/metered.ts";
import { runMode } from "../../../scripts/demo/modes/run.ts";
import { sharingMode } from "../../../scripts/demo/modes/sharing.ts";
import { startProgress } from "../../../scripts/demo/progress.ts";

async function demo(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const page = args.includes("--out") ? [] : ["--no-report"];
  const code = await main([...args, ...page], { stdout, stderr, env: {} });
  const textOf = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? "").toString();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** The community of a command line, for a single run of its own. */
async function homesOf(...args: string[]) {
  const options = parseOptions(args, new PassThrough());
  if (options === undefined) throw new Error("no options");
  return { community: await loadCommunity(options), silent: startProgress(1, new PassThrough(), {}) };
}

interface Row {
  readonly rule: string;
  readonly bills: number;
  readonly savings: number;
  readonly gini: number | null;
  readonly worseOff: number;
  readonly sharedWh: number;
  readonly gasPerHouseholdSlot: number;
  readonly books: object;
}
interface Json {
  readonly mode: string;
  readonly rule: string;
  readonly checkedBills: number;
  readonly unsettled: number;
  readonly gas: { readonly perHouseholdSlot: number; readonly stages: Readonly<Record<string, number>> };
  readonly households: readonly Readonly<Record<string, number>>[];
  readonly comparison: readonly Row[];
}

describe("The demo in the mode sharing", function () {
  this.timeout(180_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "wattbook-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("plans a battery of the community over the same days, if it is asked to", async function () {
    const args = ["--homes", "2", "--battery"];
    const { code, stdout } = await demo(...args);
    expect(code).to.equal(EXIT.sound);
    const lines = stdout.split("\n");
    const at = lines.findIndex((line) => line.startsWith("A community battery of 4.00 kWh"));
    expect(at).to.be.greaterThan(0);
    const costs = lines.slice(at).flatMap((line) => {
      const [, name, cost] = /^(no battery|plan, corrected) +(-?\d+\.\d+) /.exec(line) ?? [];
      return name === undefined ? [] : [Number(cost)];
    });
    expect(costs.length).to.equal(2);
    expect(costs[1]).to.be.lessThan(costs[0] ?? 0);
  });

  it("compares all rules and the auction on the same homes, with the books at zero", async function () {
    const args = ["--mode", "sharing", "--rule", "mmr", "--homes", "4", "--json", "--out", folder];
    const { code, stdout, stderr } = await demo(...args);
    expect(code, stderr).to.equal(EXIT.sound);
    const json = JSON.parse(stdout) as Json;
    expect(json).to.include({ mode: "sharing", rule: "mmr", checkedBills: 4, unsettled: 0 });
    const rows = new Map(json.comparison.map((row) => [row.rule, row]));
    expect([...rows.keys()]).to.deep.equal([...SHARING_RULES, "metered", "auction"]);
    const of = (rule: string): Row => rows.get(rule) as Row;
    for (const row of json.comparison) {
      expect(row.books, row.rule).to.deep.equal({ energyWh: 0, money: 0 });
      expect(row.gasPerHouseholdSlot, row.rule).to.be.greaterThan(0);
    }
    // Rules share the same energy: they only divide what it saves. Feed-in shares nothing, and its members pay the settlement fee.
    for (const rule of ["sdr", "sdr-comp", "mmr", "bill-sharing"]) {
      expect(of(rule)).to.include({ bills: of("sdr").bills, savings: of("sdr").savings, sharedWh: of("sdr").sharedWh });
    }
    // Every buy limit is above every sell limit: the same energy changes hands, at prices of an auction.
    expect(of("metered")).to.include({
      bills: of("sdr").bills,
      savings: of("sdr").savings,
      sharedWh: of("sdr").sharedWh,
    });
    expect(of("feed-in")).to.include({ sharedWh: 0, savings: -4 * 2_000, worseOff: 4, gini: null });
    expect(of("sdr").savings).to.be.greaterThan(of("auction").savings);
    for (const rule of ["sdr", "sdr-comp", "mmr", "metered"]) expect(of(rule).gini, rule).to.be.within(0, 1);
    const sum = (field: string) => json.households.reduce((total, home) => total + (home[field] ?? Number.NaN), 0);
    expect(sum("bill")).to.equal(of("mmr").bills);
    expect(sum("saving")).to.equal(of("mmr").savings);

    const [lines, totals, all] = await Promise.all(
      ["bill-lines.csv", "bills.csv", "bills.json"].map((name) => readFile(join(folder, name), "utf8")),
    );
    const bills = billsFromJson(all ?? "");
    expect(bills).to.have.length(4);
    expect(billsFromCsv(lines ?? "", totals ?? "")).to.deep.equal(bills);
    expect(bills.reduce((total, { bill }) => total + bill.total, 0n)).to.equal(BigInt(of("mmr").bills));
  });

  it("needs two passes for a community that no call can hold, and computes the same bills", async function () {
    const { community, silent } = await homesOf("--homes", "110");
    const run = await runMode(community, { days: 1, seed: 1n }, sharingMode("sdr"), silent);
    expect(Object.keys(run.gas)).to.deep.equal(["join", "meter", "settle"]);
    expect(run).to.deep.include({ checkedBills: 110, unsettled: 0, faults: [], books: { energyWh: 0n, money: 0n } });
  });

  for (const mode of [sharingMode("sdr"), meteredMode(1n)]) {
    it(`lets everybody join each of several days before it starts: ${mode.market}`, async function () {
      const { community, silent } = await homesOf("--homes", "3", "--days", "3");
      const run = await runMode(community, { days: 3, seed: 1n }, mode, silent);
      expect(run).to.deep.include({ checkedBills: 9, unsettled: 0, faults: [], books: { energyWh: 0n, money: 0n } });
      // Who joins late is a plain customer, so each day must have shared something.
      const periods = [...new Set(run.bills.map(({ bill }) => bill.period))];
      expect(periods).to.have.length(3);
      for (const period of periods) {
        const lines = run.bills.flatMap(({ bill }) => (bill.period === period ? bill.lines : []));
        expect(sumWh(lines.map(({ bought }) => bought)) > 0n, `period ${period}`).to.equal(true);
      }
    });
  }

  it("lets everybody join both halves of a day whose slots last five minutes", async function () {
    const start = 1_613_347_200;
    const rows = Array.from({ length: 288 }, (_, row) => {
      const sun = Math.max(0, 100 - Math.abs(row - 144)) / 100;
      return [start + row * 300, 900 + (row % 7) * 50, 3_000, sun].join(",");
    });
    const path = join(folder, "halves.csv");
    await writeFile(path, ["time,hut,villa,roof_pu", ...rows].join("\n"));
    for (const mode of ["sharing", "metered"]) {
      const { code, stdout, stderr } = await demo("--mode", mode, "--input", path, "--json");
      expect(code, stderr).to.equal(EXIT.sound);
      expect(JSON.parse(stdout) as Json).to.include({ checkedBills: 2 * 2, unsettled: 0 });
    }
  });

  it("warns of bill sharing, and knows no other mode or rule", async function () {
    const refused = await demo("--mode", "barter");
    expect([refused.code, refused.stderr.split(":")[0]]).to.deep.equal([EXIT.refused, "OPTION_INVALID"]);
    expect((await demo("--rule", "none")).code).to.equal(EXIT.refused);
    const { stdout } = await demo("--mode", "sharing", "--rule", "bill-sharing", "--homes", "2");
    expect(stdout).to.include("Warning: While the community's supply is at most its demand, its sellers get nothing");
    expect(stdout).to.match(/^Books of all 7 runs: balanced\.$/m);
  });

  it("tells a newcomer which rule it is, what it saves, and marks it among the others", async function () {
    const { stdout, stderr } = await demo("--mode", "sharing", "--rule", "mmr", "--homes", "2");
    const lines = stdout.split("\n");
    expect(lines[0]).to.equal(
      "Wattbook demo: 2 homes, 1 day of 96 slots, seed 1; synthetic homes: made from a formula, not measured.",
    );
    expect(lines[1]).to.match(/^Mode sharing: rule mmr, mid-market rate: /);
    expect(lines.filter((line) => /^\S+ \* /.test(line)).map((line) => line.split(" ")[0])).to.deep.equal(["mmr"]);
    expect(stdout)
      .to.match(/^self-sufficiency +\d+\.\d % /m)
      .and.to.match(/^self-consumption +\d+\.\d % /m);
    expect(stdout)
      .to.match(/^home 1 .* \d+\.\d % +-$/m)
      .and.to.match(/^home 2 .* \d+\.\d % +\d+\.\d %$/m);
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(130);
    expect(stderr)
      .to.match(/^1\/7 sdr: /)
      .and.to.match(/^7\/7 auction: .*$/m);
  });
});

describe("The demo in the mode metered", function () {
  this.timeout(180_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "wattbook-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("lists the homes that traded within standing orders, each billed as the SDK computes it", async function () {
    const { code, stdout, stderr } = await demo("--mode", "metered", "--homes", "3", "--json", "--out", folder);
    expect(code, stderr).to.equal(EXIT.sound);
    const json = JSON.parse(stdout) as Json;
    expect(json).to.include({ mode: "metered", rule: "metered", checkedBills: 3, unsettled: 0 });
    expect(Object.keys(json.gas.stages)).to.deep.equal(["join", "meter and settle"]);
    const row = json.comparison.find(({ rule }) => rule === "metered");
    const sum = (field: string) => json.households.reduce((total, home) => total + (home[field] ?? Number.NaN), 0);
    expect(row).to.deep.include({ bills: sum("bill"), savings: sum("saving"), books: { energyWh: 0, money: 0 } });
    expect(row?.sharedWh).to.be.greaterThan(0);
    const bills = billsFromJson(await readFile(join(folder, "bills.json"), "utf8"));
    expect(bills.reduce((total, { bill }) => total + bill.total, 0n)).to.equal(BigInt(sum("bill")));
    // One price a slot, within the limits of all who traded.
    const lines = bills.flatMap(({ bill }) => bill.lines.filter(({ bought }) => bought > 0n));
    expect(lines.length).to.be.greaterThan(0);
    for (const { price } of lines) {
      expect(price === null ? Number.NaN : Number(price)).to.be.within(
        Number(MARKET.exportPrice),
        Number(MARKET.importPrice - MARKET.networkFee),
      );
    }
  });

  it("says so for people", async function () {
    const { stdout } = await demo("--mode", "metered", "--homes", "2");
    expect(stdout).to.match(/^Mode metered: metered auction, .*\nEach home signed one standing order, /m);
    expect(stdout).to.match(/^Books of all 7 runs: balanced\.$/m);
  });

  it("needs two passes for a community that no call can hold, and computes the same bills", async function () {
    const { community, silent } = await homesOf("--homes", "120");
    const run = await runMode(community, { days: 1, seed: 1n }, meteredMode(1n), silent);
    expect(Object.keys(run.gas)).to.deep.equal(["join", "meter", "settle"]);
    expect(run).to.deep.include({ checkedBills: 120, unsettled: 0, faults: [], books: { energyWh: 0n, money: 0n } });
  });

  it("draws limits that leave the other side half of the gain, the same for a home every time", function () {
    const { lowest, highest } = tradingBand("buy");
    const all = Array.from({ length: 60 }, (_, home) => limitsOf(7n, home));
    expect(all).to.deep.equal(Array.from({ length: 60 }, (_, home) => limitsOf(7n, home)));
    const [buys, sells] = [all.map(({ buyTick }) => Number(buyTick)), all.map(({ sellTick }) => Number(sellTick))];
    expect(Math.max(...buys)).to.be.at.most(highest);
    expect(Math.min(...sells)).to.be.at.least(lowest);
    expect(Math.max(...sells)).to.be.lessThan(Math.min(...buys));
    expect([new Set(buys).size, new Set(sells).size].every((count) => count > 10)).to.equal(true);
    // What a buyer pays at its limit, fee included, is at most the retailer's price; and a seller gets at least that for feed-in.
    expect(priceOf(Math.max(...buys)) + MARKET.networkFee <= MARKET.importPrice).to.equal(true);
    expect(priceOf(Math.min(...sells)) >= MARKET.exportPrice).to.equal(true);
  });
});

describe("The Gini coefficient of savings", function () {
  it("is 0 where all save the same, and near 1 where one saves everything", function () {
    expect(giniOf([7n, 7n, 7n])?.millionths).to.equal(0n);
    expect(giniOf([0n, 0n, 0n, 8n])?.millionths).to.equal(750_000n);
    expect(giniOf([1n, 1n, 2n])?.millionths).to.equal(166_667n);
    expect(giniOf([])).to.equal(null);
    expect(giniOf([0n])).to.equal(null);
    expect(giniOf([5n, -1n])).to.equal(null);
  });

  it("is half the mean difference over the mean", function () {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 10n ** 9n), { minLength: 1, maxLength: 12 }), (savings) => {
        const total = savings.reduce((sum, saving) => sum + saving, 0n);
        if (total === 0n) return;
        const gaps = savings.flatMap((a) => savings.map((b) => (a > b ? a - b : b - a)));
        const spread = gaps.reduce((sum, gap) => sum + gap, 0n);
        const den = 2n * BigInt(savings.length) * total;
        expect(giniOf(savings)?.millionths).to.equal((spread * 2_000_000n + den) / (2n * den));
      }),
    );
  });
});
