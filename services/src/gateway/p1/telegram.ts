/** DSMR/ESMR P1 telegrams, versions 4 and 5: checked, then read. */
import type { Seconds } from "@wattbook/sdk/pure";
import { energyUnit, registerWhDown } from "../energy.ts";
import { GatewayError } from "../errors.ts";
import { crc16 } from "./crc16.ts";
import { telegramTime } from "./time.ts";

/** What the gateway takes from a telegram. */
export interface Telegram {
  readonly at: Seconds;
  /** Sum of the tariff registers, Wh. */
  readonly importWh: bigint;
  readonly exportWh: bigint;
  /** Equipment identifier, where the meter sends one. */
  readonly serial?: string;
  /** Wh at which a tariff register starts again from 0. */
  readonly wrapWh: bigint;
}

/** Registers have six digits before the point, and with that of either tariff the sum falls by as much. */
const WRAP_WH = 1_000_000_000n;
const CHECKSUM = /^!([0-9A-Fa-f]{4})$/;
const OBJECT = /^(\d+-\d+:\d+\.\d+\.\d+)((?:\([^()]*\))+)$/;
/** Tariffs 1 and 2; 0 is the sum, for meters that count without tariffs. */
const TARIFFS = [1, 2] as const;

/**
 * Reads a telegram, from "/" to the four digits after "!".
 * @param winterHours Hours of the meter's clock east of Greenwich without daylight saving.
 * @throws GatewayError CRC_MISSING, CRC_MISMATCH, FIELD_MISSING, NOT_A_TIME, NOT_A_NUMBER, UNIT_UNKNOWN
 */
export function readTelegram(bytes: Buffer, winterHours = 1n): Telegram {
  checkCrc(bytes);
  const objects = objectsOf(bytes);
  const serial = serialOf(valueOf(objects, "0-0:96.1.1"));
  return {
    at: telegramTime(valueOf(objects, "0-0:1.0.0") ?? missing("0-0:1.0.0"), winterHours),
    importWh: registerOf(objects, "1-0:1.8"),
    exportWh: registerOf(objects, "1-0:2.8"),
    wrapWh: WRAP_WH,
    ...(serial === undefined ? {} : { serial }),
  };
}

/** The checksum covers everything from "/" to "!", both included. */
function checkCrc(bytes: Buffer): void {
  const end = bytes.lastIndexOf("!");
  const tail = bytes.toString("latin1", end);
  const digits = CHECKSUM.exec(tail)?.[1];
  if (digits === undefined) {
    const text =
      "a telegram ends with ! and four hexadecimal digits. Meters before DSMR 4 send none: replace the meter.";
    throw new GatewayError("CRC_MISSING", "checksum", tail, text);
  }
  const expected = crc16(bytes.subarray(0, end + 1));
  if (Number.parseInt(digits, 16) === expected) return;
  const sum = expected.toString(16).toUpperCase().padStart(4, "0");
  const text = `the bytes sum to ${sum}. The line is noisy: check the cable; the next telegram counts.`;
  throw new GatewayError("CRC_MISMATCH", "checksum", digits, text);
}

/** Values in brackets by OBIS code; the first of a repeated code counts. */
function objectsOf(bytes: Buffer): ReadonlyMap<string, string> {
  const objects = new Map<string, string>();
  for (const line of bytes.toString("latin1").split(/\r?\n/)) {
    const [, code, values] = OBJECT.exec(line) ?? [];
    if (code !== undefined && values !== undefined && !objects.has(code)) objects.set(code, values);
  }
  return objects;
}

function valueOf(objects: ReadonlyMap<string, string>, code: string): string | undefined {
  return objects.get(code)?.slice(1, -1);
}

function registerOf(objects: ReadonlyMap<string, string>, direction: string): bigint {
  const tariffs = TARIFFS.map((tariff) => energyOf(objects, `${direction}.${tariff}`));
  const [first, second] = tariffs;
  if (first !== undefined && second !== undefined) return first + second;
  return first ?? second ?? energyOf(objects, `${direction}.0`) ?? missing(`${direction}.1`);
}

function energyOf(objects: ReadonlyMap<string, string>, code: string): bigint | undefined {
  const value = valueOf(objects, code);
  if (value === undefined) return undefined;
  const [number = "", unit = ""] = value.split("*");
  return registerWhDown(number, energyUnit(unit, code), code);
}

/** The identifier comes as the hexadecimal digits of its characters; some meters send others, which count as they are. */
function serialOf(digits: string | undefined): string | undefined {
  if (digits === undefined || digits === "") return undefined;
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(digits)) return digits;
  const text = Buffer.from(digits, "hex").toString("latin1");
  return /^[\x20-\x7e]+$/.test(text) ? text : digits;
}

function missing(code: string): never {
  const text = "the telegram lacks it. Use a meter that sends it, or ask its operator to switch the object on.";
  throw new GatewayError("FIELD_MISSING", code, undefined, text);
}
