/** Runs a day in a process of its own, as the image runs a gateway. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Young objects are collected early: without it V8 lets garbage grow to 100 MiB before it looks. */
const FLAG = "--max-semi-space-size=4";
/** Else glibc keeps what is free in an arena per thread. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: "1" };

/**
 * Without what compiles these files, which would count as the gateway's memory, and with one arena for all threads.
 * @param asked Hears of each boundary whose messages the process waits for.
 */
export async function alone<T>(args: readonly string[], asked: (slot: number) => void = () => undefined): Promise<T> {
  const outfile = join(import.meta.dirname, `.child-${process.pid}.mjs`);
  const entryPoints = [join(import.meta.dirname, "child.ts")];
  try {
    await build({ entryPoints, outfile, bundle: true, packages: "external", format: "esm" });
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    const child = spawn(process.execPath, [FLAG, outfile, ...args], {
      ...{ stdio: [...stdio], env: { ...process.env, ...ENVIRONMENT } },
    });
    let result: T | undefined;
    child.on("message", (message: { slot: number } | { result: T }) => {
      if ("slot" in message) asked(message.slot);
      else result = message.result;
    });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0 || result === undefined) throw new Error(`the gateway's process ended with ${String(code)}`);
    return result;
  } finally {
    rmSync(outfile, { force: true });
  }
}
