/** What the chain's logs said of the communities that are served, by block, so that a reorganisation can take it back. */
import {
  asMember,
  type Hex,
  type JournalRecord,
  packHead,
  type Period,
  type SignedAmount,
  type Slot,
  unpackHead,
  type AppendedRecord,
  type CommunityIndex,
  type MemberIndex,
} from "@wattbook/sdk";
import type { Store } from "../../store/open.ts";

/** Where something was said. */
export interface Where {
  readonly block: number;
  readonly log: number;
  readonly tx: string;
}

/** A block that was read, and its hash then. */
export interface Anchor {
  readonly block: number;
  readonly hash: string;
}

/** Whose. */
export interface Whose {
  readonly community: CommunityIndex;
  readonly period: Period;
  readonly member: MemberIndex;
}

/** A reading that was accepted. */
export interface MeteredRow {
  readonly member: number;
  readonly body: string;
  readonly gap_leg: string;
  /** Block of the settlement. */
  readonly settled: number | null;
}

/** Blocks that are remembered; deeper reorganisations start from the oldest. */
const MOST_ANCHORS = 256;

/** The tables of what the chain said. */
export class Facts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  // -------------------------------------------------------------------------------------------------- communities

  /** Names of the communities whose logs were read. */
  followed(): string | undefined {
    return this.#store.prepare<[], { names: string }>("SELECT names FROM followed").get()?.names;
  }

  follow(names: string): void {
    this.#store.prepare("INSERT OR REPLACE INTO followed (id, names) VALUES (1, ?)").run(names);
  }

  // -------------------------------------------------------------------------------------------------- blocks

  /** Newest first. */
  anchors(): Anchor[] {
    return this.#store.prepare<[], Anchor>("SELECT block, hash FROM anchors ORDER BY block DESC").all();
  }

  anchor({ block, hash }: Anchor): void {
    this.#store.prepare("INSERT OR REPLACE INTO anchors VALUES (?, ?)").run(block, hash);
    this.#store
      .prepare("DELETE FROM anchors WHERE block < (SELECT block FROM anchors ORDER BY block DESC LIMIT 1 OFFSET ?)")
      .run(MOST_ANCHORS);
  }

  /** Forgets what was said from a block on. */
  rewind(from: number): void {
    for (const table of ["anchors", "records", "skips", "cleared", "metered", "estimates", "voids"]) {
      this.#store.prepare(`DELETE FROM ${table} WHERE block >= ?`).run(from);
    }
    this.#store.prepare("UPDATE estimates SET corrected = NULL WHERE corrected >= ?").run(from);
    this.#store.prepare("UPDATE metered SET settled = NULL WHERE settled >= ?").run(from);
  }

  // -------------------------------------------------------------------------------------------------- journals

  record({ block, log, tx }: Where, place: number, whose: Omit<Whose, "member">, record: AppendedRecord): void {
    this.#store
      .prepare("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        ...[block, log, place, tx, Number(whose.community), Number(whose.period), Number(record.head.module)],
        ...[Number(record.member), packHead(record.head).toString(16), record.digest, record.payload],
      );
  }

  /** A member's records of a period, oldest first. */
  records({ community, period, member }: Whose): JournalRecord[] {
    const sql = `SELECT head, digest, payload FROM records WHERE community = ? AND period = ? AND member = ? ORDER BY block, log, place`;
    const rows = this.#store
      .prepare<unknown[], { head: string; digest: Hex; payload: Hex }>(sql)
      .all(Number(community), Number(period), Number(member));
    return rows.map(({ head, digest, payload }) => ({ head: unpackHead(BigInt(`0x${head}`)), digest, payload }));
  }

  /** Members with records of the first module in a period, ascending. */
  traders(community: CommunityIndex, period: Period): MemberIndex[] {
    const sql = "SELECT DISTINCT member FROM records WHERE community = ? AND period = ? AND module = 0 ORDER BY member";
    const rows = this.#store.prepare<unknown[], { member: number }>(sql).all(Number(community), Number(period));
    return rows.map(({ member }) => asMember(BigInt(member)));
  }

  /** Payloads of the order book from a period on: what is in its books. */
  payloads(community: CommunityIndex, from: Period): { period: number; payload: Hex }[] {
    const sql = "SELECT period, payload FROM records WHERE community = ? AND period >= ? AND module = 0";
    return this.#store.prepare<unknown[], { period: number; payload: Hex }>(sql).all(Number(community), Number(from));
  }

  /** The first period with a record; null where there is none. */
  firstPeriod(community: CommunityIndex): number | null {
    const sql = `SELECT min(period) AS first FROM
      (SELECT period FROM firsts WHERE community = :community UNION ALL SELECT min(period) FROM records WHERE community = :community)`;
    const row = this.#store.prepare<unknown[], { first: number | null }>(sql).get({ community: Number(community) });
    return row?.first ?? null;
  }

  // -------------------------------------------------------------------------------------------------- what was left out

  skipped({ block, log, tx }: Where, member: MemberIndex, place: number | null, reason: string): void {
    this.#store
      .prepare("INSERT OR IGNORE INTO skips VALUES (?, ?, ?, ?, ?, ?)")
      .run(block, log, tx, Number(member), place, reason);
  }

  /** What a transaction left out: strips by place, readings by member. */
  skips(tx: string): { member: number; place: number | null; reason: string; block: number }[] {
    const sql = "SELECT member, place, reason, block FROM skips WHERE tx = ?";
    return this.#store
      .prepare<[string], { member: number; place: number | null; reason: string; block: number }>(sql)
      .all(tx);
  }

  // -------------------------------------------------------------------------------------------------- slots

  cleared(community: CommunityIndex, slot: Slot, block: number): void {
    this.#store.prepare("INSERT OR IGNORE INTO cleared VALUES (?, ?, ?)").run(Number(community), Number(slot), block);
  }

  /** Slots from `from` to before `to` that are clear. */
  clearedBetween(community: CommunityIndex, from: Slot, to: Slot): Set<bigint> {
    const sql = "SELECT slot FROM cleared WHERE community = ? AND slot >= ? AND slot < ?";
    const rows = this.#store.prepare<unknown[], { slot: number }>(sql).all(Number(community), Number(from), Number(to));
    return new Set(rows.map(({ slot }) => BigInt(slot)));
  }

  // -------------------------------------------------------------------------------------------------- readings

  /** @param body Values as they were signed. */
  metered({ community, period, member }: Whose, { block, tx }: Where, body: Hex, gapLeg: SignedAmount): void {
    this.#store
      .prepare("INSERT OR REPLACE INTO metered VALUES (?, ?, ?, ?, ?, ?, ?, NULL)")
      .run(Number(community), Number(period), Number(member), block, tx, body, String(gapLeg));
  }

  settled({ community, period, member }: Whose, block: number): void {
    this.#store
      .prepare("UPDATE metered SET settled = ? WHERE community = ? AND period = ? AND member = ?")
      .run(block, Number(community), Number(period), Number(member));
  }

  estimated({ community, period, member }: Whose, block: number): void {
    this.#store
      .prepare("INSERT OR IGNORE INTO estimates VALUES (?, ?, ?, ?, NULL)")
      .run(Number(community), Number(period), Number(member), block);
  }

  corrected({ community, period, member }: Whose, block: number): void {
    this.#store
      .prepare("UPDATE estimates SET corrected = ? WHERE community = ? AND period = ? AND member = ?")
      .run(block, Number(community), Number(period), Number(member));
  }

  /** Whether a period is settled as estimated, and a late reading may replace that. */
  isEstimated({ community, period, member }: Whose): boolean {
    const sql = "SELECT 1 FROM estimates WHERE community = ? AND period = ? AND member = ? AND corrected IS NULL";
    return this.#store.prepare(sql).get(Number(community), Number(period), Number(member)) !== undefined;
  }

  voided({ community, period, member }: Whose, module: bigint, block: number): void {
    this.#store
      .prepare("INSERT OR IGNORE INTO voids VALUES (?, ?, ?, ?, ?)")
      .run(Number(community), Number(period), Number(member), Number(module), block);
  }

  /** Modules whose records of a member count for nothing. */
  voidedOf({ community, period, member }: Whose): Set<bigint> {
    const sql = "SELECT module FROM voids WHERE community = ? AND period = ? AND member = ?";
    const rows = this.#store.prepare<unknown[], { module: number }>(sql);
    return new Set(rows.all(Number(community), Number(period), Number(member)).map(({ module }) => BigInt(module)));
  }

  meteredOf({ community, period, member }: Whose): MeteredRow | undefined {
    const sql = "SELECT member, body, gap_leg, settled FROM metered WHERE community = ? AND period = ? AND member = ?";
    return this.#store.prepare<unknown[], MeteredRow>(sql).get(Number(community), Number(period), Number(member));
  }
}
