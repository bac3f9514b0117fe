/** From bytes of a P1 port to samples: the part that serial lines and sockets share. */
import type { Seconds } from "@wattbook/sdk/pure";
import { asServiceError } from "../errors.ts";
import type { Report, Sink } from "../sample.ts";
import { Framer } from "./frame.ts";
import { readTelegram } from "./telegram.ts";

/** A meter with a P1 port. */
export interface P1Options {
  /** The meter's name in the configuration. */
  readonly meter: string;
  /** Seconds between kept telegrams: meters send every 1 to 10 s. A divisor of the slot keeps its boundaries. */
  readonly every: Seconds;
  /** Hours of the meter's clock east of Greenwich without daylight saving. */
  readonly winterHours?: bigint;
}

/** Takes chunks, hands on the first telegram of every `every` seconds. */
export class P1Source {
  readonly #options: P1Options;
  readonly #sink: Sink;
  readonly #report: Report;
  readonly #framer: Framer;
  #last: bigint | undefined;
  #pending: Promise<void> = Promise.resolve();

  constructor(options: P1Options, sink: Sink, report: Report) {
    this.#options = options;
    this.#sink = sink;
    this.#report = report;
    this.#framer = new Framer({
      telegram: (bytes) => {
        this.#pending = this.#pending.then(() => this.#take(bytes));
      },
      refused: (error) => {
        report(error, options.meter);
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#framer.push(chunk);
  }

  /** The connection is gone; what was begun is not continued. */
  lost(): void {
    this.#framer.reset();
  }

  /** Resolves when everything pushed so far is kept or refused. */
  async idle(): Promise<void> {
    await this.#pending;
  }

  /** Nobody repeats a telegram: one that cannot be kept is reported, and the next one comes in seconds. */
  async #take(bytes: Buffer): Promise<void> {
    const { meter, every, winterHours } = this.#options;
    try {
      const telegram = readTelegram(bytes, winterHours);
      const turn = telegram.at / every;
      if (turn === this.#last) return;
      await this.#sink({ meter, live: true, ...telegram });
      this.#last = turn;
    } catch (error) {
      this.#report(asServiceError(error, "MESSAGE_MALFORMED", "telegram", "see the cause."), meter);
    }
  }
}
