/** Writes of many requests in one transaction: each survives a power cut before it is answered, and the disk is asked once for all. */
import { atOnce, type Store } from "../../store/open.ts";

/** Milliseconds that the first write waits for company. */
const WAIT = 8;
/** Writes of one transaction at most, so that nobody waits long. */
const MOST = 512;

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Commits work in groups. */
export class GroupCommit {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Does some work in the next transaction and resolves once it is on disk. Work must not fail for a reason of its own: all of a
   * group fail together.
   * @throws ServiceError STORE_FULL and others of the file: nothing of the group was kept
   */
  async commit(work: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      if (this.#waiting.length >= MOST) this.flush();
      this.#timer ??= setTimeout(this.flush, WAIT);
    });
  }

  /** Commits what waits, now. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      atOnce(this.#store, () => {
        for (const { work } of group) work();
      });
    } catch (fault) {
      for (const { reject } of group) reject(fault);
      return;
    }
    for (const { resolve } of group) resolve();
  };
}
