/** Local time as an ESPI file states it. Its readings are in seconds of UTC anyway; this is for local days alone. */

import type { ClockChange } from "../shape.ts";
import { type Element, textAt } from "./xml.ts";

/** The file's own time zone: an offset, and when daylight saving starts and ends. */
export interface EspiZone {
  /** `UTC-05:00, daylight saving +60 min`. */
  readonly name: string;
  readonly changes: (start: number, end: number, slotDuration: number) => ClockChange[];
}

/** A rule for a date: the fields of ESPI's `DstRuleType`. */
interface Rule {
  /** From 1. */
  readonly month: number;
  /** 0: the day of the month; 1: the weekday on or after it; 2..6: the first to fifth weekday; 7: the last one. */
  readonly operator: number;
  readonly dayOfMonth: number;
  /** Monday 1 to Sunday 7. */
  readonly weekday: number;
}

/** The zone in `LocalTimeParameters`; undefined where it is not there or makes no sense. */
export function espiZone(element: Element | undefined): EspiZone | undefined {
  const tzOffset = seconds(textAt(element, "tzOffset"));
  if (tzOffset === undefined) return undefined;
  const dstOffset = seconds(textAt(element, "dstOffset")) ?? 0;
  const start = rule(textAt(element, "dstStartRule"));
  const end = rule(textAt(element, "dstEndRule"));
  if (dstOffset === 0 || start === undefined || end === undefined) {
    return { name: utc(tzOffset), changes: () => [] };
  }
  return {
    name: `${utc(tzOffset)}, daylight saving +${dstOffset / 60} min`,
    changes: (first, last, slotDuration) =>
      yearsBetween(first, last)
        .flatMap((year) => [
          { day: dateOf(start, year), from: 0, seconds: 86_400 - dstOffset },
          { day: dateOf(end, year), from: -dstOffset, seconds: 86_400 + dstOffset },
        ])
        .filter(({ day, from, seconds }) => {
          const midnight = day / 1000 - tzOffset + from;
          return midnight >= first && midnight + seconds <= last;
        })
        .sort((a, b) => a.day - b.day)
        .map(({ day, seconds }) => ({ date: new Date(day).toISOString().slice(0, 10), slots: seconds / slotDuration })),
  };
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,5}$/.test(text) && Math.abs(Number(text)) <= 54_000 ? Number(text) : undefined;
}

/** Eight hexadecimal digits: month 4 bits, operator 3, day of month 5, weekday 3, hours 5, seconds 12. */
function rule(text: string | undefined): Rule | undefined {
  if (text === undefined || !/^[0-9a-f]{8}$/i.test(text)) return undefined;
  const word = Number.parseInt(text, 16);
  const field = (shift: number, bits: number) => (word >>> shift) & ((1 << bits) - 1);
  const month = field(28, 4);
  const found = { month, operator: field(25, 3), dayOfMonth: field(20, 5), weekday: field(17, 3) };
  const usable = month >= 1 && month <= 12 && (found.operator === 0 ? found.dayOfMonth > 0 : found.weekday > 0);
  return usable ? found : undefined;
}

/** Midnight of a rule's date in a year, milliseconds, as if it were UTC. */
function dateOf({ month, operator, dayOfMonth, weekday }: Rule, year: number): number {
  if (operator === 0) return Date.UTC(year, month - 1, dayOfMonth);
  if (operator === 7) {
    const last = Date.UTC(year, month, 0);
    return last - ((weekdayOf(last) - weekday + 7) % 7) * DAY;
  }
  const from = Date.UTC(year, month - 1, operator === 1 ? Math.max(1, dayOfMonth) : 1);
  const weeks = operator === 1 ? 0 : operator - 2;
  return from + (((weekday - weekdayOf(from) + 7) % 7) + 7 * weeks) * DAY;
}

const DAY = 86_400_000;

/** Monday 1 to Sunday 7. */
function weekdayOf(time: number): number {
  return new Date(time).getUTCDay() || 7;
}

function yearsBetween(first: number, last: number): number[] {
  const [from, to] = [first, last].map((time) => new Date(time * 1000).getUTCFullYear());
  if (from === undefined || to === undefined) return [];
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** `UTC+05:30` */
function utc(offset: number): string {
  const minutes = Math.abs(offset) / 60;
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  return `UTC${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
