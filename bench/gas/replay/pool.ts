/** Replays many transactions, as many at a time as there are cores. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Evidence } from "../types.ts";
import type { Replayed } from "./replay.ts";
import type { Fork } from "./tool.ts";
import type { Answer, Order } from "./worker.ts";

/** Each holds a machine and the state of a transaction. */
const MOST_WORKERS = 4;

interface Waiting {
  readonly order: Order;
  readonly resolve: (replayed: Replayed) => void;
  readonly reject: (error: Error) => void;
}

export class ReplayPool {
  readonly #idle: Worker[];
  readonly #all: Worker[];
  readonly #queue: Waiting[] = [];
  #next = 0;

  constructor(size = Math.min(availableParallelism(), MOST_WORKERS)) {
    this.#all = Array.from({ length: size }, () => new Worker(new URL("./worker.ts", import.meta.url)));
    this.#idle = [...this.#all];
  }

  replay(evidence: Evidence, fork: Fork, profiled: boolean): Promise<Replayed> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ order: { id: this.#next++, evidence, fork, profiled }, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    const worker = this.#idle.pop();
    if (worker === undefined) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) {
      this.#idle.push(worker);
      return;
    }
    const answered = (answer: Answer) => {
      worker.off("error", broken);
      this.#idle.push(worker);
      if ("error" in answer) waiting.reject(new Error(answer.error));
      else waiting.resolve(answer.replayed);
      this.#start();
    };
    // What breaks one thread would break the next: nothing goes on.
    const broken = (error: unknown) => {
      worker.off("message", answered);
      const reason = new Error("a replay's thread broke down", { cause: error });
      for (const { reject } of [waiting, ...this.#queue.splice(0)]) reject(reason);
    };
    worker.once("message", answered);
    worker.once("error", broken);
    worker.postMessage(waiting.order);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}
