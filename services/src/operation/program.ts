/** A service as a program: from its configuration file until it is told to end. */
import { isServiceError } from "../errors.ts";
import { createLog, type Level, type Logger } from "./log.ts";
import type { Passwords } from "./keys.ts";
import type { Findings } from "./readiness.ts";
import { Secrets } from "./secrets.ts";
import { stopSignal } from "./stop.ts";

/** Where a program's configuration is. */
export interface ProgramFile {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a start needs besides its configuration. */
export interface StartParts {
  readonly log: Logger;
  readonly passwords: Passwords;
  readonly signal: AbortSignal;
}

/** A service that runs from a configuration file. */
export interface Program<C extends { readonly log: Level }> {
  readonly name: string;
  /** A configuration to begin with, JSON with comments. */
  readonly sample: string;
  /** @throws ServiceError CONFIG_INVALID and of files */
  read(file: ProgramFile, secrets: Secrets): C;
  /**
   * Opens all keys, and asks everything that it will need; leaves nothing behind.
   * @throws ServiceError of keys and files
   */
  check(config: C, passwords: Passwords): Promise<Findings>;
  /** @throws ServiceError of keys and files; faults of the node that waiting does not mend */
  start(config: C, parts: StartParts): Promise<{ readonly ended: Promise<Did> }>;
}

/** What a service did between start and end, by name. */
export type Did = Readonly<Record<string, number>>;

/** Passwords as the environment and the caller name them. */
export function passwordsOf(secrets: Secrets, { env }: ProgramFile, more: Omit<Passwords, "secrets"> = {}): Passwords {
  const path = env["KEY_PASSWORD_FILE"];
  const file = path === undefined || path === "" ? undefined : { field: "KEY_PASSWORD_FILE", path };
  return { secrets, ...(file !== undefined && { file }), ...more };
}

/** Runs a service until it has ended after a signal. @return What it did. @throws As its `read` and `start`. */
export async function runProgram<C extends { readonly log: Level }>(
  program: Program<C>,
  file: ProgramFile,
  more: Omit<Passwords, "secrets"> = {},
  secrets = new Secrets(),
): Promise<Did> {
  const config = program.read(file, secrets);
  const log = createLog(program.name, config.log, secrets);
  const signal = stopSignal(log);
  try {
    const { ended } = await program.start(config, { log, passwords: passwordsOf(secrets, file, more), signal });
    return await ended;
  } catch (error) {
    if (!signal.aborted) throw error;
    log.info(`${program.name} is down, before it was up`);
    return {};
  }
}

/** Looks at whatever a service needs, without starting it. @throws As its `read` and `check`. */
export async function checkProgram<C extends { readonly log: Level }>(
  program: Program<C>,
  file: ProgramFile,
  more: Omit<Passwords, "secrets"> = {},
): Promise<Findings> {
  const secrets = new Secrets();
  const config = program.read(file, secrets);
  const found = await program.check(config, passwordsOf(secrets, file, more));
  const clean = (fault: string | null) => (fault === null ? null : secrets.scrub(fault));
  return Object.fromEntries(Object.entries(found).map(([name, fault]) => [name, clean(fault)]));
}

/** Runs a service as this process: `node dist/relayer/main.js relayer.json`. */
export async function runMain<C extends { readonly log: Level }>(program: Program<C>): Promise<void> {
  const [path = `${program.name}.json`] = process.argv.slice(2);
  const secrets = new Secrets();
  try {
    await runProgram(program, { path, env: process.env }, {}, secrets);
  } catch (error) {
    const message =
      error instanceof Error ? `${isServiceError(error) ? error.code : error.name}: ${error.message}` : error;
    process.stderr.write(`${secrets.scrub(String(message))}\n`);
    process.exitCode = 1;
  }
}
