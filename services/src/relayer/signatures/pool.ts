/** Threads that check signatures, so that the one that answers requests never waits for arithmetic. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Signed, signerOf } from "./recover.ts";
import type { Answer, Question } from "./worker.ts";

/** Signatures that are handed to a thread at once: telling it costs a tenth of a millisecond, each of them takes one or two. */
const MOST = 8;

/** A signature that waits, and whom to tell. */
interface Waiting {
  readonly signed: Signed;
  readonly resolve: (signer: string | null) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it is at, by number of the question. */
  readonly asked: Map<number, readonly Waiting[]>;
}

/** Recovers signers in a few threads. */
export class SignaturePool {
  readonly #threads: Thread[] = [];
  #waiting: Waiting[] = [];
  #next = 0;
  #closed = false;

  /** @param size Threads; one per core if left out, none: in the caller's own. */
  constructor(size = availableParallelism()) {
    for (let index = 0; index < size; index++) this.#threads.push(this.#start());
  }

  /** The account that signed; null where the signature is none. */
  async signerOf(signed: Signed): Promise<string | null> {
    if (this.#threads.length === 0) return signerOf(signed);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#hand());
      this.#waiting.push({ signed, resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    const worker = new Worker(new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));
    const thread: Thread = { worker, asked: new Map() };
    worker.unref();
    worker.on("message", ({ id, signers }: Answer) => {
      const asked = thread.asked.get(id) ?? [];
      thread.asked.delete(id);
      for (const [index, { resolve }] of asked.entries()) resolve(signers[index] ?? null);
      this.#hand();
    });
    worker.on("error", (error: Error) => this.#replace(thread, error));
    return thread;
  }

  /** Gives what waits to threads that are idle, in even shares. */
  #hand(): void {
    const idle = this.#threads.filter(({ asked }) => asked.size === 0);
    for (const [index, { worker, asked }] of idle.entries()) {
      const share = Math.min(MOST, Math.ceil(this.#waiting.length / (idle.length - index)));
      const some = this.#waiting.splice(0, share);
      if (some.length === 0) return;
      const id = this.#next++;
      asked.set(id, some);
      worker.postMessage({ id, signed: some.map(({ signed }) => signed) } satisfies Question);
    }
  }

  /** A thread that broke down takes only what it was at with it. */
  #replace(thread: Thread, error: Error): void {
    for (const asked of thread.asked.values()) for (const { reject } of asked) reject(error);
    const index = this.#threads.indexOf(thread);
    if (index >= 0 && !this.#closed) this.#threads[index] = this.#start();
  }
}
