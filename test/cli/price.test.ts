import { expect } from "chai";
import { run } from "./support.ts";

const TARIFF = ["--import", "0.20", "--export", "0.05"];
const price = (rule: string, supply: number, demand: number, ...more: string[]) =>
  run(["price", "--rule", rule, "--supply-wh", `${supply}`, "--demand-wh", `${demand}`, ...TARIFF, ...more]);

/** F1 of the seed systems: import 0.20, export 0.05 EUR/kWh; kWh; sell / buy, "-" for a side without a price. */
const F1 = `
S     D   sdr                  sdr-comp             mmr              bill-sharing
0     10  0.200000/0.200000    0.200000/0.200000    -/0.20           -/0.20
2.5   10  0.114286/0.178571    0.145455/0.186364    0.125/0.18125    0/0.15
5     10  0.080000/0.140000    0.114286/0.157143    0.125/0.1625     0/0.10
7.5   10  0.061538/0.096154    0.094118/0.120588    0.125/0.14375    0/0.05
10    10  0.050000/0.050000    0.080000/0.080000    0.125/0.125      0/0
12.5  10  0.050000/0.050000    0.074000/0.080000    0.11/0.125       0.01/0
20    10  0.050000/0.050000    0.065000/0.080000    0.0875/0.125     0.025/0`;
const [HEAD = [], ...ROWS] = F1.trim()
  .split("\n")
  .map((line) => line.split(/\s+/));
const sixDecimals = (text: string) => (text === "-" ? "null" : Number(text).toFixed(6));

describe("wattbook price", () => {
  for (const [place, rule] of HEAD.slice(2).entries()) {
    it(`T1.5, G3: ${rule} is what the table says, to the printed digit`, async () => {
      expect(ROWS).to.have.length(7);
      for (const [supply = "", demand = "", ...cells] of ROWS) {
        const [sell = "", buy = ""] = cells[place]?.split("/") ?? [];
        const more = rule === "sdr-comp" ? ["--compensation", "0.03"] : [];
        const { stdout } = await price(rule, Number(supply) * 1_000, Number(demand) * 1_000, "--json", ...more);
        const ratio = (Number(supply) / Number(demand)).toFixed(6);
        expect(stdout).to.equal(`{ "buy": ${sixDecimals(buy)}, "sell": ${sixDecimals(sell)}, "ratio": ${ratio} }\n`);
      }
    });
  }

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
