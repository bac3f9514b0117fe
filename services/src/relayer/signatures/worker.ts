/** A thread that checks signatures: tasks in, findings out, in the same order. */
import { parentPort, workerData } from "node:worker_threads";
import { check, type Found, type Task } from "./check.ts";
import { fastestCurve } from "./curve.ts";

/** What a thread is asked, and what it answers. */
export interface Question {
  readonly id: number;
  readonly tasks: readonly Task[];
}
export interface Answer {
  readonly id: number;
  readonly found: readonly Found[];
}

const { privateKey } = workerData as { readonly privateKey: string | null };
const curve = await fastestCurve();
const port = parentPort;
port?.on("message", ({ id, tasks }: Question) => {
  port.postMessage({ id, found: tasks.map((task) => check(curve, privateKey, task)) } satisfies Answer);
});
