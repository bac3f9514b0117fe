/** Times in messages: unix seconds, unix milliseconds, or ISO 8601 with an offset. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { parseStamp } from "@wattbook/data/import";
import { GatewayError } from "./errors.ts";

const MILLISECONDS = /^(\d{10})\d{3}(?:\.\d+)?$/;
const FRACTION = /(:\d\d)[.,]\d+/;

/**
 * Unix seconds, a fraction of a second dropped.
 * @throws GatewayError NOT_A_TIME, for a local time without an offset too
 * @example messageTime("2026-03-29T03:00:00+02:00", "time") // 1_774_746_000n
 */
export function messageTime(text: string, field: string): Seconds {
  const stamp = parseStamp(MILLISECONDS.exec(text)?.[1] ?? text.replace(FRACTION, "$1"));
  if (stamp !== undefined && !stamp.local) return asSeconds(BigInt(stamp.seconds));
  const hint = stamp === undefined ? "" : " Local time is ambiguous when clocks change: add Z or an offset.";
  throw new GatewayError("NOT_A_TIME", field, text, `send unix seconds or ISO 8601 with an offset.${hint}`);
}
