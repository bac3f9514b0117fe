/** What commands are given, and how they are declared. */
import type { Command } from "commander";
import { EXIT, type ExitCode } from "./errors.ts";
import { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** A running command line. */
export interface App {
  readonly terminal: Terminal;
  /** How the process ends where nothing is thrown. */
  exit: ExitCode;
}

/** Starts one. */
export function newApp(terminal: Terminal): App {
  return { terminal, exit: EXIT.ok };
}

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** Declares a command below another one. */
export type Register = (parent: Command, app: App) => void;

/** What a command does with its options and arguments. */
export type Run<O extends CommonOptions, A extends readonly (string | undefined)[]> = (
  options: O,
  output: Output,
  ...args: A
) => Promise<void> | void;

/** Adds `--json`, and runs the command. The caller names the options and arguments that it declared. */
export function action<O extends CommonOptions, A extends readonly (string | undefined)[]>(
  command: Command,
  app: App,
  run: Run<O, A>,
): Run<O, A> {
  command
    .option("--json", "one JSON document on stdout, everything else on stderr")
    .allowExcessArguments(false)
    .action(async (...given: unknown[]) => {
      // A command above that acts too has taken the options that both have.
      const options = command.optsWithGlobals<O>();
      const args = given.slice(0, command.registeredArguments.length) as unknown as A;
      await run(options, new Output(app.terminal, options.json === true), ...args);
    });
  return run;
}
