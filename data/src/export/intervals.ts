/** Delivery intervals as ISO 8601: start and duration, `2026-11-22T10:15:00Z/PT15M`. */

import { DataError } from "../errors.ts";
import { parseStamp } from "../time.ts";

const PATTERN = /^([^/]+)\/PT(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?$/;

/** A stretch of time. */
export interface Interval {
  /** Unix seconds. */
  readonly start: number;
  /** Seconds. */
  readonly duration: number;
}

/**
 * An interval as text, in UTC.
 * @example formatInterval({ start: 1795342500, duration: 900 }) // "2026-11-22T10:15:00Z/PT15M"
 */
export function formatInterval({ start, duration }: Interval): string {
  const hours = Math.trunc(duration / 3600);
  const minutes = Math.trunc((duration % 3600) / 60);
  const seconds = duration % 60;
  const parts = [hours > 0 ? `${hours}H` : "", minutes > 0 ? `${minutes}M` : "", seconds > 0 ? `${seconds}S` : ""];
  return `${new Date(start * 1000).toISOString().slice(0, 19)}Z/PT${parts.join("") || "0S"}`;
}

/** Reads what `formatInterval` writes. @throws DataError RECORD_INVALID */
export function parseInterval(text: string): Interval {
  const match = PATTERN.exec(text);
  const stamp = parseStamp(match?.[1] ?? "");
  if (match === null || stamp === undefined || stamp.local) {
    throw new DataError("RECORD_INVALID", `"${text.slice(0, 60)}" is no interval such as 2026-11-22T10:15:00Z/PT15M.`);
  }
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((digits) => Number(digits || 0));
  return { start: stamp.seconds, duration: hours * 3600 + minutes * 60 + seconds };
}
