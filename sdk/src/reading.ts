/** Readings: what a meter measured in one period, signed by the meter key, verified by `Settlement`. */
import { BadLengthError, OverRatedError, RegisterDownError } from "./errors.ts";
import { asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import { recoverSigner, signMessage, verifyMessage } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import type { Terms } from "./terms.ts";
import { digestOf, messageType, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "./typed-data.ts";
import { asWh, sumWh, whDown, whOf } from "./units.ts";
import type { CommunityIndex, Lots, MemberIndex, Period, Wh } from "./units.ts";

/** Two energies of a meter, both non-negative: its registers at a moment, or what they advanced by in a slot. */
export interface MeterValue {
  /** From the grid, Wh. */
  readonly imported: Wh;
  /** Into the grid, Wh. */
  readonly exported: Wh;
}

/** A reading of one period. Make it with `readingFromRegisters`. */
export interface Reading {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly period: Period;
  /** The start registers lie above the last known ones, and the difference is to be billed as unexplained. */
  readonly closesGap: boolean;
  /** Import register at the period's start, 96 bits. */
  readonly startImport: Wh;
  /** Export register at the period's start, 96 bits. */
  readonly startExport: Wh;
  /** Per slot of the period, 24 bits each. */
  readonly values: readonly MeterValue[];
}

/** The signed message: `Reading(uint32 community,uint32 member,uint32 period,bool closesGap,…)` (architecture 3.6). */
export const READING_TYPE = /* @__PURE__ */ messageType("Reading", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "period", type: "uint32" },
  { name: "closesGap", type: "bool" },
  { name: "startImport", type: "uint96" },
  { name: "startExport", type: "uint96" },
  { name: "values", type: "bytes" },
]);

const VALUE_BYTES = 3;

/**
 * Per-slot values from the registers at each slot boundary: `slotsPerPeriod + 1` of them, the first at the period's
 * start.
 * @throws BadLengthError
 * @throws RegisterDownError
 * @throws OutOfRangeError for more than 24 bits of Wh in a slot
 * @example
 * const registers = Array.from({ length: 97 }, (_, k) => ({ imported: asWh(BigInt(k) * 250n), exported: asWh(0n) }));
 * valuesFromRegisters(terms, registers)[48] // { imported: 250n, exported: 0n }
 */
export function valuesFromRegisters(
  terms: Pick<Terms, "slotsPerPeriod">,
  registers: readonly MeterValue[],
): MeterValue[] {
  const slots = Number(terms.slotsPerPeriod);
  if (registers.length !== slots + 1) {
    throw new BadLengthError("registers", registers.length, `${slots + 1} registers, one per slot boundary`);
  }
  return registers.slice(1).map((after, slot) => {
    const before = registers[slot] ?? after;
    return {
      imported: advance(`registers[${slot + 1}].imported`, before.imported, after.imported),
      exported: advance(`registers[${slot + 1}].exported`, before.exported, after.exported),
    };
  });
}

function advance(field: string, before: Wh, after: Wh): Wh {
  if (after < before) throw new RegisterDownError(field, after, before);
  uintDigits(field, after - before, 8 * VALUE_BYTES);
  return asWh(after - before);
}

/**
 * A reading from the registers at each slot boundary, the first at the period's start.
 * @throws As `valuesFromRegisters`.
 * @example
 * const registers = Array.from({ length: 97 }, (_, k) => ({ imported: asWh(BigInt(k) * 250n), exported: asWh(0n) }));
 * readingFromRegisters(terms, { community, member, period, closesGap: false }, registers).startImport // 0n
 */
export function readingFromRegisters(
  terms: Pick<Terms, "slotsPerPeriod">,
  header: Pick<Reading, "community" | "member" | "period" | "closesGap">,
  registers: readonly MeterValue[],
): Reading {
  const values = valuesFromRegisters(terms, registers);
  const start = registers[0] ?? { imported: asWh(0n), exported: asWh(0n) };
  return { ...header, startImport: start.imported, startExport: start.exported, values };
}

/** The registers at the period's end, where the next reading has to start. */
export function endRegisters(reading: Pick<Reading, "startImport" | "startExport" | "values">): MeterValue {
  return {
    imported: asWh(reading.startImport + sumWh(reading.values.map((value) => value.imported))),
    exported: asWh(reading.startExport + sumWh(reading.values.map((value) => value.exported))),
  };
}

/**
 * Wh per slot that a meter may show for a cap in lots: the cap and a tenth, rounded down. A side without a cap shows
 * none.
 * @example ratedWhDown(terms, asLots(25n)) // 275n with lots of 10 Wh
 */
export function ratedWhDown(terms: Pick<Terms, "lotWh">, cap: Lots): Wh {
  return whDown(whOf(cap, terms.lotWh), 11n, 10n);
}

/**
 * Checks values against the member's caps: settlement leaves out a reading that exceeds them in any slot.
 * @param caps Lots per slot, the largest that the member has had: bought for import, sold for export.
 * @throws OverRatedError
 * @example
 * const { buyCap, sellCap } = await registry.member(community, member, yesterday);
 * checkRated(terms, reading.values, { buy: buyCap, sell: sellCap });
 */
export function checkRated(
  terms: Pick<Terms, "lotWh">,
  values: readonly MeterValue[],
  caps: { readonly buy: Lots; readonly sell: Lots },
): void {
  const most: MeterValue = { imported: ratedWhDown(terms, caps.buy), exported: ratedWhDown(terms, caps.sell) };
  for (const [slot, value] of values.entries()) {
    for (const side of ["imported", "exported"] as const) {
      if (value[side] > most[side]) throw new OverRatedError(`values[${slot}].${side}`, value[side], most[side]);
    }
  }
}

/**
 * Values as bytes: per slot import and export, three bytes each, big-endian.
 * @throws OutOfRangeError
 * @example encodeValues([{ imported: asWh(250n), exported: asWh(0n) }]) // "0x0000fa000000"
 */
export function encodeValues(values: readonly MeterValue[]): Hex {
  const digits = values.map(
    ({ imported, exported }, slot) =>
      uintDigits(`values[${slot}].imported`, imported, 8 * VALUE_BYTES) +
      uintDigits(`values[${slot}].exported`, exported, 8 * VALUE_BYTES),
  );
  return `0x${digits.join("")}`;
}

/**
 * Reads values, the inverse of `encodeValues`.
 * @throws BadLengthError where they do not hold six bytes per slot
 * @example decodeValues(terms, encodeValues(values))[48] // { imported: 0n, exported: 1_000n }
 */
export function decodeValues(terms: Pick<Terms, "slotsPerPeriod">, bytes: Hex): MeterValue[] {
  const digits = digitsOf(asHex(bytes, "values"));
  const slots = Number(terms.slotsPerPeriod);
  const size = 2 * VALUE_BYTES;
  if (digits.length !== 2 * size * slots) {
    throw new BadLengthError("values", digits.length / 2, `${size * slots} bytes, six per slot`);
  }
  return Array.from({ length: slots }, (_, slot) => ({
    imported: asWh(uintAt(digits, slot * size, VALUE_BYTES)),
    exported: asWh(uintAt(digits, slot * size + VALUE_BYTES, VALUE_BYTES)),
  }));
}

function messageOf(reading: Reading): Message {
  const { community, member, period, closesGap, startImport, startExport, values } = reading;
  return { community, member, period, closesGap, startImport, startExport, values: encodeValues(values) };
}

/**
 * Typed data for wallets.
 * @param domain Of `Settlement`.
 */
export function readingTypedData(domain: Domain, reading: Reading): TypedData {
  return typedDataOf(domain, READING_TYPE, messageOf(reading));
}

/**
 * The digest that the meter key signs, as `Settlement.readingDigest`.
 * @throws OutOfRangeError naming a field
 */
export function readingDigest(domain: Domain, reading: Reading): Hex {
  return digestOf(domain, READING_TYPE, messageOf(reading));
}

/**
 * Signs a reading with the meter key, a plain key.
 * @throws BadSignatureError
 * @example
 * const signature = await signReading(settlementDomain, reading, meterWallet);
 * await settlement.send.meter(community, yesterday, [{ reading, signature }]);
 */
export async function signReading(
  domain: Domain,
  reading: Reading,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, READING_TYPE, messageOf(reading), signer);
}

/**
 * The account that signed a reading.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverReadingSigner(domain: Domain, reading: Reading, signature: CompactSignature): Address {
  return recoverSigner(readingDigest(domain, reading), signature);
}

/** Whether the meter key signed a reading, with a low s. False for a malformed signature too. */
export function verifyReading(
  domain: Domain,
  reading: Reading,
  signature: CompactSignature,
  meterKey: Address,
): boolean {
  return verifyMessage(domain, READING_TYPE, messageOf(reading), signature, meterKey);
}
