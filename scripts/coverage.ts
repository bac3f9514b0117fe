import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { ranges, readLcov, type FileLines } from "./coverage/lcov.ts";

const TRACE = "coverage/lcov.info";
const CORE = ["contracts/*.sol", "contracts/libraries/*.sol", "contracts/types/*.sol"];
/** The tests of the contracts: those of the SDK, the demo and the reference model run TypeScript. */
const TESTS = ["test/**/*.test.ts", "test/**/*.t.sol"];
const OTHER_TESTS = ["test/sdk/**", "test/scripts/**", "test/reference/**"];

/** Runs the tests on instrumented contracts; says whether they passed. */
function measure(): boolean {
  rmSync(TRACE, { force: true });
  const tests = globSync(TESTS, { exclude: OTHER_TESTS }).sort();
  return spawnSync("hardhat", ["test", "--coverage", ...tests], { stdio: "inherit" }).status === 0;
}

/** Prints a row per core file with code in it; returns what is wrong. */
function judge(measured: ReadonlyMap<string, FileLines>): string[] {
  const problems: string[] = [];
  let [covered, total] = [0, 0];
  const row = (file: string, of: FileLines) => {
    const lines = `${String(of.total - of.uncovered.length)}/${String(of.total)}`;
    console.log(`${file.padEnd(40)} ${lines.padStart(11)}  ${ranges(of.uncovered)}`.trimEnd());
  };
  console.log(`${"core file".padEnd(40)} ${"lines".padStart(11)}  not covered`);
  for (const file of globSync(CORE).sort()) {
    const lines = measured.get(file);
    if (lines) {
      row(file, lines);
      total += lines.total;
      covered += lines.total - lines.uncovered.length;
      if (lines.uncovered.length > 0) problems.push(`${file}: lines ${ranges(lines.uncovered)} are not covered`);
    } else if (/\bfunction \w+\(/.test(readFileSync(file, "utf8"))) problems.push(`${file}: not measured`);
  }
  console.log(`${"all".padEnd(40)} ${`${String(covered)}/${String(total)}`.padStart(11)}`);
  return problems;
}

const passed = measure();
const problems = judge(readLcov(existsSync(TRACE) ? readFileSync(TRACE, "utf8") : ""));
if (!passed) problems.unshift("Tests failed: what they covered proves nothing.");
if (problems.length > 0) {
  console.error(`\n${problems.join("\n")}`);
  process.exitCode = 1;
}
