/** What a member will need or have left: a small interface, and a forecast from what its meter counted. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { slotEnergies } from "./intervals.ts";
import type { Queue } from "./queue/queue.ts";

/** Foresees a slot of a meter. */
export interface Forecast {
  /**
   * Net energy of the slot that starts at `start`, Wh: positive what the member will take from the grid, negative what it
   * will feed in; undefined where nobody can say.
   */
  netWh(meter: string, start: Seconds): bigint | undefined | Promise<bigint | undefined>;
}

const DAY = 86_400n;

/** The same slot of an earlier day: yesterday's, or where that is not known a week ago's. */
export class HistoryForecast implements Forecast {
  readonly #queue: Queue;
  readonly #slotDuration: Seconds;
  readonly #daysBack: readonly bigint[];

  constructor(queue: Queue, slotDuration: Seconds, daysBack: readonly bigint[] = [1n, 2n, 7n]) {
    this.#queue = queue;
    this.#slotDuration = slotDuration;
    this.#daysBack = daysBack;
  }

  netWh(meter: string, start: Seconds): bigint | undefined {
    const id = this.#queue.meters.idOf(meter);
    for (const days of this.#daysBack) {
      const from = asSeconds(start - days * DAY);
      const to = asSeconds(from + this.#slotDuration);
      const boundaries = this.#queue.slots.between(id, from, to);
      const [slot] = slotEnergies(boundaries, this.#queue.samples.breaks(id, from, to));
      if (slot !== undefined && slot.quality !== "gap") return slot.importWh - slot.exportWh;
    }
    return undefined;
  }
}
