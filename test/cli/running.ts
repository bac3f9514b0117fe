/** Services as children of a test: started by the command line, listened to, stopped. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN } from "./support.ts";

/** Milliseconds to wait for a line of a log. */
const PATIENCE = 60_000;

/** A service that runs. */
export interface Running {
  readonly pid: number;
  /** Everything on stderr so far. */
  readonly text: () => string;
  /** The first log line of a message, whenever it comes. @throws where the service ends before */
  readonly says: (
    msg: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly stdout: string }>;
}

/** Starts services, and ends in the end what a failed test left. */
export class Services {
  readonly #running = new Set<Running>();

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out: string[] = [];
    const err: string[] = [];
    let look: () => void = () => undefined;
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      err.push(chunk.toString());
      look();
    });
    const text = () => err.join("");
    const ended = new Promise<{ code: number | null; stdout: string }>((resolve) => {
      child.once("close", (code) => {
        resolve({ code, stdout: out.join("") });
      });
    });
    const says: Running["says"] = async (msg, fields = {}) => {
      for (;;) {
        const heard = new Promise<void>((resolve) => (look = resolve));
        const found = linesIn(text()).find((line) => {
          return line["msg"] === msg && Object.entries(fields).every(([name, value]) => line[name] === value);
        });
        if (found !== undefined) return found;
        const why = await Promise.race([heard, ended.then(() => "ended"), sleep(PATIENCE, "waited", { ref: false })]);
        if (why !== undefined) throw new Error(`${why} without hearing "${msg}": ${text()}`);
      }
    };
    const stop: Running["stop"] = (signal = "SIGTERM") => {
      child.kill(signal);
      this.#running.delete(running);
      return ended;
    };
    const running = { pid: child.pid ?? 0, text, says, ended, stop };
    this.#running.add(running);
    return running;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((each) => each.stop("SIGKILL")));
  }
}

/** Whole lines of a log. */
function linesIn(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Asks again until an answer is as it should be. @throws after a minute, with the last answer */
export async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)}`);
  }
}
