/** Times in telegrams: local wall time with a letter that says whether daylight saving is on. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { parseStamp } from "@wattbook/data/import";
import { GatewayError } from "../errors.ts";

const STAMP = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW])$/;
const HOUR = 3_600n;

/**
 * Unix time of `YYMMDDhhmmssX`. With the letter every hour of the two long and short days a year is told apart.
 * @param winterHours Hours east of Greenwich without daylight saving: 1 in Central Europe.
 * @throws GatewayError NOT_A_TIME
 * @example telegramTime("261025023000S") // 1_792_888_200n: 00:30 UTC; with W an hour later
 */
export function telegramTime(text: string, winterHours = 1n): Seconds {
  const match = STAMP.exec(text);
  if (match === null) throw notATime(text);
  const [, year, month, day, hour, minute, second, season] = match;
  const wall = parseStamp(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (wall === undefined) throw notATime(text);
  const offset = (season === "S" ? winterHours + 1n : winterHours) * HOUR;
  return asSeconds(BigInt(wall.seconds) - offset);
}

function notATime(text: string): GatewayError {
  const hint = "a time is YYMMDDhhmmss and S or W. The meter's clock may not be set: ask its operator.";
  return new GatewayError("NOT_A_TIME", "0-0:1.0.0", text, hint);
}
