import { expect } from "chai";
import { checkResults } from "../../bench/crowd/check.ts";
import { optionsOf } from "../../bench/crowd/options.ts";
import { crowdOf, type Crowd } from "../../bench/crowd/run.ts";
import { textOf } from "../../bench/crowd/text.ts";
import { openMarket } from "../../bench/gas/market.ts";
import { at } from "../helpers/lists.ts";

const HOMES = 6;
const quiet = () => undefined;

describe("A crowd of homes", function () {
  this.timeout(120_000);
  const crowds: Crowd[] = [];

  before(async function () {
    for (const mode of ["open", "sealed"] as const) crowds.push(await crowdOf(mode, HOMES, false, quiet));
  });

  it("trades, clears and settles in either mode, and both come to the same", function () {
    const periods = crowds.map(({ periods }) => at(periods, 0));
    expect(periods.map(({ lots }) => lots > 0n)).to.deep.equal([true, true]);
    expect(at(periods, 1).lots).to.equal(at(periods, 0).lots);
    expect(periods.map(({ steps }) => steps.map(({ name }) => name))).to.deep.equal([
      ["post", "clear", "settle"],
      ["commit", "reveal", "clear", "settle"],
    ]);
  });

  it("shows every step and adds them up", function () {
    const crowd = at(crowds, 1);
    const { steps } = at(crowd.periods, 0);
    const text = textOf(crowd);
    for (const { name, gas } of steps) expect(text).to.match(new RegExp(`${name} .*${gas.toLocaleString("en-US")}`));
    const total = steps.reduce((sum, { gas }) => sum + gas, 0n);
    expect(text).to.contain(`${total.toLocaleString("en-US")} gas`);
  });

  it("does not take a result that differs from the model's", async function () {
    const gas = await openMarket({ wideTicks: true });
    const period = await gas.market.periodNow();
    await gas.market.goTo(gas.market.periodStart(period + 1));
    let problem: unknown;
    // Nothing was cleared.
    await checkResults(gas, period, []).catch((error: unknown) => (problem = error));
    expect(problem).to.match(/cleared differently from the model/);
  });

  it("refuses options that no run can start with", function () {
    expect(() => optionsOf(["--homes", "1"])).to.throw('--homes: "1" is no number from 2 to 20000');
    expect(() => optionsOf(["--mode", "shut"])).to.throw('--mode: "shut" is neither open nor sealed');
    expect(optionsOf([])).to.deep.include({ homes: 10_000, modes: ["open", "sealed"], warm: false });
  });
});
