/** A serial line without hardware: a pseudo terminal, whose other end is what is written here. */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

/** The terminal's name comes first; then only what is written passes, every byte as it is. */
const HOLD = "stty raw -echo && tty && exec sleep infinity";

/** Whether there is util-linux' `script`, which every Debian has. */
export function hasTerminals(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8", stdio: "pipe" }).includes("util-linux");
  } catch {
    return false;
  }
}

/** A cable in a device of a name that stays, as those in `/dev/serial/by-id` do. */
export class Cable {
  /** The name behind that name: another one after the cable is in again. */
  readonly terminal: string;
  readonly #device: string;
  readonly #script: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(device: string, terminal: string, script: ChildProcessByStdio<Writable, Readable, null>) {
    this.#device = device;
    this.terminal = terminal;
    this.#script = script;
  }

  /** @param device Path that the device is to have. */
  static async plugIn(device: string): Promise<Cable> {
    const script = spawn("script", ["--quiet", "--command", HOLD, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
    script.stdin.on("error", () => undefined); // written to a cable that is out
    const [name] = (await once(script.stdout, "data")) as [Buffer];
    const terminal = name.toString("latin1").trim();
    symlinkSync(terminal, device);
    return new Cable(device, terminal, script);
  }

  write(bytes: string): void {
    this.#script.stdin.write(bytes, "latin1");
  }

  /** The device is gone, with what it had not passed on yet. */
  async pullOut(): Promise<void> {
    if (this.#script.killed) return;
    rmSync(this.#device);
    this.#script.kill("SIGKILL");
    await once(this.#script, "close");
  }

  /** How often this process has the terminal open. */
  held(): number {
    return readdirSync("/proc/self/fd").filter((each) => {
      try {
        return readlinkSync(`/proc/self/fd/${each}`).startsWith(this.terminal);
      } catch {
        return false; // closed meanwhile
      }
    }).length;
  }
}
