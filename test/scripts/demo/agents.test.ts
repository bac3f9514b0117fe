import { expect } from "chai";
import fc from "fast-check";
import { planDay, trueValue } from "../../../scripts/demo/agents.ts";
import { calendarOf } from "../../../scripts/demo/calendar.ts";
import { curveAround } from "../../../scripts/demo/curve.ts";
import { basisOf, forecastOf, isStandIn } from "../../../scripts/demo/forecast.ts";
import { type Home, makeHomes } from "../../../scripts/demo/homes.ts";
import { MARKET, priceOf, tradingBand, valueBand, type Band } from "../../../scripts/demo/market.ts";
import { draw, Purpose, splitmix64, within } from "../../../scripts/demo/prng.ts";
import { syntheticDataset } from "../../../scripts/demo/synthetic.ts";
import { COLUMNS, dataset } from "./factories.ts";

const { pvKwp } = COLUMNS;

describe("demo randomness", function () {
  it("is SplitMix64", function () {
    expect(splitmix64(0n)).to.equal(0xe220a8397b1dcdafn);
    expect(splitmix64(1_234_567n)).to.equal(6_457_827_717_110_365_317n);
  });

  it("draws differently for each purpose and label", function () {
    const draws = [draw(1n, Purpose.Value, 1, 2), draw(1n, Purpose.Sky, 1, 2), draw(2n, Purpose.Value, 1, 2)];
    expect(new Set([...draws, draw(1n, Purpose.Value, 2, 1)]).size).to.equal(4);
  });

  it("stays within its bounds and reaches both", function () {
    expect([within(0n, 3n, 9n), within((1n << 64n) - 1n, 3n, 9n)]).to.deep.equal([3n, 9n]);
  });
});

describe("demo forecasts", function () {
  const data = dataset(4 * 96);
  const calendar = calendarOf(data);

  it("rest on the last two days, then on one, then on the following ones, then on a neighbour", function () {
    expect(basisOf(calendar, 200)).to.deep.equal({ rows: [104, 8], kind: "past" });
    expect(basisOf(calendar, 100)).to.deep.equal({ rows: [4], kind: "past" });
    expect(basisOf(calendar, 4)).to.deep.equal({ rows: [100, 196], kind: "following" });
    expect(basisOf(calendarOf(dataset(96)), 0)).to.deep.equal({ rows: [1], kind: "neighbour" });
    expect(basisOf(calendarOf(dataset(96)), 95)).to.deep.equal({ rows: [94], kind: "neighbour" });
  });

  it("rest on no slot that is not over when the orders are posted", function () {
    expect(basisOf(calendar, 2 * 96 + 95), "yesterday's last slot ends with the day").to.deep.equal({
      rows: [95],
      kind: "past",
    });
    expect(basisOf(calendar, 2 * 96 + 94).rows).to.deep.equal([190, 94]);
    const halves = calendarOf(dataset(3 * 288, { step: 300 }));
    expect(basisOf(halves, 2 * 288 + 287).rows).to.deep.equal([575, 287]);
  });

  it("say where they rest on something else than the past", function () {
    const [first, second] = makeHomes(data, calendar, 2, pvKwp);
    if (first === undefined || second === undefined) throw new Error("no home");
    expect([isStandIn(first, calendar, 0, 0), isStandIn(first, calendar, 1, 0)]).to.deep.equal([true, false]);
    const shifted = { ...second, shiftDays: 1 };
    expect(isStandIn({ ...shifted, pv: undefined }, calendar, 0, 0), "its load has a past").to.equal(false);
    expect(isStandIn(shifted, calendar, 0, 0), "its PV has none").to.equal(true);
  });

  it("never rest on the value itself", function () {
    for (let row = 0; row < 4 * 96; row++) expect(basisOf(calendar, row).rows).not.to.include(row);
  });

  it("count on what both days have in common", function () {
    const [first] = makeHomes(data, calendar, 1, pvKwp);
    if (first === undefined) throw new Error("no home");
    expect(forecastOf(first, calendar, 2, 10)).to.equal(10n);
    const mixed = { ...first, pv: { name: "x_pu", wh: Array.from({ length: 4 * 96 }, () => 50n) } };
    expect(forecastOf(mixed, calendar, 2, 10), "a surplus, then a need").to.equal(0n);
    const sunny = { ...first, pv: { name: "x_pu", wh: Array.from({ length: 4 * 96 }, () => 500n) } };
    expect(forecastOf(sunny, calendar, 2, 10), "the smaller surplus").to.equal(106n - 500n);
  });
});

describe("demo curves", function () {
  const pricesOf = ({ lowest, highest }: Band) => [priceOf(lowest), priceOf(highest)];

  it("of buyers end where the network fee makes them dearer than the retailer, those of sellers at its price", function () {
    expect(pricesOf(valueBand())).to.deep.equal([80n, 300n]);
    expect(pricesOf(tradingBand("sell"))).to.deep.equal([MARKET.exportPrice, MARKET.importPrice]);
    expect(pricesOf(tradingBand("buy"))).to.deep.equal([MARKET.exportPrice, MARKET.importPrice - MARKET.networkFee]);
  });

  for (const side of ["buy", "sell"] as const) {
    it(`of those who ${side} hold all the lots, in ascending ticks of the band, close to the value`, function () {
      const band = tradingBand(side);
      const { lowest, highest } = valueBand();
      fc.assert(
        fc.property(fc.integer({ min: lowest, max: highest }), fc.integer({ min: 0, max: 8191 }), (tick, lots) => {
          const nearest = Math.min(tick, band.highest);
          const points = curveAround(tick, lots, band);
          expect(points.reduce((sum, point) => sum + point.lots, 0)).to.equal(lots);
          points.forEach((point, i) => {
            expect(point.tick)
              .to.be.within(band.lowest, band.highest)
              .and.to.be.within(nearest - 2, nearest + 2);
            expect(point.lots).to.be.greaterThan(0);
            expect(point.tick).to.be.greaterThan(points[i - 1]?.tick ?? -1);
          });
        }),
      );
    });
  }
});

describe("demo agents", function () {
  const data = syntheticDataset(3n, 4, 1, pvKwp);
  const calendar = calendarOf(data);
  const homes = makeHomes(data, calendar, 4, pvKwp);

  it("decide the same for the same seed, and differently for another", function () {
    const plans = (seed: bigint) => homes.map((home) => planDay(home, calendar, 0, seed));
    expect(plans(5n)).to.deep.equal(plans(5n));
    expect(plans(5n)).not.to.deep.equal(plans(6n));
  });

  it("do not mind how many other homes there are", function () {
    const more = makeHomes(data, calendar, 8, pvKwp).slice(0, homes.length);
    const plans = (some: readonly Home[]) => some.map((home) => planDay(home, calendar, 0, 5n));
    expect(plans(more)).to.deep.equal(plans(homes));
  });

  it("order whole lots of the forecast within their caps, on one side", function () {
    for (const home of homes) {
      for (const plan of planDay(home, calendar, 0, 5n)) {
        const { forecastWh, lots, side, orders } = plan;
        const expected = (forecastWh < 0n ? -forecastWh : forecastWh) / MARKET.lotWh;
        expect(BigInt(lots) <= expected && lots <= (side === "buy" ? home.buyCap : home.sellCap)).to.equal(true);
        expect(side).to.equal(forecastWh < 0n ? "sell" : "buy");
        expect(orders.reduce((sum, order) => sum + order.lots, 0)).to.equal(lots);
      }
    }
  });

  it("draw true values over the whole band", function () {
    const { lowest, highest } = valueBand();
    const ticks = Array.from({ length: 3000 }, (_, slot) => trueValue(1n, 0, slot));
    expect([Math.min(...ticks), Math.max(...ticks)]).to.deep.equal([lowest, highest]);
  });
});
