/** The line to a broker, its packets bounded. */
import { connect, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { PacketBound } from "./bound.ts";

/** PEM texts. */
export interface LineOptions {
  readonly url: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Opens a connection: errors of the socket are errors of the line. */
export function lineTo({ url, ca, cert, key }: LineOptions): Duplex {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const secure = protocol === "mqtts:";
  const target = { host, port: port === "" ? (secure ? 8_883 : 1_883) : Number(port) };
  const name = isIP(host) === 0 ? { servername: host } : {};
  return new Line(secure ? connectTls({ ...target, ...name, ca, cert, key }) : connect(target));
}

/** A socket that is read through a bound. */
class Line extends Duplex {
  readonly #socket: Socket;
  readonly #bound = new PacketBound();

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.pipe(this.#bound);
    socket.once("close", () => this.#bound.end());
    for (const part of [socket, this.#bound]) part.once("error", (error) => this.destroy(error));
    this.#bound.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) this.#bound.pause();
    });
    this.#bound.once("end", () => this.push(null));
    this.once("end", () => this.destroy());
  }

  override _read(): void {
    this.#bound.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    this.#bound.destroy();
    done(error);
  }
}
