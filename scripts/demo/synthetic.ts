/** A small community made from a formula, for a run without any file. Nothing in it was measured. */

import type { Dataset } from "./dataset.ts";
import { cumulativeFloorWh, type Decimal, loadFactor, pvFactor } from "@wattbook/data/import";
import { draw, Purpose, within } from "./prng.ts";

/** Homes of a run without `--input` and `--homes`. */
export const SYNTHETIC_HOMES = 8;

const STEP = 900;
const SLOTS = 96;
/** 1 June 2025, 00:00 UTC. */
const START = 1_748_736_000;
/** Days before day 1, for its forecast. */
const HISTORY = 2;
const PV_SERIES = 3;

/** Makes `homes` loads and three PV series for `days` days and the two before them. */
export function syntheticDataset(seed: bigint, homes: number, days: number, pvKwp: Decimal): Dataset {
  const rows = Array.from({ length: (days + HISTORY) * SLOTS }, (_, row) => row);
  const whole = (digits: bigint) => ({ digits, scale: 0 });
  const thousandths = (digits: bigint) => ({ digits, scale: 3 });
  const loads = Array.from({ length: homes }, (_, home) => ({
    name: `synthetic_${home + 1}`,
    wh: cumulativeFloorWh(
      rows.map((row) => whole(loadWatts(seed, home, row))),
      loadFactor("W", STEP),
    ),
  }));
  const pvs = Array.from({ length: PV_SERIES }, (_, plant) => ({
    name: `synthetic_pv_${plant + 1}`,
    wh: cumulativeFloorWh(
      rows.map((row) => thousandths(perThousand(seed, plant, row))),
      pvFactor(pvKwp, STEP),
    ),
  }));
  return { synthetic: true, start: START, step: STEP, historyPeriods: HISTORY, loads, pvs };
}

/** A base load, a morning and an evening with habits of their own, and noise of a quarter; W. */
function loadWatts(seed: bigint, home: number, row: number): bigint {
  const habit = (trait: number, low: bigint, high: bigint) =>
    within(draw(seed, Purpose.LoadShape, home, trait), low, high);
  const minute = minuteOf(row);
  const base = habit(0, 80n, 260n);
  const morning = hump(minute, 450n + habit(1, -60n, 60n), 100n, habit(2, 200n, 900n));
  const noon = hump(minute, 750n + habit(3, -45n, 45n), 60n, habit(4, 0n, 700n));
  const evening = hump(minute, 1170n + habit(5, -75n, 75n), 190n, habit(6, 400n, 1500n));
  const steady = base + morning + noon + evening;
  return (steady * within(draw(seed, Purpose.LoadNoise, home, row), 750n, 1250n)) / 1000n;
}

/** Daylight from 05:30 to 18:30 UTC under the day's sky, with passing clouds; thousandths of the peak power. */
function perThousand(seed: bigint, plant: number, row: number): bigint {
  const day = Math.floor(row / SLOTS);
  const sky = within(draw(seed, Purpose.Sky, day), 350n, 1000n);
  const cloud = within(draw(seed, Purpose.Cloud, plant, row), 850n, 1000n);
  return (hump(minuteOf(row), 720n, 390n, 820n) * sky * cloud) / 1_000_000n;
}

/** Minute of the day in the middle of a row. */
function minuteOf(row: number): bigint {
  return BigInt(((row % SLOTS) * STEP + STEP / 2) / 60 - 0.5);
}

/** A parabola of `height` at `centre` that reaches zero `halfWidth` minutes away, and zero beyond. */
function hump(minute: bigint, centre: bigint, halfWidth: bigint, height: bigint): bigint {
  const away = (minute - centre) ** 2n;
  const reach = halfWidth ** 2n;
  return away >= reach ? 0n : (height * (reach - away)) / reach;
}
