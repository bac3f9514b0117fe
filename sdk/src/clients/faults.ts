/** What ethers, wallets and nodes throw, as errors with a code and a hint. */
import { WattbookError } from "../errors.ts";
import { revertOf } from "./decode-revert.ts";
import {
  InsufficientFundsError,
  LogRangeError,
  LogsPrunedError,
  NoContractError,
  NonceTakenError,
  RpcInvalidError,
  RpcRefusedError,
  RpcTimeoutError,
  RpcUnavailableError,
  SignatureRejectedError,
  WrongChainError,
} from "./fault-errors.ts";
import type { FaultError } from "./fault-errors.ts";
import { thrownOf } from "./thrown.ts";
import type { Thrown } from "./thrown.ts";

/**
 * The coded error in whatever a provider, a wallet or a node threw; undefined for anything else, such as a bug or an
 * `AbortSignal` that the caller fired.
 * @example
 * const thrown = await wattbook.escrow.send.claimDue(community, member).catch((error: unknown) => error);
 * const fault = faultOf(thrown);
 * console.log(fault?.code, fault?.hint);
 */
export function faultOf(thrown: unknown): WattbookError | undefined {
  if (thrown instanceof WattbookError) return thrown;
  const said = thrownOf(thrown);
  const options = { cause: thrown };
  for (const rule of BEFORE_REVERTS) {
    const fault = rule(said, options);
    if (fault !== undefined) return fault;
  }
  const revert = revertOf(thrown);
  if (revert !== undefined) return revert;
  for (const rule of AFTER_REVERTS) {
    const fault = rule(said, options);
    if (fault !== undefined) return fault;
  }
  return hasCode(said, "CALL_EXCEPTION") ? new RpcRefusedError(answerIn(thrown), false, options) : undefined;
}

/** The words of a node that nothing else explains. */
function answerIn(thrown: unknown): string {
  const { info } = thrown as { readonly info?: { readonly error?: unknown } };
  return reason(thrownOf(info?.error), /./);
}

/** Reads one kind of fault. */
type Rule = (said: Thrown, options: ErrorOptions) => FaultError | undefined;

const rejected: Rule = (said, options) =>
  hasCode(said, "ACTION_REJECTED", 4001) || says(said, /\buser (rejected|denied)\b/i)
    ? new SignatureRejectedError(options)
    : undefined;

const aborted = (said: Thrown): boolean => said.names.includes("AbortError") || hasCode(said, "CANCELLED");

const funds: Rule = (said, options) => {
  const pattern = /insufficient funds|doesn't have enough funds|insufficient balance for|cannot afford/i;
  return hasCode(said, "INSUFFICIENT_FUNDS") || says(said, pattern)
    ? new InsufficientFundsError(reason(said, pattern), options)
    : undefined;
};

const nonce: Rule = (said, options) => {
  const pattern =
    /nonce (is )?too (low|high)|nonce has already been used|replacement (transaction|fee)[^.]*(underpriced|too low)|already ?(known|imported)|known transaction/i;
  return hasCode(said, "NONCE_EXPIRED", "REPLACEMENT_UNDERPRICED", "TRANSACTION_REPLACED") || says(said, pattern)
    ? new NonceTakenError(reason(said, pattern), options)
    : undefined;
};

const chain: Rule = (said, options) => {
  const pattern =
    /invalid chain ?id|incompatible EIP-155|chainId mismatch|network changed|chainId "?\w+"? must match the active chainId|unrecognized chain id|invalid sender.*chain/i;
  if (!hasCode(said, 4902) && !says(said, pattern)) return undefined;
  const text = said.texts.join(" ");
  const [, have, want] = /have (\d+) want (\d+)/.exec(text) ?? [];
  const [, before, after] = /network changed: (\d+) => (\d+)/.exec(text) ?? [];
  return new WrongChainError(idOf(have ?? before), idOf(want ?? after), options);
};

const pruned: Rule = (said, options) => {
  const pattern =
    /pruned history|history (has been|is) pruned|due to pruning|(receipts?|logs|block|history|data)[^.]* (is|are|was|were|been) pruned|receipts?[^.]{0,80}(not available|unavailable|neither stored)|is not available: blockNum|missing trie node|history not available/i;
  return hasCode(said, 4444) || says(said, pattern) ? new LogsPrunedError(null, options) : undefined;
};

/** Before rate limits: some nodes use the same code for both. */
const range: Rule = (said, options) => {
  if (says(said, BUSY) || !(hasCode(said, -32614) || says(said, RANGE))) return undefined;
  return new LogRangeError(reason(said, RANGE), limitIn(said), options);
};
const RANGE = new RegExp(
  [
    /(more than|max(imum)?|exceeds?|exceeded|limit(ed)?|up to)\b[^.]{0,40}\b(results|logs|block range|blocks? ?range|range)\b/,
    /\b(block )?range\b[^.]{0,40}\b(too (large|wide|big)|exceeds?|exceeded|limit|not supported|is bigger)/,
    /ranges over \d+ blocks/,
    /too (wide|large|big)[^.]{0,20}\brange/,
    /(too many|maximum[^.]{0,30}) (requested )?(blocks|logs|results)\b/,
    /(log )?response (size )?(exceeded|too large|is too big)|response size (should|is|exceed)/,
    /logs? (count )?limit exceeded|results? limit exceeded|query exceeds max/,
    /requested too many blocks/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);
const BUSY = /too many requests|rate.?limit|request(s)? (rate|count)|per second|throttl|capacity|quota|daily request/i;

const refused: Rule = (said, options) => {
  const busy = said.statuses.includes(429) || hasCode(said, 429, -32005, -32016, -32029) || says(said, BUSY);
  if (busy) return new RpcRefusedError(reason(said, BUSY), true, options);
  const pattern =
    /unauthorized|forbidden|invalid (api|project) ?(key|id)|method .*(not (found|available|supported|exist))|unsupported method|unexpected status code|status code 4\d\d/i;
  const denied = said.statuses.some((status) => status === 401 || status === 402 || status === 403);
  return denied || hasCode(said, 4100, 4200, -32601, -32001, -32004) || says(said, pattern)
    ? new RpcRefusedError(reason(said, pattern), false, options, true)
    : undefined;
};

const timeout: Rule = (said, options) => {
  const codes = ["TIMEOUT", "ETIMEDOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT"];
  const late =
    hasCode(said, ...codes) ||
    said.names.includes("TimeoutError") ||
    said.statuses.some((status) => status === 408 || status === 504) ||
    says(said, /time(d)? ?-?out|deadline exceeded|took too long/i);
  return late ? new RpcTimeoutError("the request", null, options) : undefined;
};

const codeless: Rule = (said, options) =>
  hasCode(said, "BAD_DATA") && says(said, /value="0x"/)
    ? new NoContractError("the contract of the call", "", options)
    : undefined;

const invalid: Rule = (said, options) => {
  const pattern = /not valid JSON|unexpected (token|end of)|invalid JSON|missing response|JSON input/i;
  return says(said, pattern) || hasCode(said, "BAD_DATA", -32700)
    ? new RpcInvalidError(reason(said, pattern), options)
    : undefined;
};

/** One of several nodes behind an address that is behind the others: the next one may have the block. */
const behind: Rule = (said, options) => {
  const pattern =
    /header not found|unknown block|block ?(hash|number)?,? (is |was |could |can)?not (be )?found|BlockOutOfRange|invalid block tag \d+\. Latest/i;
  return says(said, pattern) ? new RpcUnavailableError(reason(said, pattern), options) : undefined;
};

const unavailable: Rule = (said, options) => {
  const pattern =
    /fetch failed|failed to fetch|network ?error|socket hang up|could not (detect|connect)|connection (refused|reset|closed|error)|ECONN|ENOTFOUND|EAI_AGAIN|terminated|disconnected|bad gateway|service unavailable|load failed|other side closed|failed to make \w+ request|cannot connect to|status code 5\d\d/i;
  const codes = ["NETWORK_ERROR", "ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EPIPE", "UND_ERR_SOCKET"];
  return hasCode(said, ...codes, 4900, 4901) || said.statuses.some((status) => status >= 500) || says(said, pattern)
    ? new RpcUnavailableError(reason(said, pattern), options)
    : undefined;
};

/** What is left of a node's own errors. */
const other: Rule = (said, options) => {
  if (hasCode(said, -32603, -32002)) return new RpcUnavailableError(reason(said, /./), options);
  const own = said.codes.some((code) => typeof code === "number" && code <= -32000 && code > -32800);
  // An HTTP status alone is no judgement of what was asked.
  return own || hasCode(said, "SERVER_ERROR")
    ? new RpcRefusedError(reason(said, /./), false, options, !own)
    : undefined;
};

const BEFORE_REVERTS: readonly Rule[] = [rejected, funds, nonce, chain];
const AFTER_REVERTS: readonly Rule[] = [
  pruned,
  behind,
  range,
  refused,
  timeout,
  codeless,
  unavailable,
  invalid,
  other,
].map(
  (rule): Rule =>
    (said, options) =>
      aborted(said) ? undefined : rule(said, options),
);

function hasCode(said: Thrown, ...codes: readonly (string | number)[]): boolean {
  return said.codes.some((code) => codes.includes(code));
}

function says(said: Thrown, pattern: RegExp): boolean {
  return said.texts.some((text) => pattern.test(text));
}

/** The innermost text that speaks of the fault, else the innermost of all; one line without addresses of nodes. */
function reason(said: Thrown, pattern: RegExp): string {
  const texts = said.texts.filter((text) => text.trim() !== "");
  const text = [...texts].reverse().find((each) => pattern.test(each)) ?? texts[texts.length - 1] ?? "no reason given";
  const line = text
    .replace(/\b(https?|wss?):\/\/[^\s"')]+/g, "(node)")
    .replace(/\s+/g, " ")
    .trim();
  return (line.length > 160 ? `${line.slice(0, 160)}…` : line).replace(/[.:]+$/, "");
}

/** The number of blocks that a node names as its limit. */
function limitIn(said: Thrown): number | null {
  const text = reason(said, RANGE).replace(/(\d),(?=\d{3}\b)/g, "$1");
  const patterns = [
    /limited to (?:a |0 - )?(\d+)/,
    /(?:maximum|max)(?: allowed)?(?: number of)?(?: requested)?(?: block)?(?: range| blocks)?(?: is set to| is)?:? (\d+)/,
    /limit(?: is| of)? (\d+)/,
    /up to a? ?(\d+) block/,
    /over (\d+) blocks/,
  ];
  for (const pattern of patterns) {
    const [, found] = pattern.exec(text) ?? [];
    if (found !== undefined && Number(found) > 0) return Number(found);
  }
  return null;
}

function idOf(text: string | undefined): bigint | null {
  return text === undefined ? null : BigInt(text);
}
