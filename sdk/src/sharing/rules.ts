/**
 * Prices of energy that a community shares after the fact: of each slot they know what all members together fed in and drew, and what
 * the retailer charges and pays.
 *
 * S: supply, the sum of net exports; D: demand, the sum of net imports, Wh; i: import price, e: export price, c: compensating
 * price with b = e + c <= i. Every rule spends what buyers pay on sellers and the retailer, to the last unit:
 * buy D = sell S + i max(D - S, 0) - e max(S - D, 0).
 *
 * Sources: supply-demand ratio, Liu et al. 2017 (IEEE Trans. Power Systems 32(5)) and, with the compensating price, Long et al. 2018
 * (Applied Energy 226); mid-market rate and bill sharing, Long et al. 2017 (IEEE PES General Meeting).
 */
import { OutOfRangeError } from "../errors.ts";
import type { Fraction } from "./fraction.ts";

/** `feed-in` is what everybody has without a community. */
export type SharingRule = "sdr" | "sdr-comp" | "mmr" | "bill-sharing" | "feed-in";

/** All of them, in the order in which they are explained. */
export const SHARING_RULES: readonly SharingRule[] = ["sdr", "sdr-comp", "mmr", "bill-sharing", "feed-in"];

/** A community's slot, Wh. */
export interface SharingTotals {
  readonly supply: bigint;
  readonly demand: bigint;
}

/** Prices of one unit, whichever: base units per Wh on chain. Not negative; `exportPrice + compensation <= importPrice`. */
export interface SharingTariff {
  readonly importPrice: bigint;
  readonly exportPrice: bigint;
  /** What sellers get at least on top of the export price, with `sdr-comp` alone. */
  readonly compensation?: bigint;
}

/** In the tariff's unit; null for a side that has no price as nobody is on it. */
export interface SharingPrices {
  readonly buy: Fraction | null;
  readonly sell: Fraction | null;
}

const MOST = (1n << 128n) - 1n;

type Rule = (totals: SharingTotals, tariff: Required<SharingTariff>) => SharingPrices;

const RULES: Readonly<Record<SharingRule, Rule>> = {
  sdr: (totals, tariff) => supplyDemandRatio(totals, { ...tariff, compensation: 0n }),
  "sdr-comp": supplyDemandRatio,
  mmr: midMarketRate,
  "bill-sharing": billSharing,
  "feed-in": feedIn,
};

/**
 * Prices of a slot.
 * @throws OutOfRangeError for negative energies or prices, and where export price and compensation exceed the import price
 * @example
 * const totals = { supply: 5_000n, demand: 10_000n };
 * sharingPrices("sdr", totals, { importPrice: 200n, exportPrice: 50n }).sell // { num: 100_000_000n, den: 1_250_000n }
 */
export function sharingPrices(rule: SharingRule, totals: SharingTotals, tariff: SharingTariff): SharingPrices {
  const { importPrice, exportPrice, compensation = 0n } = tariff;
  const floor = exportPrice + (rule === "sdr-comp" ? compensation : 0n);
  check("supply", totals.supply);
  check("demand", totals.demand);
  check("exportPrice", exportPrice);
  check("compensation", compensation);
  if (importPrice < floor) throw new OutOfRangeError("importPrice", importPrice, floor, MOST);
  const prices = RULES[rule](totals, { importPrice, exportPrice, compensation });
  return totals.demand === 0n ? { ...prices, buy: null } : prices;
}

/**
 * Why a rule deserves a second thought; null where it does not.
 * @example sharingWarning("sdr") // null
 */
export function sharingWarning(rule: SharingRule): string | null {
  if (rule !== "bill-sharing") return null;
  return "While the community's supply is at most its demand, its sellers get nothing: less than the retailer would pay them.";
}

/**
 * r = S / D up to 1: sell = b i / ((i - b) r + b), buy = sell r + i (1 - r); from 1 on: sell = e + c / r, buy = b.
 * Without any supply sellers would get i, the limit.
 */
function supplyDemandRatio({ supply: s, demand: d }: SharingTotals, tariff: Required<SharingTariff>): SharingPrices {
  const { importPrice: i, exportPrice: e, compensation: c } = tariff;
  const b = e + c;
  if (s === 0n) return d === 0n ? NOBODY : { buy: over(i, 1n), sell: over(i, 1n) };
  if (s > d) return { buy: over(b, 1n), sell: over(e * s + c * d, s) };
  const den = (i - b) * s + b * d;
  // Only where the retailer gives energy away.
  if (den === 0n) return { buy: over(0n, 1n), sell: over(0n, 1n) };
  return { buy: over(i * ((i - b) * s * (d - s) + b * d * d), d * den), sell: over(b * i * d, den) };
}

/** m = (i + e) / 2 for what is traded inside; what is missing or left over is shared at the retailer's price. */
function midMarketRate({ supply: s, demand: d }: SharingTotals, tariff: Required<SharingTariff>): SharingPrices {
  const { importPrice: i, exportPrice: e } = tariff;
  const inside = (i + e) * (s < d ? s : d); // twice the money
  return {
    buy: d === 0n ? null : over(inside + 2n * i * missing(d, s), 2n * d),
    sell: s === 0n ? null : over(inside + 2n * e * missing(s, d), 2n * s),
  };
}

/** The bill at the point of common coupling, by energy. */
function billSharing({ supply: s, demand: d }: SharingTotals, tariff: Required<SharingTariff>): SharingPrices {
  const { importPrice: i, exportPrice: e } = tariff;
  return {
    buy: d === 0n ? null : over(i * missing(d, s), d),
    sell: s === 0n ? null : over(e * missing(s, d), s),
  };
}

function feedIn({ supply, demand }: SharingTotals, tariff: Required<SharingTariff>): SharingPrices {
  return {
    buy: demand === 0n ? null : over(tariff.importPrice, 1n),
    sell: supply === 0n ? null : over(tariff.exportPrice, 1n),
  };
}

function over(num: bigint, den: bigint): Fraction {
  return { num, den };
}

const NOBODY: SharingPrices = { buy: null, sell: null };

/** What `a` has more than `b`, at least 0. */
function missing(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n;
}

function check(field: string, value: bigint): void {
  if (value < 0n || value > MOST) throw new OutOfRangeError(field, value, 0n, MOST);
}
