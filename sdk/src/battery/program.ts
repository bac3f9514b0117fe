/**
 * The linear program of a battery, in Wh and base units. Per slot t:
 *
 *   i - e = net + c - d                        what passes the PCC
 *   s = s' + c * charge - d / discharge        what is stored
 *   0 <= c, d, i, e   c, d at most a slot at full power   min <= s <= max
 *
 * `cost` minimises the sum of import price * i - export price * e + wear * (c + d); `peak` the largest i; `early` the sum of (t + 1) * (c + d) among
 * the plans of least cost. The row of what is stored stands there times the discharge efficiency, so that its coefficients are exact
 * decimals of at most 1.
 */
import { energyDown, larger } from "./battery.ts";
import type { Battery } from "./battery.ts";
import type { BatterySlot } from "./slots.ts";
import type { Task } from "./task.ts";

/** What a program looks for; `early` at no more than a cost. */
export type Goal = "cost" | "peak" | { readonly early: string };

/** The variable of what is stored at the end of a slot, Wh. */
export const storedName = (slot: number): string => `s${slot}`;

/** The program as text, in CPLEX LP format. */
export function programOf(task: Task, goal: Goal): string {
  const { battery, slots, mostImportWh } = task;
  const cost = slots.map((slot, t) => costTerms(battery, slot, t));
  const early = slots.map((_, t) => `+ ${t + 1} c${t} + ${t + 1} d${t}`);
  return [
    "Minimize",
    "goal:",
    ...(goal === "cost" ? cost : goal === "peak" ? ["p"] : early),
    "Subject To",
    ...slots.map(({ netWh }, t) => `pcc${t}: i${t} - e${t} - c${t} + d${t} = ${netWh}`),
    ...slots.map((_, t) => storageRow(task, t)),
    ...(goal === "peak" ? slots.map((_, t) => `peak${t}: i${t} - p <= 0`) : []),
    ...(typeof goal === "object" ? ["cost:", ...cost, `<= ${goal.early}`] : []),
    "Bounds",
    ...slots.flatMap((_, t) => bounds(task, t)),
    // A mWh more than the limit: its optimum may lie right at it, where the solver's numbers miss it.
    ...(mostImportWh === undefined ? [] : slots.map((_, t) => `0 <= i${t} <= ${mostImportWh}.001`)),
    "End",
  ].join("\n");
}

function costTerms({ wearPerWh }: Battery, { importPrice, exportPrice }: BatterySlot, t: number): string {
  return `+ ${importPrice} i${t} - ${exportPrice} e${t} + ${wearPerWh} c${t} + ${wearPerWh} d${t}`;
}

function storageRow({ battery, storedMilliWh }: Task, t: number): string {
  const { chargePermille, dischargePermille } = battery;
  const given = decimal(1_000n * dischargePermille);
  const moves = `- ${decimal(chargePermille * dischargePermille)} c${t} + d${t}`;
  return t === 0
    ? `stored0: ${given} ${storedName(0)} ${moves} = ${decimal(storedMilliWh * dischargePermille)}`
    : `stored${t}: ${given} ${storedName(t)} - ${given} ${storedName(t - 1)} ${moves} = 0`;
}

/**
 * An end that charging at full power just reaches, the solver's numbers just miss: there it is 1 mWh lower. Plans are whole Wh and keep to the
 * end that was asked for.
 */
function bounds({ battery, slots, slotSeconds, endMilliWh }: Task, t: number): string[] {
  const { minWh, maxWh, chargeW, dischargeW } = battery;
  const least = 1_000n * minWh;
  const end = t === slots.length - 1 ? larger(least, endMilliWh - 1n) : least;
  return [
    `0 <= c${t} <= ${energyDown(chargeW, slotSeconds)}`,
    `0 <= d${t} <= ${energyDown(dischargeW, slotSeconds)}`,
    `${decimal(1_000n * end)} <= ${storedName(t)} <= ${maxWh}`,
  ];
}

/** Millionths as a decimal, exact. */
function decimal(millionths: bigint): string {
  return `${millionths / MILLION}.${(millionths % MILLION).toString().padStart(6, "0")}`;
}
const MILLION = 1_000_000n;
