/** Lets go of periods that nothing can be asked about any more: files do not grow without end. */
import {
  asPeriod,
  correctionsUntil,
  isSealed,
  type Period,
  periodAt,
  periodEnd,
  type Seconds,
  sealedTimes,
  type Terms,
} from "@wattbook/sdk";
import { atOnce, type Store } from "../../store/open.ts";
import { bookRing } from "../strips/busy.ts";

/** What pruning needs. */
export interface PrunerParts {
  readonly store: Store;
  /** Seconds after its end for which a period is kept at least. */
  readonly keep: number;
  /** Lets go of the sender's jobs; of those that are not final, and of the one with the latest nonce, it does not. */
  readonly forget: (keys: readonly string[]) => void;
  /** Transactions of calls that are not closed yet. */
  readonly openHashes: () => readonly string[];
}

/** Tables of what the chain said, and of what was taken, by period. */
const BY_PERIOD = ["records", "metered", "estimates", "voids", "strips", "readings", "bundles", "chunks", "bundled"];
const OF_ROUNDS = ["commits", "reveals", "challenges", "fates"];

/** What still needs a period; the parameters are `:community` and `:period`. */
const NEEDS = [
  "SELECT 1 FROM batches WHERE open = 1 AND community = :community AND period = :period",
  "SELECT 1 FROM strips WHERE state = 'waiting' AND community = :community AND period = :period",
  "SELECT 1 FROM readings WHERE state IN ('waiting', 'metered') AND community = :community AND period = :period",
  // A member whose records are not settled: whoever settles them needs them.
  `SELECT 1 FROM records r WHERE community = :community AND period = :period
     AND NOT EXISTS (SELECT 1 FROM metered m WHERE m.community = r.community AND m.period = r.period AND m.member = r.member
       AND m.settled IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM estimates e WHERE e.community = r.community AND e.period = r.period AND e.member = r.member)`,
  // A commit whose bond has found no owner keeps its place in the ring.
  `SELECT 1 FROM commits c WHERE community = :community AND period = :period AND NOT EXISTS
     (SELECT 1 FROM fates f WHERE f.community = c.community AND f.period = c.period AND f.place = c.place)`,
];

/** Prunes the relayer's file. */
export class Pruner {
  readonly #parts: PrunerParts;
  readonly #seen = new Map<bigint, Period>();

  constructor(parts: PrunerParts) {
    this.#parts = parts;
  }

  /** Looks once per period of a community. @return Periods that went. */
  look(community: bigint, terms: Terms, now: Seconds): number[] {
    const current = periodAt(terms, now);
    if (this.#seen.get(community) === current) return [];
    this.#seen.set(community, current);
    this.#pruneWithdrawn(Number(community), Number(now));
    const gone = this.#periods(community, terms, now).filter((period) => this.#prune(community, terms, period));
    if (gone.length > 0) this.#pruneSkips();
    return gone;
  }

  /** Those that are old enough. */
  #periods(community: bigint, terms: Terms, now: Seconds): number[] {
    const current = periodAt(terms, now);
    const tables = [...BY_PERIOD.filter((table) => table !== "chunks" && table !== "bundled"), ...OF_ROUNDS, "batches"];
    const sql = tables.map((table) => `SELECT period FROM ${table} WHERE community = :community`).join(" UNION ");
    const rows = this.#parts.store
      .prepare<unknown[], { period: number }>(`${sql} ORDER BY period`)
      .all({ community: Number(community) });
    return rows
      .map(({ period }) => period)
      .filter((period) => this.#isOld(terms, asPeriod(BigInt(period)), current, now));
  }

  /** Whether no time runs any more that a period's facts count in, and its slots' places belong to later ones. */
  #isOld(terms: Terms, period: Period, current: Period, now: Seconds): boolean {
    const ends = [periodEnd(terms, period) + BigInt(this.#parts.keep), correctionsUntil(terms, period)];
    if (isSealed(terms)) ends.push(sealedTimes(terms, period).answerEnd);
    return ends.every((end) => now >= end) && period + bookRing(terms) < current;
  }

  #prune(community: bigint, terms: Terms, period: number): boolean {
    const { store, forget } = this.#parts;
    const names = { community: Number(community), period };
    if (NEEDS.some((sql) => store.prepare(sql).get(names) !== undefined)) return false;
    const where = "WHERE community = :community AND period = :period";
    // Jobs first: once their calls are gone nobody knows their keys.
    const batches = store.prepare<unknown[], { key: string }>(`SELECT key FROM batches ${where}`).all(names);
    forget(batches.map(({ key }) => key));
    atOnce(store, () => {
      // Rings are new from the first period on that had a record.
      store
        .prepare(`INSERT OR IGNORE INTO firsts SELECT community, min(period) FROM records ${where} GROUP BY community`)
        .run(names);
      for (const table of ["strips", "readings"]) {
        store.prepare(`DELETE FROM requests WHERE digest IN (SELECT digest FROM ${table} ${where})`).run(names);
      }
      const first = period * Number(terms.slotsPerPeriod);
      store
        .prepare("DELETE FROM cleared WHERE community = ? AND slot >= ? AND slot < ?")
        .run(names.community, first, first + Number(terms.slotsPerPeriod));
      store.prepare(`DELETE FROM items WHERE batch IN (SELECT key FROM batches ${where})`).run(names);
      for (const table of [...BY_PERIOD, ...OF_ROUNDS, "batches"]) {
        store.prepare(`DELETE FROM ${table} ${where}`).run(names);
      }
    });
    return true;
  }

  /** What was taken back is kept so that nobody hands it in again, which its last gate ends. */
  #pruneWithdrawn(community: number, now: number): void {
    const { store } = this.#parts;
    const gone = "FROM strips WHERE state = 'withdrawn' AND community = ? AND closes <= ?";
    atOnce(store, () => {
      store.prepare(`DELETE FROM requests WHERE digest IN (SELECT digest ${gone})`).run(community, now);
      store.prepare(`DELETE ${gone}`).run(community, now);
    });
  }

  /** What a call left out is of no use once the call is closed, and no reorganisation that is followed block by block brings it back. */
  #pruneSkips(): void {
    const { store, openHashes } = this.#parts;
    store
      .prepare(
        `DELETE FROM skips WHERE block < (SELECT min(block) FROM anchors)
           AND tx NOT IN (SELECT value FROM json_each(?))`,
      )
      .run(JSON.stringify(openHashes()));
  }
}
