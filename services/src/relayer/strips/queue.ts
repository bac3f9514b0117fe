/** Strips that wait, in memory: what they will take of a member's money, slots and ticks once they are posted. */
import {
  type Amount,
  asAmount,
  asSlotOffset,
  type Entry,
  type MemberIndex,
  type Period,
  type SignedStrip,
} from "@wattbook/sdk";
import type { Held } from "./check.ts";
import { Volumes } from "./volumes.ts";

/** A strip that waits. */
export interface Waiting {
  readonly digest: string;
  readonly signed: SignedStrip;
  /** Base units that its acceptance takes. */
  readonly uses: Amount;
  /** Where the member's next strip goes on. */
  readonly ends: number;
}

/** One community's strips. */
export class Queue {
  readonly #strips = new Map<string, Waiting>();
  readonly #ofMember = new Map<MemberIndex, Set<Waiting>>();
  readonly #volumes = new Volumes();

  add(waiting: Waiting): void {
    if (this.#strips.has(waiting.digest)) return;
    const { member, period, entries } = waiting.signed.strip;
    this.#strips.set(waiting.digest, waiting);
    const own = this.#ofMember.get(member) ?? new Set();
    this.#ofMember.set(member, own.add(waiting));
    this.#volumes.count(period, entries);
  }

  remove(digest: string): void {
    const waiting = this.#strips.get(digest);
    if (waiting === undefined) return;
    const { member, period, entries } = waiting.signed.strip;
    this.#strips.delete(digest);
    this.#ofMember.get(member)?.delete(waiting);
    this.#volumes.count(period, entries, -1n);
  }

  clear(): void {
    this.#strips.clear();
    this.#ofMember.clear();
    this.#volumes.clear();
  }

  get size(): number {
    return this.#strips.size;
  }

  /** What of a member waits. */
  held(member: MemberIndex, period: Period): Held {
    let [uses, records, entries, ends] = [0n, 0n, 0n, -1];
    for (const waiting of this.#ofMember.get(member) ?? []) {
      uses += waiting.uses;
      const { strip } = waiting.signed;
      if (strip.period !== period) continue;
      records++;
      entries += BigInt(strip.entries.length);
      ends = Math.max(ends, waiting.ends);
    }
    const frontier = ends < 0 ? null : asSlotOffset(BigInt(ends));
    return { uses: asAmount(uses), records, entries, frontier };
  }

  /** Lots that wait at a tick. */
  volumeAt(period: Period, entry: Entry): bigint {
    return this.#volumes.at(period, entry);
  }
}
