/** Times in input files: unix seconds or ISO 8601. */

const UNIX = /^\d{1,11}(?:\.0+)?$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]0+)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Unix seconds of a cell; undefined where it is no time. An ISO time without an offset counts as UTC.
 *
 * @example
 * parseTime("1613343600"); // 1613343600
 * parseTime("2021-02-15T00:00+01:00"); // 1613343600
 */
export function parseTime(text: string): number | undefined {
  const stamp = parseStamp(text);
  return stamp?.seconds;
}

/** A time as written: unix seconds, or the wall time of a place that is not named. */
export interface Stamp {
  /** Unix seconds; of a local stamp, its wall time read as UTC. */
  readonly seconds: number;
  readonly local: boolean;
}

/**
 * Reads a time; undefined where it is none.
 *
 * @example
 * parseStamp("2021-02-15T01:00+01:00"); // { seconds: 1613347200, local: false }
 * parseStamp("2021-02-15 01:00"); // { seconds: 1613350800, local: true }
 */
export function parseStamp(text: string): Stamp | undefined {
  if (UNIX.test(text)) return { seconds: Math.trunc(Number(text)), local: false };
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((n) => Number(n || 0));
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(local);
  const exists =
    year >= 1970 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  const offset = offsetSeconds(match[7] ?? "Z");
  if (!exists || offset === undefined) return undefined;
  return { seconds: local / 1000 - offset, local: match[7] === undefined };
}

/** No clock is farther than this from UTC, seconds. */
const MOST_OFFSET = 18 * 3600;

/** `Z`, `+01`, `+0100` and `+01:00` in seconds east of Greenwich; undefined where it cannot be an offset. */
function offsetSeconds(offset: string): number | undefined {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "");
  const minutes = Number(digits.slice(2, 4));
  const seconds = Number(digits.slice(0, 2)) * 3600 + minutes * 60;
  if (minutes > 59 || seconds > MOST_OFFSET) return undefined;
  return offset.startsWith("-") ? -seconds : seconds;
}

/** Unix seconds as ISO 8601 in UTC, to the minute: `2021-02-15T00:00Z`. */
export function formatTime(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 16)}Z`;
}
