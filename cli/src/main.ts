/** The command line as a function: arguments in, an exit code out. */
import { CommanderError, type Command } from "commander";
import { newApp } from "./lib/app.ts";
import { CliError, EXIT, reportOf, type CliErrorCode, type ExitCode } from "./lib/errors.ts";
import { Output } from "./lib/output.ts";
import type { Terminal } from "./lib/terminal.ts";
import { withoutKeys } from "./lib/text.ts";
import { programOf } from "./program.ts";

/** Runs a command line, without node and script; returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const app = newApp(terminal);
  const program = programOf(app);
  try {
    await program.parseAsync([...args], { from: "user" });
    return app.exit;
  } catch (thrown) {
    if (thrown instanceof CommanderError && SHOWN.has(thrown.code)) return EXIT.ok;
    const error = thrown instanceof CommanderError ? usageError(thrown, args, program) : thrown;
    return failed(error, program, terminal);
  }
}

/** Help and version that were asked for. */
const SHOWN = new Set(["commander.helpDisplayed", "commander.version"]);

function failed(error: unknown, program: Command, terminal: Terminal): ExitCode {
  const debug = program.opts<{ debug?: boolean }>().debug === true;
  const report = reportOf(error);
  const output = new Output(terminal, false);
  output.say(report === undefined ? unexpected(error) : `${report.code}: ${report.message}`);
  if (debug && error instanceof Error) terminal.stderr.write(`${withoutKeys(error.stack ?? "")}\n`);
  return report?.exit ?? EXIT.failed;
}

function unexpected(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `UNEXPECTED: ${message.split("\n")[0] ?? ""}. This is a fault of the program: please report it with the output of --debug.`;
}

function usageError(thrown: CommanderError, args: readonly string[], program: Command): CliError {
  const code = CODES[thrown.code] ?? "OPTION_INVALID";
  if (thrown.code === "commander.help") {
    const group = groupOf(program, args);
    const names = group.commands.map((each) => each.name()).join(", ");
    const message = `${pathOf(group)} needs a command: ${names}. See ${pathOf(group)} --help.`;
    return new CliError("COMMAND_UNKNOWN", message, { cause: thrown });
  }
  const said = thrown.message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
  const message = `${said}. See ${pathOf(groupOf(program, args))} --help.`;
  return new CliError(code, message, { cause: thrown });
}

const CODES: Readonly<Record<string, CliErrorCode>> = {
  "commander.unknownOption": "OPTION_UNKNOWN",
  "commander.unknownCommand": "COMMAND_UNKNOWN",
  "commander.help": "COMMAND_UNKNOWN",
};

/** The command that the arguments name, as far as they name one. */
function groupOf(program: Command, args: readonly string[]): Command {
  let found = program;
  for (const name of args) {
    const next = found.commands.find((each) => each.name() === name);
    if (next === undefined) continue;
    found = next;
  }
  return found;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
