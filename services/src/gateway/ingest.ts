/** Many samples in one commit: a sync of the disk costs the same for one and for a thousand. */
import { isServiceError, type ServiceError } from "../errors.ts";
import { asServiceError } from "./errors.ts";
import { Holding } from "./holding.ts";
import type { Intake } from "./intake.ts";
import type { Queue } from "./queue/queue.ts";
import type { Kept, Report, Sample } from "./sample.ts";

/** A sample on its way, and who waits for it. */
interface Waiting {
  readonly sample: Sample;
  readonly resolve: (kept: Kept) => void;
  readonly reject: (error: ServiceError) => void;
}

type Outcome = { readonly kept: Kept; readonly why?: ServiceError } | { readonly error: ServiceError };

export class Ingest {
  readonly #queue: Queue;
  readonly #intake: Intake;
  readonly #holding: Holding;
  readonly #report: Report;
  #waiting: Waiting[] = [];

  /** @param report Hears why a sample is held. */
  constructor(queue: Queue, intake: Intake, holding: Holding, report: Report) {
    this.#queue = queue;
    this.#intake = intake;
    this.#holding = holding;
    this.#report = report;
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
    for (const [index, { sample, resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if (!("kept" in outcome)) reject(outcome.error);
      else {
        if (outcome.why !== undefined) this.#report(outcome.why, sample.meter);
        resolve(outcome.kept);
      }
    }
  };

  /** A refused sample leaves no trace and does not touch the others; a disk that takes nothing stops them all. */
  #tryOne(sample: Sample): Outcome {
    try {
      return { kept: this.#queue.transaction(() => this.#intake.keep(sample)) };
    } catch (error) {
      if (isServiceError(error) && error.retry) throw error;
      if (Holding.takes(error)) return this.#hold(sample, error);
      return refused(error);
    }
  }

  #hold(sample: Sample, why: ServiceError): Outcome {
    try {
      this.#queue.transaction(() => {
        this.#holding.hold(sample);
      });
      return { kept: "held", why };
    } catch (error) {
      if (isServiceError(error) && error.retry) throw error;
      return refused(error);
    }
  }
}

/** Whatever else is wrong is wrong with this sample: repeating it would not help, and would hold up all others. */
function refused(error: unknown): Outcome {
  return { error: asServiceError(error, "MESSAGE_MALFORMED", "sample", "it is refused; see the cause.") };
}
