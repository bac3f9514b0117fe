/** P1 telegrams from a serial device: the usual cable from the meter to a USB port. */
import { once } from "node:events";
import { SerialPort } from "serialport";
import type { Readable } from "node:stream";
import { Link } from "../link.ts";
import type { Backoff } from "../link.ts";
import type { Adapter, Report, Sink } from "../sample.ts";
import { P1Source } from "./source.ts";
import type { P1Options } from "./source.ts";

/** A port that opens by itself: `open`, `data`, `error` and `close` are its events. */
export type Port = Readable;

export interface P1SerialOptions extends P1Options {
  /** Device, best by the name that stays with it: `/dev/serial/by-id/…`. */
  readonly path: string;
  /** DSMR 4 and 5 send at 115,200 baud, 8N1. */
  readonly baudRate?: number;
  readonly backoff?: Backoff;
  /** Opens the device; tests bring their own. */
  readonly open?: (path: string, baudRate: number) => Port;
}

const BAUD_RATE = 115_200;

function openPort(path: string, baudRate: number): Port {
  return new SerialPort({ path, baudRate });
}

export class P1SerialAdapter implements Adapter {
  readonly #options: P1SerialOptions;
  #link: Link | undefined;

  constructor(options: P1SerialOptions) {
    this.#options = options;
  }

  async start(sink: Sink, report: Report): Promise<void> {
    const { path, meter, backoff, open = openPort, baudRate = BAUD_RATE } = this.#options;
    const source = new P1Source(this.#options, sink, report);
    this.#link = new Link({
      meter,
      address: path,
      ...(backoff === undefined ? {} : { backoff }),
      run: async (up, signal) => {
        const port = open(path, baudRate);
        const close = () => port.destroy();
        signal.addEventListener("abort", close, { once: true });
        port.once("open", up);
        port.on("data", (chunk: Buffer) => {
          source.push(chunk);
        });
        try {
          await once(port, "close");
        } finally {
          signal.removeEventListener("abort", close);
          port.destroy();
          source.lost();
          await source.idle();
        }
      },
    });
    await this.#link.start(report);
  }

  fault(): string | null {
    return this.#link === undefined ? "It is not started." : this.#link.fault;
  }

  async stop(): Promise<void> {
    await this.#link?.stop();
  }
}
