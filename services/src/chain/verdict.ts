/** What a node's answer to a signed transaction means for it. */
import { isWattbookError, RpcRefusedError } from "@wattbook/sdk";

/**
 * `known`: the node has it, or its nonce is spent. `cheap`: it offers less than the next block asks for. `later`: the node does not take it
 * now, or from us, which says nothing of the transaction. `never`: no node will take it as it is.
 */
export type Verdict = "known" | "cheap" | "later" | "never";

/** Nodes have no code for it: -32000 is any error of theirs, and -32003 any transaction that they reject. */
const TOO_CHEAP = /max fee per gas|fee cap|gas price|base ?fee|underpriced/i;

/** Under the same codes: no room for more, no right to send, or not ready. */
const NOT_NOW =
  /pool is full|(account|pending|in-flight|transaction) (transaction )?limit (exceeded|reached)|too many (pending|transactions)|syncing|project ?id|\bkey\b/i;

/** Reads the fault of a transaction that was handed in. Where there is a code that tells, it counts; words do where nodes give none. */
export function verdictOn(thrown: unknown): Verdict {
  if (isWattbookError(thrown, "NONCE_TAKEN")) return "known";
  // Everything else that has a code of its own, such as money that is missing, a timeout or a limit of rates, may pass.
  if (!(thrown instanceof RpcRefusedError) || thrown.busy || thrown.denied) return "later";
  if (TOO_CHEAP.test(thrown.reason)) return "cheap";
  return NOT_NOW.test(thrown.reason) ? "later" : "never";
}
