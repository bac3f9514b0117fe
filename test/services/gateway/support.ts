/** What the tests of the gateway share. */
import { expect } from "chai";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isServiceError, type ServiceError, type ServiceErrorCode } from "../../../services/src/errors.ts";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import type { Kept, Report, Sample, Sink } from "../../../services/src/gateway/sample.ts";

export const FAST = { first: 5, most: 20 };

/** A sink that remembers, and reports that it hears. */
export class Memory {
  readonly samples: Sample[] = [];
  readonly errors: ServiceError[] = [];
  /** What the next calls answer with; then `kept`. */
  readonly failures: Error[] = [];

  readonly sink: Sink = (sample): Promise<Kept> => {
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.samples.push(sample);
    return Promise.resolve("kept");
  };

  readonly report: Report = (error) => {
    this.errors.push(error);
  };

  get codes(): ServiceErrorCode[] {
    return this.errors.map(({ code }) => code);
  }
}

/** Waits until something holds; fails with what was found last. */
export async function eventually(holds: () => boolean, what: string, milliseconds = 20_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in ${milliseconds} ms: ${what}`);
    await sleep(5);
  }
}

/** Expects an error of the gateway with a message that names its field and says what to do. */
export function expectRefusal(work: () => unknown, code: ServiceErrorCode): ServiceError {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  return checkError(thrown, code);
}

/** The same of a promise. */
export async function expectRejection(work: Promise<unknown>, code: ServiceErrorCode): Promise<ServiceError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return checkError(thrown, code);
}

function checkError(thrown: unknown, code: ServiceErrorCode): ServiceError {
  if (!isServiceError(thrown)) throw new Error(`expected ${code}, got ${String(thrown)}`);
  expect(thrown.code, thrown.message).to.equal(code);
  if (thrown instanceof GatewayError) expect(thrown.message).to.include(thrown.field);
  expect(thrown.message).to.match(/[.)]$|chmod 600 \S+$/);
  return thrown;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "wattbook-gateway-"));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** CRC-16/ARC bit by bit, as the standard writes it down: mirrored bits in, mirrored bits out. */
export function slowCrc16(text: string): number {
  const mirror = (value: number, bits: number) =>
    Array.from({ length: bits }, (_, bit) => (value >> bit) & 1).reduce((sum, bit) => sum * 2 + bit, 0);
  let crc = 0;
  for (const byte of Buffer.from(text, "latin1")) {
    crc ^= mirror(byte, 8) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x8005) & 0xffff;
  }
  return mirror(crc, 16);
}

/** What a telegram says; the rest is what meters send besides. */
export interface TelegramParts {
  readonly version?: 42 | 50;
  readonly at: string;
  readonly import?: readonly [string, string];
  readonly export?: readonly [string, string];
  readonly serial?: string;
}

/** A telegram with its checksum and the line break behind it. */
export function telegram(parts: TelegramParts): string {
  const { version = 50, at, serial = "E0047000000001", import: taken = ["000100.000", "000050.250"] } = parts;
  const { export: given = ["000007.001", "000000.000"] } = parts;
  const lines = [
    "/XMX5LGBBFG1009394887",
    "",
    `1-3:0.2.8(${version})`,
    `0-0:1.0.0(${at})`,
    `0-0:96.1.1(${Buffer.from(serial, "latin1").toString("hex").toUpperCase()})`,
    `1-0:1.8.1(${taken[0]}*kWh)`,
    `1-0:1.8.2(${taken[1]}*kWh)`,
    `1-0:2.8.1(${given[0]}*kWh)`,
    `1-0:2.8.2(${given[1]}*kWh)`,
    "0-0:96.14.0(0002)",
    "1-0:1.7.0(00.512*kW)",
    "1-0:99.97.0(1)(0-0:96.7.19)(191231230000W)(0000000301*s)",
    "0-0:96.13.0()",
    "0-1:24.1.0(003)",
    "0-1:24.2.1(200426223001S)(00246.138*m3)",
    "!",
  ];
  const body = lines.join("\r\n");
  return `${body}${slowCrc16(body).toString(16).toUpperCase().padStart(4, "0")}\r\n`;
}
