import { PassThrough } from "node:stream";
import { expect } from "chai";
import { calendarOf } from "../../../scripts/demo/calendar.ts";
import { homesCsv, slotsCsv } from "../../../scripts/demo/files.ts";
import { eur, formatFixed, kwh, percent } from "../../../scripts/demo/format.ts";
import { makeHomes } from "../../../scripts/demo/homes.ts";
import { toJson } from "../../../scripts/demo/json.ts";
import { startProgress } from "../../../scripts/demo/progress.ts";
import { type Report, reportJson, reportOf } from "../../../scripts/demo/report.ts";
import { renderReport } from "../../../scripts/demo/tables.ts";
import { COLUMNS, dataset, homeOutcome, MIDNIGHT, slotOutcome } from "./factories.ts";

/** A report of two homes of which one sold 1.5 kWh to the other, or of more homes that did nothing else. */
function report(count = 2): Report {
  const data = dataset(96);
  const homes = makeHomes(data, calendarOf(data), count, COLUMNS.pvKwp).map((home, i) => {
    const trade = i === 0 ? { boughtWh: 1500n, loadWh: 1500n } : i === 1 ? { soldWh: 1500n, pvWh: 1500n } : {};
    const money = i === 0 ? { paid: 150_000n, networkFee: 60_000n } : i === 1 ? { received: 150_000n } : {};
    return { home, outcome: homeOutcome([slotOutcome(trade)], money) };
  });
  const gas = {
    perHouseholdSlot: 2345n,
    place: 1n,
    clear: 2n,
    settle: 3n,
    placeTotal: 4n,
    clearTotal: 5n,
    settleTotal: 6n,
  };
  const books = { energyWh: 0n, money: 0n };
  const run = { seed: 7n, days: 1, slots: 96, standIns: 0, checkedBills: count, skipped: [], unsettled: 0, books, gas };
  return reportOf({ ...run, synthetic: false, homes, optimum: 0n });
}

describe("demo amounts", function () {
  it("shift the decimal point of integers", function () {
    expect(kwh(1_234_567n)).to.equal("1 234.57");
    expect(eur(-150_049n)).to.equal("-0.1500");
    expect(eur(-49n)).to.equal("0.0000");
    expect(percent(123_456n)).to.equal("12.3 %");
    expect(formatFixed(12_345_678n, 0, 0)).to.equal("12 345 678");
  });
});

describe("demo report", function () {
  it("is one JSON object with integers and ratios of six decimals", function () {
    const json = reportJson(report());
    expect(json).to.include('"selfSufficiency": 1.000000').and.to.include('"bill": -150000');
    const parsed = JSON.parse(json) as Record<string, unknown>;
    expect(Object.keys(parsed).slice(0, 7)).to.deep.equal([
      "mode",
      "source",
      "seed",
      "homes",
      "days",
      "slots",
      "skipped",
    ]);
    expect(parsed).to.deep.include({ seed: 7, homes: 2, unsettled: 0, skipped: [], books: { energyWh: 0, money: 0 } });
    expect(Object.keys(parsed["gas"] as object)).to.deep.equal([
      "perHouseholdSlot",
      "place",
      "clear",
      "settle",
      "placeTotal",
      "clearTotal",
      "settleTotal",
    ]);
  });

  it("labels homes that repeat", function () {
    expect([report(2).source, report(3).source]).to.deep.equal(["file", "file, repeated"]);
    expect(report(3).households[2]).to.include({ name: "a (copy 1, +0 d)", shiftDays: 0 });
  });

  it("shows two tables and the books, with units and without colours", function () {
    const text = renderReport(report());
    expect(text)
      .to.match(/bought kWh.*bill EUR/)
      .and.to.match(/^b +x_pu +0\.00 +1\.50 +10\.0 +-0\.1500/m);
    expect(text)
      .to.match(/^self-sufficiency +100\.0 % /m)
      .and.to.match(/^gas per home and slot +2 345 /m);
    expect(text).to.include("Energy: bought less sold 0 Wh: balanced.");
    expect(text).not.to.include("\u001b");
  });

  it("says so when the books do not balance", function () {
    expect(renderReport({ ...report(), books: { energyWh: 10n, money: 0n } })).to.include("10 Wh: NOT BALANCED");
  });

  it("shows names that no terminal obeys and no table bursts of", function () {
    const [home] = report(1).households;
    if (home === undefined) throw new Error("no home");
    const named = (name: string) => renderReport({ ...report(1), households: [{ ...home, name, pv: name }] });
    expect(named("\u001b[2Jred\u0007\u202e\n")).to.include("?[2Jred???");
    for (const row of named("x".repeat(10_000)).split("\n")) expect(row.length).to.be.lessThan(160);
  });

  it("lists the first homes of many", function () {
    expect(renderReport(report(50))).to.include("10 more homes: see --json or --out.");
  });

  it("writes homes and slots as CSV", function () {
    expect(homesCsv(report(3)).split("\n").slice(1, 4)).to.deep.equal([
      "1,a,,0,1500,0,100,210000,450000,240000",
      "2,b,x_pu,0,0,1500,100,-150000,-120000,30000",
      '3,"a (copy 1, +0 d)",,0,0,0,0,0,0,0',
    ]);
    const idle = { start: MIDNIGHT, loadWh: 4n, pvWh: 3n, tradedWh: 0n, price: undefined };
    expect(slotsCsv([idle, { ...idle, tradedWh: 2n, price: 90n }])).to.equal(
      "time,load_wh,pv_wh,traded_wh,price\n2021-02-15T00:00Z,4,3,0,\n2021-02-15T00:00Z,4,3,2,90\n",
    );
  });

  it("writes no name that a spreadsheet would compute, and none that breaks a row", function () {
    const [home] = report(1).households;
    if (home === undefined) throw new Error("no home");
    const named = (name: string) => ({ ...report(1), households: [{ ...home, name, pv: name }] });
    for (const name of ["=HYPERLINK(1)", "+1", "-1", "@A1"])
      expect(homesCsv(named(name))).to.include(`1,'${name},'${name},`);
    expect(homesCsv(named("a\rb"))).to.include('1,"a\rb","a\rb",');
  });

  it("writes JSON of any shape that JSON.parse reads", function () {
    const value = { a: [], b: {}, c: [1n, "x\n", null, true], d: undefined, e: { millionths: 5n } };
    expect(JSON.parse(toJson(value))).to.deep.equal({ a: [], b: {}, c: [1, "x\n", null, true], e: 0.000005 });
  });
});

describe("demo progress", function () {
  it("is a line per stage where there is no terminal", function () {
    const stream = new PassThrough();
    const progress = startProgress(3, stream, {});
    progress.advance("deploying", 1);
    progress.advance("day 1", 1);
    progress.advance("day 1", 1);
    progress.stop();
    expect(String(stream.read())).to.equal(
      "deploying (1 of 3 steps done)\nday 1 (2 of 3 steps done)\nday 1 (3 of 3 steps done)\n",
    );
  });
});
