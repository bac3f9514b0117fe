import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { billsFromCsv, billsFromJson, scheduleFromCsv, scheduleFromJson } from "@wattbook/data/export";
import { sumWh } from "@wattbook/sdk";
import { expect } from "chai";
import { EXIT, main } from "../../scripts/demo/main.ts";

const REAL_FILE = new URL("../../../shared/data/households-16.csv", import.meta.url).pathname;

/** Runs a command line in this process. */
async function demo(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const page = args.includes("--out") ? [] : ["--no-report"];
  const code = await main([...args, ...page], { stdout, stderr, env: {} });
  const textOf = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? "").toString();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

interface Json {
  readonly slots: number;
  readonly skipped: readonly unknown[];
  readonly unsettled: number;
  readonly checkedBills: number;
  readonly standIns: number;
  readonly books: object;
  readonly community: Readonly<Record<string, number>>;
  readonly gas: Readonly<Record<string, number>>;
  readonly households: readonly Readonly<Record<string, number>>[];
}
const parse = (text: string) => JSON.parse(text) as Json;

/** What holds for every run. */
function expectSound(json: Json, bills: number) {
  expect(json.books).to.deep.equal({ energyWh: 0, money: 0 });
  expect([json.unsettled, json.skipped]).to.deep.equal([0, []]);
  expect(json.checkedBills).to.equal(bills);
  const sum = (field: string) => json.households.reduce((total, home) => total + (home[field] ?? Number.NaN), 0);
  expect(sum("boughtWh")).to.equal(sum("soldWh"));
  expect(sum("boughtWh")).to.equal(json.community["tradedWh"]);
  expect(sum("retailerBill") - sum("bill")).to.equal(sum("saving"));
  for (const ratio of ["selfSufficiency", "selfConsumption", "welfareRatio"]) {
    expect(json.community[ratio], ratio).to.be.within(0, 1);
  }
}

async function inFolder(act: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "wattbook-"));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Two days in steps of 300 s: a mill that draws `watts` and a little more, a villa, two plants. */
async function townFile(folder: string, watts: number): Promise<string> {
  const start = 1_613_347_200;
  const rows = Array.from({ length: 2 * 288 }, (_, row) => {
    const sun = Math.max(0, 100 - Math.abs((row % 288) - 144)) / 100;
    return [start + row * 300, watts + 999 * (row % 7), 3_000, sun, sun].join(",");
  });
  const path = join(folder, "town.csv");
  await writeFile(path, ["time,mill,villa,a_pu,b_pu", ...rows].join("\n"));
  return path;
}

describe("npm run demo", function () {
  this.timeout(300_000);

  it("gives the same bytes for the same seed and others for another", async function () {
    const first = await demo("--homes", "4", "--json");
    expect([first.code, first.stderr.includes("FAULT")]).to.deep.equal([EXIT.sound, false]);
    const json = parse(first.stdout);
    expectSound(json, 4);
    expect([json.slots, json.standIns]).to.deep.equal([96, 0]);
    expect(json.community["tradedWh"]).to.be.greaterThan(0);
    expect(json.community["welfareRatio"]).to.be.greaterThan(0.9);
    for (const gas of Object.values(json.gas)) expect(gas).to.be.greaterThan(0);
    expect((await demo("--homes", "4", "--json")).stdout).to.equal(first.stdout);
    expect((await demo("--homes", "4", "--json", "--seed", "2")).stdout).not.to.equal(first.stdout);
  });

  it("trades several days, claims when they are final, and explains itself", async function () {
    const { code, stdout, stderr } = await demo("--homes", "3", "--days", "6");
    expect(code).to.equal(EXIT.sound);
    expect(stdout).to.include("synthetic homes: made from a formula, not measured").and.to.include("--input homes.csv");
    expect(stdout).to.include("0 Wh: balanced.").and.to.include("0 base units: balanced.");
    expect(stdout).to.include("Bills: 18 settled on chain exactly as the SDK computes them, unsettled 0.");
    expect(stderr).to.match(/day 1: final; claiming.*\n.*day 6: signing/);
  });

  it("halves the day where slots last five minutes, and writes its files", async function () {
    await inFolder(async (folder) => {
      const input = await townFile(folder, 60_000);
      const out = join(folder, "out");
      const { code, stdout, stderr } = await demo("--input", input, "--json", "--days", "2", "--out", out);
      expect([code, stderr.includes("FAULT")]).to.deep.equal([EXIT.sound, false]);
      const json = parse(stdout);
      expectSound(json, 2 * 4);
      expect([json.slots, json.standIns]).to.deep.equal([576, 2 * 288]);
      expect(await readFile(join(out, "community.json"), "utf8")).to.equal(stdout);
      const written = (name: string) => readFile(join(out, name), "utf8");
      expect((await written("slots.csv")).split("\n")).to.have.lengthOf(2 + 576);

      const bills = billsFromJson(await written("bills.json"));
      expect(bills).to.have.lengthOf(2 * 4);
      expect(billsFromCsv(await written("bill-lines.csv"), await written("bills.csv"))).to.deep.equal(bills);
      const schedule = scheduleFromCsv(await written("schedule.csv"));
      expect(scheduleFromJson(await written("schedule.json"))).to.deep.equal(schedule);
      const [bought, sold] = [sumWh(schedule.entries.map((e) => e.bought)), sumWh(schedule.entries.map((e) => e.sold))];
      expect([Number(bought), sold]).to.deep.equal([json.community["tradedWh"], bought]);
    });
  });

  it("widens ticks for large homes, and refuses homes beyond them", async function () {
    await inFolder(async (folder) => {
      const { code, stdout } = await demo("--input", await townFile(folder, 1_100_000), "--json");
      expect(code).to.equal(EXIT.sound);
      expectSound(parse(stdout), 4);
      expect((await demo("--input", await townFile(folder, 9_000_000))).stderr).to.match(/^HOME_TOO_LARGE: mill: /);
    });
  });

  it("names what is wrong with a command line or a file, and exits with 2", async function () {
    const wrong = await demo("--homes", "none");
    expect([wrong.code, wrong.stdout]).to.deep.equal([EXIT.refused, ""]);
    expect(wrong.stderr).to.match(/^OPTION_INVALID: --homes none/);
    expect((await demo("--input", "nowhere.csv")).stderr).to.match(/^FILE_UNREADABLE: /);
    expect((await demo("--help")).stdout).to.include("--input");
  });

  it("trades a day of the sixteen homes", async function () {
    if (!existsSync(REAL_FILE)) {
      console.log(`      skipped: ${REAL_FILE} is not there`);
      this.skip();
    }
    const { code, stdout } = await demo("--input", REAL_FILE, "--json");
    expect(code).to.equal(EXIT.sound);
    const json = parse(stdout);
    expectSound(json, 16);
    expect(json.households).to.have.lengthOf(16);
  });
});
