/**
 * The strips that the relayer commits to, period by period. A bundle is on disk before anybody hears of its root, and never changes:
 * a chunk that is lost cannot be revealed and costs the bond, and so does a second root under the same receipts.
 */
import { asCommunity, asPeriod, type Hex, type SealedCommit } from "@wattbook/sdk";
import { keccak256 } from "ethers";
import type { Store } from "../../store/open.ts";
import type { StripRow } from "../store/strips.ts";

/** A bundle, without its chunks. */
export interface Bundle {
  readonly community: number;
  readonly period: number;
  readonly root: string;
  readonly chunks: number;
  /** Unix seconds: up to here it can be committed. */
  readonly gate: number;
}

/** Where a strip stands in its bundle. */
export interface BundlePlace {
  readonly chunk: number;
  readonly place: number;
}

/** The tables of bundles. */
export class Bundles {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps a bundle and where its strips stand, within a transaction. @param rows In the order of the commit. */
  add(commit: SealedCommit, rows: readonly Pick<StripRow, "digest">[], gate: number): void {
    const key = [Number(commit.community), Number(commit.period)];
    const insert = (table: string, values: number) =>
      this.#store.prepare(`INSERT INTO ${table} VALUES (${Array.from({ length: values }, () => "?").join(", ")})`);
    insert("bundles", 5).run(...key, commit.root, commit.chunks.length, gate);
    const [chunk, strip] = [insert("chunks", 5), insert("bundled", 5)];
    let next = 0;
    for (const [index, { bytes, strips }] of commit.chunks.entries()) {
      chunk.run(...key, index, strips, Buffer.from(bytes.slice(2), "hex"));
      for (let place = 0; place < strips; place++) strip.run(rows[next++]?.digest ?? "", ...key, index, place);
    }
  }

  find(community: number, period: number): Bundle | undefined {
    const sql = "SELECT * FROM bundles WHERE community = ? AND period = ?";
    return this.#store.prepare<unknown[], Bundle>(sql).get(community, period);
  }

  /** Oldest first. */
  of(community: number): Bundle[] {
    const sql = "SELECT * FROM bundles WHERE community = ? ORDER BY period";
    return this.#store.prepare<[number], Bundle>(sql).all(community);
  }

  /** A bundle as it is committed, revealed and shown. */
  commitOf({ community, period, root }: Bundle): SealedCommit {
    const sql = "SELECT strips, bytes FROM chunks WHERE community = ? AND period = ? ORDER BY chunk";
    const rows = this.#store.prepare<unknown[], { strips: number; bytes: Buffer }>(sql).all(community, period);
    const chunks = rows.map(({ strips, bytes }) => {
      const text: Hex = `0x${bytes.toString("hex")}`;
      return { bytes: text, hash: keccak256(text), strips };
    });
    const names = { community: asCommunity(BigInt(community)), period: asPeriod(BigInt(period)), root: root };
    return { ...names, chunks, strips: chunks.reduce((sum, { strips }) => sum + strips, 0) };
  }

  /** Digests of a chunk's strips, in their order. */
  digests(community: number, period: number, chunk: number): string[] {
    const sql = "SELECT digest FROM bundled WHERE community = ? AND period = ? AND chunk = ? ORDER BY place";
    const rows = this.#store.prepare<unknown[], { digest: string }>(sql).all(community, period, chunk);
    return rows.map(({ digest }) => digest);
  }

  /** Where a strip stands; undefined for one that is in no bundle. */
  placeOf(digest: string): BundlePlace | undefined {
    const sql = "SELECT chunk, place FROM bundled WHERE digest = ?";
    return this.#store.prepare<[string], BundlePlace>(sql).get(digest);
  }
}

/** What the strips of a bundle are said to be in. */
export function bundleKey({ community, period }: Pick<Bundle, "community" | "period">): string {
  return `commit:${community}:${period}`;
}
