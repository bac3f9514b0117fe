/** Programs of their own that are killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync } from "node:fs";

/** Runs a command line of Node.js; what it says goes to a file. */
export class Program {
  readonly name: string;
  readonly #args: () => readonly string[];
  readonly #log: string;
  readonly #heard: ((message: unknown) => void) | undefined;
  #child: ChildProcess | undefined;
  #kills = 0;

  /** @param args Asked at every start. @param heard Gets messages of the program; without it there is no channel. */
  constructor(name: string, args: () => readonly string[], log: string, heard?: (message: unknown) => void) {
    this.name = name;
    this.#args = args;
    this.#log = log;
    this.#heard = heard;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** How often it was killed. */
  get kills(): number {
    return this.#kills;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { PATH, HOME } = process.env;
    const channel = this.#heard === undefined ? [] : (["ipc"] as const);
    const child = spawn(process.execPath, [...this.#args()], {
      stdio: ["ignore", "pipe", "pipe", ...channel],
      env: { PATH, HOME, NO_COLOR: "1" },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        appendFileSync(this.#log, chunk);
      });
    }
    if (this.#heard !== undefined) child.on("message", this.#heard);
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      appendFileSync(this.#log, `${this.name} ended by itself: ${code ?? signal}\n`);
    });
  }

  send(message: object): void {
    // A program that was just killed hears nothing.
    this.#child?.send(message, () => undefined);
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    this.#kills++;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}
