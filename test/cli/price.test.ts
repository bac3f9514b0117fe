import { expect } from "chai";
import { run } from "./support.ts";

const TARIFF = ["--import", "0.20", "--export", "0.05"];
const price = (rule: string, supply: number, demand: number, ...more: string[]) =>
  run(["price", "--rule", rule, "--supply-wh", `${supply}`, "--demand-wh", `${demand}`, ...TARIFF, ...more]);

describe("wattbook price", () => {
  it("prints six decimals, as JSON numbers", async () => {
    const { code, stdout, stderr } = await price("sdr", 2_500, 10_000, "--json");
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('{ "buy": 0.178571, "sell": 0.114286, "ratio": 0.250000 }\n');
    expect(stderr).to.equal("");
    expect(JSON.parse(stdout)).to.deep.equal({ buy: 0.178571, sell: 0.114286, ratio: 0.25 });
  });

  it("has null for a side that nobody is on", async () => {
    expect(JSON.parse((await price("mmr", 0, 10, "--json")).stdout)).to.deep.equal({ buy: 0.2, sell: null, ratio: 0 });
    expect(JSON.parse((await price("sdr", 9, 0, "--json")).stdout)).to.deep.equal({
      buy: null,
      sell: 0.05,
      ratio: null,
    });
  });

  it("takes a compensation with the rule that has one", async () => {
    const { stdout } = await price("sdr-comp", 12_500, 10_000, "--compensation", "0.03", "--json");
    expect(JSON.parse(stdout)).to.deep.equal({ buy: 0.08, sell: 0.074, ratio: 1.25 });
    const refused = await price("mmr", 1, 1, "--compensation", "0.03");
    expect([refused.code, refused.stderr]).to.deep.equal([
      2,
      "OPTION_INVALID: --compensation: mmr has none. Leave it out, or pass --rule sdr-comp.\n",
    ]);
  });

  it("rounds half up from the exact fraction", async () => {
    // 0.0000005 and a little less: (i + e) / 2 with six decimals each, and 1/3 of a millionth.
    const half = [
      "price",
      "--rule",
      "mmr",
      "--supply-wh",
      "1",
      "--demand-wh",
      "1",
      "--import",
      "0.000001",
      "--export",
      "0",
    ];
    expect(JSON.parse((await run([...half, "--json"])).stdout)).to.include({ buy: 0.000001, sell: 0.000001 });
    const third = ["price", "--rule", "bill-sharing", "--supply-wh", "2", "--demand-wh", "3"];
    const { stdout } = await run([...third, "--import", "0.000001", "--export", "0", "--json"]);
    expect(JSON.parse(stdout)).to.include({ buy: 0, sell: 0 });
  });

  it("warns of bill sharing on stderr, and shows a table to people", async () => {
    const { code, stdout, stderr } = await price("bill-sharing", 5_000, 10_000);
    expect(code).to.equal(0);
    expect(stderr).to.match(/^Note: .*sellers get nothing/);
    expect(stdout).to.match(/buyers pay\s+0\.100000 EUR\/kWh\nsellers get\s+0\.000000 EUR\/kWh/);
  });

  for (const [what, args, message] of [
    ["a rule that there is not", ["--rule", "best"], /--rule/],
    [
      "a tariff with feed-in above retail",
      ["--rule", "sdr", "--export", "0.21"],
      /--import 0\.200000: it is below what sellers get, 0\.210000/,
    ],
    [
      "a compensation that exceeds it",
      ["--rule", "sdr-comp", "--compensation", "0.151"],
      /--import 0\.200000: it is below/,
    ],
    [
      "more decimals than are printed",
      ["--rule", "sdr", "--import", "0.2000001"],
      /--import 0\.2000001: pass EUR per kWh/,
    ],
    ["energy that is no whole number", ["--rule", "sdr", "--supply-wh", "1e3"], /--supply-wh 1e3: pass a whole number/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await run(["price", "--supply-wh", "1", "--demand-wh", "1", ...TARIFF, ...args]);
      expect([code, stdout]).to.deep.equal([2, ""]);
      expect(stderr).to.match(message);
    });
  }
});
