/** What every adapter hands to the gateway, whatever protocol its meter speaks. */
import type { Seconds } from "@wattbook/sdk/pure";
import type { ServiceError } from "../errors.ts";

/** One look at a meter's cumulative registers. */
export interface Sample {
  /** The meter's name in the configuration. */
  readonly meter: string;
  /** When the meter read them, by its own clock, UTC. */
  readonly at: Seconds;
  /**
   * Wh taken from the grid since the meter was made; wraps where the register ends. Absent where this message tells the
   * other register only: the one before stands.
   */
  readonly importWh?: bigint;
  /** Wh fed into the grid, likewise. */
  readonly exportWh?: bigint;
  /** Wh at which both registers start again from 0, where the protocol tells. */
  readonly wrapWh?: bigint;
  /** Serial number where the meter tells it: another one is another meter. */
  readonly serial?: string;
  /** Whether energy before this sample went uncounted: the register says less than was used since the one before. */
  readonly afterGap?: boolean;
  /** Whether the meter sends at once what it reads: then a time long past means a wrong clock, not a slow line. */
  readonly live?: boolean;
}

/**
 * What became of a sample: kept, known before, or held: it is on disk, and counts once it is known that its time is right.
 */
export type Kept = "kept" | "duplicate" | "held";

/**
 * Takes a sample and keeps it. Resolves once it is on disk: only then may an adapter acknowledge it to its source.
 * @throws GatewayError; `retry` says that it cannot be kept at the moment and that the source has to offer it again,
 * anything else that this sample is refused for good
 */
export type Sink = (sample: Sample) => Promise<Kept>;

/** Hears of what was refused or failed. Never throws. */
export type Report = (error: ServiceError, meter?: string) => void;

/** A source of samples: a broker, a serial line, a device on the network, a file. */
export interface Adapter {
  /** Connects and keeps connected until `stop`; resolves once the first connection stands or, for a file, at its end. */
  start(sink: Sink, report: Report): Promise<void>;
  /** What keeps it from reading at the moment, or null; left out by those that have no line to lose. */
  fault?(): string | null;
  stop(): Promise<void>;
}
