/** `wattbook`: the command line as a function. */
export { main } from "./main.ts";
export { CLI_CODES, CliError, EXIT } from "./lib/errors.ts";
export type { CliErrorCode, ExitCode } from "./lib/errors.ts";
export type { Terminal } from "./lib/terminal.ts";
