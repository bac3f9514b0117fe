/** Meters in the queue: their numbers, and how far their boundaries are signed. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Store } from "../../store/open.ts";

export class MeterTable {
  readonly #add;
  readonly #id;
  readonly #frozen;
  readonly #freeze;

  constructor(db: Store) {
    this.#add = db.prepare<[string]>("INSERT OR IGNORE INTO meters (name) VALUES (?)");
    this.#id = db.prepare<[string], { id: bigint }>("SELECT id FROM meters WHERE name = ?");
    this.#frozen = db.prepare<[bigint], { frozen: bigint }>("SELECT frozen FROM meters WHERE id = ?");
    this.#freeze = db.prepare<[bigint, bigint]>("UPDATE meters SET frozen = max(frozen, ?) WHERE id = ?");
  }

  /** The number of a meter, which it gets the first time it is asked for. */
  idOf(name: string): bigint {
    const known = this.#id.get(name);
    if (known !== undefined) return known.id;
    this.#add.run(name);
    return this.#id.get(name)?.id ?? 0n;
  }

  /** Boundaries up to this time are in a reading; 0 without one. */
  frozen(meter: bigint): Seconds {
    return asSeconds(this.#frozen.get(meter)?.frozen ?? 0n);
  }

  freeze(meter: bigint, until: Seconds): void {
    this.#freeze.run(until, meter);
  }
}
