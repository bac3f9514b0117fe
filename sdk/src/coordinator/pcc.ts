/** The meter at the point of common coupling (PCC): its readings, what they cost at the supplier, how far they are from the members'. */
import { BadLengthError } from "../errors.ts";
import { gapPrices } from "../grid-leg.ts";
import type { Address, Hex } from "../hex.ts";
import { encodeValues } from "../reading.ts";
import type { MeterValue } from "../reading.ts";
import { recoverSigner, signMessage, verifyMessage } from "../signature.ts";
import type { CompactSignature } from "../signature.ts";
import type { GridPrice } from "../tariff.ts";
import { digestOf, messageType, typedDataOf } from "../typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "../typed-data.ts";
import { asSignedAmount, asSignedWh, asWh, sumWh } from "../units.ts";
import type { CommunityIndex, Period, Permille, SignedAmount, SignedWh, Wh } from "../units.ts";

/** A reading of the PCC meter, laid out as a member's: `valuesFromRegisters` makes the values. */
export interface PccReading {
  readonly community: CommunityIndex;
  readonly period: Period;
  /** 0, or above that of the reading it corrects; 32 bits. */
  readonly revision: bigint;
  /** It starts above the last known registers, or behind periods without a reading. */
  readonly closesGap: boolean;
  /** Register of energy into the community at the period's start, 96 bits. */
  readonly startImport: Wh;
  readonly startExport: Wh;
  /** Per slot of the period, 24 bits each. */
  readonly values: readonly MeterValue[];
}

/** The signed message: `PccReading(uint32 community,uint32 period,uint32 revision,bool closesGap,…)`. */
export const PCC_READING_TYPE = /* @__PURE__ */ messageType("PccReading", [
  { name: "community", type: "uint32" },
  { name: "period", type: "uint32" },
  { name: "revision", type: "uint32" },
  { name: "closesGap", type: "bool" },
  { name: "startImport", type: "uint96" },
  { name: "startExport", type: "uint96" },
  { name: "values", type: "bytes" },
]);

function messageOf(reading: PccReading): Message {
  return { ...reading, values: encodeValues(reading.values) };
}

/**
 * Typed data for wallets.
 * @param domain Of `CoordinatorDesk`.
 */
export function pccReadingTypedData(domain: Domain, reading: PccReading): TypedData {
  return typedDataOf(domain, PCC_READING_TYPE, messageOf(reading));
}

/**
 * The digest that the PCC meter key signs, as `CoordinatorDesk.pccReadingDigest`.
 * @throws OutOfRangeError naming a field
 */
export function pccReadingDigest(domain: Domain, reading: PccReading): Hex {
  return digestOf(domain, PCC_READING_TYPE, messageOf(reading));
}

/**
 * Signs a reading with the PCC meter key, a plain key.
 * @throws BadSignatureError
 */
export async function signPccReading(
  domain: Domain,
  reading: PccReading,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, PCC_READING_TYPE, messageOf(reading), signer);
}

/**
 * The account that signed a reading.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverPccReadingSigner(domain: Domain, reading: PccReading, signature: CompactSignature): Address {
  return recoverSigner(pccReadingDigest(domain, reading), signature);
}

/** Whether the PCC meter key signed a reading, with a low s. False for a malformed signature too. */
export function verifyPccReading(
  domain: Domain,
  reading: PccReading,
  signature: CompactSignature,
  meterKey: Address,
): boolean {
  return verifyMessage(domain, PCC_READING_TYPE, messageOf(reading), signature, meterKey);
}

/**
 * What the supplier invoices for a reading: each slot's import at its import price less its export at its export price. What no slot knows
 * (`closesGap`) is priced at the dearest import and the cheapest export price of the reading's period.
 * @param prices One per slot.
 * @param gap Registers at the start less the last known ones.
 * @throws BadLengthError for another number of prices than slots
 * @example supplyInvoiceOf(pricesOf(tariff, 0n), values) // -80_000n: 1,000 Wh fed in at 80
 */
export function supplyInvoiceOf(
  prices: readonly GridPrice[],
  values: readonly MeterValue[],
  gap: MeterValue = NOTHING,
): SignedAmount {
  const slots = values.map(({ imported, exported }, slot) => {
    const { importPrice, exportPrice } = priceAt(prices, slot, values.length);
    return imported * importPrice - exported * exportPrice;
  });
  const { dearestImport, cheapestExport } = gapPrices([prices]);
  const inGap = gap.imported * dearestImport - gap.exported * cheapestExport;
  return asSignedAmount(slots.reduce((sum, slot) => sum + slot, inGap));
}

function priceAt(prices: readonly GridPrice[], slot: number, slots: number): GridPrice {
  const price = prices[slot];
  if (price === undefined) throw new BadLengthError("prices", prices.length, `${slots} prices, one per slot`);
  return price;
}

const NOTHING: MeterValue = { imported: asWh(0n), exported: asWh(0n) };

/** How far members and PCC may differ in a period. */
export interface PccTolerance {
  /** Of what members took and gave. */
  readonly permille: Permille;
  readonly absoluteWh: Wh;
}

/** What a comparison finds. */
export interface PccComparison {
  /** Import less export at the PCC. */
  readonly pccNet: SignedWh;
  /** The same over all members settled. */
  readonly membersNet: SignedWh;
  /** Sum over slots of what the two differ by. */
  readonly deviation: Wh;
  readonly tolerated: Wh;
  readonly balanced: boolean;
}

/**
 * Compares the PCC with the members as `CoordinatorDesk.comparePcc` does: slot by slot, so that a clock that is wrong shows too.
 * @param ledger `SettlementClient.ledger` of each slot.
 * @throws BadLengthError for another number of slots
 * @example
 * const members = values.map(({ imported, exported }) => ({ imported, exported }));
 * const tolerance = { permille: asPermille(50n), absoluteWh: asWh(100n) };
 * comparePccWith(members, values, tolerance).tolerated // 150n
 */
export function comparePccWith(
  ledger: readonly MeterValue[],
  values: readonly MeterValue[],
  { permille, absoluteWh }: PccTolerance,
): PccComparison {
  if (ledger.length !== values.length) {
    throw new BadLengthError("ledger", ledger.length, `${values.length} slots, as many as the reading has`);
  }
  const differences = values.map((value, slot) => netOf(value) - netOf(ledger[slot] ?? NOTHING));
  const deviation = asWh(differences.reduce((sum, each) => sum + (each < 0n ? -each : each), 0n));
  const flow = sumWh(ledger.flatMap(({ imported, exported }) => [imported, exported]));
  const tolerated = asWh(absoluteWh + (flow * permille) / 1_000n);
  return {
    pccNet: asSignedWh(values.reduce((sum, value) => sum + netOf(value), 0n)),
    membersNet: asSignedWh(ledger.reduce((sum, value) => sum + netOf(value), 0n)),
    deviation,
    tolerated,
    balanced: deviation <= tolerated,
  };
}

function netOf({ imported, exported }: MeterValue): bigint {
  return imported - exported;
}
