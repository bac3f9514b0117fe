/** Replays in a thread of its own. */
import { parentPort } from "node:worker_threads";
import type { Evidence } from "../types.ts";
import { replay, type Replayed } from "./replay.ts";
import type { Fork } from "./tool.ts";

export interface Order {
  readonly id: number;
  readonly evidence: Evidence;
  readonly fork: Fork;
  readonly profiled: boolean;
}
export type Answer = { readonly id: number } & ({ readonly replayed: Replayed } | { readonly error: string });

parentPort?.on("message", ({ id, evidence, fork, profiled }: Order) => {
  const answer = (of: Answer) => parentPort?.postMessage(of);
  replay(evidence, fork, profiled).then(
    (replayed) => answer({ id, replayed }),
    (error: unknown) => answer({ id, error: String(error) }),
  );
});
