/** What reveals and the time mean for the strips that the relayer has committed to. */
import type { EventNamed, WattbookEvent } from "@wattbook/sdk";
import type { Bus } from "../bus.ts";
import { namesOf } from "../chain/outcomes.ts";
import type { Facts } from "../store/facts.ts";
import type { StripRow, Strips } from "../store/strips.ts";
import { type Bundle, bundleKey, type Bundles } from "./bundles.ts";
import type { CommitRow, Rounds } from "./rounds.ts";

/** What outcomes change, and who hears of them. */
export interface SealedOutcomeParts {
  readonly facts: Facts;
  readonly strips: Strips;
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly bus: Bus;
  readonly account: string;
  /** A strip does not wait any more. */
  readonly resolved: (row: StripRow, outcome: "skipped" | "missed") => void;
  /** Something of a commit of the relayer's own. */
  readonly happened: (step: CommitStep, name: string) => void;
}

export const COMMIT_STEPS = [
  "committed",
  "revealed",
  "challenged",
  "answered",
  "released",
  "forfeited",
  "uncommitted",
  "turnMissed",
] as const;

/** What comes of a commit. */
export type CommitStep = (typeof COMMIT_STEPS)[number];

/** Draws conclusions. */
export class SealedOutcomes {
  readonly #parts: SealedOutcomeParts;

  constructor(parts: SealedOutcomeParts) {
    this.#parts = parts;
  }

  /** Within the transaction of whoever read the events, once what they say of journals is in. */
  apply(events: readonly WattbookEvent[]): void {
    for (const event of events) {
      this.#parts.rounds.apply(event);
      if (event.contract !== "CommitBook" && event.contract !== "SealedAuction") continue;
      if (!("place" in event)) continue;
      const bundle = this.#ownAt(event);
      if (bundle === undefined) continue;
      const { happened } = this.#parts;
      if (event.name === "Committed") this.#committed(event, bundle);
      else if (event.name === "ChunkRevealed") this.#revealed(event, bundle);
      else if (event.name === "Challenged") happened("challenged", event.strip);
      else if (event.name === "Answered") happened("answered", event.strip);
      else happened(event.name === "BondReleased" ? "released" : "forfeited", bundleKey(bundle));
    }
  }

  /** The commit was not on chain at its gate: its strips are missed. */
  uncommitted(bundle: Bundle): void {
    const key = bundleKey(bundle);
    if (this.#parts.strips.unassign(key)) this.#parts.happened("uncommitted", key);
  }

  /** The turn ended before all was revealed. */
  turnMissed(bundle: Bundle, { revealed, chunks }: CommitRow): void {
    const { bundles, strips, bus, resolved, happened } = this.#parts;
    let some = false;
    for (let chunk = revealed; chunk < chunks; chunk++) {
      for (const digest of bundles.digests(bundle.community, bundle.period, chunk)) {
        const row = strips.lost(digest, "TurnMissed");
        if (row === undefined) continue;
        some = true;
        resolved(row, "missed");
        bus.tell({ type: "missed", ...namesOf(row), reason: "TurnMissed" });
      }
    }
    if (some) happened("turnMissed", bundleKey(bundle));
  }

  /** The bundle behind the commit at a place, if it is the relayer's own. */
  #ownAt({ community, period, place }: { community: bigint; period: bigint; place: bigint }): Bundle | undefined {
    const { rounds, bundles, account } = this.#parts;
    const bundle = bundles.find(Number(community), Number(period));
    if (bundle === undefined) return undefined;
    const made = rounds.commits(bundle.community, bundle.period).find((commit) => commit.place === Number(place));
    return made?.relayer === account && made.root === bundle.root ? bundle : undefined;
  }

  #committed({ community, period, place, root, log }: EventNamed<"Committed">, bundle: Bundle): void {
    const names = { community: String(community), period: String(period), place: String(place) };
    this.#parts.bus.tell({ type: "committed", ...names, root, transaction: log.transactionHash ?? "" });
    this.#parts.happened("committed", bundleKey(bundle));
  }

  #revealed({ index, log }: EventNamed<"ChunkRevealed">, bundle: Bundle): void {
    const { bundles, facts, strips, bus, resolved, happened } = this.#parts;
    const where = { block: log.blockNumber, tx: log.transactionHash ?? "" };
    const skips = facts.skips(where.tx);
    for (const [place, digest] of bundles.digests(bundle.community, bundle.period, Number(index)).entries()) {
      const reason = skips.find((skip) => skip.place === place)?.reason;
      const row = reason === undefined ? undefined : strips.skipped(digest, where, reason);
      if (row === undefined) continue;
      resolved(row, "skipped");
      bus.tell({ type: "skipped", ...namesOf(row), reason: reason ?? "" });
    }
    happened("revealed", `${bundleKey(bundle)}:${index}`);
  }
}
