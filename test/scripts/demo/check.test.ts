import { expect } from "chai";
import { asSignedAmount, type SettledLeg } from "@wattbook/sdk";
import { checkMember } from "../../../scripts/demo/chain/check.ts";
import { logsOf } from "../../../scripts/demo/chain/period.ts";
import { tradedPeriods } from "../../../scripts/demo/chain/schedule.ts";
import { fundAccounts, openCommunity, readEve } from "../../../scripts/demo/chain/setup.ts";
import { Trading } from "../../../scripts/demo/chain/trading.ts";
import { calendarOf } from "../../../scripts/demo/calendar.ts";
import { makeHomes } from "../../../scripts/demo/homes.ts";
import { Optimum } from "../../../scripts/demo/optimum.ts";
import { startProgress } from "../../../scripts/demo/progress.ts";
import { syntheticDataset } from "../../../scripts/demo/synthetic.ts";
import { PassThrough } from "node:stream";
import { COLUMNS } from "./factories.ts";

const SEED = 5n;

describe("demo check of the chain against the SDK", function () {
  it("agrees on every member, and notices a single base unit and a single Wh", async function () {
    this.timeout(60_000);
    const data = syntheticDataset(SEED, 2, 1, COLUMNS.pvKwp);
    const calendar = calendarOf(data);
    const homes = makeHomes(data, calendar, 2, COLUMNS.pvKwp);
    const [traded] = tradedPeriods(calendar, 1);
    if (traded === undefined) throw new Error("no period");
    const ready = await openCommunity({ homes, calendar }, SEED, startProgress(1, new PassThrough(), {}));
    try {
      const { world, members } = ready;
      const [member] = members;
      if (member === undefined) throw new Error("no member");
      await fundAccounts(ready, { calendar }, [traded], SEED);
      const trading = new Trading({ world, members, calendar, seed: SEED, optimum: await Optimum.load() });
      const start = Number(traded.period) * 86_400;
      world.chain.advanceTo(start - 900);
      await trading.post(traded, () => undefined);
      world.chain.advanceTo(start + 86_400);
      await readEve(ready, traded);
      await trading.settle(traded, () => undefined);
      expect([trading.checkedBills, trading.faults, trading.unsettled]).to.deep.equal([2, [], 0]);

      const logs = await logsOf(world, traded.period, {});
      const leg = logs.legs.get(member.index);
      const reading = logs.readings.get(member.index);
      if (leg === undefined || reading === undefined) throw new Error("not settled");
      const agrees = async (changed: Partial<typeof logs>) =>
        (await checkMember(world, member, traded.period, { ...logs, ...changed }))?.agrees;
      const withLeg = (other: SettledLeg) => ({ legs: new Map([[member.index, other]]) });
      expect(await agrees({})).to.equal(true);
      expect(await agrees(withLeg({ ...leg, gridLeg: asSignedAmount(leg.gridLeg + 1n) }))).to.equal(false);
      expect(await agrees(withLeg({ ...leg, due: asSignedAmount(1n) }))).to.equal(false);
      const values = [...reading.values].reverse();
      expect(await agrees({ readings: new Map([[member.index, { ...reading, values }]]) })).to.equal(false);
      expect(await agrees({ legs: new Map() })).to.equal(undefined);
    } finally {
      await ready.node.close();
    }
  });
});
