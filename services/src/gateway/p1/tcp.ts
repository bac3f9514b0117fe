/** P1 telegrams over TCP: ser2net, ESP-Link, and the adapters that homes plug into the port. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { GatewayError } from "../errors.ts";
import { Link } from "../link.ts";
import type { Backoff } from "../link.ts";
import type { Adapter, Report, Sink } from "../sample.ts";
import { P1Source } from "./source.ts";
import type { P1Options } from "./source.ts";

export interface P1TcpOptions extends P1Options {
  readonly host: string;
  readonly port: number;
  /** Without a byte for so long the connection counts as dead, milliseconds. */
  readonly silence?: number;
  readonly backoff?: Backoff;
}

const DEFAULT_SILENCE = 60_000;

export class P1TcpAdapter implements Adapter {
  readonly #options: P1TcpOptions;
  #link: Link | undefined;
  /** Whether nothing came for so long that the line was made again: that it connects says nothing then. */
  #silent = false;

  constructor(options: P1TcpOptions) {
    this.#options = options;
  }

  async start(sink: Sink, report: Report): Promise<void> {
    const { host, port, meter, backoff } = this.#options;
    const source = new P1Source(this.#options, sink, report);
    this.#link = new Link({
      meter,
      address: `tcp://${host}:${port}`,
      ...(backoff === undefined ? {} : { backoff }),
      run: async (up, signal) => {
        const socket = connect({ host, port });
        const close = () => socket.destroy();
        signal.addEventListener("abort", close, { once: true });
        try {
          await this.#read(socket, source, up);
        } finally {
          signal.removeEventListener("abort", close);
          socket.destroy();
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

  async #read(socket: Socket, source: P1Source, up: () => void): Promise<void> {
    const silence = this.#options.silence ?? DEFAULT_SILENCE;
    socket.setTimeout(silence, () => {
      this.#silent = true;
      const text = "nothing came in that time. Is the meter's P1 port switched on, and the data request line high?";
      socket.destroy(new GatewayError("LINK_DOWN", "silence", `${silence} ms`, text));
    });
    socket.once(this.#silent ? "data" : "connect", up);
    socket.on("data", (chunk: Buffer) => {
      this.#silent = false;
      source.push(chunk);
    });
    await once(socket, "close");
  }
}
