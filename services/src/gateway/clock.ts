/** Time, as a parameter: tests and simulations bring their own. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";

/** Unix time, seconds. */
export type Clock = () => Seconds;

/** The computer's clock, rounded down to seconds. */
export const systemClock: Clock = () => asSeconds(BigInt(Math.trunc(Date.now() / 1_000)));
