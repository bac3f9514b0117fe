/** Plans of a battery: the cheapest by linear programming, or by rule; both in whole Wh and within the limits, exactly. */
import { isWattbookError } from "../errors.ts";
import { asSignedAmount, sumSigned } from "../units.ts";
import type { SignedAmount } from "../units.ts";
import {
  chargeDown,
  chargeUp,
  dischargeDown,
  energyDown,
  HOUR,
  larger,
  moveOf,
  smaller,
  storedAfter,
  storedBy,
  storedLimits,
  takenUp,
} from "./battery.ts";
import type { BatteryMove } from "./battery.ts";
import { checkPlan } from "./check-plan.ts";
import { programOf, storedName } from "./program.ts";
import { costWithout, gridFlow } from "./slots.ts";
import type { BatterySlot, GridFlow } from "./slots.ts";
import { optimumOf } from "./solver.ts";
import type { LinearSolver, Optimum } from "./solver.ts";
import { taskOf } from "./task.ts";
import type { BatteryInput, Task } from "./task.ts";

/** A slot of a plan. */
export interface PlannedSlot extends BatterySlot, BatteryMove, GridFlow {
  /** The set-point, W: above zero the battery charges. */
  readonly powerW: bigint;
  /** At the end of the slot. */
  readonly storedMilliWh: bigint;
  /** What has to be stored at the end of the slot so that the rest of the plan can be followed. */
  readonly reserveMilliWh: bigint;
}

/** A plan. */
export interface BatteryPlan {
  readonly slots: readonly PlannedSlot[];
  /** Of the plan. */
  readonly cost: SignedAmount;
  /** Of the same slots without a battery. */
  readonly costWithout: SignedAmount;
}

/** The cheapest plan. */
export interface CheapestPlan extends BatteryPlan {
  /** The optimum before anything is rounded to whole Wh: nothing that ends with as much stored as was asked for costs less. */
  readonly leastCost: SignedAmount;
}

/**
 * The cheapest plan for the community as a whole.
 * @throws BatteryError, StoredError, EndUnreachableError, ForecastMissingError, ExportAboveImportError, BadLengthError, OutOfRangeError for
 * input that is wrong
 * @throws SolverFailedError
 * @example
 * const night = { netWh: asSignedWh(0n), importPrice: asPrice(100n), exportPrice: asPrice(0n) };
 * const evening = { netWh: asSignedWh(5_000n), importPrice: asPrice(300n), exportPrice: asPrice(0n) };
 * const plan = planBattery({ battery, storedMilliWh: 0n, slots: [night, evening], slotSeconds: 3_600n }, solver);
 * plan.slots.map(({ powerW }) => powerW) // [5_000n, -4_512n]
 */
export function planBattery(input: BatteryInput, solver: LinearSolver): CheapestPlan {
  const plan = cheapestPlan(taskOf(input), solver);
  checkPlan(input, plan);
  return plan;
}

/**
 * The plan of least cost that moves first: forecasts get worse with time, and of a rolling plan the first slot alone is done. Without it a
 * flat tariff, under which a stored Wh is worth as much now as later, would put off every use until the horizon's end.
 */
export function cheapestPlan(task: Task, solver: LinearSolver): CheapestPlan {
  const cheapest = optimumOf(solver, programOf(task, "cost"));
  const plan = planOf(task, followDown(task, earliest(task, cheapest, solver)));
  return { ...plan, leastCost: asSignedAmount(cheapest.least, "leastCost") };
}

/** Where the limit of cost is too tight for the solver's numbers, any plan of least cost will do. */
function earliest(task: Task, cheapest: Optimum, solver: LinearSolver): Optimum {
  try {
    return optimumOf(solver, programOf(task, { early: cheapest.limit }));
  } catch (error) {
    if (isWattbookError(error, "SOLVER_FAILED")) return cheapest;
    throw error;
  }
}

/** mWh by which a discharge may miss a whole Wh: the solver's levels are rounded at both ends of a slot. */
const ROUNDED = 2n;

/**
 * Moves in whole Wh along the solver's stored energy, within the limits whatever the solver says. Charges and discharges are rounded down, but
 * what a limit of import or the end needs is charged. What is missing in one slot is made up for in the next, so that errors do not add up;
 * and as one level follows another, the battery never charges and discharges in one slot, even where the solver has both.
 */
function followDown(task: Task, optimum: Optimum): BatteryMove[] {
  const { battery, slots, slotSeconds, mostImportWh } = task;
  const { least, most } = storedLimits(battery);
  const charge = energyDown(battery.chargeW, slotSeconds);
  const discharge = energyDown(battery.dischargeW, slotSeconds);
  const highest = slots.map(({ netWh }) =>
    mostImportWh === undefined ? charge : smaller(charge, mostImportWh - netWh),
  );
  const needs = neededAfter(task, highest);
  let stored = task.storedMilliWh;
  return slots.map((_, t) => {
    const gap = optimum.at(storedName(t), 1_000n) - stored;
    const wanted = gap > 0n ? chargeDown(battery, gap) : -dischargeDown(battery, ROUNDED - gap);
    const spare = stored - (needs[t] ?? least);
    const needed = spare > 0n ? -dischargeDown(battery, spare) : chargeUp(battery, -spare);
    const power = smaller(larger(wanted, needed), highest[t] ?? charge);
    const room = smaller(charge, chargeDown(battery, most - stored));
    const left = smaller(discharge, dischargeDown(battery, stored - least));
    const move = moveOf(larger(smaller(power, room), -left));
    stored = storedAfter(battery, stored, move);
    return move;
  });
}

/** The plan that moves make. */
export function planOf(task: Task, moves: readonly BatteryMove[]): BatteryPlan {
  const { battery, slots, slotSeconds } = task;
  const reserves = neededAfter(
    task,
    moves.map(({ chargeWh, dischargeWh }) => chargeWh - dischargeWh),
  );
  let storedMilliWh = task.storedMilliWh;
  const planned = slots.map((slot, t): PlannedSlot => {
    const move = moves[t] ?? moveOf(0n);
    storedMilliWh = storedAfter(battery, storedMilliWh, move);
    return {
      ...slot,
      ...move,
      ...gridFlow(battery, slot, move),
      powerW: (move.chargeWh - move.dischargeWh) * (HOUR / slotSeconds),
      storedMilliWh,
      reserveMilliWh: reserves[t] ?? 0n,
    };
  });
  return { slots: planned, cost: sumSigned(planned.map(({ cost }) => cost)), costWithout: costWithout(slots) };
}

/**
 * What has to be stored at the end of each slot so that the rest can be done, mWh: before a slot there has to be what is needed behind it, what
 * the slot takes, less what it charges.
 * @param powers Wh per slot, above zero into the battery.
 */
function neededAfter({ battery, endMilliWh }: Task, powers: readonly bigint[]): bigint[] {
  const { least } = storedLimits(battery);
  const needs: bigint[] = [];
  let needed = endMilliWh;
  for (let t = powers.length - 1; t >= 0; t--) {
    needs[t] = needed;
    const { chargeWh, dischargeWh } = moveOf(powers[t] ?? 0n);
    needed = larger(least, needed + takenUp(battery, dischargeWh) - storedBy(battery, chargeWh));
  }
  return needs;
}
