/** The readings that the relayer took. */
import type { Store } from "../../store/open.ts";

/**
 * Where a reading stands: it is `waiting` for its period's slots to be cleared or for its transaction, was `metered` (by whomever),
 * `settled` with its member's records, has `corrected` an estimate, or was `skipped` by the contract.
 */
export type ReadingState = "waiting" | "metered" | "settled" | "corrected" | "skipped";

/** A reading that was taken. */
export interface ReadingRow {
  readonly digest: string;
  readonly community: number;
  readonly period: number;
  readonly member: number;
  /** JSON of a `ReadingBody`. */
  readonly body: string;
  /** Unix seconds. */
  readonly received: number;
  readonly state: ReadingState;
  readonly batch: string | null;
  readonly tries: number;
  readonly reason: string | null;
  readonly block: number | null;
  readonly tx: string | null;
}

/** Reasons of the contract that may pass; of the others the reading does not come in. */
const PASSING_REASONS = new Set([
  ...["PeriodNotOver", "EarlierMissing", "RingBusy", "NotReady", "JournalMismatch"],
  // Estimated meanwhile, or that was taken back: it is handed in the other way.
  ...["AlreadySettled", "NotEstimated"],
]);
/** How often a reading is sent that the contract left out for a reason that may pass. */
const MOST_TRIES = 8;

/** The table of readings. */
export class Readings {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Within a transaction. */
  add(row: Pick<ReadingRow, "digest" | "community" | "period" | "member" | "body" | "received">): void {
    this.#store
      .prepare(
        `INSERT OR IGNORE INTO readings (digest, community, period, member, body, received, state)
         VALUES (?, ?, ?, ?, ?, ?, 'waiting')`,
      )
      .run(row.digest, row.community, row.period, row.member, row.body, row.received);
  }

  find(digest: string): ReadingRow | undefined {
    return this.#store.prepare<[string], ReadingRow>("SELECT * FROM readings WHERE digest = ?").get(digest);
  }

  /** Those of a member that wait, by period. */
  waitingOf(community: number, member: number): ReadingRow[] {
    const sql = "SELECT * FROM readings WHERE state = 'waiting' AND community = ? AND member = ? ORDER BY period";
    return this.#store.prepare<unknown[], ReadingRow>(sql).all(community, member);
  }

  /** The earliest of each member that waits and is in no call. */
  next(): ReadingRow[] {
    return this.#store
      .prepare<[], ReadingRow>(
        `SELECT * FROM readings r WHERE state = 'waiting' AND batch IS NULL AND period =
           (SELECT min(period) FROM readings e WHERE e.state = 'waiting' AND e.community = r.community AND e.member = r.member)
         ORDER BY community, period, member`,
      )
      .all();
  }

  /** Metered ones that still have to be settled and are in no call. */
  toClose(): ReadingRow[] {
    const sql = "SELECT * FROM readings WHERE state = 'metered' AND batch IS NULL ORDER BY community, period, member";
    return this.#store.prepare<[], ReadingRow>(sql).all();
  }

  counts(): { state: ReadingState; n: number }[] {
    return this.#store
      .prepare<[], { state: ReadingState; n: number }>("SELECT state, count(*) AS n FROM readings GROUP BY state")
      .all();
  }

  /** What the chain said of a member's period. */
  of(community: number, period: number, member: number): ReadingRow[] {
    const sql = "SELECT * FROM readings WHERE community = ? AND period = ? AND member = ?";
    return this.#store.prepare<unknown[], ReadingRow>(sql).all(community, period, member);
  }

  mark(
    digest: string,
    state: ReadingState,
    where: { readonly block: number; readonly tx: string },
    reason: string | null,
  ): void {
    this.#store
      .prepare("UPDATE readings SET state = ?, block = ?, tx = ?, reason = ? WHERE digest = ?")
      .run(state, where.block, where.tx, reason, digest);
  }

  /** What was said in blocks that are gone; readings that were metered before those still are. */
  rewind(from: number): void {
    this.#store
      .prepare(
        `UPDATE readings SET reason = NULL, tx = NULL, block = (SELECT m.block FROM metered m WHERE m.community = readings.community
             AND m.period = readings.period AND m.member = readings.member),
           state = CASE WHEN state = 'settled' AND EXISTS (SELECT 1 FROM metered m WHERE m.community = readings.community
             AND m.period = readings.period AND m.member = readings.member) THEN 'metered' ELSE 'waiting' END
         WHERE block >= ?`,
      )
      .run(from);
  }

  /** It waited for too long. */
  refuse(digest: string, reason: string, block: number): void {
    this.#store
      .prepare("UPDATE readings SET state = 'skipped', reason = ?, block = ? WHERE digest = ?")
      .run(reason, block, digest);
  }

  assign(digest: string, batch: string): void {
    this.#store.prepare("UPDATE readings SET batch = ? WHERE digest = ?").run(batch, digest);
  }

  /** The call is over. @param said The contract's reason where it left the reading out. */
  release(digest: string, said: { readonly reason: string; readonly block: number } | null): void {
    const row = this.find(digest);
    const out = said !== null && row?.state === "waiting";
    const over = out && (!PASSING_REASONS.has(said.reason) || row.tries + 1 >= MOST_TRIES);
    this.#store
      .prepare(
        `UPDATE readings SET batch = NULL, tries = tries + ?, reason = coalesce(?, reason), state = coalesce(?, state),
           block = coalesce(?, block) WHERE digest = ?`,
      )
      .run(out ? 1 : 0, out ? said.reason : null, over ? "skipped" : null, over ? said.block : null, digest);
  }
}
