/** Tariffs: what a member pays its supplier and gets from it per Wh, slot and class, and the network fee. */
import { BadLengthError, MoneyPumpError, TariffMaximumError, UnknownTariffClassError } from "./errors.ts";
import { asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import type { CommunityTerms } from "./terms.ts";
import { asPrice } from "./units.ts";
import type { PricePerWh } from "./units.ts";

/** Prices of the grid leg in one slot, base units per Wh. */
export interface GridPrice {
  /** What a member pays its supplier for a Wh it takes from the grid. */
  readonly importPrice: PricePerWh;
  /** What its supplier pays a member for a Wh it feeds in. */
  readonly exportPrice: PricePerWh;
}

/** One tariff version. */
export interface Tariff {
  /** Per Wh bought from a peer, to the DSO. */
  readonly networkFee: PricePerWh;
  /** Per class, per slot of the period. */
  readonly classes: readonly (readonly GridPrice[])[];
}

/** Bytes of a fee or a price. */
const PRICE_BYTES = 2;

/**
 * The same prices in every slot.
 * @param classes One price pair per class.
 * @example flatTariff(terms, asPrice(20n), [{ importPrice: asPrice(320n), exportPrice: asPrice(80n) }]).classes[0]?.length // 96
 */
export function flatTariff(
  terms: Pick<CommunityTerms, "slotsPerPeriod">,
  networkFee: PricePerWh,
  classes: readonly GridPrice[],
): Tariff {
  const slots = Number(terms.slotsPerPeriod);
  return { networkFee, classes: classes.map((price) => Array.from({ length: slots }, () => price)) };
}

/**
 * Tariff bytes for `IProsumerRegistry.publishTariff`: network fee, then per class and slot import and export price,
 * two bytes each, big-endian. Does not check the bounds: see `checkTariff`.
 * @example encodeTariff(tariff).slice(0, 14) // "0x0028012c0050": a fee of 40, import at 300, export at 80
 */
export function encodeTariff(tariff: Tariff): Hex {
  const prices = tariff.classes.flatMap((slots) => slots.flatMap((slot) => [slot.importPrice, slot.exportPrice]));
  const digits = [tariff.networkFee, ...prices].map((price) => uintDigits("price", price, 8 * PRICE_BYTES));
  return `0x${digits.join("")}`;
}

/**
 * Reads tariff bytes, the inverse of `encodeTariff`.
 * @throws BadLengthError where they do not hold whole classes
 * @example decodeTariff(terms, encodeTariff(tariff)).classes[0]?.[48]?.importPrice // 300n
 */
export function decodeTariff(terms: Pick<CommunityTerms, "slotsPerPeriod">, bytes: Hex): Tariff {
  const digits = digitsOf(asHex(bytes, "tariff"));
  const slots = Number(terms.slotsPerPeriod);
  const size = 2 * PRICE_BYTES * slots;
  const length = digits.length / 2;
  if (length < PRICE_BYTES + size || (length - PRICE_BYTES) % size !== 0) {
    throw new BadLengthError("tariff", length, `2 bytes and ${size} for each class`);
  }
  const price = (at: number) => asPrice(uintAt(digits, at, PRICE_BYTES));
  const classAt = (start: number) =>
    Array.from({ length: slots }, (_, slot): GridPrice => {
      const at = start + 2 * PRICE_BYTES * slot;
      return { importPrice: price(at), exportPrice: price(at + PRICE_BYTES) };
    });
  const count = (length - PRICE_BYTES) / size;
  return {
    networkFee: price(0),
    classes: Array.from({ length: count }, (_, index) => classAt(PRICE_BYTES + index * size)),
  };
}

/**
 * Reads the code of a tariff contract (`IProsumerRegistry.tariffAt`): a zero byte, then the tariff bytes.
 * @throws BadLengthError
 * @example
 * const code = `0x00${encodeTariff(tariff).slice(2)}` as const;
 * decodeTariffCode(terms, code).networkFee // 40n
 */
export function decodeTariffCode(terms: Pick<CommunityTerms, "slotsPerPeriod">, code: Hex): Tariff {
  const digits = digitsOf(asHex(code, "code"));
  if (!digits.startsWith("00")) throw new BadLengthError("code", digits.length / 2, "a zero byte and tariff bytes");
  return decodeTariff(terms, `0x${digits.slice(2)}`);
}

/**
 * Checks a tariff against the terms that members signed and returns it: the fee and the import prices within their
 * maxima, and in every slot the highest export price of all classes at or below the lowest import price of all (rule
 * 13).
 * @param classCount Number of classes of the community.
 * @throws BadLengthError
 * @throws TariffMaximumError
 * @throws MoneyPumpError
 * @example checkTariff(terms, tariff, charter.classes.length).networkFee // 40n
 */
export function checkTariff(
  terms: Pick<CommunityTerms, "slotsPerPeriod" | "maxImport" | "maxNetworkFee">,
  tariff: Tariff,
  classCount: number,
): Tariff {
  const slots = Number(terms.slotsPerPeriod);
  if (tariff.classes.length !== classCount) {
    throw new BadLengthError("classes", tariff.classes.length, `${classCount} classes`);
  }
  for (const [index, prices] of tariff.classes.entries()) {
    if (prices.length !== slots) throw new BadLengthError(`classes[${index}]`, prices.length, `${slots} slots`);
  }
  if (tariff.networkFee > terms.maxNetworkFee) {
    throw new TariffMaximumError("networkFee", tariff.networkFee, terms.maxNetworkFee);
  }
  for (let slot = 0; slot < slots; slot++) checkSlot(tariff, slot, terms.maxImport);
  return tariff;
}

function checkSlot(tariff: Tariff, slot: number, maxImport: PricePerWh): void {
  let lowestImport: bigint | undefined;
  let highestExport = 0n;
  for (const [index, prices] of tariff.classes.entries()) {
    const price = prices[slot];
    if (price === undefined) continue;
    if (price.importPrice > maxImport) {
      throw new TariffMaximumError(`classes[${index}][${slot}].importPrice`, price.importPrice, maxImport);
    }
    if (lowestImport === undefined || price.importPrice < lowestImport) lowestImport = price.importPrice;
    if (price.exportPrice > highestExport) highestExport = price.exportPrice;
  }
  if (lowestImport !== undefined && highestExport > lowestImport) {
    throw new MoneyPumpError(slot, lowestImport, highestExport);
  }
}

/**
 * The prices of a class, one pair per slot of the period.
 * @throws UnknownTariffClassError
 * @example pricesOf(tariff, 0n)[48] // { importPrice: 300n, exportPrice: 80n }
 */
export function pricesOf(tariff: Tariff, tariffClass: bigint): readonly GridPrice[] {
  const prices = tariff.classes[Number(tariffClass)];
  if (prices === undefined) throw new UnknownTariffClassError(tariffClass, tariff.classes.length);
  return prices;
}
