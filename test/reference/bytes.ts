import { keccak256 } from "ethers";

/** Bytes as `0x` and two lower-case hex digits each. */
export type Hex = string;

/** Exactly `bytes` bytes, big-endian. */
export function uint(value: bigint, bytes: number): Hex {
  if (value < 0n || value >= 1n << BigInt(8 * bytes)) throw new RangeError(`${value} does not fit ${bytes} bytes`);
  return `0x${value.toString(16).padStart(2 * bytes, "0")}`;
}

/** An ABI word: 32 bytes, two's complement where negative. */
export function word(value: bigint): Hex {
  return uint(value < 0n ? value + (1n << 256n) : value, 32);
}

/** Hex data, such as an address, as a number. */
export function number(data: Hex): bigint {
  return data === "0x" ? 0n : BigInt(data);
}

export function text(value: string): Hex {
  return `0x${Buffer.from(value, "utf8").toString("hex")}`;
}

export function join(parts: readonly Hex[]): Hex {
  return `0x${parts.map((part) => part.slice(2).toLowerCase()).join("")}`;
}

export function byteLength(data: Hex): number {
  return (data.length - 2) / 2;
}

/** `bytes` bytes from byte `start` on. */
export function slice(data: Hex, start: number, bytes: number): Hex {
  if (start + bytes > byteLength(data)) throw new RangeError(`no ${bytes} bytes at ${start} of ${data}`);
  return `0x${data.slice(2 + 2 * start, 2 + 2 * (start + bytes))}`;
}

/** Consecutive unsigned numbers of `bytes` bytes each. */
export function numbers(data: Hex, bytes: number): bigint[] {
  if (byteLength(data) % bytes !== 0) throw new RangeError(`${data} does not split into ${bytes} bytes each`);
  const values: bigint[] = [];
  for (let start = 0; start < byteLength(data); start += bytes) values.push(number(slice(data, start, bytes)));
  return values;
}

export function keccak(data: Hex): Hex {
  return keccak256(data);
}
