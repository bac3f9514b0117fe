/** What the metered auction costs 150 homes, from receipts, with warm rings. */
import { expect } from "chai";
import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { at } from "../helpers/lists.ts";
import { connect, type HomeKeys } from "../helpers/market.ts";
import { deployMetered, NO_TICK } from "../helpers/metered.ts";
import { Registers, expectSolvent, type Values } from "../helpers/settling.ts";
import { itemsOf, settleItems } from "../helpers/sharing.ts";

const HOMES = 150;
const SLOTS = 96;
/** Periods of eight hours; a ring of five periods. */
const terms = {
  slotDuration: 300,
  slotsPerPeriod: SLOTS,
  floorPrice: 60,
  tickSize: 4,
  tickCount: 64,
  horizon: 1,
  readingDeadline: 600,
  correctionWindow: 1200,
  claimWindow: 1800,
};
const RING = 5;

/** Gas of metering, clearing and settling together, per household and slot. */
const BUDGET = 1_000;
const LIMIT = 2 ** 24;

const mined = async (sent: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> => {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("not mined");
  return receipt;
};
const each = ({ gasUsed }: ContractTransactionReceipt) => Number(gasUsed) / (HOMES * SLOTS);

/** Every second home has a roof. Load all day; sun in three quarters of it, at noon more than any home needs itself. */
function dayOf(home: number, turn: number): Values {
  return Array.from({ length: SLOTS }, (_, slot) => {
    const load = 80 + ((37 * home + 11 * slot + 5 * turn) % 90);
    const height = home % 2 === 0 ? Math.max(0, 36 - Math.abs(slot - 48)) : 0;
    const sun = Math.floor((height * (6 + (home % 9))) / 2);
    return [Math.max(0, load - sun), Math.max(0, sun - load)] as const;
  });
}

/** A handful of limits a side, as homes choose them. */
const limitsOf = (home: number) => ({
  buyTick: 30 + 3 * (home % 7),
  sellTick: home % 2 === 0 ? 12 + 4 * (home % 5) : NO_TICK,
});

describe("Gas of the metered auction", function () {
  it("is at most 1,000 per household and slot at 150 homes, in one transaction", async function () {
    this.timeout(900_000);
    const connection = await connect();
    const m = await deployMetered(connection, { terms }, 0);
    await m.fund(3, 10n ** 12n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < HOMES; i++) homes.push(await m.addHome());
    let period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const signed = await Promise.all(homes.map(async (home, i) => await m.signOrder({ home, ...limitsOf(i) })));
    for (let i = 0; i < HOMES; i += 50) await m.metered.keepOrders(m.community, signed.slice(i, i + 50));
    const registers = new Registers(m);
    const costs: Record<string, number> = {};
    for (let turn = 0; turn < RING + 2; turn++, period++) {
      const joining = await Promise.all(
        [0, 50, 100].map(async (i) => await mined(m.join(period + 1, homes.slice(i, i + 50)))),
      );
      costs["joining"] = joining.reduce((sum, receipt) => sum + each(receipt), 0);
      await m.goTo(m.periodStart(period + 1));
      const items = await itemsOf(
        m,
        registers,
        period,
        homes.map((home, i) => [home, dayOf(i, turn)] as const),
      );
      if (turn === 0) {
        for (let i = 0; i < HOMES; i += 50) {
          await m.settlement.meterAndSettle(m.community, period, items.slice(i, i + 50));
        }
      } else if (turn === RING + 1) {
        const receipt = await mined(m.metered.meterAndSettle(m.community, period, items));
        costs["in one call"] = each(receipt);
        expect(receipt.gasUsed < LIMIT, String(receipt.gasUsed)).to.equal(true);
      } else {
        const [counting, settling] = [[], []] as number[][];
        const starts: bigint[][] = [];
        const chunks = [items.slice(0, 50), items.slice(50, 100), items.slice(100)];
        for (const chunk of chunks) {
          const start = await m.totalsOf(period);
          starts.push(start);
          counting?.push(each(await mined(m.metered.meter(m.community, period, chunk, start))));
        }
        const frozen = await m.totalsOf(period);
        for (const [i, chunk] of chunks.entries()) {
          const receipt = await mined(
            m.metered.settle(m.community, period, settleItems(chunk), at(starts, i), frozen, i),
          );
          settling?.push(each(receipt));
        }
        costs["counting"] = counting?.reduce((sum, gas) => sum + gas, 0) ?? 0;
        costs["settling"] = settling?.reduce((sum, gas) => sum + gas, 0) ?? 0;
      }
    }
    const slots = await m.clearedOf(period - 1);
    costs["slots that traded"] = slots.filter(({ wh }) => wh > 0n).length;
    console.log(costs);
    await expectSolvent(m);
    expect(costs["in one call"]).to.be.lessThan(BUDGET);
  });
});
