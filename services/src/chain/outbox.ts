/** What is to be sent and what was, on disk before it happens: the one place that knows which nonce is whose. */
import { ServiceError } from "../errors.ts";
import { atOnce, openStore, storeFault, type Store } from "../store/open.ts";
import type { Fees } from "./fees.ts";

/** A call to send. */
export interface Call {
  readonly to: string;
  readonly data: string;
  /** Wei. */
  readonly value: bigint;
}

/**
 * Where a job stands: `queued` without a nonce, `sent` with one, `mined` in a block that may still be reorganised away,
 * and then for good `done`, `reverted` (in a block, without effect), `refused` (it would have reverted, or no block could hold
 * it, so it was not sent) or `expired` (not sent in time, or its nonce was spent on nothing).
 */
export type JobState = "queued" | "sent" | "mined" | "done" | "reverted" | "refused" | "expired";

/** A call and what became of it. */
export interface Job {
  /** What it is for; the same key is the same job. */
  readonly key: string;
  readonly call: Call;
  /** Gas limit where the caller knows better than an estimate. */
  readonly gas: bigint | null;
  /** Unix seconds of the chain from which on it is of no use. */
  readonly expires: number | null;
  /** Whether it goes before others that wait: a bond may hang on it. */
  readonly urgent: boolean;
  readonly state: JobState;
  readonly nonce: number | null;
  /** The transaction that is in a block. */
  readonly hash: string | null;
  readonly block: number | null;
  readonly blockHash: string | null;
  readonly gasUsed: bigint | null;
  /** Why it was refused, or is late. */
  readonly reason: string | null;
}

/** A signed transaction, of which one per nonce can be mined. */
export interface Attempt {
  readonly hash: string;
  readonly key: string;
  readonly nonce: number;
  readonly signed: string;
  readonly fees: Fees;
  /** Latest block when it was signed. */
  readonly block: number;
  /** Whether it does nothing but spend the nonce. */
  readonly cancels: boolean;
}

/** A job to take up. */
export type JobRequest = Pick<Job, "key" | "call"> & Partial<Pick<Job, "gas" | "expires" | "urgent">>;

const MIGRATIONS = [
  `CREATE TABLE owner (chain TEXT NOT NULL, account TEXT NOT NULL) STRICT;
   CREATE TABLE jobs (
     number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, target TEXT NOT NULL, data TEXT NOT NULL, value TEXT NOT NULL,
     gas TEXT, expires INTEGER, state TEXT NOT NULL, nonce INTEGER UNIQUE, hash TEXT, block INTEGER, block_hash TEXT,
     gas_used TEXT, reason TEXT
   ) STRICT;
   CREATE INDEX jobs_by_state ON jobs (state, number);
   CREATE TABLE attempts (
     hash TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES jobs (key), nonce INTEGER NOT NULL, signed TEXT NOT NULL,
     most TEXT NOT NULL, tip TEXT NOT NULL, legacy INTEGER NOT NULL, block INTEGER NOT NULL, cancels INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX attempts_by_key ON attempts (key, nonce);`,
  "ALTER TABLE jobs ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;",
];

/** What is urgent was planned in an order of its own (a commit's chunks): that stays where they expire at the same time. */
const WAITING = "urgent DESC, CASE urgent WHEN 1 THEN coalesce(expires, 1 << 62) END, number";

/** The outbox of one account on one chain. */
export class Outbox {
  readonly store: Store;
  readonly path: string;

  /**
   * @throws ServiceError OUTBOX_MISMATCH where the file belongs to another account or chain
   * @throws As `openStore`.
   */
  constructor(path: string, chainId: bigint, account: string) {
    this.path = path;
    this.store = openStore(path, MIGRATIONS);
    const owner = this.store.prepare<[], OwnerRow>("SELECT chain, account FROM owner").get();
    if (owner === undefined) {
      this.#write("INSERT INTO owner (chain, account) VALUES (?, ?)", String(chainId), account);
    } else if (owner.chain !== String(chainId) || owner.account.toLowerCase() !== account.toLowerCase()) {
      this.close();
      const found = `${path} belongs to ${owner.account} on chain ${owner.chain}`;
      throw new ServiceError("OUTBOX_MISMATCH", `${found}, not to ${account} on chain ${chainId}. Use another file.`);
    }
  }

  close(): void {
    this.store.close();
  }

  /**
   * Takes up a job, once per key.
   * @throws ServiceError JOB_MISMATCH where the key stands for another call
   */
  add({ key, call, gas = null, expires = null, urgent = false }: JobRequest): Job {
    const known = this.job(key);
    if (known === undefined) {
      this.#write(
        "INSERT INTO jobs (key, target, data, value, gas, expires, urgent, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')",
        ...[key, call.to, call.data, String(call.value), gas === null ? null : String(gas), expires, urgent ? 1 : 0],
      );
      return this.#existing(key);
    }
    const same = known.call.to === call.to && known.call.data === call.data && known.call.value === call.value;
    if (same) return known;
    throw new ServiceError("JOB_MISMATCH", `Job ${key} stands for another call. Give this one a key of its own.`);
  }

  job(key: string): Job | undefined {
    const row = this.store.prepare<[string], JobRow>("SELECT * FROM jobs WHERE key = ?").get(key);
    return row && jobOf(row);
  }

  /** Jobs that have a nonce from one on, in their order. */
  jobsFrom(nonce: number): Job[] {
    const sql = "SELECT * FROM jobs WHERE nonce >= ? ORDER BY nonce";
    return this.store.prepare<[number], JobRow>(sql).all(nonce).map(jobOf);
  }

  /** In the order of their nonces; queued ones as they came, the urgent ones before, by when they expire. */
  inState(state: JobState): Job[] {
    const order = state === "sent" || state === "mined" ? "nonce" : WAITING;
    const rows = this.store
      .prepare<[string], JobRow>(`SELECT * FROM jobs WHERE state = ? ORDER BY ${order}`)
      .all(state);
    return rows.map(jobOf);
  }

  /** Jobs whose keys begin with `prefix`, oldest first. */
  startingWith(prefix: string): Job[] {
    const sql = "SELECT * FROM jobs WHERE substr(key, 1, length(:prefix)) = :prefix ORDER BY number";
    return this.store.prepare<[{ prefix: string }], JobRow>(sql).all({ prefix }).map(jobOf);
  }

  /** How many jobs are in each state. */
  counts(): Readonly<Record<JobState, number>> {
    const rows = this.store.prepare<[], { state: JobState; n: number }>(
      "SELECT state, count(*) AS n FROM jobs GROUP BY state",
    );
    const counts = { queued: 0, sent: 0, mined: 0, done: 0, reverted: 0, refused: 0, expired: 0 };
    for (const { state, n } of rows.all()) counts[state] = n;
    return counts;
  }

  /** Of a job's nonce, newest first. */
  attempts(job: Job): Attempt[] {
    const rows = this.store
      .prepare<[string, number | null], AttemptRow>(
        "SELECT * FROM attempts WHERE key = ? AND nonce = ? ORDER BY rowid DESC",
      )
      .all(job.key, job.nonce);
    return rows.map(attemptOf);
  }

  /** One above the largest nonce that belongs to a job; 0 where none does. */
  nextNonce(): number {
    const row = this.store.prepare<[], { next: number | null }>("SELECT max(nonce) + 1 AS next FROM jobs").get();
    return row?.next ?? 0;
  }

  /** Writes down a transaction that is about to be sent, and that its job has the nonce. */
  sign(attempt: Attempt): void {
    const { hash, key, nonce, signed, fees, block, cancels } = attempt;
    atOnce(this.store, () => {
      this.#write("UPDATE jobs SET state = 'sent', nonce = ?, reason = NULL WHERE key = ?", nonce, key);
      this.#write(
        "INSERT INTO attempts (hash, key, nonce, signed, most, tip, legacy, block, cancels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[hash, key, nonce, signed, String(fees.most), String(fees.tip), fees.legacy ? 1 : 0, block, cancels ? 1 : 0],
      );
    });
  }

  /** Notes the block that a job's transaction is in. */
  mined(
    key: string,
    hash: string,
    where: { readonly block: number; readonly blockHash: string; readonly gasUsed: bigint },
  ): void {
    this.#write(
      "UPDATE jobs SET state = 'mined', hash = ?, block = ?, block_hash = ?, gas_used = ?, reason = NULL WHERE key = ?",
      ...[hash, where.block, where.blockHash, String(where.gasUsed), key],
    );
  }

  /** The block is gone: the job's transactions wait again. */
  unmined(key: string): void {
    this.#write(
      "UPDATE jobs SET state = 'sent', hash = NULL, block = NULL, block_hash = NULL, gas_used = NULL, reason = NULL WHERE key = ?",
      key,
    );
  }

  /** The transactions that were signed for a nonce, newest first, whosever job they were. */
  attemptsAt(nonce: number): Attempt[] {
    const rows = this.store.prepare<[number], AttemptRow>("SELECT * FROM attempts WHERE nonce = ? ORDER BY rowid DESC");
    return rows.all(nonce).map(attemptOf);
  }

  /** Another transaction has spent the job's nonce, for good: it needs a new one. */
  requeue(key: string): void {
    this.#write("UPDATE jobs SET state = 'queued', nonce = NULL WHERE key = ?", key);
  }

  /** Closes a job for good. */
  finish(key: string, state: "done" | "reverted" | "refused" | "expired", reason: string | null = null): void {
    this.#write("UPDATE jobs SET state = ?, reason = ? WHERE key = ?", state, reason, key);
  }

  /** Notes why a job is late. */
  late(key: string, reason: string): void {
    this.#write("UPDATE jobs SET reason = ? WHERE key = ? AND reason IS NOT ?", reason, key, reason);
  }

  /**
   * Forgets jobs whose state no longer changes. The one with the latest nonce stays: the next one is counted from it.
   * @param keys Of jobs that are old: a reorganisation of the chain that takes a forgotten one back goes unseen.
   */
  forget(keys: readonly string[]): void {
    const isOld = this.store.prepare<[string]>(
      `SELECT 1 FROM jobs WHERE key = ? AND state IN ('done', 'reverted', 'refused', 'expired')
         AND (nonce IS NULL OR nonce < (SELECT max(nonce) FROM jobs))`,
    );
    atOnce(this.store, () => {
      for (const key of keys) {
        if (isOld.get(key) === undefined) continue;
        for (const table of ["attempts", "jobs"]) this.#write(`DELETE FROM ${table} WHERE key = ?`, key);
      }
    });
  }

  #existing(key: string): Job {
    return this.job(key) as Job;
  }

  #write(sql: string, ...values: readonly (string | number | null)[]): void {
    try {
      this.store.prepare(sql).run(...values);
    } catch (error) {
      throw storeFault(this.path, error);
    }
  }
}

interface OwnerRow {
  readonly chain: string;
  readonly account: string;
}

interface JobRow {
  readonly key: string;
  readonly target: string;
  readonly data: string;
  readonly value: string;
  readonly gas: string | null;
  readonly expires: number | null;
  readonly urgent: number;
  readonly state: JobState;
  readonly nonce: number | null;
  readonly hash: string | null;
  readonly block: number | null;
  readonly block_hash: string | null;
  readonly gas_used: string | null;
  readonly reason: string | null;
}

interface AttemptRow {
  readonly hash: string;
  readonly key: string;
  readonly nonce: number;
  readonly signed: string;
  readonly most: string;
  readonly tip: string;
  readonly legacy: number;
  readonly block: number;
  readonly cancels: number;
}

function jobOf({ key, target, data, value, gas, expires, state, nonce, hash, block, ...row }: JobRow): Job {
  return {
    ...{ key, expires, state, nonce, hash, block, reason: row.reason, blockHash: row.block_hash },
    call: { to: target, data, value: BigInt(value) },
    urgent: row.urgent === 1,
    gas: gas === null ? null : BigInt(gas),
    gasUsed: row.gas_used === null ? null : BigInt(row.gas_used),
  };
}

function attemptOf({ hash, key, nonce, signed, most, tip, legacy, block, cancels }: AttemptRow): Attempt {
  const fees = { most: BigInt(most), tip: BigInt(tip), legacy: legacy === 1 };
  return { hash, key, nonce, signed, fees, block, cancels: cancels === 1 };
}
