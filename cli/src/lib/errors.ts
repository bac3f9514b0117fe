/** Errors of the command line: a stable `code`, a message that says what to do, and the exit code that goes with it. */
import { faultOf, type WattbookError } from "@wattbook/sdk";
import { CommunityError } from "../community/errors.ts";

/** Exit codes; `docs/cli.md` explains them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, node: 3, reverted: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes of this program and how it exits with them; `docs/cli.md` says what to do about each. */
export const CLI_CODES = {
  OPTION_INVALID: EXIT.usage,
  OPTION_UNKNOWN: EXIT.usage,
  COMMAND_UNKNOWN: EXIT.usage,
  CONFIG_MISSING: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  NODE_URL_MISSING: EXIT.usage,
  FILE_UNREADABLE: EXIT.usage,
  FILE_UNWRITABLE: EXIT.usage,
  FILE_EXISTS: EXIT.usage,
  FILE_OPEN: EXIT.usage,
  KEY_MISSING: EXIT.usage,
  KEY_FILE_INVALID: EXIT.usage,
  KEY_PASSWORD_WRONG: EXIT.failed,
  PASSWORD_NEEDED: EXIT.usage,
  PASSWORDS_DIFFER: EXIT.failed,
  FILE_MALFORMED: EXIT.failed,
  NOT_COORDINATOR: EXIT.failed,
  NOT_OWNER: EXIT.failed,
  NOT_TRADING_KEY: EXIT.failed,
  CONFIRMATION_NEEDED: EXIT.failed,
  ACCOUNT_BUSY: EXIT.failed,
  BALANCE_TOO_LOW: EXIT.failed,
  MARKET_CLOSED: EXIT.failed,
  MARKET_SEALED: EXIT.failed,
  MEMBER_MISSING: EXIT.failed,
  NOT_SETTLED: EXIT.failed,
  COMMUNITY_MISSING: EXIT.failed,
  ORDER_LEFT_OUT: EXIT.failed,
  NOT_AVAILABLE: EXIT.failed,
  STOPPED: EXIT.failed,
  TRANSACTION_PENDING: EXIT.node,
  TRANSACTION_REVERTED: EXIT.reverted,
} as const satisfies Readonly<Record<string, ExitCode>>;
export type CliErrorCode = keyof typeof CLI_CODES;

/** Whatever stops a command for a reason that it can name. Test codes, not messages. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    readonly code: CliErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error as the command line reports it. */
export interface Reported {
  readonly code: string;
  readonly message: string;
  readonly exit: ExitCode;
}

/** What is reported of whatever a command threw; undefined for a bug. */
export function reportOf(thrown: unknown): Reported | undefined {
  if (thrown instanceof CliError) return { code: thrown.code, message: thrown.message, exit: CLI_CODES[thrown.code] };
  if (thrown instanceof CommunityError) return { code: thrown.code, message: thrown.message, exit: EXIT.failed };
  // Before any look at its words: a message may speak of a timeout and mean a field.
  if (thrown instanceof Error && thrown.name === "ServiceError") return serviceReport(thrown);
  const fault = faultOf(thrown);
  if (fault !== undefined) return { code: fault.code, message: withHint(fault), exit: exitOf(fault) };
  return thrown instanceof Error ? fileReport(thrown) : undefined;
}

/** What the file system refuses: a folder that is a file, a full disk, a missing right. */
function fileReport({ code, syscall, path }: NodeJS.ErrnoException): Reported | undefined {
  if (syscall === undefined || path === undefined) return undefined;
  const message = `${path} cannot be written (${code ?? "unknown"}). Give your account the right to, make room, or name another place.`;
  return { code: "FILE_UNWRITABLE" satisfies CliErrorCode, message, exit: CLI_CODES.FILE_UNWRITABLE };
}

/** An error of the services; their class is loaded only where they are used. */
function serviceReport({ message, ...fields }: Error): Reported {
  const { code } = fields as { readonly code?: unknown };
  const text = typeof code === "string" ? code : "SERVICE_FAILED";
  const exit = text in CLI_CODES ? CLI_CODES[text as CliErrorCode] : SERVICE_EXITS[text];
  return { code: text, message, exit: exit ?? EXIT.failed };
}

/** How it exits with codes that only services have. */
const SERVICE_EXITS: Readonly<Record<string, ExitCode>> = {
  NODE_LAGGING: EXIT.node,
  NODE_DISAGREES: EXIT.node,
  KEY_MISMATCH: EXIT.usage,
  LISTEN_FAILED: EXIT.usage,
};

function withHint({ message, hint }: WattbookError): string {
  return hint === undefined || message.includes(hint) ? message : `${message} ${hint}`;
}

function exitOf({ code }: WattbookError): ExitCode {
  if (code === "CONTRACT_REVERTED") return EXIT.reverted;
  if (CONFIGURATION.has(code)) return EXIT.usage;
  return NODE.test(code) ? EXIT.node : EXIT.failed;
}
const CONFIGURATION: ReadonlySet<string> = new Set([
  "DEPLOYMENT_INVALID",
  "DEPLOYMENT_VERSION",
  "DEPLOYMENT_MISMATCH",
  "WRONG_CHAIN",
  "NO_CONTRACT",
]);
const NODE = /^(RPC_|LOGS_|LOG_RANGE)/;
