/** Readings and strips on their way to a relayer. */
import { asCommunity, asMember, asPeriod, asSeconds } from "@wattbook/sdk/pure";
import type { CommunityIndex, Hex, MemberIndex, Period, Seconds } from "@wattbook/sdk/pure";
import type { Store } from "../../store/open.ts";

export type OutboxKind = "reading" | "strip";

/**
 * How far a message is: `made` its content is fixed, `signed` it can be handed over, then it is `accepted` or
 * `refused` for good.
 */
export type OutboxState = "made" | "signed" | "accepted" | "refused";

/** What tells messages apart: there is one reading per member and period, and one strip per frontier. */
export interface OutboxKey {
  readonly kind: OutboxKind;
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly period: Period;
  /** Frontier of a strip; 0 for a reading. */
  readonly part: bigint;
}

export interface OutboxItem extends OutboxKey {
  /** JSON as it is handed over, without its signature. */
  readonly body: string;
  /** EIP-712 digest, also the idempotency key. */
  readonly digest: Hex;
  /** 64 bytes; null until it is signed. */
  readonly signature: Hex | null;
  readonly state: OutboxState;
  readonly attempts: bigint;
  /** Not handed over before. */
  readonly nextTry: Seconds;
  /** Receipt, or code and message of the refusal. */
  readonly answer: string | null;
}

interface Row {
  readonly kind: OutboxKind;
  readonly community: bigint;
  readonly member: bigint;
  readonly period: bigint;
  readonly part: bigint;
  readonly body: string;
  readonly digest: string;
  readonly signature: string | null;
  readonly state: OutboxState;
  readonly attempts: bigint;
  readonly next_try: bigint;
  readonly answer: string | null;
}

/** Seconds that a message is put off at most, whatever the other side asks. */
export const MOST_WAIT = 3_600n;

const KEY = "kind = ? AND community = ? AND member = ? AND period = ? AND part = ?";
type Key = [OutboxKind, bigint, bigint, bigint, bigint];

export class Outbox {
  readonly #add;
  readonly #get;
  readonly #last;
  readonly #waiting;
  readonly #latest;
  readonly #earlier;
  readonly #prune;
  readonly #counts;
  readonly #earliest;
  readonly #sign;
  readonly #postpone;
  readonly #finish;
  readonly #forget;
  readonly #refused;

  constructor(db: Store) {
    this.#add = db.prepare<[...Key, string, string]>(
      "INSERT INTO outbox (kind, community, member, period, part, body, digest, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'made')",
    );
    this.#get = db.prepare<Key, Row>(`SELECT * FROM outbox WHERE ${KEY}`);
    this.#last = db.prepare<[OutboxKind, bigint, bigint], Row>(
      "SELECT * FROM outbox WHERE kind = ? AND community = ? AND member = ? ORDER BY period DESC, part DESC LIMIT 1",
    );
    this.#waiting = db.prepare<[OutboxKind, bigint, bigint, number], Row>(
      `SELECT * FROM outbox WHERE kind = ? AND state IN ('made', 'signed') AND (next_try <= ? OR next_try > ?)
        ORDER BY period, community, member, part LIMIT ?`,
    );
    this.#latest = db.prepare<[OutboxKind, bigint, bigint, bigint], Row>(
      "SELECT * FROM outbox WHERE kind = ? AND community = ? AND member = ? AND period = ? ORDER BY part DESC LIMIT 1",
    );
    this.#earlier = db.prepare<[OutboxKind, bigint, bigint, bigint], { period: bigint }>(
      "SELECT period FROM outbox WHERE kind = ? AND community = ? AND member = ? AND period < ? AND state IN ('made', 'signed') LIMIT 1",
    );
    this.#prune = db.prepare<[bigint]>(
      `DELETE FROM outbox AS old WHERE state IN ('accepted', 'refused') AND period + ? < (
        SELECT max(period) FROM outbox WHERE kind = old.kind AND community = old.community AND member = old.member)`,
    );
    this.#counts = db.prepare<[], { kind: OutboxKind; state: OutboxState; count: bigint }>(
      "SELECT kind, state, count(*) AS count FROM outbox GROUP BY kind, state",
    );
    this.#earliest = db.prepare<[OutboxKind], { community: bigint; period: bigint }>(
      "SELECT community, min(period) AS period FROM outbox WHERE kind = ? AND state IN ('made', 'signed') GROUP BY community",
    );
    // Prepared once: memory of a statement is free only once somebody collects its object.
    this.#sign = db.prepare<[string, ...Key]>(
      `UPDATE outbox SET signature = ?, state = 'signed' WHERE ${KEY} AND state = 'made'`,
    );
    this.#postpone = db.prepare<[bigint, ...Key]>(
      `UPDATE outbox SET attempts = attempts + 1, next_try = ? WHERE ${KEY}`,
    );
    this.#finish = db.prepare<[string, string, ...Key]>(`UPDATE outbox SET state = ?, answer = ? WHERE ${KEY}`);
    this.#refused = db.prepare<[], Row & { readonly later: bigint }>(
      `SELECT *, EXISTS (
          SELECT * FROM outbox AS later WHERE later.kind = old.kind AND later.community = old.community
            AND later.member = old.member AND later.state <> 'refused'
            AND (later.period = old.period AND later.part > old.part OR old.kind = 'reading' AND later.period > old.period)
        ) AS later FROM outbox AS old WHERE state = 'refused' ORDER BY community, member, kind, period, part`,
    );
    this.#forget = db.prepare<Key>(`DELETE FROM outbox WHERE ${KEY} AND state = 'refused'`);
  }

  /** Adds a message whose content is fixed. There is none with its key yet. */
  add(key: OutboxKey, body: string, digest: Hex): void {
    this.#add.run(...valuesOf(key), body, digest);
  }

  get(key: OutboxKey): OutboxItem | undefined {
    return itemOf(this.#get.get(...valuesOf(key)));
  }

  /** The one of a member's latest period. */
  last(kind: OutboxKind, community: CommunityIndex, member: MemberIndex): OutboxItem | undefined {
    return itemOf(this.#last.get(kind, community, member));
  }

  /** The latest of a member and period, whatever became of it. */
  latest(kind: OutboxKind, community: CommunityIndex, member: MemberIndex, period: Period): OutboxItem | undefined {
    return itemOf(this.#latest.get(kind, community, member, period));
  }

  /** Messages to be signed or handed over, earliest period first. What waits too long was put off by a clock that was ahead. */
  waiting(kind: OutboxKind, now: Seconds, most: number): OutboxItem[] {
    return this.#waiting.all(kind, now, now + MOST_WAIT, most).flatMap((row) => itemOf(row) ?? []);
  }

  /** Whether an earlier period of the member still waits. */
  isBehind({ kind, community, member, period }: OutboxKey): boolean {
    return this.#earlier.get(kind, community, member, period) !== undefined;
  }

  /** How many messages are in each state. */
  counts(): { readonly kind: OutboxKind; readonly state: OutboxState; readonly count: bigint }[] {
    return this.#counts.all();
  }

  /** The earliest period that waits, by community. */
  earliestWaiting(kind: OutboxKind): ReadonlyMap<CommunityIndex, Period> {
    const rows = this.#earliest.all(kind);
    return new Map(rows.map(({ community, period }) => [asCommunity(community), asPeriod(period)]));
  }

  /** The first signature stays: signing twice could give two valid messages. */
  sign(key: OutboxKey, signature: Hex): void {
    this.#sign.run(signature, ...valuesOf(key));
  }

  postpone(key: OutboxKey, nextTry: Seconds): void {
    this.#postpone.run(nextTry, ...valuesOf(key));
  }

  finish(key: OutboxKey, state: "accepted" | "refused", answer: string): void {
    this.#finish.run(state, answer, ...valuesOf(key));
  }

  /**
   * Refused messages, a member's by kind and period. `again`: another one is made once it is forgotten, because no later one
   * of its member was made that was not refused as well.
   */
  refused(): { readonly item: OutboxItem; readonly again: boolean }[] {
    return this.#refused.all().flatMap(({ later, ...row }) => {
      const item = itemOf(row);
      return item === undefined ? [] : [{ item, again: later === 0n }];
    });
  }

  /** Forgets a refused message, so that another one can take its place. Returns whether there was one. */
  forget(key: OutboxKey): boolean {
    return this.#forget.run(...valuesOf(key)).changes > 0;
  }

  /** Drops what was finished more than so many periods before a member's latest. */
  prune(periods: bigint): number {
    return this.#prune.run(periods).changes;
  }
}

function valuesOf({ kind, community, member, period, part }: OutboxKey): Key {
  return [kind, community, member, period, part];
}

function itemOf(row: Row | undefined): OutboxItem | undefined {
  if (row === undefined) return undefined;
  const { community, member, period, next_try: nextTry, ...rest } = row;
  return {
    ...rest,
    community: asCommunity(community),
    member: asMember(member),
    period: asPeriod(period),
    nextTry: asSeconds(nextTry),
  };
}
