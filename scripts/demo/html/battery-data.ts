/** The community's battery on the page: what it would have done, and what each way to run it comes to. */
import { HORIZON } from "@wattbook/sdk/battery";
import type { BatteryReport } from "../battery.ts";
import { formatFixed } from "../format.ts";
import { columnOf } from "./columns.ts";
import type { BatteryData, BatteryDay } from "./data.ts";
import { eur, kwh, typeset } from "./text.ts";

const HOUR = 3_600n;

export function batteryData(report: BatteryReport, days: number, slotsPerDay: number): BatteryData {
  const { battery, outcomes, step } = report;
  const without = outcomes[0]?.cost ?? 0n;
  const kw = (watts: bigint, shown: number) => typeset(formatFixed(watts, 3, shown));
  return {
    sentences: [
      `A battery of ${kwh(battery.capacityWh)} kWh and ${kw(battery.chargeW, 1)} kW at the point of common coupling (PCC), the meter between community and grid.`,
      `Before each slot it plans the next ${HORIZON} slots from a forecast; within the slot it corrects its power.`,
      "It is planned on paper beside the run: no bill on this page has it.",
    ],
    days: Array.from({ length: days }, (_, day) => dayOf(report, day * slotsPerDay, slotsPerDay)),
    outcomes: outcomes.map(({ name, cost, importWh, exportWh, peakWh }) => ({
      name,
      costEur: eur(cost),
      savedEur: eur(without - cost),
      importKwh: kwh(importWh),
      exportKwh: kwh(exportWh),
      peakKw: kw((peakWh * HOUR) / BigInt(step), 2),
    })),
  };
}

function dayOf({ slots }: BatteryReport, first: number, count: number): BatteryDay {
  const own = slots.slice(first, first + count);
  return {
    forecast: columnOf(own.map(({ forecastWh }) => forecastWh)),
    net: columnOf(own.map(({ netWh }) => netWh)),
    moved: columnOf(own.map(({ chargeWh, dischargeWh }) => chargeWh - dischargeWh)),
    stored: columnOf(own.map(({ storedMilliWh }) => storedMilliWh)),
    pcc: columnOf(own.map(({ importWh, exportWh }) => importWh - exportWh)),
  };
}
