/** What every adapter hands to the gateway, whatever protocol its meter speaks. */
import type { Seconds } from "@wattbook/sdk/pure";

/** One look at a meter's cumulative registers. */
export interface Sample {
  /** The meter's name in the configuration. */
  readonly meter: string;
  /** When the meter read them, by its own clock, UTC. */
  readonly at: Seconds;
  /** Wh taken from the grid since the meter was made; wraps where the register ends. */
  readonly importWh: bigint;
  /** Wh fed into the grid, likewise. */
  readonly exportWh: bigint;
  /** Serial number where the meter tells it: another one is another meter. */
  readonly serial?: string;
}

/**
 * Takes a sample and keeps it. Resolves once it is on disk: only then may an adapter acknowledge it to its source.
 * @throws where it cannot be kept; the source has to offer it again
 */
export type Sink = (sample: Sample) => Promise<void>;

/** A source of samples: a broker, a serial line, a device on the network, a file. */
export interface Adapter {
  /** Connects and keeps connected until `stop`; resolves once the first connection stands or, for a file, at its end. */
  start(sink: Sink): Promise<void>;
  stop(): Promise<void>;
}
