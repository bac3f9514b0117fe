/** What the chain said last, in the queue: with it samples are taken in before the node answers. */
import type { Store } from "../../store/open.ts";

export class FactTable {
  readonly #get;
  readonly #put;

  constructor(db: Store) {
    this.#get = db.prepare<[string], { value: string }>("SELECT value FROM chain WHERE name = ?");
    this.#put = db.prepare<[string, string]>("INSERT OR REPLACE INTO chain (name, value) VALUES (?, ?)");
  }

  get(name: string): string | undefined {
    return this.#get.get(name)?.value;
  }

  put(name: string, value: string): void {
    this.#put.run(name, value);
  }
}
