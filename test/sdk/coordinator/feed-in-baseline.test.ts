import { expect } from "chai";
import fc from "fast-check";
import { feedInBaseline } from "../../../sdk/src/coordinator/feed-in-baseline.ts";
import { flatTariff } from "../../../sdk/src/tariff.ts";
import { asPrice, asWh } from "../../../sdk/src/units.ts";
import { feedInBill } from "../../reference/desk.ts";
import { connect } from "../../helpers/market.ts";
import { freeOf, goBehind, HOUR, Registers, type Values } from "../../helpers/settling.ts";
import { deploySharing, itemsOf, Rule } from "../../helpers/sharing.ts";
import { expectCode, metered, RETAIL, SMALL } from "../support.ts";

describe("The feed-in baseline", function () {
  it("is a closed form: what is taken at the import price less what is fed in at the export price (N8, G3)", function () {
    const tariff = flatTariff(SMALL, asPrice(20n), [RETAIL]);
    const values = [metered(1_000, 0), metered(0, 400), metered(250, 100), metered(7, 7)];
    expect(feedInBaseline(tariff, 0n, values)).to.deep.equal({
      ...{ taken: 1_150n, fedIn: 400n, cost: 1_150n * 320n, income: 400n * 80n },
      total: 1_150n * 320n - 400n * 80n,
    });
    expectCode(() => feedInBaseline(tariff, 1n, values), "UNKNOWN_TARIFF_CLASS");
    expectCode(() => feedInBaseline(tariff, 0n, values.slice(1)), "BAD_LENGTH", { field: "values", length: 3 });
  });

  it("equals the naive model on any values and prices", function () {
    const wh = fc.bigInt(0n, 2n ** 24n - 1n).map((each) => asWh(each));
    const price = fc.bigInt(0n, 65_535n).map((each) => asPrice(each));
    const slot = fc.record({ imported: wh, exported: wh, importPrice: price, exportPrice: price });
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 144 }), (slots) => {
        const tariff = { networkFee: asPrice(0n), classes: [slots] };
        const { taken, fedIn, cost, income, total } = feedInBaseline(tariff, 0n, slots);
        expect(total).to.equal(feedInBill(slots, slots));
        expect(cost - income).to.equal(total);
        const net = slots.reduce((sum, { imported, exported }) => sum + imported - exported, 0n);
        expect(taken - fedIn).to.equal(net);
      }),
      { seed: 8 },
    );
  });

  it("is what members of a community pay that shares nothing, to the base unit (N8)", async function () {
    const m = await deploySharing(await connect(), { rule: Rule.FeedInOnly });
    await m.fund(3, 1_000_000_000n);
    const homes = [await m.addHome(), await m.addHome()] as const;
    await m.sharing.keepBudgets(
      m.community,
      await Promise.all(homes.map(async (home) => await m.signBudget({ home }))),
    );
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.join(period, homes);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period + 1));
    const none: Values = Array.from({ length: 4 }, () => [0, 0] as const);
    const quiet = homes.map((home) => [home, none] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    const days: readonly Values[] = [
      [[0, 4_000], [900, 0], [120, 70], [0, 0]], // prettier-ignore
      [[3_000, 0], [0, 15], [1, 1], [2_222, 1]], // prettier-ignore
    ];
    const read = homes.map((home, i) => [home, days[i] ?? none] as const);
    const items = await itemsOf(m, registers, period, read);
    await goBehind(m, period, HOUR);
    const before = await Promise.all(homes.map(async ({ member }) => await freeOf(m, member)));
    await m.sharing.meterAndSettle(m.community, period, items);
    const tariff = flatTariff({ slotsPerPeriod: 4n }, asPrice(0n), [
      { importPrice: asPrice(200n), exportPrice: asPrice(50n) },
    ]);
    for (const [i, { member }] of homes.entries()) {
      const values = (days[i] ?? none).map(([imported, exported]) => metered(imported, exported));
      const budget = 10_000_000n; // reserved when it joined: released with the settlement
      const paid = (before[i] ?? 0n) + budget - (await freeOf(m, member));
      expect(paid, String(i)).to.equal(feedInBaseline(tariff, 0n, values).total);
    }
  });
});
