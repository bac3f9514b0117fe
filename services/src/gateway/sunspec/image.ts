/** Modbus registers, and what SunSpec writes into them. All numbers are integers. */
import { GatewayError } from "../errors.ts";

/** Registers of a block, 16 bits each, by address within it. */
export type Registers = readonly number[];

const U16 = 0xffff;
const ACC32_NONE = 0n;
const SF_NONE = -0x8000;
const MOST_SF = 10;

export function uint16(registers: Registers, at: number): number {
  const value = registers[at];
  if (value !== undefined) return value;
  throw new GatewayError(
    "SUNSPEC_MALFORMED",
    `register ${at}`,
    undefined,
    "the device answered with fewer registers. Check the unit id, and what else speaks on its line.",
  );
}

/** uint16 that may be absent: 0xFFFF. */
export function optionalUint16(registers: Registers, at: number): number | undefined {
  const value = uint16(registers, at);
  return value === U16 ? undefined : value;
}

export function int16(registers: Registers, at: number): number {
  const value = uint16(registers, at);
  return value > 0x7fff ? value - 0x10000 : value;
}

export function uint32(registers: Registers, at: number): bigint {
  return (BigInt(uint16(registers, at)) << 16n) | BigInt(uint16(registers, at + 1));
}

/**
 * An accumulator; 0 is not implemented, or has counted nothing yet. Firmwares that fill absent points with
 * 0xFFFFFFFF or 0x80000000 mean the same.
 */
export function acc32(registers: Registers, at: number): bigint | undefined {
  const value = uint32(registers, at);
  return value === ACC32_NONE || value === 0xffff_ffffn || value === 0x8000_0000n ? undefined : value;
}

/**
 * A scale factor, a power of ten from -10 to 10.
 * @throws GatewayError NOT_IMPLEMENTED for 0x8000, SUNSPEC_MALFORMED beyond
 */
export function scaleFactor(registers: Registers, at: number, field: string): number {
  const value = int16(registers, at);
  if (value === SF_NONE) {
    throw new GatewayError(
      "NOT_IMPLEMENTED",
      field,
      "0x8000",
      "without a scale the register says nothing. Update the device.",
    );
  }
  if (value < -MOST_SF || value > MOST_SF) {
    throw new GatewayError(
      "SUNSPEC_MALFORMED",
      field,
      value,
      `a scale is -${MOST_SF} to ${MOST_SF}. Check the model's address.`,
    );
  }
  return value;
}

/** Text in whole registers, without the zeros and blanks at its end; undefined where there is none. */
export function text(registers: Registers, at: number, length: number): string | undefined {
  const bytes = registers.slice(at, at + length).flatMap((value) => [value >> 8, value & 0xff]);
  const end = bytes.indexOf(0);
  const found = Buffer.from(end < 0 ? bytes : bytes.slice(0, end))
    .toString("utf8")
    .trim();
  return found === "" ? undefined : found;
}
