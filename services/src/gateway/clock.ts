/** Time, as a parameter: tests and simulations bring their own. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";

/** Unix time, seconds. */
export type Clock = () => Seconds;

/** The computer's clock, rounded down to seconds. */
export const systemClock: Clock = () => asSeconds(BigInt(Math.trunc(Date.now() / 1_000)));

/** A clock that nobody sets: it counts seconds since some moment, which is another one after the machine was started again. */
export interface SteadyClock {
  /** Tells one start of the machine from another. */
  readonly boot: string;
  /** Seconds. */
  now(): bigint;
}

/** The computer's: on Linux it goes on when the process is started again. */
export const systemSteadyClock: SteadyClock = {
  boot: bootId(),
  now: () => process.hrtime.bigint() / 1_000_000_000n,
};

/** Where the machine does not say, every process counts as a start of its own. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID();
  }
}
