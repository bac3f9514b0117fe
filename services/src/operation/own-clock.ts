/**
 * Whether this machine's clock agrees with the chain's. No relayer and no keeper goes by it: gates, slots and deadlines
 * follow the chain's blocks. Dates of logs and receipts do, and so does a gateway on the same machine.
 */
import type { Head } from "../chain/index.ts";
import { ServiceError } from "../errors.ts";

/** Seconds by which they may differ. */
const TOLERANCE = 60;

const NEEDED = "Nothing is sent by it, but dates of logs and receipts are wrong";

export class OwnClock {
  #said: string | undefined;
  #block: string | undefined;

  /**
   * Hears of the latest block.
   * @return What is wrong, once as long as it is; undefined otherwise
   */
  hear({ time, hash }: Pick<Head, "time" | "hash">): ServiceError | undefined {
    const fault = faultOf(Math.floor(Date.now() / 1_000) - time, this.#block !== undefined && hash !== this.#block);
    // Between blocks every clock is ahead.
    if (fault === undefined && hash === this.#block) return undefined;
    this.#block = hash;
    if (fault?.code === this.#said) return undefined;
    this.#said = fault?.code;
    return fault;
  }
}

/** @param fresh Whether the block was just made: how old the first one is that one sees says nothing. */
function faultOf(ahead: number, fresh: boolean): ServiceError | undefined {
  if (ahead < -TOLERANCE) {
    const text = `This machine's clock is ${-ahead} s behind the chain's latest block. ${NEEDED}: check its NTP.`;
    return new ServiceError("OWN_CLOCK_BEHIND", text);
  }
  if (!fresh || ahead <= TOLERANCE) return undefined;
  const found = `This machine's clock is ${ahead} s ahead of a block that just came`;
  return new ServiceError("OWN_CLOCK_AHEAD", `${found}. ${NEEDED}: check its NTP, and whether the node lags.`);
}
