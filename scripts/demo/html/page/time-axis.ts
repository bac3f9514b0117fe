/** The time of a day along a chart. */

import { axisX, type Markish } from "@observablehq/plot";
import type { DayData } from "../data.ts";
import { clock } from "../text.ts";

/** Space around a chart's frame, the same for all charts of a day: their times stand below each other. */
export const MARGIN = { left: 46, right: 20, top: 14, bottom: 36 } as const;

/** A slot on the axis. */
export interface Span {
  readonly index: number;
  readonly from: Date;
  readonly to: Date;
  readonly middle: Date;
}

export function spansOf(day: Pick<DayData, "start" | "slots">, slotDuration: number): Span[] {
  return Array.from({ length: day.slots }, (_, index) => {
    const from = (day.start + index * slotDuration) * 1000;
    return {
      index,
      from: new Date(from),
      to: new Date(from + slotDuration * 1000),
      middle: new Date(from + slotDuration * 500),
    };
  });
}

/** "12:15–12:30" */
export function spanText({ from, to }: Pick<Span, "from" | "to">): string {
  return `${clock(from.getTime() / 1000)}–${clock(to.getTime() / 1000)}`;
}

export function timeScale(spans: readonly Span[]): { type: "utc"; domain: Date[] } {
  const [first, last] = [spans[0], spans.at(-1)];
  return { type: "utc", domain: first && last ? [first.from, last.to] : [] };
}

/** Ticks every three hours, or six where there is little room. */
export function timeAxis(spans: readonly Span[], width: number): Markish {
  const hours = width < 480 ? 6 : 3;
  const { domain } = timeScale(spans);
  const [start, end] = domain.map((date) => date.getTime());
  const ticks: Date[] = [];
  for (let time = start ?? 0; time <= (end ?? 0); time += hours * 3_600_000) ticks.push(new Date(time));
  const last = ticks.at(-1)?.getTime();
  return axisX(ticks, {
    tickFormat: (date: Date) => (date.getTime() === last && last === end ? "24:00" : clock(date.getTime() / 1000)),
    label: "time of day, UTC",
    labelAnchor: "center",
    labelArrow: "none",
    labelOffset: 32,
    tickSize: 4,
  });
}
