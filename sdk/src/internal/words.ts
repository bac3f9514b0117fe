/** Integers as hexadecimal digits and as packed words. Digits here carry no "0x". */
import { keccak256 } from "ethers";
import { OutOfRangeError } from "../errors.ts";
import type { Hex } from "../hex.ts";

/** Digits of an unsigned integer of `bits` bits. @throws OutOfRangeError naming `field` */
export function uintDigits(field: string, value: bigint, bits: number): string {
  const most = (1n << BigInt(bits)) - 1n;
  if (typeof value !== "bigint" || value < 0n || value > most) throw new OutOfRangeError(field, value, 0n, most);
  return value.toString(16).padStart(bits / 4, "0");
}

/** Digits of a signed 256-bit integer, two's complement. */
export function intDigits(value: bigint): string {
  return BigInt.asUintN(256, value).toString(16).padStart(64, "0");
}

/** Digits of a hexadecimal string. */
export function digitsOf(hex: Hex): string {
  return hex.slice(2);
}

/** The unsigned integer in `count` bytes of `digits` from byte `at` on. */
export function uintAt(digits: string, at: number, count: number): bigint {
  return BigInt(`0x${digits.slice(2 * at, 2 * (at + count))}`);
}

/** keccak256 of the bytes that the joined `digits` stand for. */
export function keccakDigits(...digits: string[]): Hex {
  return keccak256(`0x${digits.join("")}`);
}

/** One field of a packed word. */
export interface Field {
  readonly name: string;
  readonly bits: number;
}

/** Packs `values` from the low bit on, in the order of `layout`. @throws OutOfRangeError naming the field */
export function packWord<F extends Field>(layout: readonly F[], values: Readonly<Record<F["name"], bigint>>): bigint {
  let word = 0n;
  let shift = 0n;
  for (const { name, bits } of layout) {
    const value = values[name as F["name"]];
    uintDigits(name, value, bits);
    word |= value << shift;
    shift += BigInt(bits);
  }
  return word;
}

/** Unpacks a word, the inverse of `packWord`; bits above the layout are ignored. */
export function unpackWord<F extends Field>(layout: readonly F[], word: bigint): Record<F["name"], bigint> {
  const values: Partial<Record<string, bigint>> = {};
  let rest = word;
  for (const { name, bits } of layout) {
    values[name] = BigInt.asUintN(bits, rest);
    rest >>= BigInt(bits);
  }
  return values as Record<F["name"], bigint>;
}
