/** What a node or the way to it did wrong, as an error with a code. */

import { DeployError, type DeployErrorCode } from "./errors.ts";

const AGAIN = "Run the same command again; it goes on where it stopped.";

interface Kind {
  readonly pattern: RegExp;
  readonly code: DeployErrorCode;
  readonly advice: string;
}

const KINDS: readonly Kind[] = [
  { pattern: /set to use chain id/i, code: "WRONG_CHAIN", advice: "Check the network's RPC URL." },
  {
    pattern: /insufficient funds|enough funds|exceeds balance/i,
    code: "INSUFFICIENT_FUNDS",
    advice: "Send the deployer more of the coin and run the same command again.",
  },
  { pattern: /timed? ?out|timeout/i, code: "RPC_TIMEOUT", advice: AGAIN },
  {
    pattern: /\b429\b|too many requests|rate limit|limit exceeded|\b40[13]\b|unauthori[sz]ed|forbidden/i,
    code: "RPC_REFUSED",
    advice: `Check the endpoint's key and limits. ${AGAIN}`,
  },
  {
    pattern: /ECONN|cannot connect|ENOTFOUND|EAI_AGAIN|socket|fetch failed|other side closed|\b50[234]\b/i,
    code: "RPC_UNAVAILABLE",
    advice: `Check that the node runs and its URL. ${AGAIN}`,
  },
];
const OTHER = { code: "RPC_FAILED", advice: AGAIN } as const;

/** The error for whatever a provider threw at a call of `method`. */
export function rpcFault(method: string, thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  const text = textOf(thrown, 0);
  const { code, advice } = KINDS.find(({ pattern }) => pattern.test(text)) ?? OTHER;
  const reason = firstLine(thrown);
  return new DeployError(code, `${method} failed: ${withoutUrls(reason)}. ${advice}`, { cause: thrown });
}

/** Messages of an error and of what caused it. */
function textOf(thrown: unknown, depth: number): string {
  if (depth > 4 || typeof thrown !== "object" || thrown === null) return String(thrown);
  const { message, code, cause } = thrown as Readonly<Record<string, unknown>>;
  return [message, code, cause === undefined ? "" : textOf(cause, depth + 1)].map(String).join(" ");
}

function firstLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return (text.split("\n")[0] ?? "").replace(/\.$/, "");
}

/** An RPC URL often holds an API key. */
function withoutUrls(text: string): string {
  return text.replace(/\b(https?|wss?):\/\/[^\s"')]+/g, "<RPC URL>");
}
