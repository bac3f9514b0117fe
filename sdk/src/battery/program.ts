/**
 * The linear program of a battery, in Wh and base units. Per slot t:
 *
 *   i - e = net + c - d                        what passes the PCC
 *   s = s' + c * charge - d / discharge        what is stored
 *   0 <= c, d, i, e   c, d at most a slot at full power   min <= s <= max
 *
 * `cost` minimises the sum of import price * i - export price * e + wear * (c + d); `peak` the largest i. The row of what is stored
 * stands there times 1000 * discharge permille, so that every number in the program is whole.
 */
import { energyDown } from "./battery.ts";
import type { Battery } from "./battery.ts";
import type { BatterySlot } from "./slots.ts";
import type { Task } from "./task.ts";

/** The variable of what is stored at the end of a slot, Wh. */
export const storedName = (slot: number): string => `s${slot}`;

/** The program as text, in CPLEX LP format. */
export function programOf(task: Task, goal: "cost" | "peak"): string {
  const { battery, slots, mostImportWh } = task;
  const peak = goal === "peak" ? slots.map((_, t) => `peak${t}: i${t} - p <= 0`) : [];
  return [
    "Minimize",
    `${goal}:`,
    ...(goal === "peak" ? ["p"] : slots.flatMap((slot, t) => costTerms(battery, slot, t))),
    "Subject To",
    ...slots.map(({ netWh }, t) => `pcc${t}: i${t} - e${t} - c${t} + d${t} = ${netWh}`),
    ...slots.map((_, t) => storageRow(task, t)),
    `end: 1000 ${storedName(slots.length - 1)} >= ${task.endMilliWh}`,
    ...peak,
    "Bounds",
    ...slots.flatMap((_, t) => bounds(task, t)),
    ...(mostImportWh === undefined ? [] : slots.map((_, t) => `0 <= i${t} <= ${mostImportWh}`)),
    "End",
  ].join("\n");
}

function costTerms({ wearPerWh }: Battery, { importPrice, exportPrice }: BatterySlot, t: number): string[] {
  return [`+ ${importPrice} i${t} - ${exportPrice} e${t} + ${wearPerWh} c${t} + ${wearPerWh} d${t}`];
}

function storageRow({ battery, storedMilliWh }: Task, t: number): string {
  const { chargePermille, dischargePermille } = battery;
  const unit = 1_000n * dischargePermille;
  const moves = `- ${dischargePermille * chargePermille} c${t} + 1000000 d${t}`;
  return t === 0
    ? `stored0: ${unit} ${storedName(0)} ${moves} = ${dischargePermille * storedMilliWh}`
    : `stored${t}: ${unit} ${storedName(t)} - ${unit} ${storedName(t - 1)} ${moves} = 0`;
}

function bounds({ battery, slotSeconds }: Task, t: number): string[] {
  const { minWh, maxWh, chargeW, dischargeW } = battery;
  return [
    `0 <= c${t} <= ${energyDown(chargeW, slotSeconds)}`,
    `0 <= d${t} <= ${energyDown(dischargeW, slotSeconds)}`,
    `${minWh} <= ${storedName(t)} <= ${maxWh}`,
  ];
}
