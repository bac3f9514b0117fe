/** Settlement preview: the leg that `Settlement` hands to the escrow for one member and period, to the base unit. */
import { BadLengthError, MissingAnswerError } from "./errors.ts";
import { estimatedValues, gridLegs, imbalanceOf } from "./grid-leg.ts";
import type { JournalRecord } from "./journal.ts";
import { networkFeeOf, releasedByVoid, voidReasonOf } from "./market-module.ts";
import type { ModuleAnswer, Pot, SlotTrade, VoidReason } from "./market-module.ts";
import { addPositions, NO_POSITION } from "./position.ts";
import type { Position } from "./position.ts";
import type { MeterValue } from "./reading.ts";
import { pricesOf } from "./tariff.ts";
import type { GridPrice, Tariff } from "./tariff.ts";
import type { Terms } from "./terms.ts";
import { asAmount, asSignedAmount, asWh, costOf, sumAmounts, sumSigned } from "./units.ts";
import type { Amount, SignedAmount, SignedWh, Wh } from "./units.ts";

/** What the meter says: a reading, or the class's default load where none came. */
export type Metering =
  | { readonly kind: "metered"; readonly values: readonly MeterValue[]; readonly gapLeg: SignedAmount }
  | { readonly kind: "estimated"; readonly defaultLoadWh: Wh };

/** Everything that a member's settlement depends on. */
export interface SettlementInput {
  /** The tariff of the period. */
  readonly tariff: Tariff;
  /** The member's class in the period. */
  readonly tariffClass: bigint;
  /** The member's journal, oldest record first; their heads are all that counts here. */
  readonly records: readonly Pick<JournalRecord, "head">[];
  /**
   * By module index, for every module that has a record; null for a call that fails. See `positionOf` for the order
   * book's.
   */
  readonly answers: ReadonlyMap<bigint, ModuleAnswer | null>;
  /** Pots by module index, where known: only a faulty module can overdraw its pot. */
  readonly pots?: ReadonlyMap<bigint, Pot>;
  readonly metering: Metering;
}

/** One module's part in a settlement. All zero but `reserved` and `lost` where it was voided. */
export interface ModuleSettlement {
  readonly module: bigint;
  /** Reserve that its records took, settlement fee included where it has the first record. */
  readonly reserved: Amount;
  /** Part of `reserved` that a void leaves in the pot; 0 where the pot is not known. */
  readonly lost: Amount;
  readonly paid: Amount;
  readonly received: Amount;
  readonly position: readonly Position[];
  readonly trades: readonly SlotTrade[] | null;
  readonly voided: VoidReason | null;
}

/** One slot of a settlement. */
export interface SlotSettlement extends Position, MeterValue {
  /** Positive: taken from the grid. */
  readonly imbalance: SignedWh;
  readonly networkFee: Amount;
  /** Positive: the member pays its supplier. */
  readonly gridLeg: SignedAmount;
  readonly prices: GridPrice;
}

/** A settled member and period; the legs are those of `IPaymentEscrow.Leg`, base units. */
export interface MemberSettlement {
  readonly reserved: Amount;
  readonly lost: Amount;
  readonly paid: Amount;
  readonly received: Amount;
  readonly networkFee: Amount;
  readonly settlementFee: Amount;
  /** Positive: the member pays its supplier; negative: it is paid. The gap leg is part of it. */
  readonly gridLeg: SignedAmount;
  readonly gapLeg: SignedAmount;
  readonly estimated: boolean;
  /** By index. */
  readonly modules: readonly ModuleSettlement[];
  /** One per slot of the period. */
  readonly slots: readonly SlotSettlement[];
}

/**
 * Settles a member's period: bounds each module's answer, adds up positions, nets them against the meter
 * (architecture 3.3).
 * @throws MissingAnswerError
 * @throws UnknownTariffClassError
 * @throws BadLengthError for values of another number of slots
 * @example
 * const answers = new Map([[0n, positionOf(terms, yesterday, records, results)]]);
 * const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
 * settleMember(terms, { tariff, tariffClass: 0n, records, answers, metering }).received // 140_000n
 */
export function settleMember(terms: Pick<Terms, "settlementFee">, input: SettlementInput): MemberSettlement {
  const { tariff, tariffClass, metering } = input;
  const prices = pricesOf(tariff, tariffClass);
  const modules = settleModules(terms, input);
  const position = prices.map((_, slot) =>
    modules.reduce((sum, module) => addPositions(sum, module.position[slot] ?? NO_POSITION), NO_POSITION),
  );
  const values = valuesOf(metering, position);
  if (values.length !== prices.length) throw new BadLengthError("values", values.length, `${prices.length} slots`);
  const slots = settleSlots(tariff, prices, position, values);
  const gapLeg = asSignedAmount(metering.kind === "metered" ? metering.gapLeg : 0n);
  const sums = {
    reserved: sumAmounts(modules.map((module) => module.reserved)),
    lost: sumAmounts(modules.map((module) => module.lost)),
    paid: sumAmounts(modules.map((module) => module.paid)),
    received: sumAmounts(modules.map((module) => module.received)),
    networkFee: networkFeeOf(tariff, position),
  };
  return {
    ...sums,
    settlementFee: settlementFeeOf(terms, input, sums),
    gridLeg: asSignedAmount(sumSigned(slots.map((slot) => slot.gridLeg)) + gapLeg),
    gapLeg,
    estimated: metering.kind === "estimated",
    modules,
    slots,
  };
}

/**
 * What is there to pay the grid leg with: reserved - lost + received - paid - network fee - settlement fee. The rest
 * becomes free.
 * @example availableForGrid(settled) // 340_000n
 */
export function availableForGrid(
  settled: Pick<MemberSettlement, "reserved" | "lost" | "paid" | "received" | "networkFee" | "settlementFee">,
): Amount {
  const { reserved, lost, paid, received, networkFee, settlementFee } = settled;
  return asAmount(reserved - lost + received - paid - networkFee - settlementFee);
}

function valuesOf(metering: Metering, position: readonly Position[]): readonly MeterValue[] {
  return metering.kind === "metered" ? metering.values : estimatedValues(position, metering.defaultLoadWh);
}

/** Due with the first record; after a void no more than there is. */
function settlementFeeOf(
  terms: Pick<Terms, "settlementFee">,
  { records }: SettlementInput,
  sums: Pick<MemberSettlement, "reserved" | "lost" | "paid" | "received" | "networkFee">,
): Amount {
  const fee = asAmount(records.length > 0 ? terms.settlementFee : 0n);
  const there = availableForGrid({ ...sums, settlementFee: asAmount(0n) });
  return fee < there ? fee : there;
}

function settleModules(terms: Pick<Terms, "settlementFee">, input: SettlementInput): ModuleSettlement[] {
  const indices = [...new Set(input.records.map((record) => record.head.module))];
  indices.sort((a, b) => Number(a - b));
  return indices.map((module) => settleModule(terms, input, module));
}

function settleModule(
  terms: Pick<Terms, "settlementFee">,
  { tariff, tariffClass, records, answers, pots, metering }: SettlementInput,
  module: bigint,
): ModuleSettlement {
  const heads = records.map((record) => record.head).filter((head) => head.module === module);
  const answer = answers.get(module);
  if (answer === undefined) throw new MissingAnswerError(module);
  const first = records[0]?.head.module === module;
  const reserve = sumAmounts(heads.map((head) => head.reserve));
  const reserved = asAmount(reserve + (first ? terms.settlementFee : 0n));
  const pot = pots?.get(module);
  const voided = voidReasonOf(answer, {
    tariff,
    tariffClass,
    heads,
    release: reserved,
    ...(pot !== undefined && { pot }),
    ...(module === 0n && metering.kind === "metered" && { values: metering.values }),
  });
  if (answer !== null && voided === null) {
    const { paid, received, position, trades } = answer;
    return { module, reserved, lost: asAmount(0n), paid, received, position, trades: trades ?? null, voided };
  }
  const lost = asAmount(pot === undefined ? 0n : reserved - releasedByVoid(reserved, pot));
  return { module, reserved, lost, paid: asAmount(0n), received: asAmount(0n), position: [], trades: null, voided };
}

function settleSlots(
  tariff: Tariff,
  prices: readonly GridPrice[],
  position: readonly Position[],
  values: readonly MeterValue[],
): SlotSettlement[] {
  const legs = gridLegs(prices, position, values);
  return prices.map((slotPrices, slot) => {
    const { bought, sold } = position[slot] ?? NO_POSITION;
    const { imported, exported } = values[slot] ?? { imported: asWh(0n), exported: asWh(0n) };
    return {
      bought,
      sold,
      imported,
      exported,
      imbalance: imbalanceOf({ bought, sold }, { imported, exported }),
      networkFee: costOf(bought, tariff.networkFee),
      gridLeg: legs[slot] ?? asSignedAmount(0n),
      prices: slotPrices,
    };
  });
}
