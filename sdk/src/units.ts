/**
 * Quantities. Each is a bigint with a brand, so that the compiler refuses energy where money belongs. Factories
 * (`as…`) check the range and are the only place that casts; sums and products of quantities are plain bigints until
 * a factory takes them. Money needs no rounding: base units = Wh × base units per Wh.
 */
import { InvalidDecimalError, OutOfRangeError } from "./errors.ts";

declare const unit: unique symbol;
declare const natural: unique symbol;
type Quantity<U extends string> = bigint & { readonly [unit]: U };
type Natural<U extends string> = Quantity<U> & { readonly [natural]: true };

/** Energy with a sign, watt-hours. Net import and imbalance are positive, export negative. */
export type SignedWh = Quantity<"Wh">;
/** Energy, watt-hours, 0 to 2^128 - 1. */
export type Wh = Natural<"Wh">;
/** Energy an order counts, lots of `lotWh` watt-hours, 0 to 2^64 - 1. An entry of a strip holds 16 bits. */
export type Lots = Natural<"Lots">;
/** Price, base units of the payment token per Wh, 0 to 2^16 - 1. With 6 decimals 100 is 0.100 per kWh. */
export type PricePerWh = Natural<"PricePerWh">;
/** Money with a sign, base units of the payment token. Positive: the member pays. */
export type SignedAmount = Quantity<"Amount">;
/** Money, base units of the payment token, 0 to 2^128 - 1. */
export type Amount = Natural<"Amount">;
/** Price index on a community's grid, 0 to 127. */
export type Tick = Natural<"Tick">;
/** A duration or a unix time, seconds, 0 to 2^40 - 1. */
export type Seconds = Natural<"Seconds">;
/** Power, watts, 0 to 2^32 - 1. */
export type Watts = Natural<"Watts">;
/** A thousandth part of a whole, such as a battery's state of charge, 0 to 1,000. */
export type Permille = Natural<"Permille">;
/** Index of a delivery interval: unix time / slot duration, 0 to 2^32 - 1. */
export type Slot = Natural<"Slot">;
/** Position of a slot in its period, 0 to 255. Also a frontier: one past the last covered slot. */
export type SlotOffset = Natural<"SlotOffset">;
/** Index of a period: unix time / period length, 0 to 2^32 - 1. */
export type Period = Natural<"Period">;
/** Index of a community in a deployment, 0 to 2^32 - 1. */
export type CommunityIndex = Natural<"CommunityIndex">;
/** Index of a member in its community, 0 to 2^32 - 1. */
export type MemberIndex = Natural<"MemberIndex">;

function check(field: string, value: unknown, least: bigint, most: bigint): bigint {
  if (typeof value !== "bigint" || value < least || value > most) throw new OutOfRangeError(field, value, least, most);
  return value;
}

/** Checks a value and gives it its unit; `field` names it in the error. Throws `OutOfRangeError`. */
type Factory<Q extends bigint> = (value: bigint, field?: string) => Q;

/** The factory of a quantity of `bits` bits without a sign. */
function unsigned<Q extends bigint>(name: string, bits: bigint): Factory<Q> {
  const most = (1n << bits) - 1n;
  return (value, field = name) => check(field, value, 0n, most) as Q;
}

/** The factory of a quantity of 128 bits and a sign. */
function signed<Q extends bigint>(name: string): Factory<Q> {
  const most = (1n << 128n) - 1n;
  return (value, field = name) => check(field, value, -most, most) as Q;
}

/**
 * Checks a count of watt-hours.
 * @throws OutOfRangeError
 * @example asWh(250n) // 250n
 */
export const asWh = unsigned<Wh>("Wh", 128n);

/**
 * Checks signed watt-hours.
 * @throws OutOfRangeError
 * @example asSignedWh(250n - 400n) // -150n
 */
export const asSignedWh = signed<SignedWh>("Wh");

/**
 * Checks a count of lots.
 * @throws OutOfRangeError
 * @example asLots(25n) // 25n
 */
export const asLots = unsigned<Lots>("lots", 64n);

/**
 * Checks a price, base units per Wh.
 * @throws OutOfRangeError
 * @example asPrice(312n) // 312n
 */
export const asPrice = unsigned<PricePerWh>("price", 16n);

/**
 * Checks an amount of base units.
 * @throws OutOfRangeError
 * @example asAmount(2_000n) // 2_000n
 */
export const asAmount = unsigned<Amount>("amount", 128n);

/**
 * Checks signed base units.
 * @throws OutOfRangeError
 * @example asSignedAmount(2_000n - 5_000n) // -3_000n
 */
export const asSignedAmount = signed<SignedAmount>("amount");

/**
 * Checks a tick.
 * @throws OutOfRangeError
 * @example asTick(63n)
 */
export const asTick = unsigned<Tick>("tick", 7n);

/**
 * Checks seconds.
 * @throws OutOfRangeError
 * @example asSeconds(900n)
 */
export const asSeconds = unsigned<Seconds>("seconds", 40n);

/**
 * Checks a power, W.
 * @throws OutOfRangeError
 * @example asWatts(5_000n) // 5_000n
 */
export const asWatts = unsigned<Watts>("watts", 32n);

/**
 * Checks a thousandth part.
 * @throws OutOfRangeError
 * @example asPermille(150n) // 150n
 */
export function asPermille(value: bigint, field = "permille"): Permille {
  return check(field, value, 0n, 1_000n) as Permille;
}

/**
 * Checks a slot index.
 * @throws OutOfRangeError
 * @example asSlot(1_900_800n)
 */
export const asSlot = unsigned<Slot>("slot", 32n);

/**
 * Checks a slot's position in its period.
 * @throws OutOfRangeError
 * @example asSlotOffset(95n)
 */
export const asSlotOffset = unsigned<SlotOffset>("slot offset", 8n);

/**
 * Checks a period index.
 * @throws OutOfRangeError
 * @example asPeriod(20_000n)
 */
export const asPeriod = unsigned<Period>("period", 32n);

/**
 * Checks a community index.
 * @throws OutOfRangeError
 * @example asCommunity(0n)
 */
export const asCommunity = unsigned<CommunityIndex>("community", 32n);

/**
 * Checks a member index.
 * @throws OutOfRangeError
 * @example asMember(4n)
 */
export const asMember = unsigned<MemberIndex>("member", 32n);

/**
 * Energy of `lots`, exact.
 * @throws OutOfRangeError
 * @example whOf(asLots(25n), asWh(10n)) // 250n
 */
export function whOf(lots: Lots, lotWh: Wh): Wh {
  return asWh(lots * lotWh);
}

/**
 * Lots that fit into `energy`, rounded down: the rest stays with the grid. `lotWh` is at least 1.
 * @example lotsDown(asWh(259n), asWh(10n)) // 25n
 */
export function lotsDown(energy: Wh, lotWh: Wh): Lots {
  return asLots(energy / lotWh);
}

/**
 * Lots that cover `energy`, rounded up. `lotWh` is at least 1.
 * @example lotsUp(asWh(251n), asWh(10n)) // 26n
 */
export function lotsUp(energy: Wh, lotWh: Wh): Lots {
  return asLots((energy + lotWh - 1n) / lotWh);
}

/**
 * `part` of `whole` of an amount of energy, rounded down: floor(energy * part / whole); nothing of an empty whole.
 * @example whDown(asWh(100n), 1n, 3n) // 33n
 */
export function whDown(energy: Wh, part: bigint, whole: bigint): Wh {
  return asWh(whole === 0n ? 0n : (energy * part) / whole);
}

/**
 * Cost of energy, base units, exact.
 * @throws OutOfRangeError
 * @example costOf(asWh(250n), asPrice(312n)) // 78_000n
 */
export function costOf(energy: Wh, price: PricePerWh): Amount {
  return asAmount(energy * price);
}

/** Sum of energies, Wh. */
export function sumWh(energies: Iterable<Wh>): Wh {
  return asWh(sum(energies));
}

/** Sum of amounts, base units. */
export function sumAmounts(amounts: Iterable<Amount>): Amount {
  return asAmount(sum(amounts));
}

/** Sum of signed amounts, base units. */
export function sumSigned(amounts: Iterable<SignedAmount>): SignedAmount {
  return asSignedAmount(sum(amounts));
}

function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}

/** Largest number of decimals that an ERC-20 can name. */
const DECIMALS_MOST = 255n;

/** `value / 10^digits` as text, exact; zeros at the end dropped down to `leastDigits` digits behind the point. */
function formatDecimal(value: bigint, digits: bigint, leastDigits: bigint): string {
  const places = Number(check("decimals", digits, 0n, DECIMALS_MOST));
  const least = Math.min(places, Number(check("leastDigits", leastDigits, 0n, DECIMALS_MOST)));
  const text = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places);
  const fraction = text.slice(text.length - places);
  const shown = fraction.slice(0, least) + fraction.slice(least).replace(/0+$/, "");
  return (value < 0n ? "-" : "") + whole + (shown === "" ? "" : `.${shown}`);
}

/**
 * An amount in whole tokens, exact.
 * @param decimals Of the token.
 * @param leastDigits Digits kept behind the point.
 * @throws OutOfRangeError
 * @example formatAmount(asAmount(1_234_500n), 6n) // "1.2345"
 */
export function formatAmount(amount: SignedAmount, decimals: bigint, leastDigits = 2n): string {
  return formatDecimal(amount, decimals, leastDigits);
}

/**
 * A price in whole tokens per kWh, exact.
 * @param decimals Of the token.
 * @throws OutOfRangeError
 * @example formatPrice(asPrice(312n), 6n) // "0.312"
 */
export function formatPrice(price: PricePerWh, decimals: bigint, leastDigits = 2n): string {
  return formatDecimal(price * 1_000n, decimals, leastDigits);
}

/**
 * Energy as text, exact: Wh below one kWh, kWh from there on.
 * @example formatWh(asWh(1_250n)) // "1.25 kWh"
 */
export function formatWh(energy: SignedWh): string {
  const small = -1_000n < energy && energy < 1_000n;
  return small ? `${energy} Wh` : `${formatDecimal(energy, 3n, 0n)} kWh`;
}

/** `text * 10^digits`, digits beyond that cut off or refused. */
function parseDecimal(field: string, text: string, digits: bigint, cut: boolean): bigint {
  const places = Number(check("decimals", digits, 0n, DECIMALS_MOST));
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  // Zeros at the end are exact however many there are.
  const tooFine = !cut && fraction.replace(/0+$/, "").length > places;
  if (whole === undefined || tooFine) throw new InvalidDecimalError(field, text, places);
  return BigInt(whole + fraction.slice(0, places).padEnd(places, "0"));
}

/**
 * Reads whole tokens as base units, exact; the inverse of `formatAmount` for amounts that are not negative.
 * @throws InvalidDecimalError for more digits than the token has.
 * @throws OutOfRangeError
 * @example parseAmount("12.5", 6n) // 12_500_000n
 */
export function parseAmount(text: string, decimals: bigint): Amount {
  return asAmount(parseDecimal("amount", text, decimals, false));
}

/**
 * Reads whole tokens per kWh as base units per Wh, exact; the inverse of `formatPrice`.
 * @throws InvalidDecimalError for more digits than a price can have: three fewer than the token's.
 * @throws OutOfRangeError
 * @example parsePrice("0.312", 6n) // 312n
 */
export function parsePrice(text: string, decimals: bigint): PricePerWh {
  return asPrice(parseDecimal("price", text, decimals - 3n, false));
}

/**
 * Reads a meter's register in kWh as Wh, rounded down. Rounding registers, not their differences, loses no energy.
 * @throws InvalidDecimalError
 * @throws OutOfRangeError
 * @example registerDown("10482.2917") // 10_482_291n
 */
export function registerDown(kilowattHours: string): Wh {
  return asWh(parseDecimal("kilowattHours", kilowattHours, 3n, true));
}
