/** Relayers as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import type { CommunityWorld } from "./world.ts";
import type { ChildTask } from "./crash-child.ts";

/** What a child is told of a world and an account. */
export function taskOf({ node, deployment }: CommunityWorld, privateKey: string, folder: string): ChildTask {
  const task = { url: node.url, deployment, privateKey, folder };
  const json = JSON.stringify(task, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
  return JSON.parse(json) as ChildTask;
}

/** A relayer in a process of its own. */
export class Child {
  readonly url: Promise<string>;
  readonly ended: Promise<string | null>;
  readonly #process: ChildProcess;

  constructor(task: ChildTask) {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "test/services/relayer/crash-child.ts", JSON.stringify(task)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#process = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (_, signal) => {
        resolve(signal);
      });
    });
    this.url = new Promise((resolve, reject) => {
      child.stdout.once("data", (port: Buffer) => {
        resolve(`http://127.0.0.1:${port.toString().trim()}`);
      });
      child.once("exit", () => {
        reject(new Error("it ended before it was up"));
      });
    });
    this.url.catch(() => undefined);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }
}
