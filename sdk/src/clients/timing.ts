/** The only clock of the SDK: how long to wait for a node. */
import { isError } from "ethers";
import { RpcInvalidError, RpcTimeoutError } from "./fault-errors.ts";

/** How long to wait, and who may call it off. */
export interface Patience {
  /** Milliseconds per request, 10,000 if left out. */
  readonly timeout?: number;
  /** Stops everything; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Milliseconds per request where nothing else is asked for. */
export const DEFAULT_TIMEOUT = 10_000;

/**
 * What `work` gives, unless it takes too long. The request itself is not cancelled, only no longer waited for.
 * @throws RpcTimeoutError
 * @throws RpcInvalidError where ethers cannot read the answer
 * @throws The signal's reason.
 * @example
 * await withPatience("eth_blockNumber", provider.getBlockNumber(), { timeout: 5_000 });
 */
export async function withPatience<T>(request: string, work: Promise<T>, patience: Patience = {}): Promise<T> {
  const { timeout = DEFAULT_TIMEOUT, signal } = patience;
  work.catch(() => undefined);
  signal?.throwIfAborted();
  let stop: () => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new RpcTimeoutError(request, timeout));
    }, timeout);
    const abort = () => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", abort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([work, interrupted]);
  } catch (cause) {
    // Ethers blames an argument where the node's answer is of another type.
    if (isError(cause, "INVALID_ARGUMENT")) throw new RpcInvalidError(`${request}: ${cause.shortMessage}`, { cause });
    throw cause;
  } finally {
    stop();
  }
}

/**
 * Waits.
 * @throws The signal's reason.
 * @example
 * await pause(10);
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
