/** Calls that were planned, and what is in them. A call is here before the outbox has it, so that a crash loses none. */
import type { JobRequest } from "../../chain/index.ts";
import type { Store } from "../../store/open.ts";

/** What a call of a sealed community does; it holds no items: what it brings about is read from the logs. */
export type SealedKind = "commit" | "reveal" | "clear" | "answer" | "finish";

/**
 * What a call does: `post` strips, `settle` with readings, `meter` without settling, `close` what was metered before, `correct` what was
 * estimated.
 */
export type BatchKind = "post" | "settle" | "meter" | "close" | "correct" | SealedKind;

/** A planned call. */
export interface Batch {
  /** `post:<community>:<period>:<n>`: the job's key. */
  readonly key: string;
  readonly kind: BatchKind;
  readonly community: number;
  readonly period: number;
  readonly target: string;
  readonly data: string;
  /** Gas limit. */
  readonly gas: string;
  /** Unix seconds from which on it is of no use. */
  readonly expires: number;
}

/** What stands at a place of a call. */
export interface BatchItem {
  readonly place: number;
  readonly digest: string;
  readonly member: number;
}

/** The table of calls. */
export class Batches {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps a call and what is in it, within a transaction. */
  add(
    { key, kind, community, period, target, data, gas, expires }: Batch,
    items: readonly Omit<BatchItem, "place">[],
  ): void {
    this.#store
      .prepare("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)")
      .run(key, kind, community, period, target, data, gas, expires);
    const insert = this.#store.prepare("INSERT INTO items VALUES (?, ?, ?, ?)");
    for (const [place, { digest, member }] of items.entries()) insert.run(key, place, digest, member);
  }

  /** The key of the next call of a kind. @param taken Whether the sender has a job of a key that this file forgot. */
  nextKey(
    { kind, community, period }: Pick<Batch, "kind" | "community" | "period">,
    taken: (key: string) => boolean,
  ): string {
    const sql = "SELECT count(*) AS n FROM batches WHERE kind = ? AND community = ? AND period = ?";
    let next = (this.#store.prepare<unknown[], { n: number }>(sql).get(kind, community, period)?.n ?? 0) + 1;
    while (taken(`${kind}:${community}:${period}:${next}`)) next++;
    return `${kind}:${community}:${period}:${next}`;
  }

  /** Calls that are not final yet. */
  open(): Batch[] {
    return this.#store.prepare<[], Batch>("SELECT * FROM batches WHERE open = 1 ORDER BY rowid").all();
  }

  has(key: string): boolean {
    return this.#store.prepare("SELECT 1 FROM batches WHERE key = ?").get(key) !== undefined;
  }

  /** Whether a call is not final yet whose key begins with `prefix`. */
  isOpen(prefix: string): boolean {
    const sql = "SELECT 1 FROM batches WHERE open = 1 AND substr(key, 1, length(:prefix)) = :prefix LIMIT 1";
    return this.#store.prepare(sql).get({ prefix }) !== undefined;
  }

  items(key: string): BatchItem[] {
    const sql = "SELECT place, digest, member FROM items WHERE batch = ? ORDER BY place";
    return this.#store.prepare<[string], BatchItem>(sql).all(key);
  }

  /** The call is final. */
  close(key: string): void {
    this.#store.prepare("UPDATE batches SET open = 0 WHERE key = ?").run(key);
  }

  /** A deep reorganisation of the chain has brought a final call back. */
  reopen(key: string): void {
    const { changes } = this.#store.prepare("UPDATE batches SET open = 1 WHERE key = ? AND open = 0").run(key);
    if (changes === 0) return;
    for (const table of ["strips", "readings"]) {
      this.#store
        .prepare(
          `UPDATE ${table} SET batch = ? WHERE batch IS NULL AND digest IN (SELECT digest FROM items WHERE batch = ?)`,
        )
        .run(key, key);
    }
  }
}

/** Calls without which a bond is lost, or a commit does not come in time. */
const URGENT: ReadonlySet<BatchKind> = new Set(["commit", "reveal", "answer", "finish"]);

/** What the sender is asked for. */
export function jobOf({ key, kind, target, data, gas, expires }: Batch): JobRequest {
  const call = { to: target, data, value: 0n };
  return { key, call, gas: BigInt(gas), expires, urgent: URGENT.has(kind) };
}
