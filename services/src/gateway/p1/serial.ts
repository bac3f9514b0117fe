/** P1 telegrams from a serial device: the usual cable from the meter to a USB port. */
import { once } from "node:events";
import { SerialPort } from "serialport";
import type { Readable } from "node:stream";
import { GatewayError } from "../errors.ts";
import { Link } from "../link.ts";
import type { Backoff } from "../link.ts";
import type { Adapter, Report, Sink } from "../sample.ts";
import { P1Source } from "./source.ts";
import type { P1Options } from "./source.ts";

/** A port that opens by itself: `open`, `data`, `error` and `close` are its events. `destroy` would leave the device open. */
export interface Port extends Readable {
  readonly isOpen: boolean;
  readonly opening: boolean;
  close(done: (error: Error | null) => void): void;
}

export interface P1SerialOptions extends P1Options {
  /** Device, best by the name that stays with it: `/dev/serial/by-id/…`. */
  readonly path: string;
  /** DSMR 4 and 5 send at 115,200 baud, 8N1. */
  readonly baudRate?: number;
  /** Without a byte for so long the device is opened again, milliseconds. */
  readonly silence?: number;
  readonly backoff?: Backoff;
  /** Opens the device; tests bring their own. */
  readonly open?: (path: string, baudRate: number) => Port;
}

const BAUD_RATE = 115_200;
/** A device pulled out amid a telegram may never say so: `serialport` then reads nothing, again and again. */
const DEFAULT_SILENCE = 60_000;

function openPort(path: string, baudRate: number): Port {
  return new SerialPort({ path, baudRate });
}

export class P1SerialAdapter implements Adapter {
  readonly #options: P1SerialOptions;
  #link: Link | undefined;
  /** Whether nothing came for so long that the device was opened again: that it opens says nothing then. */
  #silent = false;

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
        port.once(this.#silent ? "data" : "open", up);
        try {
          await this.#read(port, source, signal);
        } finally {
          await closed(port);
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

  /** Resolves when the device is gone. */
  async #read(port: Port, source: P1Source, signal: AbortSignal): Promise<void> {
    const silence = this.#options.silence ?? DEFAULT_SILENCE;
    const silent = new AbortController();
    const timer = setTimeout(() => {
      this.#silent = true;
      const text = "nothing came in that time. Is the cable in, and the meter's P1 port switched on?";
      silent.abort(new GatewayError("LINK_DOWN", "silence", `${silence} ms`, text));
    }, silence);
    port.on("data", (chunk: Buffer) => {
      timer.refresh();
      this.#silent = false;
      source.push(chunk);
    });
    try {
      await once(port, "close", { signal: AbortSignal.any([signal, silent.signal]) });
    } catch (error) {
      silent.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Gives the device back, also one that is only about to open. */
async function closed(port: Port): Promise<void> {
  port.on("error", () => undefined); // such as that it is closed
  if (port.opening) await once(port, "open").catch(() => undefined);
  if (!port.isOpen) return;
  await new Promise<void>((resolve) => {
    port.close(() => {
      resolve();
    });
  });
}
