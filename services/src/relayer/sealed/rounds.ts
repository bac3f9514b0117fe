/** Commits of sealed periods as the chain's logs tell of them: anyone's, because turns and places depend on all. */
import { COMMIT_PLACES, type CommunityIndex, type Period, type WattbookEvent } from "@wattbook/sdk";
import type { Store } from "../../store/open.ts";

/** Places of a period that relayers can take whom the coordinator did not name. */
const OPEN_PLACES = 4;

/** A commit on chain. */
export interface CommitRow {
  readonly place: number;
  readonly relayer: string;
  readonly named: 0 | 1;
  readonly root: string;
  readonly chunks: number;
  readonly strips: number;
  readonly tx: string;
  /** Chunks that are revealed. */
  readonly revealed: number;
  /** What became of its bond; null while it is locked. */
  readonly fate: "released" | "forfeited" | null;
}

/** A commit of an account that has no bundle for it. */
export interface Stray extends CommitRow {
  readonly period: number;
}

/** What is asked of the table of commits, `c`. */
const COLUMNS = `place, relayer, named, root, chunks, strips, tx,
  (SELECT count(*) FROM reveals r WHERE r.community = c.community AND r.period = c.period AND r.place = c.place) AS revealed,
  (SELECT fate FROM fates f WHERE f.community = c.community AND f.period = c.period AND f.place = c.place) AS fate`;

/** The tables of what the commit book said. */
export class Rounds {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps what an event says; within the transaction that says that it was read. */
  apply(event: WattbookEvent): void {
    const { blockNumber: block, transactionHash: tx = "" } = event.log;
    if (event.name === "Committed") {
      const { relayer, named, root, chunks, strips } = event;
      this.#store
        .prepare("INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(...keyOf(event), relayer.toLowerCase(), named ? 1 : 0, root, Number(chunks), Number(strips), block, tx);
    } else if (event.name === "ChunkRevealed") {
      this.#store
        .prepare("INSERT OR REPLACE INTO reveals VALUES (?, ?, ?, ?, ?, ?)")
        .run(...keyOf(event), Number(event.index), block, tx);
    } else if (event.name === "Challenged") {
      this.#store
        .prepare("INSERT OR IGNORE INTO challenges VALUES (?, ?, ?, ?, ?, NULL)")
        .run(...keyOf(event), event.strip, block);
    } else if (event.name === "Answered") {
      this.#store
        .prepare("UPDATE challenges SET answered = ? WHERE community = ? AND period = ? AND place = ? AND strip = ?")
        .run(block, ...keyOf(event), event.strip);
    } else if (event.contract === "CommitBook" && isFate(event)) {
      const fate = event.name === "BondReleased" ? "released" : "forfeited";
      this.#store.prepare("INSERT OR REPLACE INTO fates VALUES (?, ?, ?, ?, ?)").run(...keyOf(event), fate, block);
    }
  }

  /** Takes back what was said in blocks that are gone. */
  rewind(from: number): void {
    for (const table of ["commits", "reveals", "challenges", "fates"]) {
      this.#store.prepare(`DELETE FROM ${table} WHERE block >= ?`).run(from);
    }
    this.#store.prepare("UPDATE challenges SET answered = NULL WHERE answered >= ?").run(from);
  }

  /** Commits of a period in the order of their places. */
  commits(community: CommunityIndex | number, period: Period | number): CommitRow[] {
    return this.#store
      .prepare<unknown[], CommitRow>(
        `SELECT ${COLUMNS} FROM commits c WHERE community = ? AND period = ? ORDER BY place`,
      )
      .all(Number(community), Number(period));
  }

  /** Commits of an account from a period on whose bundle is not in this file, whatever became of them. Oldest first. */
  strays(account: string, community: number, from: number): Stray[] {
    return this.#store
      .prepare<unknown[], Stray>(
        `SELECT period, ${COLUMNS} FROM commits c WHERE community = ? AND period >= ? AND relayer = ? AND NOT EXISTS
           (SELECT 1 FROM bundles b WHERE b.community = c.community AND b.period = c.period AND b.root = c.root)
         ORDER BY period`,
      )
      .all(community, from, account);
  }

  /**
   * The older period whose commit keeps a place, because its bond has found no owner yet.
   * @param ring Periods after which a place is used again.
   */
  unfinishedAt(
    { community, period }: { community: number; period: number },
    place: number,
    ring: number,
  ): number | undefined {
    const sql = `SELECT period FROM commits c WHERE community = ? AND place = ? AND period < ? AND (? - period) % ? = 0 AND NOT EXISTS
      (SELECT 1 FROM fates f WHERE f.community = c.community AND f.period = c.period AND f.place = c.place) ORDER BY period DESC`;
    const row = this.#store.prepare<unknown[], { period: number }>(sql).get(community, place, period, period, ring);
    return row?.period;
  }

  /** Names of strips that a commit is asked for and has not shown. */
  openChallenges(community: number, period: number, place: number): string[] {
    const sql = "SELECT strip FROM challenges WHERE community = ? AND period = ? AND place = ? AND answered IS NULL";
    const rows = this.#store.prepare<unknown[], { strip: string }>(sql).all(community, period, place);
    return rows.map(({ strip }) => strip);
  }
}

/** Whether a relayer can still commit to strips of a period. @param named Whether the coordinator named it. */
export function hasPlace(commits: readonly Pick<CommitRow, "named">[], named: boolean): boolean {
  const unnamed = commits.filter((commit) => commit.named === 0).length;
  return commits.length < COMMIT_PLACES && (named || unnamed < OPEN_PLACES);
}

type Fate = Extract<WattbookEvent, { contract: "CommitBook"; name: "BondReleased" | "BondForfeited" }>;

function isFate(event: Extract<WattbookEvent, { contract: "CommitBook" }>): event is Fate {
  return event.name === "BondReleased" || event.name === "BondForfeited";
}

function keyOf(event: { readonly community: bigint; readonly period: bigint; readonly place: bigint }) {
  return [Number(event.community), Number(event.period), Number(event.place)] as const;
}
