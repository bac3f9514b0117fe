/** Telegrams out of a stream of bytes that begins and breaks anywhere. */
import { GatewayError } from "../errors.ts";

const START = 0x2f; // "/"
const END = 0x21; // "!"
const LF = 0x0a;
const CR = 0x0d;

/** A telegram of the fullest meters has some 2 KiB. */
export const MOST_TELEGRAM = 8_192;

/** Hears of complete telegrams, from "/" to the four digits after "!", and of what is none. */
export interface FrameEvents {
  telegram(bytes: Buffer): void;
  refused(error: GatewayError): void;
}

/**
 * Cuts a stream into telegrams. What stands between telegrams is dropped; a telegram that begins within another one
 * ends it: the line was cut.
 */
export class Framer {
  readonly #events: FrameEvents;
  readonly #buffer = Buffer.alloc(MOST_TELEGRAM);
  #length = 0;
  #inside = false;
  /** Whether the line that began with "!" is being read. */
  #ending = false;
  #before = LF;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.#take(byte);
      this.#before = byte;
    }
  }

  /** Forgets a telegram that was begun: the connection is gone. */
  reset(): void {
    if (this.#inside && this.#length > 0) this.#refuseCut();
    this.#inside = false;
    this.#length = 0;
    this.#before = LF;
  }

  #take(byte: number): void {
    const newLine = this.#before === LF || this.#before === CR;
    if (byte === START && (newLine || !this.#inside)) {
      if (this.#inside) this.#refuseCut();
      this.#begin();
    }
    if (!this.#inside) return;
    if (this.#ending && (byte === LF || byte === CR)) {
      this.#finish();
      return;
    }
    if (byte === END && newLine) this.#ending = true;
    if (this.#length === MOST_TELEGRAM) {
      this.#refuseLong();
      return;
    }
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  #begin(): void {
    this.#inside = true;
    this.#ending = false;
    this.#length = 0;
  }

  #finish(): void {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#inside = false;
    this.#length = 0;
    this.#events.telegram(bytes);
  }

  #refuseLong(): void {
    this.#inside = false;
    const text = `no telegram has more than ${MOST_TELEGRAM} bytes. Check the speed and parity of the line.`;
    this.#events.refused(new GatewayError("TELEGRAM_TOO_LONG", "telegram", this.#head(), text));
  }

  #refuseCut(): void {
    const text = "it ends before its checksum. Check the cable; the next telegram counts.";
    this.#events.refused(new GatewayError("TELEGRAM_CUT", "telegram", this.#head(), text));
  }

  #head(): string {
    return this.#buffer.toString("latin1", 0, Math.min(this.#length, 32));
  }
}
