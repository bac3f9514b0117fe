/** A thread that recovers signers: digests and signatures in, accounts out, in the same order. */
import { parentPort } from "node:worker_threads";
import { type Signed, signerOf } from "./recover.ts";

/** What a thread is asked, and what it answers. */
export interface Question {
  readonly id: number;
  readonly signed: readonly Signed[];
}
export interface Answer {
  readonly id: number;
  readonly signers: readonly (string | null)[];
}

const port = parentPort;
port?.on("message", ({ id, signed }: Question) => {
  port.postMessage({ id, signers: signed.map(signerOf) } satisfies Answer);
});
