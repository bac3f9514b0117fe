/** Who listens to a community hears what happens in it. */

/** A strip, as it is named to listeners. */
interface StripNames {
  readonly digest: string;
  readonly community: string;
  readonly period: string;
  readonly member: string;
}

/** What happens; integers are decimal texts. */
export type Notice =
  | { readonly type: "closing"; readonly community: string; readonly slot: string; readonly gate: string }
  | {
      readonly type: "cleared";
      readonly community: string;
      readonly slot: string;
      /** Base units per Wh; null where nothing was traded. */
      readonly price: string | null;
      readonly lots: string;
    }
  | ({ readonly type: "posted"; readonly transaction: string; readonly refused: readonly number[] } & StripNames)
  | ({ readonly type: "skipped" | "missed"; readonly reason: string } & StripNames);

/** Hands notices to listeners, once whoever is at work is done: nobody hears of what a crash could take back. */
export class Bus {
  readonly #listeners = new Set<(notice: Notice) => void>();

  /** @return Ends it. */
  listen(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(notice: Notice): void {
    setImmediate(() => {
      for (const listener of this.#listeners) listener(notice);
    });
  }
}
