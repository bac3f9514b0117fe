import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import hre from "hardhat";
import type { Report } from "../../bench/gas/report.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";

const run = promisify(execFile);
/** The least that there is to measure: a home, the smallest grid, no replay of large calls. */
const SMALLEST = ["--homes", "1", "--ticks", "32", "--rows", "once"];

describe("npm run bench, as a command", function () {
  before(function () {
    if (hre.globalOptions.coverage) this.skip();
  });

  it("prints nothing but one object on stdout, and progress with the time it took on stderr", async function () {
    this.timeout(240_000);
    const { stdout, stderr } = await run(process.execPath, ["--import", "tsx", "bench/gas.ts", ...SMALLEST, "--json"]);
    const report = JSON.parse(stdout) as Report;
    expect(report.problems).to.deep.equal([]);
    expect(report.rows.map(({ operation }) => operation)).to.deep.equal([OP.enrol, OP.deposit, OP.withdraw, OP.claim]);
    expect(report.seconds).to.be.a("number");
    expect(stderr.trim().split("\n").at(-1)).to.match(new RegExp(`^ *\\d+ s {2}done in ${String(report.seconds)} s$`));
  });

  it("answers a bad option with the usage on stderr, and exit code 2", async function () {
    this.timeout(60_000);
    const failed = await run(process.execPath, ["--import", "tsx", "bench/gas.ts", "--rows", "none"]).then(
      () => undefined,
      (error: unknown) => error as { readonly code: number; readonly stdout: string; readonly stderr: string },
    );
    expect(failed?.code).to.equal(2);
    expect(failed?.stdout).to.equal("");
    expect(failed?.stderr).to.include(`--rows: "none" is none of`).and.include("Usage: npm run bench");
  });
});
