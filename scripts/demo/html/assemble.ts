/** From a run to the data of its page. */

import type { BatteryReport } from "../battery.ts";
import type { DemoResult } from "../chain/run.ts";
import { MARKET } from "../market.ts";
import type { Report } from "../report.ts";
import { type Detail, detailOf, type HomeTrace, type PeriodTrace } from "../trace.ts";
import { batteryData } from "./battery-data.ts";
import type { PageData } from "./data.ts";
import { dayData } from "./day-data.ts";
import { flowData } from "./flow-data.ts";
import { gasData } from "./gas-data.ts";
import { checksOf, headlineOf, originOf, storyOf, titleOf } from "./headline.ts";
import { homeData } from "./home-data.ts";
import { counted } from "./text.ts";

export interface PageOptions {
  /** Name of the input file; undefined for synthetic homes. */
  readonly input: string | undefined;
  /** What the reader should know about the input, a sentence each. */
  readonly notes: readonly string[];
  /** Price of one ETH, cents. */
  readonly ethCents: bigint;
}

/** What of a run the page needs. */
export interface PageInput extends Pick<DemoResult, "outcome" | "slots" | "trace"> {
  /** Undefined where nobody asked for one. */
  readonly battery?: BatteryReport | undefined;
}

export function pageData(
  report: Report,
  { outcome, slots, trace, battery }: PageInput,
  options: PageOptions,
): PageData {
  const slotsPerDay = slots.length / report.days;
  const slotDuration = (slots[1]?.start ?? 0) - (slots[0]?.start ?? 0);
  const detail = detailOf(report.homes, slotsPerDay, report.days);
  const days = Array.from({ length: detail.days }, (_, day) => trace.periods.filter((period) => period.day === day));
  return {
    format: 1,
    title: titleOf(report),
    origin: originOf(report, options),
    story: storyOf(report, slots, slotDuration),
    headline: headlineOf(report, slots),
    prices: {
      retail: MARKET.importPrice.toString(),
      feedIn: MARKET.exportPrice.toString(),
      networkFee: MARKET.networkFee.toString(),
    },
    slotDuration,
    days: days.map((periods, day) => dayData(slots.slice(day * slotsPerDay, (day + 1) * slotsPerDay), periods)),
    leftOut: leftOut(report, detail),
    homes: report.households.map((home, index) => {
      const outcomeOf = outcome.homes[index]?.outcome;
      if (outcomeOf === undefined) throw new RangeError(`no outcome of home ${index + 1}`);
      return homeData(home, outcomeOf, index < detail.homes ? days.map((periods) => tracesOf(periods, index)) : []);
    }),
    flows: flowData(outcome.homes.map((home) => home.outcome)),
    ...(battery === undefined ? {} : { battery: batteryData(battery, detail.days, slotsPerDay) }),
    gas: gasData(report, options.ethCents),
    checks: checksOf(report),
  };
}

function tracesOf(periods: readonly PeriodTrace[], home: number): HomeTrace[] {
  return periods.flatMap(({ homes }) => homes[home] ?? []);
}

export function leftOut({ homes, days }: Pick<Report, "homes" | "days">, detail: Detail): string {
  return [
    ...(detail.days < days
      ? [`Slot by slot, the page shows the first ${counted(detail.days, "day")} of ${days}.`]
      : []),
    ...(detail.homes < homes ? [`Days of single homes are there for the first ${counted(detail.homes, "home")}.`] : []),
  ].join(" ");
}
