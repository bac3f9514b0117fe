/** The last refusals, for the operator to look at: not more of them than a disk can spare. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Store } from "../../store/open.ts";

/** Something that was not taken. */
export interface Refusal {
  readonly at: Seconds;
  readonly meter?: string;
  readonly code: string;
  readonly message: string;
}

const MOST = 1_000n;

interface Row {
  readonly at: bigint;
  readonly meter: string | null;
  readonly code: string;
  readonly message: string;
}

export class RefusalTable {
  readonly #add;
  readonly #trim;
  readonly #last;

  constructor(db: Store) {
    this.#add = db.prepare<[bigint, string | null, string, string]>(
      "INSERT INTO refusals (at, meter, code, message) VALUES (?, ?, ?, ?)",
    );
    this.#trim = db.prepare<[bigint]>("DELETE FROM refusals WHERE id <= ?");
    this.#last = db.prepare<[number], Row>("SELECT at, meter, code, message FROM refusals ORDER BY id DESC LIMIT ?");
  }

  add({ at, meter, code, message }: Refusal): void {
    const { lastInsertRowid } = this.#add.run(at, meter ?? null, code, message);
    this.#trim.run(BigInt(lastInsertRowid) - MOST);
  }

  /** Newest first. */
  last(count: number): Refusal[] {
    return this.#last.all(count).map(({ at, meter, code, message }) => ({
      at: asSeconds(at),
      ...(meter === null ? {} : { meter }),
      code,
      message,
    }));
  }
}
