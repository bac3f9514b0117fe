/** MQTT packets bounded: a broker may send 256 MiB in one, and the client would collect all of it before anybody looks. */
import { Transform, type TransformCallback } from "node:stream";
import { GatewayError } from "../errors.ts";

/** Bytes of a payload that are read: no register needs more. */
export const MOST_PAYLOAD = 65_536;

const PUBLISH = 3;
/** A length has at most four bytes of seven bits each, the lowest first. */
const MOST_LENGTH_BYTES = 4;

/**
 * Passes packets on. Of a message with a longer payload it passes one byte more than is read, and drops the rest: it is
 * refused and acknowledged like any other that is too long. Anything else that is longer ends the connection.
 */
export class PacketBound extends Transform {
  /** First bytes of a packet, until it is known how much of it passes. */
  #head: number[] = [];
  #pass = 0;
  #skip = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (let at = 0; at < chunk.length;) at += this.#take(chunk, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  /** @return Bytes that were taken. */
  #take(chunk: Buffer, at: number): number {
    if (this.#pass > 0) {
      const part = chunk.subarray(at, at + this.#pass);
      this.push(part);
      this.#pass -= part.length;
      return part.length;
    }
    if (this.#skip > 0) {
      const part = Math.min(this.#skip, chunk.length - at);
      this.#skip -= part;
      return part;
    }
    this.#head.push(chunk[at] ?? 0);
    this.#decide();
    return 1;
  }

  #decide(): void {
    const [kind = 0, ...rest] = this.#head;
    const lengthBytes = rest.findIndex((byte) => byte < 0x80) + 1;
    if (lengthBytes === 0) {
      if (rest.length < MOST_LENGTH_BYTES) return;
      const text = "its length never ends. Check what answers at the broker's address.";
      throw new GatewayError("MESSAGE_MALFORMED", "packet of the broker", rest.join(" "), text);
    }
    const length = rest.slice(0, lengthBytes).reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    if (length <= MOST_PAYLOAD) {
      this.#begin(this.#head, length, 0);
      return;
    }
    if (kind >> 4 !== PUBLISH) {
      const text = `only messages have more than ${MOST_PAYLOAD} bytes. Check what answers at the broker's address.`;
      throw new GatewayError("MESSAGE_TOO_LONG", "packet of the broker", `kind ${kind >> 4}, ${length} bytes`, text);
    }
    const [high, low] = rest.slice(lengthBytes);
    if (high === undefined || low === undefined) return;
    const before = 2 + high * 256 + low + ((kind & 0x06) === 0 ? 0 : 2);
    const kept = Math.min(length, before + MOST_PAYLOAD + 1);
    this.#begin([kind, ...lengthOf(kept), high, low], kept - 2, length - kept);
  }

  #begin(head: readonly number[], pass: number, skip: number): void {
    this.push(Buffer.from(head));
    this.#head = [];
    this.#pass = pass;
    this.#skip = skip;
  }
}

function lengthOf(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...lengthOf(rest)];
}
