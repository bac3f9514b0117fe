/** Counts of what the gateway did, for whoever shows them. */

/** Names of the counters. Labels stand behind: `refused.CRC_MISMATCH`. */
export type CounterName =
  | "samples_received"
  | "samples_kept"
  | "samples_duplicate"
  | "samples_held"
  | `refused.${string}`
  | "readings_made"
  | "readings_signed"
  | "readings_accepted"
  | "readings_refused"
  | "strips_made"
  | "strips_signed"
  | "strips_accepted"
  | "strips_refused"
  | "hand_over_failed";

export class Counters {
  readonly #counts = new Map<CounterName, number>();

  add(name: CounterName, by = 1): void {
    this.#counts.set(name, this.get(name) + by);
  }

  get(name: CounterName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All that are not 0, by name. */
  get all(): ReadonlyMap<CounterName, number> {
    return this.#counts;
  }
}
