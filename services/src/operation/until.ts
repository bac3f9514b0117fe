/** Waiting for a node: whoever starts after a power cut may be up before its network is. */
import { isWattbookError } from "@wattbook/sdk";
import { type Backoff, pause, waitBefore } from "../chain/backoff.ts";
import type { Node } from "../chain/node.ts";
import { isServiceError } from "../errors.ts";
import type { Logger } from "./log.ts";

const WAITS: Backoff = { tries: Infinity, first: 1_000, most: 30_000 };

/**
 * Resolves once a node answers for the right chain.
 * @throws Faults that waiting does not mend, such as WRONG_CHAIN, and the signal's reason
 */
export async function untilNodeAnswers(node: Node, log: Logger, signal: AbortSignal): Promise<void> {
  await untilAnswered(() => node.head(), log, signal);
}

/**
 * Asks a node again and again until it answers.
 * @throws Faults that waiting does not mend, and the signal's reason
 */
export async function untilAnswered(ask: () => Promise<unknown>, log: Logger, signal: AbortSignal): Promise<void> {
  for (let failed = 1; ; failed++) {
    try {
      await ask();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error)) throw error;
      log.warn({ err: error }, "no node answers; trying again until one does");
    }
    await pause(waitBefore(WAITS, failed), signal);
  }
}

function passes(error: unknown): boolean {
  if (isServiceError(error)) return error.code === "NODE_LAGGING";
  return isWattbookError(error) && error.code.startsWith("RPC_");
}
