/** Connections that are made again whenever they break. */
import { setTimeout as sleep } from "node:timers/promises";
import { asServiceError } from "./errors.ts";
import type { Report } from "./sample.ts";

/** How long to wait before connecting again, milliseconds: doubled from `first` to `most`, and the first success resets it. */
export interface Backoff {
  readonly first: number;
  readonly most: number;
}

export const DEFAULT_BACKOFF: Backoff = { first: 500, most: 30_000 };

/** What a link runs. */
export interface LinkOptions {
  readonly meter?: string;
  /** Where it leads, for messages: `tcp://192.168.1.20:23`. */
  readonly address: string;
  readonly backoff?: Backoff;
  /**
   * Connects, calls `up` once connected, and returns when the connection has ended.
   * @throws where it cannot connect or breaks
   */
  readonly run: (up: () => void, signal: AbortSignal) => Promise<void>;
}

/** Runs a connection again and again until it is stopped. */
export class Link {
  readonly #options: LinkOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #fault: string | null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#fault = `${options.address} is not connected yet.`;
  }

  /** Why there is no connection; null where there is one. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Resolves once the first connection stands; failures on the way are reported and tried again. */
  async start(report: Report): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#running = this.#loop(report, resolve).finally(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #loop(report: Report, connected: () => void): Promise<void> {
    const { run, meter, address, backoff = DEFAULT_BACKOFF } = this.#options;
    const { signal } = this.#abort;
    let wait = backoff.first;
    while (!signal.aborted) {
      const up = () => {
        wait = backoff.first;
        this.#fault = null;
        connected();
      };
      try {
        await run(up, signal);
        this.#fault = `${address} ended the connection.`;
      } catch (error) {
        if (isAborted(signal)) return;
        const hint = `check cable and address; trying again in ${wait} ms.`;
        const named = asServiceError(error, "LINK_DOWN", address, hint);
        this.#fault = named.message;
        report(named, meter);
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, backoff.most);
    }
  }
}

/** Not a plain look: the signal changes while the loop waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
