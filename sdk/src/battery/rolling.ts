/** The rolling horizon: before each slot a plan of the next ones, of which only the first is done, corrected to what really happens. */
import { BadLengthError } from "../errors.ts";
import { asSignedAmount, asSignedWh, sumSigned } from "../units.ts";
import type { SignedAmount, SignedWh } from "../units.ts";
import { energyDown, HOUR, moveOf, storedAfter } from "./battery.ts";
import type { BatteryMove } from "./battery.ts";
import { correctSetPoint } from "./correct.ts";
import { ForecastMissingError } from "./errors.ts";
import { planBattery } from "./plan.ts";
import type { PlannedSlot } from "./plan.ts";
import { programOf } from "./program.ts";
import { checkSlots, costWithout, gridFlow } from "./slots.ts";
import type { BatterySlot, GridFlow } from "./slots.ts";
import { optimumOf } from "./solver.ts";
import type { LinearSolver } from "./solver.ts";
import { taskOf } from "./task.ts";
import type { BatteryInput } from "./task.ts";

/** Slots of a plan: half a day of quarter hours. */
export const HORIZON = 48;

/** A run over what happened, with what was expected before each slot. */
export interface RollingInput extends Omit<BatteryInput, "slots" | "endMilliWh"> {
  /** What the PCC's meter counted, battery left out. */
  readonly actual: readonly BatterySlot[];
  /** What was expected before slot `first` of it and the ones behind: `horizon` slots, beyond the end of the run too. */
  readonly forecast: (first: number) => readonly BatterySlot[];
  /** Slots of a plan, 48 if left out. */
  readonly horizon?: number;
  /** False: follows plans as they are, without the second stage. */
  readonly corrected?: boolean;
}

/** A slot of a run. */
export interface RollingSlot extends BatterySlot, BatteryMove, GridFlow {
  /** What was expected of the community without its battery. */
  readonly forecastWh: SignedWh;
  /** The plan's set-point, W. */
  readonly plannedW: bigint;
  /** What the battery did, W. */
  readonly powerW: bigint;
  /** At the end of the slot. */
  readonly storedMilliWh: bigint;
}

/** A run. */
export interface RollingRun {
  readonly slots: readonly RollingSlot[];
  readonly cost: SignedAmount;
  /** Of the same slots without a battery. */
  readonly costWithout: SignedAmount;
  /** The optimum of who knew all slots before, with as much stored at the end as the run has: nothing costs less. */
  readonly foresightCost: SignedAmount;
}

/**
 * Runs a battery over metered slots as its operator would have.
 * @throws as `planBattery`, and BadLengthError for a forecast of another number of slots
 * @example
 * const net = (wh: bigint) => ({ netWh: asSignedWh(wh), importPrice: asPrice(300n), exportPrice: asPrice(80n) });
 * const actual = [net(-1_200n), net(900n)];
 * const forecast = (first: number) => [net(first === 0 ? -1_000n : 1_000n), net(1_000n)];
 * const input = { battery, storedMilliWh: 0n, slotSeconds: 900n, actual, forecast, horizon: 2 };
 * runRollingHorizon(input, solver).slots.map(({ powerW }) => powerW) // [4_800n, -3_600n]
 */
export function runRollingHorizon(input: RollingInput, solver: LinearSolver): RollingRun {
  const { battery, actual, slotSeconds, horizon = HORIZON } = input;
  if (actual.length === 0) throw new BadLengthError("actual", 0, "at least one slot");
  checkSlots("actual", actual);
  let { storedMilliWh } = input;
  const slots = actual.map((slot, index): RollingSlot => {
    const first = firstOf({ ...input, storedMilliWh }, index, horizon, solver);
    const move = input.corrected === false ? first : correctedMove(input, storedMilliWh, slot, first);
    storedMilliWh = storedAfter(battery, storedMilliWh, move);
    const { chargeWh, dischargeWh } = move;
    return {
      ...slot,
      ...gridFlow(battery, slot, move),
      chargeWh,
      dischargeWh,
      forecastWh: asSignedWh(first.netWh),
      plannedW: first.powerW,
      powerW: (chargeWh - dischargeWh) * (HOUR / slotSeconds),
      storedMilliWh,
    };
  });
  const known = taskOf({
    battery,
    storedMilliWh: input.storedMilliWh,
    endMilliWh: storedMilliWh,
    slots: actual,
    slotSeconds,
  });
  return {
    slots,
    cost: sumSigned(slots.map(({ cost }) => cost)),
    costWithout: costWithout(actual),
    foresightCost: asSignedAmount(optimumOf(solver, programOf(known, "cost")).least),
  };
}

/** The first slot of the plan that is made before slot `index`. */
function firstOf(input: RollingInput, index: number, horizon: number, solver: LinearSolver): PlannedSlot {
  const slots = input.forecast(index);
  if (slots.length !== horizon) throw new BadLengthError(`forecast(${index})`, slots.length, `${horizon} slots`);
  checkSlots(`forecast(${index})`, slots);
  const { battery, storedMilliWh, slotSeconds } = input;
  const [first] = planBattery({ battery, storedMilliWh, slots, slotSeconds }, solver).slots;
  if (first === undefined) throw new ForecastMissingError(`forecast(${index})[0]`);
  return first;
}

/** What the second stage makes of a planned slot, at the slot's mean power. */
function correctedMove(
  { battery, slotSeconds }: RollingInput,
  storedMilliWh: bigint,
  { netWh }: BatterySlot,
  { powerW, netWh: forecastWh, reserveMilliWh }: PlannedSlot,
): BatteryMove {
  const watts = HOUR / slotSeconds;
  const corrected = correctSetPoint({
    battery,
    storedMilliWh,
    remainingSeconds: slotSeconds,
    plannedW: powerW,
    forecastW: forecastWh * watts,
    reserveMilliWh,
    pccW: netWh * watts,
    batteryW: 0n,
  });
  return moveOf(energyDown(corrected.powerW, slotSeconds));
}
