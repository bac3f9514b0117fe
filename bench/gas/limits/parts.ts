/** The arithmetic lower bound of a transaction: parts from the gas schedule, added up. */
import { dataLength, getBytes } from "ethers";
import { CATEGORY_OF, type Category, type Kind, type Schedule } from "../schedule.ts";
import type { Call } from "../types.ts";

/** Something unavoidable and how often it is paid. */
export interface Part {
  readonly what: string;
  readonly kind: Kind;
  readonly count: number;
}

export const part = (what: string, kind: Kind, count: number): Part => ({ what, kind, count });

const WORD = 32;

/** Two members with neighbouring indices share a word. */
export const accountWords = (members: readonly number[]): number => new Set(members.map((member) => member >> 1)).size;

/** Hashing `times` messages of `bytes` bytes each. */
export function hashed(what: string, bytes: number, times: number): Part[] {
  return [part(what, "hash", times), part(what, "hashedWord", Math.ceil(bytes / WORD) * times)];
}

/** What was sent and what was logged: formats, not choices of an implementation. */
export function sentParts({ data, logs }: Pick<Call, "data" | "logs">): Part[] {
  const zeros = zeroBytes(data);
  const sum = (of: (log: Call["logs"][number]) => number) => logs.reduce((total, log) => total + of(log), 0);
  return [
    part("transaction", "transaction", 1),
    part("calldata, zero bytes", "zeroByte", zeros),
    part("calldata, other bytes", "byte", dataLength(data) - zeros),
    part("logs", "log", logs.length),
    part(
      "topics",
      "topic",
      sum(({ topics }) => topics),
    ),
    part(
      "log data",
      "logByte",
      sum(({ bytes }) => bytes),
    ),
  ];
}

function zeroBytes(data: string): number {
  let zeros = 0;
  for (const byte of getBytes(data)) if (byte === 0) zeros++;
  return zeros;
}

const costOf = ({ kind, count }: Part, schedule: Schedule): bigint => schedule[kind] * BigInt(count);

/** Gas of the parts together. */
export const sumOf = (parts: readonly Part[], schedule: Schedule): bigint =>
  parts.reduce((total, each) => total + costOf(each, schedule), 0n);

/** The same for a transaction: never less than the floor that a schedule sets for its calldata. */
export function limitOf(parts: readonly Part[], schedule: Schedule): bigint {
  const sum = sumOf(parts, schedule);
  const floor = floorOf(parts, schedule);
  return sum > floor ? sum : floor;
}

/** What the transaction pays for its calldata alone. */
export function floorOf(parts: readonly Part[], schedule: Schedule): bigint {
  const count = (of: Kind) => BigInt(parts.reduce((sum, { kind, count }) => sum + (kind === of ? count : 0), 0));
  const bytes = count("zeroByte") * schedule.floorZeroByte + count("byte") * schedule.floorByte;
  return count("transaction") * schedule.transaction + bytes;
}

/** Gas of the parts by category. */
export function byCategory(parts: readonly Part[], schedule: Schedule): Map<Category, bigint> {
  const sums = new Map<Category, bigint>();
  for (const each of parts) {
    const category = CATEGORY_OF[each.kind];
    sums.set(category, (sums.get(category) ?? 0n) + costOf(each, schedule));
  }
  return sums;
}
