/** Batteries, slots and the solver for tests. */
import { asPrice, asSignedWh, asWh } from "../../../sdk/src/units.ts";
import { type Battery, type BatterySlot, type LinearSolver, loadSolver } from "../../../sdk/src/battery/index.ts";
import fc from "fast-check";
import loadHighs from "highs";
import type { Interval, Store } from "../../reference/battery.ts";

let loaded: Promise<LinearSolver> | undefined;

/** One solver for all tests of a file. */
export function solverForTests(): Promise<LinearSolver> {
  loaded ??= loadSolver(loadHighs);
  return loaded;
}

/** 95 % in and out, no wear, all of the capacity in use, the same power both ways. */
export function batteryOf(capacityWh: bigint, watts: bigint, overrides: Partial<Battery> = {}): Battery {
  return {
    capacityWh: asWh(capacityWh),
    minWh: asWh(0n),
    maxWh: asWh(capacityWh),
    chargeW: watts,
    dischargeW: watts,
    chargePermille: 950n,
    dischargePermille: 950n,
    wearPerWh: asPrice(0n),
    ...overrides,
  };
}

/** A slot of Wh and base units per Wh. */
export function slotOf(net: bigint, importPrice: bigint, exportPrice: bigint): BatterySlot {
  return { netWh: asSignedWh(net), importPrice: asPrice(importPrice), exportPrice: asPrice(exportPrice) };
}

export const storeOf = (battery: Battery, slotSeconds: bigint): Store => ({
  minWh: battery.minWh,
  maxWh: battery.maxWh,
  charge: (battery.chargeW * slotSeconds) / 3_600n,
  discharge: (battery.dischargeW * slotSeconds) / 3_600n,
  chargePermille: battery.chargePermille,
  dischargePermille: battery.dischargePermille,
  wear: battery.wearPerWh,
});

export const intervalsOf = (slots: readonly BatterySlot[]): Interval[] =>
  slots.map(({ netWh, importPrice, exportPrice }) => ({ net: netWh, importPrice, exportPrice }));

/** Any slot with nets up to `most` Wh; export price at most import price, often the same, often zero. */
export const anySlot = (most: bigint): fc.Arbitrary<BatterySlot> =>
  fc
    .record({ net: fc.bigInt(-most, most), importPrice: fc.bigInt(0n, 500n), part: fc.bigInt(0n, 4n) })
    .map(({ net, importPrice, part }) => slotOf(net, importPrice, (importPrice * part) / 4n));

/** Any battery of up to `mostWh` and `mostW`, with what is stored in it. */
export const anyBattery = (mostWh: bigint, mostW: bigint): fc.Arbitrary<{ battery: Battery; storedMilliWh: bigint }> =>
  fc
    .record({
      levels: fc.tuple(fc.bigInt(0n, mostWh), fc.bigInt(0n, mostWh), fc.bigInt(1n, mostWh)),
      chargeW: fc.bigInt(0n, mostW),
      dischargeW: fc.bigInt(0n, mostW),
      chargePermille: fc.bigInt(600n, 1_000n),
      dischargePermille: fc.bigInt(600n, 1_000n),
      wear: fc.bigInt(0n, 40n),
      filled: fc.bigInt(0n, 1_000n),
    })
    .map(({ levels, wear, filled, ...rest }) => {
      const [minWh = 0n, maxWh = 0n, capacityWh = 1n] = [...levels].sort((a, b) => (a < b ? -1 : 1));
      const limits = { minWh: asWh(minWh), maxWh: asWh(maxWh), capacityWh: asWh(larger(capacityWh, 1n)) };
      const battery: Battery = { ...limits, ...rest, wearPerWh: asPrice(wear) };
      return { battery, storedMilliWh: 1_000n * minWh + (maxWh - minWh) * filled };
    });

export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * Most that whole Wh cost: in each slot the levels of both ends are off by less than a Wh charged or taken, 1 + 1/(charge * discharge) Wh at
 * the terminals together, each at the highest price and its wear.
 */
export function roundingBound(battery: Battery, slots: readonly BatterySlot[]): bigint {
  const product = battery.chargePermille * battery.dischargePermille;
  const price = slots.reduce((most, { importPrice }) => larger(most, importPrice), 0n) + battery.wearPerWh;
  return (BigInt(slots.length) * price * (product + 1_000_000n) + product - 1n) / product + 1n;
}
