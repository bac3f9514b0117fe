/** Threads that check signatures, so that the one that answers requests does no arithmetic. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { check, type Found, type Task } from "./check.ts";
import { type Curve, fastestCurve } from "./curve.ts";
import type { Answer, Question } from "./worker.ts";

/** Tasks that are handed to a thread at once: telling it takes as long as one of them. */
const MOST = 16;

/** A task that waits, and whom to tell. */
interface Waiting {
  readonly task: Task;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it is at, by number of the question. */
  readonly asked: Map<number, readonly Waiting[]>;
}

/** Checks signatures in a few threads. */
export class SignaturePool {
  readonly #privateKey: string | null;
  readonly #threads: Thread[] = [];
  readonly #curve: Promise<Curve> = fastestCurve();
  #waiting: Waiting[] = [];
  #next = 0;
  #closed = false;

  /**
   * @param privateKey Signs receipts; null where somebody else does.
   * @param size Threads; one per core but the first if left out, none: in the caller's own.
   */
  constructor(privateKey: string | null = null, size = Math.max(1, availableParallelism() - 1)) {
    this.#privateKey = privateKey;
    for (let index = 0; index < size; index++) this.#threads.push(this.#start());
  }

  async check(task: Task): Promise<Found> {
    if (this.#threads.length === 0) return check(await this.#curve, this.#privateKey, task);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(this.#hand);
      this.#waiting.push({ task, resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { privateKey: this.#privateKey } });
    const thread: Thread = { worker, asked: new Map() };
    worker.unref();
    worker.on("message", ({ id, found }: Answer) => {
      const asked = thread.asked.get(id) ?? [];
      thread.asked.delete(id);
      for (const [index, { resolve }] of asked.entries()) resolve(found[index] ?? { signer: null, receipt: null });
      this.#hand();
    });
    worker.on("error", (error) => {
      this.#replace(thread, error);
    });
    return thread;
  }

  /** Gives what waits to threads that are idle, in even shares. */
  readonly #hand = (): void => {
    const idle = this.#threads.filter(({ asked }) => asked.size === 0);
    for (const [index, { worker, asked }] of idle.entries()) {
      const share = Math.min(MOST, Math.ceil(this.#waiting.length / (idle.length - index)));
      const some = this.#waiting.splice(0, share);
      if (some.length === 0) return;
      const id = this.#next++;
      asked.set(id, some);
      worker.postMessage({ id, tasks: some.map(({ task }) => task) } satisfies Question);
    }
  };

  /** A thread that broke down takes only what it was at with it. */
  #replace(thread: Thread, error: Error): void {
    for (const asked of thread.asked.values()) for (const { reject } of asked) reject(error);
    const index = this.#threads.indexOf(thread);
    if (index < 0 || this.#closed) return;
    this.#threads[index] = this.#start();
    this.#hand();
  }
}
