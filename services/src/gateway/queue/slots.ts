/** Registers at slot boundaries in the queue. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { QUALITIES } from "../intervals.ts";
import type { Boundary } from "../intervals.ts";
import type { Store } from "../../store/open.ts";

interface Row {
  readonly slot: bigint;
  readonly import_wh: bigint;
  readonly export_wh: bigint;
  readonly quality: bigint;
}

export class SlotTable {
  readonly #put;
  readonly #range;
  readonly #first;
  readonly #remove;
  readonly #prune;

  constructor(db: Store) {
    this.#put = db.prepare<[bigint, bigint, bigint, bigint, bigint]>(
      "INSERT OR REPLACE INTO slots (meter, slot, import_wh, export_wh, quality) VALUES (?, ?, ?, ?, ?)",
    );
    this.#range = db.prepare<[bigint, bigint, bigint], Row>(
      "SELECT slot, import_wh, export_wh, quality FROM slots WHERE meter = ? AND slot >= ? AND slot <= ? ORDER BY slot",
    );
    this.#first = db.prepare<[bigint], { slot: bigint | null }>("SELECT min(slot) AS slot FROM slots WHERE meter = ?");
    this.#remove = db.prepare<[bigint, bigint]>("DELETE FROM slots WHERE meter = ? AND slot > ?");
    this.#prune = db.prepare<[bigint, bigint]>("DELETE FROM slots WHERE meter = ? AND slot < ?");
  }

  put(meter: bigint, { at, importWh, exportWh, quality }: Boundary): void {
    this.#put.run(meter, at, importWh, exportWh, BigInt(QUALITIES.indexOf(quality)));
  }

  at(meter: bigint, at: Seconds): Boundary | undefined {
    return this.between(meter, at, at)[0];
  }

  /** The earliest one that is kept. */
  first(meter: bigint): Seconds | undefined {
    const slot = this.#first.get(meter)?.slot;
    return slot === undefined || slot === null ? undefined : asSeconds(slot);
  }

  /** Boundaries from one time to another, both included, as far as they are known. */
  between(meter: bigint, from: Seconds, to: Seconds): Boundary[] {
    return this.#range.all(meter, from, to).map(boundaryOf);
  }

  /** Takes back boundaries after a time. */
  remove(meter: bigint, after: Seconds): void {
    this.#remove.run(meter, after);
  }

  prune(meter: bigint, before: Seconds): number {
    return this.#prune.run(meter, before).changes;
  }
}

function boundaryOf(row: Row): Boundary {
  return {
    at: asSeconds(row.slot),
    importWh: row.import_wh,
    exportWh: row.export_wh,
    quality: QUALITIES[Number(row.quality)] ?? "gap",
  };
}
