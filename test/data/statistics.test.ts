import { expect } from "chai";
import {
  autocorrelation,
  deviation,
  homeFigures,
  loadStatistics,
  mean,
  plantStatistics,
  quantile,
  togetherFigures,
} from "@wattbook/data/statistics";

const axis = { start: 0, slotDuration: 3600 };
/** 100 Wh by night (0 to 6), 300 Wh by day, hourly, for some days. */
const days = (count: number) => Array.from({ length: count * 24 }, (_, k) => (k % 24 < 6 ? 100n : 300n));

/** Hardhat's matchers take integers alone. */
const billionths = (value: number): number => Math.round(value * 1e9);

describe("statistics", function () {
  it("know mean, deviation and quantiles", function () {
    expect([mean([1, 2, 3, 6]), mean([])]).to.deep.equal([3, 0]);
    expect(billionths(deviation([1, 2, 3, 6]))).to.equal(billionths(Math.sqrt(3.5)));
    expect([0, 0.25, 0.5, 1].map((share) => quantile([4, 1, 2, 3], share))).to.deep.equal([1, 1.75, 2.5, 4]);
  });

  it("know how alike a series is to itself later", function () {
    const wave = Array.from({ length: 400 }, (_, k) => (k % 4 < 2 ? 1 : -1));
    expect(billionths(autocorrelation(wave, 4))).to.equal(990_000_000);
    expect(billionths(autocorrelation(wave, 2))).to.equal(-995_000_000);
    expect(autocorrelation([5, 5, 5], 1)).to.equal(0);
  });

  it("describe a load", function () {
    const figures = loadStatistics([...days(3), 300n], axis);
    expect(figures.daily).to.deep.equal({ mean: 6_000, deviation: 0, q10: 6_000, q50: 6_000, q90: 6_000 });
    expect(figures.peakWatts).to.equal(300);
    expect(loadStatistics(days(2), axis)).to.deep.include({
      loadFactor: 250 / 300,
      nightShare: 0.1,
      dailyVariation: 0,
    });
    expect(figures.autocorrelation.day).to.be.greaterThan(0.6);
  });

  it("take night for the night of the zone", function () {
    const nightShare = (zone: string) => loadStatistics(days(4), { ...axis, zone }).nightShare;
    expect(nightShare("UTC")).to.equal(0.1);
    expect(nightShare("Asia/Tokyo")).to.equal(0.3);
  });

  it("describe a plant per kW", function () {
    const noon = Array.from({ length: 48 }, (_, k) => (k % 24 === 12 ? 4_000n : 0n));
    const figures = plantStatistics(noon, axis, 5_000);
    expect(figures.daily.mean).to.equal(800);
    expect(figures.peakShare).to.equal(0.8);
  });

  it("describe all homes: each, and together", function () {
    const flat = days(2).map(() => 100n);
    const named = Object.fromEntries(homeFigures([days(2), flat], axis).map((figure) => [figure.name, figure]));
    expect(named["peak"]).to.include({ mean: 200, least: 100, most: 300, unit: "W" });
    const [peak] = togetherFigures([days(2), flat], axis);
    expect(peak).to.include({ mean: 200, unit: "W" });
  });

  it("survive series of nothing", function () {
    expect(loadStatistics([], axis)).to.deep.include({ peakWatts: 0, loadFactor: 0, nightShare: 0 });
    expect(plantStatistics([], axis, 1_000).flicker).to.equal(0);
  });
});
