/** The community's battery over the demo's days: what it would have done at the point of common coupling, and what that costs. */

import { asPrice, asSignedWh, asWh, type SignedAmount } from "@wattbook/sdk";
import {
  type Battery,
  type BatterySlot,
  type GridFlow,
  HORIZON,
  loadSolver,
  planBattery,
  planByRule,
  type RollingSlot,
  runRollingHorizon,
} from "@wattbook/sdk/battery";
import loadHighs from "highs";
import { plainTable } from "../lib/plain-table.ts";
import type { Community } from "./community.ts";
import { basisOf } from "./forecast.ts";
import { eur, formatFixed, kwh } from "./format.ts";
import { flowOf, type Home, netOf, someAt, whAt } from "./homes.ts";
import { rowOf } from "./calendar.ts";
import { MARKET } from "./market.ts";

/** A way to run the battery, and what the PCC's meter shows under it. */
export interface BatteryOutcome {
  readonly name: string;
  readonly cost: SignedAmount;
  readonly importWh: bigint;
  readonly exportWh: bigint;
  /** Most import of a slot. */
  readonly peakWh: bigint;
  /** Left in the battery. */
  readonly storedMilliWh: bigint;
}

export interface BatteryReport {
  readonly battery: Battery;
  /** Unix seconds of the first slot. */
  readonly start: number;
  /** Seconds per slot. */
  readonly step: number;
  /** Planned before each slot, corrected in it. */
  readonly slots: readonly RollingSlot[];
  /** The same slots: without a battery, by rule, plans alone, plans corrected, and by somebody who knew them before. */
  readonly outcomes: readonly BatteryOutcome[];
}

const HOME_BATTERY = { capacityWh: 2_000n, powerW: 1_000n } as const;

/** 2 kWh and 1 kW per home, 95 % each way, a tenth of it held back; wear of 1 ct per kWh in or out. */
export function communityBattery(homes: number): Battery {
  const capacityWh = asWh(HOME_BATTERY.capacityWh * BigInt(homes));
  return {
    capacityWh,
    minWh: asWh(capacityWh / 10n),
    maxWh: capacityWh,
    chargeW: HOME_BATTERY.powerW * BigInt(homes),
    dischargeW: HOME_BATTERY.powerW * BigInt(homes),
    chargePermille: 950n,
    dischargePermille: 950n,
    wearPerWh: asPrice(10n),
  };
}

/** What the community's supply contract charges and pays in a slot of a day. */
export type PricesOf = (slot: number) => { readonly importPrice: bigint; readonly exportPrice: bigint };

/** Runs a battery over the first `days` days of a community, from its least stored energy on, at the demo's flat tariff or another one. */
export async function runBattery(
  community: Community,
  days: number,
  battery = communityBattery(community.homes.length),
  pricesOf: PricesOf = () => MARKET,
): Promise<BatteryReport> {
  const solver = await loadSolver(loadHighs);
  const { calendar } = community;
  const actual = metered(community, days, pricesOf);
  const expected = forecaster(community, actual, pricesOf);
  const start = { battery, storedMilliWh: 1_000n * battery.minWh, slotSeconds: BigInt(calendar.step) };
  const forecast = (first: number) => Array.from({ length: HORIZON }, (_, ahead) => expected(first, first + ahead));
  const rolling = { ...start, actual, forecast };

  const idle = planByRule({ ...start, battery: { ...battery, chargeW: 0n, dischargeW: 0n }, slots: actual });
  const ruled = planByRule({ ...start, slots: actual });
  const planned = runRollingHorizon({ ...rolling, corrected: false }, solver);
  const corrected = runRollingHorizon(rolling, solver);
  const endMilliWh = corrected.slots.at(-1)?.storedMilliWh ?? start.storedMilliWh;
  const foresight = planBattery({ ...start, slots: actual, endMilliWh }, solver);
  return {
    battery,
    start: calendar.firstSlot * calendar.step,
    step: calendar.step,
    slots: corrected.slots,
    outcomes: [
      outcomeOf("no battery", idle),
      outcomeOf("by rule", ruled),
      outcomeOf("plan alone", planned),
      outcomeOf("plan, corrected", corrected),
      outcomeOf("perfect foresight", { ...foresight, cost: foresight.leastCost }),
    ],
  };
}

/** What the PCC's meter would have counted. */
function metered({ homes, calendar }: Community, days: number, pricesOf: PricesOf): BatterySlot[] {
  return Array.from({ length: days * calendar.slotsPerDay }, (_, index) => {
    const [day, slot] = [Math.floor(index / calendar.slotsPerDay), index % calendar.slotsPerDay];
    return slotOf(
      homes.map((home) => netOf(flowOf(home, calendar, day, slot))),
      pricesOf(slot),
    );
  });
}

function slotOf(nets: readonly bigint[], { importPrice, exportPrice }: ReturnType<PricesOf>): BatterySlot {
  const netWh = asSignedWh(nets.reduce((sum, net) => sum + net, 0n));
  return { netWh, importPrice: asPrice(importPrice), exportPrice: asPrice(exportPrice) };
}

/**
 * Forecast of slot `index` before slot `first`: what the PCC's meter counted at the same time of the last day that is over then. Before the
 * first day it is what the homes' own forecasts of that day rest on.
 */
function forecaster({ homes, calendar }: Community, actual: readonly BatterySlot[], pricesOf: PricesOf) {
  const { slotsPerDay } = calendar;
  const before = Array.from({ length: slotsPerDay }, (_, slot) =>
    slotOf(
      homes.map((home) => usualNet(home, calendar, slot)),
      pricesOf(slot),
    ),
  );
  return (first: number, index: number): BatterySlot => {
    const days = Math.ceil((index - first + 1) / slotsPerDay);
    const slot = actual[index - days * slotsPerDay] ?? before[index % slotsPerDay];
    if (slot === undefined) throw new RangeError(`no forecast of slot ${index}`);
    return slot;
  };
}

/** Net of a home in the row that its forecast of the first day rests on first. */
function usualNet(home: Home, calendar: Community["calendar"], slot: number): bigint {
  const basis = (shiftDays: number) => basisOf(calendar, rowOf(calendar, 0, slot, shiftDays)).rows[0] ?? 0;
  const row = basis(home.shiftDays);
  const used = whAt(home.load, row) + someAt(home.charge, row) - someAt(home.discharge, row);
  return used - someAt(home.pv, basis(home.sunShiftDays));
}

interface Run {
  readonly slots: readonly (GridFlow & { readonly storedMilliWh: bigint })[];
  readonly cost: SignedAmount;
}

function outcomeOf(name: string, { slots, cost }: Run): BatteryOutcome {
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const imports = slots.map(({ importWh }) => importWh);
  return {
    name,
    cost,
    importWh: sum(imports),
    exportWh: sum(slots.map(({ exportWh }) => exportWh)),
    peakWh: imports.reduce((most: bigint, value) => (value > most ? value : most), 0n),
    storedMilliWh: slots.at(-1)?.storedMilliWh ?? 0n,
  };
}

/** The report for people: the first day hour by hour, and what each way to run the battery comes to. */
export function renderBattery(report: BatteryReport): string {
  const { capacityWh, chargeW } = report.battery;
  const title =
    `A community battery of ${kwh(capacityWh)} kWh and ${formatFixed(chargeW, 3, 1)} kW at the point of common coupling.\nBefore each slot a plan ` +
    `of the next ${HORIZON}, in it a correction.\nNo bill above has it. The first day; above zero: from the grid, into the battery.`;
  return [title, hoursTable(report), outcomesTable(report)].join("\n\n").replace(/ +$/gm, "");
}

const HOUR = 3_600;
const HOURS_PER_DAY = 24;

function hoursTable({ slots, start, step }: BatteryReport): string {
  const head = ["hour", "forecast kWh", "net kWh", "plan kWh", "corrected kWh", "stored kWh", "PCC kWh"];
  const table = plainTable(head, ["left", ...head.slice(1).map(() => "right" as const)]);
  const perHour = HOUR / step;
  for (let hour = 0; hour < HOURS_PER_DAY && hour * perHour < slots.length; hour++) {
    const own = slots.slice(hour * perHour, (hour + 1) * perHour);
    const sum = (of: (slot: RollingSlot) => bigint) => kwh(own.reduce((total, slot) => total + of(slot), 0n));
    table.push([
      new Date((start + hour * HOUR) * 1_000).toISOString().slice(11, 16),
      sum(({ forecastWh }) => forecastWh),
      sum(({ netWh }) => netWh),
      sum(({ plannedW }) => (plannedW * BigInt(step)) / BigInt(HOUR)),
      sum(({ chargeWh, dischargeWh }) => chargeWh - dischargeWh),
      formatFixed(own.at(-1)?.storedMilliWh ?? 0n, 6, 2),
      sum(({ importWh, exportWh }) => importWh - exportWh),
    ]);
  }
  return table.toString();
}

function outcomesTable({ outcomes, step }: BatteryReport): string {
  const head = ["battery", "cost EUR", "saved EUR", "import kWh", "export kWh", "peak kW", "left kWh"];
  const table = plainTable(head, ["left", ...head.slice(1).map(() => "right" as const)]);
  const without = outcomes[0]?.cost ?? 0n;
  for (const { name, cost, importWh, exportWh, peakWh, storedMilliWh } of outcomes) {
    const peakW = (peakWh * BigInt(HOUR)) / BigInt(step);
    const left = formatFixed(storedMilliWh, 6, 2);
    table.push([name, eur(cost), eur(without - cost), kwh(importWh), kwh(exportWh), formatFixed(peakW, 3, 2), left]);
  }
  return table.toString();
}
