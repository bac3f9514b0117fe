/** Lone registers in the queue: of meters that tell import and export in messages of their own. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Store } from "../../store/open.ts";

export type Side = "import" | "export";

export interface Half {
  readonly at: Seconds;
  readonly wh: bigint;
}

export class HalfTable {
  readonly #get;
  readonly #put;

  constructor(db: Store) {
    this.#get = db.prepare<[bigint, Side], { at: bigint; wh: bigint }>(
      "SELECT at, wh FROM halves WHERE meter = ? AND side = ?",
    );
    this.#put = db.prepare<[bigint, Side, bigint, bigint]>(
      "INSERT OR REPLACE INTO halves (meter, side, at, wh) VALUES (?, ?, ?, ?)",
    );
  }

  get(meter: bigint, side: Side): Half | undefined {
    const row = this.#get.get(meter, side);
    return row && { at: asSeconds(row.at), wh: row.wh };
  }

  put(meter: bigint, side: Side, { at, wh }: Half): void {
    this.#put.run(meter, side, at, wh);
  }
}
