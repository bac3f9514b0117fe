/** From planned calls to jobs of the sender, and from final jobs to what became of each item. */
import type { Job, JobState, Outbox, Sender } from "../../chain/index.ts";
import { atOnce, type Store } from "../../store/open.ts";
import { type Batch, type Batches, jobOf } from "../store/batches.ts";
import type { Facts } from "../store/facts.ts";
import type { Readings } from "../store/readings.ts";
import type { StripRow, Strips } from "../store/strips.ts";

/** What following up needs. */
export interface FollowUpParts {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly batches: Batches;
  readonly facts: Facts;
  readonly strips: Strips;
  readonly readings: Readings;
  /** What became of a strip whose call is over. */
  readonly released: (row: StripRow) => void;
}

const UNDER_WAY: readonly JobState[] = ["queued", "sent", "mined"];
const FINAL: ReadonlySet<JobState> = new Set(["done", "reverted", "refused", "expired"]);

/** Hands calls to the sender, and closes those that are final. */
export class FollowUp {
  readonly #parts: FollowUpParts;

  constructor(parts: FollowUpParts) {
    this.#parts = parts;
  }

  /** The sender has every open call, once per key; and what a deep reorganisation brought back is open again. */
  submit(): void {
    const { outbox, batches, sender } = this.#parts;
    for (const state of UNDER_WAY) for (const { key } of outbox.inState(state)) batches.reopen(key);
    for (const batch of batches.open()) sender.submit(jobOf(batch));
  }

  /** Closes what is final. @param block Up to which the logs were read. */
  close(block: number): void {
    const { sender, batches } = this.#parts;
    for (const batch of batches.open()) {
      const job = sender.job(batch.key);
      if (job === undefined || !FINAL.has(job.state)) continue;
      if (job.state === "done" && (job.block ?? 0) > block) continue;
      this.#close(batch, job);
    }
  }

  #close({ key, kind }: Batch, job: Job): void {
    const { store, facts, batches, strips, readings, released } = this.#parts;
    const skips = job.state === "done" && job.hash !== null ? facts.skips(job.hash) : [];
    const rows: StripRow[] = [];
    atOnce(store, () => {
      for (const { place, digest, member } of batches.items(key)) {
        if (kind === "post") {
          const row = strips.release(digest, skips.find((skip) => skip.place === place) ?? null);
          if (row !== undefined) rows.push(row);
        } else readings.release(digest, skips.find((skip) => skip.member === member) ?? null);
      }
      batches.close(key);
    });
    for (const row of rows) released(row);
  }
}
