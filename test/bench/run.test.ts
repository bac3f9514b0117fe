import { existsSync } from "node:fs";
import { expect } from "chai";
import hre from "hardhat";
import { BUDGETS } from "../../bench/gas/budgets.ts";
import { belowTen, comparedWith } from "../../bench/gas/compared.ts";
import { costsOf, decimal } from "../../bench/gas/cost.ts";
import { optionsOf, OTHERS } from "../../bench/gas/options.ts";
import { BadOption } from "../../bench/lib/command.ts";
import { missedOf } from "../../bench/gas/missed.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { pageOf } from "../../bench/gas/page/markdown.ts";
import { plotsOf } from "../../bench/gas/page/plots.ts";
import { checkReplay } from "../../bench/gas/replay/replays.ts";
import { run, type Report } from "../../bench/gas/report.ts";
import { problemsOf, type Row } from "../../bench/gas/row.ts";
import { days } from "../../bench/gas/rows/days.ts";
import { SOURCES } from "../../bench/gas/rows/index.ts";
import { once } from "../../bench/gas/rows/once.ts";
import { CATEGORIES } from "../../bench/gas/schedule.ts";
import { textOf } from "../../bench/gas/text.ts";
import type { Measurement } from "../../bench/gas/types.ts";
import type { BaselineRow } from "../../bench/baselines/types.ts";

const HOMES = 10;
const OTHER: BaselineRow = { name: "a list", operation: "place", orders: 10, gas: 50_000, per: "order", note: "-" };

describe("a run of the benchmark", function () {
  let report: Report;
  let measured: Measurement | undefined;

  before(async function () {
    // A coverage run adds gas to every statement.
    if (hre.globalOptions.coverage) this.skip();
    this.timeout(240_000);
    const keep = {
      ...days,
      measure: async (stage: Parameters<typeof days.measure>[0]) => {
        const rows = await days.measure(stage);
        measured = rows[0];
        return rows;
      },
    };
    const asked = { sources: [keep, once], homes: [HOMES], ticks: [64], ethEur: 2_000 };
    report = await run({ ...asked, baselines: async () => await Promise.resolve([OTHER]) }, () => undefined);
  });

  const rowOf = (operation: string): Row => {
    const row = report.rows.find((each) => each.operation === operation);
    if (!row) throw new Error(`no row ${operation}`);
    return row;
  };

  it("has rows by name, with whole numbers for every figure", function () {
    const rows = report.rows.map(({ operation, homes, ticks, per }) => `${operation} | ${homes} | ${ticks} | ${per}`);
    expect(rows).to.deep.equal([
      `${OP.placeAll} | 10 | 64 | entry`,
      `${OP.clear48} | 10 | 64 | slot`,
      `${OP.settleAll} | 10 | 64 | household and slot`,
      `${OP.life} | 10 | 64 | household and slot`,
      `${OP.enrol} | 1 | 64 | member`,
      `${OP.deposit} | 1 | 64 | deposit`,
      `${OP.withdraw} | 1 | 64 | withdrawal`,
      `${OP.claim} | 1 | 64 | claim`,
    ]);
    for (const row of report.rows) {
      const { gas, limit, ratio, nextFork, nextForkLimit, nextForkRatio, units, transactions, newWords } = row;
      for (const value of [gas, limit, ratio, nextFork, nextForkLimit, nextForkRatio, units, transactions, newWords]) {
        expect(value, row.operation).to.satisfy(Number.isSafeInteger);
      }
    }
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
  });

  it("finds no figure below its limit, and no storage word made where rings are warm", function () {
    expect(report.problems).to.deep.equal([]);
    for (const { gas, limit, ratio, nextFork, nextForkLimit } of report.rows) {
      expect(gas).to.be.at.least(limit);
      expect(ratio).to.equal(Math.round((1000 * gas) / limit));
      expect(nextFork).to.be.at.least(nextForkLimit);
    }
    const [place, , settle] = report.rows;
    if (!place || !settle) throw new Error("no rows");
    expect([place.newWords, settle.newWords, rowOf(OP.enrol).newWords > 0]).to.deep.equal([0, 0, true]);
    expect(problemsOf({ ...place, newWords: 1 }, false)).to.have.length(1);
    expect(problemsOf({ ...place, newWords: 1 }, true)).to.deep.equal([]);
    expect(problemsOf({ ...place, limit: place.gas + 1 }, false)).to.have.length(1);
  });

  it("adds the parts of a life up", function () {
    const per = (operation: string) => rowOf(operation).gas;
    const sum = per(OP.placeAll) + per(OP.clear48) / HOMES + per(OP.settleAll);
    expect(per(OP.life)).to.be.within(Math.floor(sum) - 3, Math.ceil(sum));
  });

  it("says what the gas was spent on, to the last unit but rounding", function () {
    for (const { operation, gas, limit, spent } of report.rows) {
      if (!spent) throw new Error(`${operation}: nothing counted`);
      const total = (of: "gas" | "limit") => CATEGORIES.reduce((sum, category) => sum + spent[category][of], 0);
      expect(total("gas"), operation).to.be.within(gas - CATEGORIES.length, gas + CATEGORIES.length);
      expect(total("limit"), operation).to.be.within(limit - CATEGORIES.length, limit + CATEGORIES.length);
      expect(spent.computing.gas, operation).to.be.greaterThan(0);
      for (const category of ["transaction", "calldata", "logs", "signatures", "hashing"] as const) {
        expect(spent[category].gas, `${operation}: ${category}`).to.be.at.least(spent[category].limit);
      }
    }
  });

  it("refuses a replay that costs something else than the receipt says", function () {
    const call = measured?.calls[0]?.call;
    if (!call) throw new Error("nothing was measured");
    expect(() => {
      checkReplay(call, { gas: call.gas });
    }).not.to.throw();
    expect(() => {
      checkReplay(call, { gas: call.gas - 1n });
    }).to.throw(`the receipt says ${String(call.gas)} gas, the replay ${String(call.gas - 1n)}`);
  });

  it("names budgets that it has no row for", function () {
    const names = report.notMeasured.map(({ operation }) => operation);
    expect(names).to.include(OP.placeSealed).and.not.include(OP.clear48);
    expect(rowOf(OP.clear48)).to.include({ budget: 60_000, nextForkBudget: 96_000 });
    expect(rowOf(OP.settleAll)).to.include({ budget: null, met: null, nextForkBudget: null });
  });

  it("costs a household what gas, slots, days and prices say", function () {
    const [cheap, , dear] = costsOf([{ ...rowOf(OP.life), gas: 1_000, nextFork: 2_000 }], 2_000);
    // 1,000 gas x 96 slots x 30 days x 0.01 gwei
    expect(cheap).to.include({ homes: 10, gwei: "0.01", eth: "0.000028800", eur: "0.0576", nextForkEur: "0.1152" });
    expect(dear).to.include({ gwei: "1.00", eth: "0.002880000", eur: "5.7600" });
    expect([decimal(15n, 1, 1), decimal(149n, 3, 1), decimal(150n, 3, 1)]).to.deep.equal(["1.5", "0.1", "0.2"]);
  });

  it("prints tables, a page and plots of its own figures", function () {
    const { gas } = rowOf(OP.life);
    const figure = gas.toLocaleString("en-US");
    const text = textOf(report, { explain: true });
    for (const part of [figure, "met", "slot groups", "@ethereumjs/vm", "8037", "a list"])
      expect(text).to.include(part);
    const plots = plotsOf(report);
    expect(plots.map(({ file }) => file)).to.include("benchmarks-life.svg");
    for (const { svg, title } of plots) {
      expect(svg).to.match(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg).to.include(`<title>${title}</title>`).and.include("prefers-color-scheme:dark");
    }
    const page = pageOf(report, plots);
    expect(page).to.include(figure).and.include("](benchmarks-life.svg)").and.include("experimental");
  });

  it("shows beside each budget where to go then, and whether it is reached", function () {
    const clear = rowOf(OP.clear48);
    const then = Math.ceil((60_000 + clear.limit) / 2).toLocaleString("en-US");
    expect(clear.thenMet).to.equal(true);
    const lineOf = (page: string, start: string) => page.split("\n").find((line) => line.startsWith(start)) ?? "";
    const cells = (line: string) => line.split(" | ").slice(5, 9);
    const page = pageOf(report, []);
    expect(cells(lineOf(page, "| operation | homes | ticks"))).to.deep.equal(["budget", "", "then", ""]);
    expect(cells(lineOf(page, `| ${OP.clear48}`))).to.deep.equal(["60,000", "met", then, "met"]);
    const words = (line: string) => line.trim().split(/ {2,}/).slice(5, 9);
    expect(words(lineOf(textOf(report), OP.clear48))).to.deep.equal(["60,000", "met", then, "met"]);
    const missing = { ...report, rows: report.rows.map((row) => ({ ...row, thenMet: row === clear ? false : null })) };
    expect(cells(lineOf(pageOf(missing, []), `| ${OP.clear48}`))).to.deep.equal(["60,000", "met", then, "**missed**"]);
    expect(words(lineOf(textOf(missing), OP.clear48))).to.deep.equal(["60,000", "met", then, "MISSED"]);
  });

  it("names the budgets that are missed, and where it is said why", function () {
    const [met, life] = [rowOf(OP.clear48), rowOf(OP.life)];
    expect(missedOf([met, life])).to.equal("Every budget is met, at the next fork's prices too.");
    const missed = { budget: 1, met: false, nextForkMet: true };
    const single = { ...met, ...missed, operation: OP.placeSingle };
    const large = { ...life, ...missed, homes: 1_000 };
    const batch = { ...met, budget: 1, met: true, nextForkMet: false, operation: OP.place60 };
    expect(missedOf([met, single])).to.equal(
      `Missed: ${OP.placeSingle}. At the next fork's prices: none. docs/adr/0015-what-a-single-order-is-made-of.md says why.`,
    );
    expect(missedOf([single, batch, large, { ...large, homes: 50, met: true }], (file) => file.slice(0, 4))).to.equal(
      `Missed: ${OP.placeSingle}; ${OP.life} (1,000 homes). At the next fork's prices: ${OP.place60}. ` +
        `0013 and 0015 say why. No decision says why: ${OP.life} (1,000 homes).`,
    );
    const page = pageOf({ ...report, rows: [...report.rows, single, batch] }, []);
    expect(page).to.include(`Missed: ${OP.placeSingle}.`).and.include("(adr/0013-slots-in-groups.md)");
    expect(textOf({ ...report, rows: [single] })).to.include(`Missed: ${OP.placeSingle}.`);
  });

  it("has a decision for every budget that says where it is explained", function () {
    const files = BUDGETS.flatMap(({ reasons }) => reasons ?? []);
    expect(files).to.have.length.greaterThan(1);
    for (const file of files)
      expect(existsSync(new URL(`../../docs/adr/${file}`, import.meta.url)), file).to.equal(true);
  });

  it("compares other books with as many orders in a slot, life with life", function () {
    const { gas } = rowOf(OP.life);
    const lifeOf = (name: string, orders: number, times: number): BaselineRow => ({
      ...OTHER,
      ...{ name, orders, operation: "life", gas: Math.round(times * gas) },
    });
    const books = [lifeOf("dear", 10, 20), OTHER, lifeOf("cheap", 10, 4), lifeOf("other size", 5, 1)];
    expect(comparedWith(books, report.rows).map(({ name, times }) => [name, times])).to.deep.equal([
      ["other size", null],
      ["Wattbook, strips of 96", 1_000],
      ["dear", 20_000],
      ["a list", null],
      ["cheap", 4_000],
    ]);
    expect(belowTen(books, report.rows)).to.include("at the least: 4.0 times with 10 orders in a slot (cheap).");
    expect(belowTen([lifeOf("dear", 10, 10)], report.rows)).to.equal(
      "No other book costs less than ten times as much.",
    );
    expect(pageOf({ ...report, baselines: books }, [])).to.include("4.0 times with 10 orders");
    expect(textOf({ ...report, baselines: books }))
      .to.include("x Wattbook")
      .and.include("4.0 times with 10 orders");
  });
});

describe("the benchmark's command line", function () {
  it("runs all sizes and writes them down, or the small ones and writes nothing", function () {
    expect(optionsOf([])).to.include({ write: true, quick: false, json: false });
    expect(optionsOf([]).homes).to.deep.equal([10, 50, 150, 500, 1_000]);
    expect(optionsOf(["--quick"])).to.deep.include({ write: false, homes: [10, 50, 150], ticks: [64, 128] });
    expect(optionsOf(["--quick", "--write"]).write).to.equal(true);
    expect(optionsOf(["--homes", "50,10,50", "--ticks", "64"])).to.deep.include({
      write: false,
      homes: [10, 50],
      ticks: [64],
    });
  });

  it("measures every kind of rows, or those that are named and writes nothing", function () {
    expect(optionsOf([]).rows).to.deep.equal([...SOURCES.map(({ name }) => name), OTHERS]);
    expect(optionsOf(["--rows", "days,others"])).to.deep.include({ rows: ["days", "others"], write: false });
    expect(() => optionsOf(["--rows", "days,nights"])).to.throw(BadOption, `"nights" is none of batches, days`);
  });

  it("refuses sizes that no community can have", function () {
    for (const args of [["--homes", "0"], ["--homes", "1.5"], ["--homes", "x"], ["--ticks", "100"], ["--eth-eur=0"]]) {
      expect(() => optionsOf(args), args.join(" ")).to.throw(BadOption);
    }
    expect(() => optionsOf(["--fast"])).to.throw(TypeError);
  });
});
