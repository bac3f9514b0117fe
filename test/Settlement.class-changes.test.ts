import { expect } from "chai";
import { connect, type Connection, type FlatTariff } from "./helpers/market.ts";
import { correct, estimate, settleMetered } from "./helpers/hours.ts";
import { membership } from "./helpers/membership.ts";
import { HOUR, State, expectSolvent, freeOf, goBehind, hourly, stateOf, valuesAt } from "./helpers/settling.ts";
import { openHour, SUPPLIER } from "./helpers/worlds.ts";

const dear: FlatTariff = { importPrice: 550, exportPrice: 10 };
const cheap: FlatTariff = { importPrice: 310, exportPrice: 70 };
const price = ({ importPrice, exportPrice }: FlatTariff) => [BigInt(importPrice), BigInt(exportPrice)] as const;

describe("A change of the tariff class inside an open gap", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  for (const [name, before, after] of [
    ["to a cheaper class", dear, cheap],
    ["to a dearer class", cheap, dear],
  ] as const) {
    /** Five periods, settled as estimated; the class changes with the third. The window is long enough to correct all. */
    async function gapOfFive() {
      const terms = { ...hourly, correctionWindow: 9 * HOUR, claimWindow: 10 * HOUR };
      const w = await openHour(connection, { terms, tariff: { networkFee: 40, classes: [before, after] } });
      const { m, idle, period } = w;
      await membership(m).changeClass(idle.member, idle.owner, 1);
      await m.goTo(m.periodStart(period + 1));
      await settleMetered(w, idle, period, await w.registers.read(idle, period, valuesAt({ 0: [9, 0] })));
      const first = period + 1;
      await goBehind(m, first + 4, HOUR);
      const funds = await freeOf(m, idle.member);
      return { ...w, first, funds };
    }
    const [importBefore, exportBefore] = price(before);
    const [importAfter, exportAfter] = price(after);
    const dearest = BigInt(dear.importPrice);
    const cheapest = BigInt(dear.exportPrice);

    it(`${name}: estimates and late readings cost what the class of their own period says`, async function () {
      const w = await gapOfFive();
      const { m, idle, first, funds } = w;
      const gap = async () => await m.settlement.gap(m.community, idle.member);
      const wide = [
        [1000n, importBefore, exportBefore],
        [2000n, importBefore, exportBefore],
        [3000n, dearest, cheapest],
        [4000n, dearest, cheapest],
        [5000n, dearest, cheapest],
      ];
      let paid = 0n;
      for (const [index, expected] of wide.entries()) {
        await estimate(w, first + index, idle);
        paid += 1000n * (index < 2 ? importBefore : importAfter);
        expect(await gap()).to.deep.equal(expected);
        expect(funds - (await freeOf(m, idle.member))).to.equal(paid);
      }
      // Each late reading: 130 Wh drawn and 40 Wh fed in instead of 1,000 Wh.
      const narrow = [
        [4000n, dearest, cheapest],
        [3000n, importAfter, exportAfter],
        [2000n, importAfter, exportAfter],
        [1000n, importAfter, exportAfter],
        [0n, 0n, 0n],
      ];
      for (const [index, expected] of narrow.entries()) {
        const [imported, exported] = index < 2 ? [importBefore, exportBefore] : [importAfter, exportAfter];
        const reading = await w.registers.read(idle, first + index, valuesAt({ 1: [130, 0], 3: [0, 40] }));
        const gridLeg = 130n * imported - 40n * exported - 1000n * imported;
        await expect(correct(w, idle, first + index, reading))
          .to.emit(m.settlement, "Corrected")
          .withArgs(m.community, idle.member, first + index, gridLeg, reading.values);
        paid += gridLeg;
        expect(await gap()).to.deep.equal(expected);
        expect(funds - (await freeOf(m, idle.member))).to.equal(paid);
        await expectSolvent(m);
      }
    });

    it(`${name}: what closes the gap after some corrections is billed at the prices of what is left of it`, async function () {
      for (const corrected of [0, 1, 2, 3]) {
        const w = await gapOfFive();
        const { m, idle, first } = w;
        for (let index = 0; index < 5; index++) await estimate(w, first + index, idle);
        for (let index = 0; index < corrected; index++) {
          await correct(w, idle, first + index, await w.registers.read(idle, first + index, valuesAt({ 0: [100, 0] })));
        }
        const left = 1000n * BigInt(5 - corrected);
        const [startImport, startExport] = w.registers.of(idle);
        w.registers.set(idle, startImport + left + 7n, startExport + 11n);
        const funds = await freeOf(m, idle.member);
        const supplier = await freeOf(m, SUPPLIER);
        const closing = await w.registers.read(idle, first + 5, valuesAt({ 2: [3, 0] }), { closesGap: true });
        await m.goTo(m.periodStart(first + 6));
        await settleMetered(w, idle, first + 5, closing);
        expect(await stateOf(m, idle, first + 5)).to.equal(State.Settled);
        const [high, low] = corrected < 2 ? [dearest, cheapest] : [importAfter, exportAfter];
        const cost = 7n * high - 11n * low + 3n * importAfter;
        expect(funds - (await freeOf(m, idle.member))).to.equal(cost);
        expect((await freeOf(m, SUPPLIER)) - supplier).to.equal(cost);
        await expectSolvent(m);
      }
    });
  }
});
