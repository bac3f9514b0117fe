/** What the contract counts in a chunk it can settle: the largest one, with rings as good as new. */
import { expect } from "chai";
import { mostShared } from "@wattbook/sdk";
import { connect, type HomeKeys } from "../helpers/market.ts";
import { expectSolvent, Registers, type Values } from "../helpers/settling.ts";
import { deploySharing, itemsOf, settleItems } from "../helpers/sharing.ts";

const SLOTS = 144;
const terms = {
  slotDuration: 300,
  slotsPerPeriod: SLOTS,
  horizon: 1,
  readingDeadline: 3_600,
  correctionWindow: 7_200,
  claimWindow: 10_800,
};
const HOMES = mostShared({ slotsPerPeriod: BigInt(SLOTS) });
/** Members of a call that fits whatever it does. */
const FEW = 16;

/** Nobody takes or gives all the time, and something is shared in every slot. */
const dayOf = (home: number): Values =>
  Array.from({ length: SLOTS }, (_, slot) => {
    const wh = 200 + ((37 * home + 11 * slot) % 90);
    return (slot + home) % 2 === 0 ? ([wh, 0] as const) : ([0, wh] as const);
  });

describe("The largest chunk of a community that shares", function () {
  it("is settled in one transaction", async function () {
    this.timeout(300_000);
    const m = await deploySharing(await connect(), { settlementDelay: 0 }, { terms });
    await m.fund(3, 10n ** 12n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < HOMES; i++) homes.push(await m.addHome());
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const few = <T>(list: readonly T[]) =>
      Array.from({ length: Math.ceil(list.length / FEW) }, (_, i) => list.slice(FEW * i, FEW * (i + 1)));
    for (const some of few(homes)) {
      await m.sharing.keepBudgets(
        m.community,
        await Promise.all(some.map(async (home) => await m.signBudget({ home }))),
      );
      await m.join(period + 1, some);
    }
    const registers = new Registers(m);
    const day = async (of: number) =>
      await itemsOf(
        m,
        registers,
        of,
        homes.map((home, i) => [home, dayOf(i)] as const),
      );
    await m.goTo(m.periodStart(period + 1));
    for (const some of few(await day(period))) await m.settlement.meterAndSettle(m.community, period, some);
    await m.goTo(m.periodStart(period + 2));
    const items = await day(period + 1);
    for (const some of few(items)) await m.settlement.meter(m.community, period + 1, some);
    await m.sharing.count(m.community, period + 1, settleItems(items));
    const sent = await m.sharing.settle(m.community, period + 1, settleItems(items), [], 0);
    expect((await sent.wait())?.gasUsed ?? 2n ** 24n).to.be.lessThan(2n ** 24n);
    const { opened, settled } = await m.escrow.journals(m.community, period + 1);
    expect([opened, settled]).to.deep.equal([BigInt(HOMES), BigInt(HOMES)]);
    await expectSolvent(m);
  });
});
