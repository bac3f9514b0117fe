import { readFileSync } from "node:fs";
import { expect } from "chai";
import { GAS_ROWS } from "../../cli/src/lib/gas-rows.ts";
import { run } from "./support.ts";

interface Results {
  readonly rows: readonly { operation: string; homes: number; ticks: number; gas: number; nextFork: number }[];
  readonly costs: readonly { homes: number; gwei: string; eur: string; nextForkEur: string }[];
  readonly ethEur: number;
}
const results = JSON.parse(readFileSync("bench/results.json", "utf8")) as Results;

interface Month {
  readonly gas: string;
  readonly wei: string;
  readonly amount: string;
}
const cost = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(["cost", ...args, "--json"]);
  expect(code, stderr).to.equal(0);
  return JSON.parse(stdout) as { measuredHomes: number; perHousehold: Month; afterNextFork: Month };
};

describe("wattbook cost", () => {
  it("knows what the benchmarks measured", () => {
    const lives = results.rows.filter(({ operation, ticks }) => operation.startsWith("life:") && ticks === 64);
    expect(GAS_ROWS).to.deep.equal(
      lives.map(({ homes, gas, nextFork }) => ({ homes: BigInt(homes), gas: BigInt(gas), nextFork: BigInt(nextFork) })),
    );
  });

  it("says what the benchmarks' page says, rounded up", async () => {
    const millionths = (text: string) => BigInt(text.replace(".", "").padEnd(text.indexOf(".") + 6, "0"));
    for (const { homes, gwei, eur, nextForkEur } of results.costs) {
      const found = await cost("--homes", `${homes}`, "--gas-price", gwei, "--eth-price", `${results.ethEur}`);
      for (const [month, said] of [
        [found.perHousehold, eur],
        [found.afterNextFork, nextForkEur],
      ] as const) {
        const [whole = "", fraction = ""] = month.amount.split(".");
        const more = BigInt(`${whole}${fraction.padEnd(6, "0")}`) - millionths(said);
        expect(more >= -50n && more <= 51n, `${homes} homes at ${gwei}: ${month.amount}, not ${said}`).to.equal(true);
      }
    }
  });

  it("counts in integers, and takes the smaller size between two", async () => {
    const found = await cost(
      "--homes",
      "149",
      "--gas-price",
      "0.000000001",
      "--eth-price",
      "1",
      "--slots",
      "1",
      "--days",
      "1",
    );
    expect(found).to.deep.equal({
      measuredHomes: 50,
      perHousehold: { gas: "2896", wei: "2896", amount: "0.000001" },
      afterNextFork: { gas: "4540", wei: "4540", amount: "0.000001" },
    });
  });

  it("names what is wrong", async () => {
    const { code, stderr } = await run(["cost", "--gas-price", "cheap", "--eth-price", "1"]);
    expect(code).to.equal(2);
    expect(stderr).to.contain("OPTION_INVALID").and.to.contain("--gas-price cheap");
    expect((await run(["cost", "--eth-price", "1"])).code).to.equal(2);
  });
});
