/** Many samples in one commit: a sync of the disk costs the same for one and for a thousand. */
import { isServiceError, type ServiceError } from "../errors.ts";
import { asServiceError } from "./errors.ts";
import type { Intake } from "./intake.ts";
import type { Queue } from "./queue/queue.ts";
import type { Kept, Sample } from "./sample.ts";

/** A sample on its way, and who waits for it. */
interface Waiting {
  readonly sample: Sample;
  readonly resolve: (kept: Kept) => void;
  readonly reject: (error: ServiceError) => void;
}

type Outcome = { readonly kept: Kept } | { readonly error: ServiceError };

export class Ingest {
  readonly #queue: Queue;
  readonly #intake: Intake;
  #waiting: Waiting[] = [];

  constructor(queue: Queue, intake: Intake) {
    this.#queue = queue;
    this.#intake = intake;
  }

  /**
   * Keeps a sample, with all others that arrive in the same turn. Resolves once they are on disk.
   * @throws ServiceError
   */
  async keep(sample: Sample): Promise<Kept> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(this.#commit);
      this.#waiting.push({ sample, resolve, reject });
    });
  }

  readonly #commit = (): void => {
    const batch = this.#waiting;
    this.#waiting = [];
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#queue.transaction(() => batch.map(({ sample }) => this.#tryOne(sample)));
    } catch (error) {
      const named = asServiceError(error, "STORE_UNREADABLE", "queue", "check the disk.");
      for (const { reject } of batch) reject(named);
      return;
    }
    for (const [index, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ("kept" in outcome) resolve(outcome.kept);
      else reject(outcome.error);
    }
  };

  /** A refused sample leaves no trace and does not touch the others; a disk that takes nothing stops them all. */
  #tryOne(sample: Sample): Outcome {
    try {
      return { kept: this.#queue.transaction(() => this.#intake.keep(sample)) };
    } catch (error) {
      if (isServiceError(error) && error.retry) throw error;
      // Whatever else is wrong is wrong with this sample: repeating it would not help, and would hold up all others.
      return { error: asServiceError(error, "MESSAGE_MALFORMED", "sample", "it is refused; see the cause.") };
    }
  }
}
