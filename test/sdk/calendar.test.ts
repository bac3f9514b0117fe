import { expect } from "chai";
import fc from "fast-check";
import * as calendar from "../../sdk/src/calendar.ts";
import { priceDown, priceOf, priceUp, tickOf, topPrice } from "../../sdk/src/grid.ts";
import { asPeriod, asPrice, asSeconds, asSlot, asSlotOffset, asTick } from "../../sdk/src/units.ts";
import { expectCode, FIRST_SLOT, PERIOD, SMALL, slotNumber, TERMS } from "./support.ts";

describe("calendar", function () {
  it("knows the slot and the period of a time", function () {
    const time = asSeconds(1_728_000_000n); // 20,000 days
    expect(calendar.slotAt(TERMS, time)).to.equal(FIRST_SLOT);
    expect(calendar.periodAt(TERMS, time)).to.equal(PERIOD);
    expect(calendar.periodAt(TERMS, asSeconds(time - 1n))).to.equal(PERIOD - 1n);
    expect(calendar.periodAt(SMALL, time)).to.equal(120_000n);
    expect(calendar.formatTime(time)).to.equal("2024-10-04T00:00:00Z");
    expect(calendar.dayOf(time)).to.equal(20_000n);
  });

  it("puts every time into its slot and every slot into its period", function () {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 36n), fc.constantFrom(TERMS, SMALL), (seconds, terms) => {
        const time = asSeconds(seconds);
        const slot = calendar.slotAt(terms, time);
        const period = calendar.periodAt(terms, time);
        expect(calendar.slotStart(terms, slot) <= time && time < calendar.slotEnd(terms, slot)).to.equal(true);
        expect(calendar.periodStart(terms, period) <= time && time < calendar.periodEnd(terms, period)).to.equal(true);
        expect(calendar.periodOf(terms, slot)).to.equal(period);
        const offset = calendar.offsetIn(terms, period, slot);
        expect(calendar.slotIn(terms, period, offset)).to.equal(slot);
        expect(calendar.slotsOf(terms, period)[Number(offset)]).to.equal(slot);
      }),
    );
  });

  it("lists the slots of a period", function () {
    const slots = calendar.slotsOf(TERMS, PERIOD);
    expect(slots).to.have.length(96);
    expect(calendar.slotStart(TERMS, slots[0] ?? asSlot(0n))).to.equal(calendar.periodStart(TERMS, PERIOD));
    expect(calendar.slotEnd(TERMS, slots[95] ?? asSlot(0n))).to.equal(calendar.periodEnd(TERMS, PERIOD));
  });

  it("refuses a slot of another period", function () {
    const evidence = { period: PERIOD, firstSlot: FIRST_SLOT, lastSlot: FIRST_SLOT + 95n };
    expectCode(() => calendar.offsetIn(TERMS, PERIOD, slotNumber(96)), "SLOT_OUTSIDE_PERIOD", evidence);
    expectCode(() => calendar.offsetIn(TERMS, PERIOD, slotNumber(-1)), "SLOT_OUTSIDE_PERIOD", evidence);
    expectCode(() => calendar.slotIn(TERMS, PERIOD, asSlotOffset(96n)), "SLOT_OUTSIDE_PERIOD", evidence);
  });

  it("closes the gate before the slot, at the gate itself", function () {
    const slot = slotNumber(10);
    const gate = calendar.gateOf(TERMS, slot);
    expect(gate).to.equal(calendar.slotStart(TERMS, slot) - 300n);
    expect(calendar.isOpen(TERMS, slot, asSeconds(gate - 1n))).to.equal(true);
    expect(calendar.isOpen(TERMS, slot, gate)).to.equal(false);
  });

  it("has one gate and one reveal per period in a sealed community", function () {
    const terms = { ...TERMS, gateClosure: asSeconds(3_600n), revealWindow: asSeconds(800n), horizon: 1n };
    const gate = asSeconds(calendar.periodStart(TERMS, PERIOD) - 3_600n);
    const slots = calendar.slotsOf(terms, PERIOD);
    expect(new Set(slots.map((slot) => calendar.gateOf(terms, slot)))).to.deep.equal(new Set([gate]));
    expect(calendar.gateOfPeriod(terms, PERIOD)).to.equal(gate);
    expect(calendar.revealEnd(terms, PERIOD)).to.equal(gate + 800n);
    const leaves = (now: bigint) => calendar.pledgeLeavesAt(terms, asSeconds(now));
    expect([gate - 82_800n, gate, gate + 3_599n].map(leaves)).to.deep.equal([gate + 800n, gate + 800n, gate + 800n]);
    expect([gate - 82_801n, gate + 3_600n].map(leaves)).to.deep.equal([gate - 85_600n, gate + 87_200n]);
  });

  it("takes orders for the current period and the horizon", function () {
    const now = calendar.periodStart(TERMS, PERIOD);
    const open = (period: bigint) => {
      const slot = calendar.slotsOf(TERMS, asPeriod(period))[95] ?? asSlot(0n);
      return calendar.isOpen(TERMS, slot, now);
    };
    expect([-1n, 0n, 1n, 2n, 3n].map((ahead) => open(PERIOD + ahead))).to.deep.equal([false, true, true, true, false]);
  });

  it("leaves horizon and notice between a tariff and its period", function () {
    expect(calendar.earliestTariff(TERMS, calendar.periodStart(TERMS, PERIOD))).to.equal(PERIOD + 5n);
    const last = asSeconds(calendar.periodEnd(TERMS, PERIOD) - 1n);
    expect(calendar.earliestTariff(TERMS, last)).to.equal(PERIOD + 5n);
  });

  it("ends the publication of tariffs 366 days after that, however short the periods are", function () {
    const now = calendar.periodStart(TERMS, PERIOD);
    expect(calendar.latestTariff(TERMS, now)).to.equal(PERIOD + 5n + 366n);
    const short = { ...TERMS, slotsPerPeriod: 4n };
    const period = calendar.periodAt(short, now);
    expect(calendar.latestTariff(short, now)).to.equal(period + 5n + 366n * 24n);
  });

  it("counts the windows from the period's end", function () {
    const end = calendar.periodEnd(TERMS, PERIOD);
    expect(calendar.estimatesFrom(TERMS, PERIOD)).to.equal(end + 86_400n);
    expect(calendar.correctionsUntil(TERMS, PERIOD)).to.equal(end + 3n * 86_400n);
    expect(calendar.claimsUntil(TERMS, PERIOD)).to.equal(end + 7n * 86_400n);
  });
});

describe("grid", function () {
  it("counts prices from the floor", function () {
    expect(priceOf(TERMS, asTick(0n))).to.equal(60n);
    expect(priceOf(TERMS, asTick(10n))).to.equal(100n);
    expect(topPrice(TERMS)).to.equal(312n);
    expectCode(() => priceOf(TERMS, asTick(64n)), "OUT_OF_RANGE", { field: "tick", most: 63n });
  });

  it("finds the tick of every price of the grid, and of no other", function () {
    for (let price = 0n; price <= 400n; price++) {
      const onGrid = price >= 60n && price <= 312n && price % 4n === 0n;
      if (onGrid) expect(priceOf(TERMS, tickOf(TERMS, asPrice(price)))).to.equal(price);
      else expectCode(() => tickOf(TERMS, asPrice(price)), "OFF_GRID_PRICE", { price });
    }
  });

  it("rounds a bid's limit down and an ask's up", function () {
    expect(priceDown(TERMS, asPrice(103n))).to.equal(100n);
    expect(priceUp(TERMS, asPrice(101n))).to.equal(104n);
    expect([priceDown(TERMS, asPrice(100n)), priceUp(TERMS, asPrice(100n))]).to.deep.equal([100n, 100n]);
  });

  it("clamps where that does not hurt the member, and refuses where it would", function () {
    expect(priceDown(TERMS, asPrice(999n))).to.equal(312n);
    expect(priceUp(TERMS, asPrice(1n))).to.equal(60n);
    expectCode(() => priceDown(TERMS, asPrice(59n)), "OFF_GRID_PRICE");
    expectCode(() => priceUp(TERMS, asPrice(313n)), "OFF_GRID_PRICE");
  });
});
