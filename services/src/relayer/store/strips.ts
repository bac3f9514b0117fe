/** The strips that the relayer took. */
import { type SignedStrip, unpackStrips, packStrip, asCommunity, asPeriod } from "@wattbook/sdk";
import type { Store } from "../../store/open.ts";

/**
 * Where a strip stands: it is `waiting` for its gate or for its transaction, was `posted` (by whomever), `skipped` by the contract,
 * `withdrawn` by its member, or `missed`: its last gate closed before it could be posted.
 */
export type StripState = "waiting" | "posted" | "skipped" | "withdrawn" | "missed";

/** A strip that was taken. */
export interface StripRow {
  readonly digest: string;
  readonly community: number;
  readonly period: number;
  readonly member: number;
  /** `after`, and where the member's next strip goes on. */
  readonly starts: number;
  readonly ends: number;
  readonly fee_to: string;
  /** As it is posted. */
  readonly packed: Buffer;
  /** Base units that its acceptance takes. */
  readonly uses: string;
  /** Unix seconds: gates of its first and last slot. */
  readonly gate: number;
  readonly closes: number;
  /** Unix seconds. */
  readonly received: number;
  /** The receipt's signature. */
  readonly receipt: string;
  readonly state: StripState;
  /** The call that it is in, while that is not final; in a sealed community the commit. */
  readonly batch: string | null;
  /** Calls that did not bring it in. */
  readonly tries: number;
  readonly reason: string | null;
  readonly block: number | null;
  readonly tx: string | null;
  /** JSON list of entries that the contract refused. */
  readonly refused: string | null;
}

/** What is known of a strip when it comes. */
export type NewStrip = Pick<
  StripRow,
  "digest" | "starts" | "ends" | "uses" | "gate" | "closes" | "received" | "receipt"
> & { readonly signed: SignedStrip };

/** Reasons of the contract that do not pass. */
const FINAL_REASONS = new Set([
  "BadLength",
  "WrongEpoch",
  "Expired",
  "WrongFrontier",
  "BadSignature",
  "NothingAccepted",
]);
/** How often a strip is posted that the contract skipped for a reason that may pass. */
const MOST_TRIES = 3;

/** The table of strips. */
export class Strips {
  readonly #store: Store;
  readonly #insert;
  readonly #byDigest;
  readonly #withdrawn;

  constructor(store: Store) {
    this.#store = store;
    this.#insert = store.prepare(
      `INSERT OR IGNORE INTO strips (digest, community, period, member, starts, ends, fee_to, packed, uses, gate, closes, received,
         receipt, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`,
    );
    this.#withdrawn = store.prepare<[number, number, number], { n: number }>(
      "SELECT count(*) AS n FROM strips WHERE state = 'withdrawn' AND community = ? AND period = ? AND member = ?",
    );
    this.#byDigest = store.prepare<[string], StripRow>("SELECT * FROM strips WHERE digest = ?");
  }

  /** Within a transaction. */
  add({ signed, ...row }: NewStrip): void {
    const { community, period, member, feeTo } = signed.strip;
    const packed = Buffer.from(packStrip(signed).slice(2), "hex");
    this.#insert.run(
      ...[row.digest, Number(community), Number(period), Number(member), row.starts, row.ends, feeTo, packed],
      ...[row.uses, row.gate, row.closes, row.received, row.receipt],
    );
  }

  find(digest: string): StripRow | undefined {
    return this.#byDigest.get(digest);
  }

  /** Oldest first. */
  waiting(): StripRow[] {
    return this.#store.prepare<[], StripRow>("SELECT * FROM strips WHERE state = 'waiting' ORDER BY number").all();
  }

  /** Waiting ones that are in no call and whose first gate is near; those of a member in the order in which they cover slots. */
  due(community: number, before: number, now: number): StripRow[] {
    return this.#store
      .prepare<[number, number, number], StripRow>(
        `SELECT * FROM strips WHERE state = 'waiting' AND community = ? AND batch IS NULL AND gate <= ? AND closes > ?
         ORDER BY period, member, starts`,
      )
      .all(community, before, now);
  }

  /**
   * Those of a sealed period that a receipt binds the relayer to commit to: a member's own transaction may have posted one, and the
   * chain may take that back.
   */
  promised(community: number, period: number): StripRow[] {
    const sql = `SELECT * FROM strips WHERE state IN ('waiting', 'posted') AND community = ? AND period = ? AND batch IS NULL`;
    return this.#store.prepare<unknown[], StripRow>(sql).all(community, period);
  }

  /** How many those are. */
  promisedCount(community: number, period: number): number {
    const sql = `SELECT count(*) AS n FROM strips WHERE state IN ('waiting', 'posted') AND community = ? AND period = ? AND batch IS NULL`;
    return this.#store.prepare<unknown[], { n: number }>(sql).get(community, period)?.n ?? 0;
  }

  /** Whether some of a period wait and are in no call, nor in a commit. */
  waitIn(community: number, period: number): boolean {
    const sql =
      "SELECT 1 FROM strips WHERE state = 'waiting' AND community = ? AND period = ? AND batch IS NULL LIMIT 1";
    return this.#store.prepare(sql).get(community, period) !== undefined;
  }

  /** Whether a strip waits and is in no call. */
  isFree(digest: string): boolean {
    const row = this.find(digest);
    return row?.state === "waiting" && row.batch === null;
  }

  /** Those whose last gate is past and that are in no call are missed. */
  missed(community: number, now: number): StripRow[] {
    return this.#store
      .prepare<[number, number], StripRow>(
        `UPDATE strips SET state = 'missed'
         WHERE state = 'waiting' AND community = ? AND batch IS NULL AND closes <= ? RETURNING *`,
      )
      .all(community, now);
  }

  /** @return Whether it waited for its gate: what is in a call cannot be withdrawn. */
  withdraw(digest: string): boolean {
    const sql = "UPDATE strips SET state = 'withdrawn' WHERE digest = ? AND state = 'waiting' AND batch IS NULL";
    return this.#store.prepare(sql).run(digest).changes === 1;
  }

  /** How many strips of a period a member has taken back. */
  withdrawnCount(community: number, period: number, member: number): number {
    return this.#withdrawn.get(community, period, member)?.n ?? 0;
  }

  /** It is in a journal, whoever posted it. */
  posted(digest: string, where: { readonly block: number; readonly tx: string }, refused: readonly number[]): void {
    this.#store
      .prepare("UPDATE strips SET state = 'posted', reason = NULL, block = ?, tx = ?, refused = ? WHERE digest = ?")
      .run(where.block, where.tx, refused.length === 0 ? null : JSON.stringify(refused), digest);
  }

  /** Strips of a member that start where another one has gone on are void. */
  overtaken(by: Pick<StripRow, "community" | "period" | "member" | "ends">, block: number): StripRow[] {
    return this.#store
      .prepare<unknown[], StripRow>(
        `UPDATE strips SET state = 'skipped', reason = 'WrongFrontier', block = ?
         WHERE community = ? AND period = ? AND member = ? AND starts < ? AND state = 'waiting' AND batch IS NULL RETURNING *`,
      )
      .all(block, by.community, by.period, by.member, by.ends);
  }

  /** A revealed chunk held the strip, and the contract skipped it. @return Undefined where it is in a journal all the same. */
  skipped(
    digest: string,
    where: { readonly block: number; readonly tx: string },
    reason: string,
  ): StripRow | undefined {
    return this.#store
      .prepare<unknown[], StripRow>(
        `UPDATE strips SET state = 'skipped', reason = ?, block = ?, tx = ? WHERE digest = ? AND state IN ('waiting', 'missed') RETURNING *`,
      )
      .get(reason, where.block, where.tx, digest);
  }

  /** The chunk that holds the strip was not revealed in time. @return Undefined where it does not wait. */
  lost(digest: string, reason: string): StripRow | undefined {
    const sql = "UPDATE strips SET state = 'missed', reason = ? WHERE digest = ? AND state = 'waiting' RETURNING *";
    return this.#store.prepare<unknown[], StripRow>(sql).get(reason, digest);
  }

  /** Why a strip waits although its gate is near. */
  waits(digest: string, reason: string): void {
    this.#store
      .prepare("UPDATE strips SET reason = ? WHERE digest = ? AND state = 'waiting' AND reason IS NOT ?")
      .run(reason, digest, reason);
  }

  /** Why the strips of a commit wait. */
  note(batch: string, reason: string): void {
    this.#store.prepare("UPDATE strips SET reason = ? WHERE batch = ? AND reason IS NOT ?").run(reason, batch, reason);
  }

  /** The commit was not made: its strips wait, on their own. @return Whether there were some. */
  unassign(batch: string): boolean {
    const sql = "UPDATE strips SET batch = NULL WHERE batch = ? AND state = 'waiting'";
    return this.#store.prepare(sql).run(batch).changes > 0;
  }

  /** What was said in blocks that are gone. */
  rewind(from: number): void {
    this.#store
      .prepare(
        `UPDATE strips SET state = 'waiting', reason = NULL, block = NULL, tx = NULL, refused = NULL
         WHERE block >= ? AND state IN ('posted', 'skipped')`,
      )
      .run(from);
  }

  /** Puts a strip into a call: what it waited for is over. */
  assign(digest: string, batch: string): void {
    this.#store.prepare("UPDATE strips SET batch = ?, reason = NULL WHERE digest = ?").run(batch, digest);
  }

  /**
   * The call that a strip was in is over, and did not bring it in: it waits again, or is skipped for good.
   * @param said The contract's reason and its block; null where the call did not get through.
   */
  release(digest: string, said: { readonly reason: string; readonly block: number } | null): StripRow | undefined {
    const row = this.find(digest);
    if (row?.state !== "waiting" || said === null) {
      this.settle(digest);
      return this.find(digest);
    }
    const over = FINAL_REASONS.has(said.reason) || row.tries + 1 >= MOST_TRIES;
    this.#store
      .prepare("UPDATE strips SET batch = NULL, tries = tries + 1, reason = ?, state = ?, block = ? WHERE digest = ?")
      .run(said.reason, over ? "skipped" : "waiting", over ? said.block : null, digest);
    return this.find(digest);
  }

  /** The call that a strip was in brought it in, or what was said of it stays. */
  settle(digest: string): void {
    this.#store.prepare("UPDATE strips SET batch = NULL WHERE digest = ?").run(digest);
  }
}

/** A strip as it was signed. */
export function signedOf({ community, period, fee_to, packed }: StripRow): SignedStrip {
  const batch = { community: asCommunity(BigInt(community)), period: asPeriod(BigInt(period)), feeTo: fee_to };
  const [signed] = unpackStrips(batch, `0x${packed.toString("hex")}`);
  if (signed === undefined) throw new RangeError("packed: no strip");
  return signed;
}
