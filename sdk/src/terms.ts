/** The parameters of a community, fixed at creation: their defaults and their bounds (`CommunityRules.sol`). */
import { isWattbookError, TermsError } from "./errors.ts";
import { asAccount } from "./hex.ts";
import type { Address } from "./hex.ts";
import { asAmount, asPrice, asSeconds, asWh } from "./units.ts";
import type { Amount, PricePerWh, Seconds, Wh } from "./units.ts";

/** What trading and settlement need of a community's parameters; the word that the registry packs. */
export interface Terms {
  /** 300, 900, 1800 or 3600. */
  readonly slotDuration: Seconds;
  /** 1 to 144; a period divides a UTC day. */
  readonly slotsPerPeriod: bigint;
  /** 1, 10, 100 or 1000. */
  readonly lotWh: Wh;
  /** Price of tick 0. */
  readonly floorPrice: PricePerWh;
  /** Price step, at least 1. */
  readonly tickSize: PricePerWh;
  /** 32, 64 or 128. */
  readonly tickCount: bigint;
  /** Whether tick volumes and prefixes take 32 bits instead of 16. */
  readonly wideTicks: boolean;
  /** Periods after the current one that take orders, at most 14. */
  readonly horizon: bigint;
  /** Between a slot's gate and its start, in a sealed community its period's start; at most one period. */
  readonly gateClosure: Seconds;
  /** After a period's end, at least 1; from then on a missing reading is estimated. */
  readonly readingDeadline: Seconds;
  /** After a period's end; until then a late reading replaces an estimate. */
  readonly correctionWindow: Seconds;
  /** After a period's end; until then energy tokens can be claimed. */
  readonly claimWindow: Seconds;
  /** Per member and period with records, to whoever settles it. */
  readonly settlementFee: Amount;
  /**
   * 0 for an open community. In a sealed one, the time after a period's gate in which its orders are revealed: a multiple of 8, at
   * most `gateClosure`.
   */
  readonly revealWindow: Seconds;
}

/** Whether orders are committed before one gate per period and revealed after it. */
export function isSealed(terms: Pick<Terms, "revealWindow">): boolean {
  return terms.revealWindow !== 0n;
}

/** All parameters of a community (`IProsumerRegistry.CommunityTerms`). Make them with `communityTerms`. */
export interface CommunityTerms extends Terms {
  /** ERC-20 without transfer fee. */
  readonly paymentToken: Address;
  /** Member 0: admits members, publishes tariffs. */
  readonly coordinator: Address;
  /** Member 1: receives network fees. */
  readonly dso: Address;
  /** Member 2: receives what is left of a pot. */
  readonly feeCollector: Address;
  /** Periods between a tariff's publication and the opening of its period for orders. */
  readonly tariffNotice: bigint;
  /** Highest import price that a tariff may name, at least 1. */
  readonly maxImport: PricePerWh;
  /** Highest network fee that a tariff may name. */
  readonly maxNetworkFee: PricePerWh;
  /** What a relayer posts per commit of a sealed community, 96 bits; 0 in an open one. */
  readonly bond: Amount;
}

type Accounts = "paymentToken" | "coordinator" | "dso" | "feeCollector";
/** The same fields with plain bigints, before they are checked. */
export type Plain<T> = { readonly [K in keyof T]: T[K] extends bigint ? bigint : T[K] };

/** Parameters to choose: the four accounts, and what differs from the defaults. */
export type TermsInput = Pick<CommunityTerms, Accounts> & Partial<Plain<Omit<CommunityTerms, Accounts>>>;

/**
 * Default parameters (architecture 1.1): 15-minute slots, days of 96, 10 Wh, 0.060 to 0.312 per kWh with 6 decimals.
 */
export const DEFAULT_TERMS = {
  slotDuration: 900n,
  slotsPerPeriod: 96n,
  lotWh: 10n,
  floorPrice: 60n,
  tickSize: 4n,
  tickCount: 64n,
  wideTicks: false,
  horizon: 2n,
  gateClosure: 300n,
  readingDeadline: 86_400n,
  correctionWindow: 3n * 86_400n,
  claimWindow: 7n * 86_400n,
  settlementFee: 2_000n,
  revealWindow: 0n,
  tariffNotice: 2n,
  maxImport: 600n,
  maxNetworkFee: 100n,
  bond: 0n,
} as const;

/**
 * Parameters of a community, checked. What is left out takes its default.
 * @throws TermsError naming the first field outside its bounds
 * @example communityTerms({ ...accounts, lotWh: 100n }).tickCount // 64n
 */
export function communityTerms(input: TermsInput): CommunityTerms {
  const plain = { ...DEFAULT_TERMS, ...input };
  const [violation] = termsViolations(plain);
  if (violation !== undefined) throw violation;
  return {
    ...plain,
    ...brandTerms(plain),
    paymentToken: asAccount(plain.paymentToken, "paymentToken"),
    coordinator: asAccount(plain.coordinator, "coordinator"),
    dso: asAccount(plain.dso, "dso"),
    feeCollector: asAccount(plain.feeCollector, "feeCollector"),
    maxImport: asPrice(plain.maxImport, "maxImport"),
    maxNetworkFee: asPrice(plain.maxNetworkFee, "maxNetworkFee"),
    bond: asAmount(plain.bond, "bond"),
  };
}

/**
 * The branded ones of the terms that hot paths need.
 * @throws OutOfRangeError naming the field
 */
export function brandTerms(plain: Plain<Terms>) {
  return {
    slotDuration: asSeconds(plain.slotDuration, "slotDuration"),
    lotWh: asWh(plain.lotWh, "lotWh"),
    floorPrice: asPrice(plain.floorPrice, "floorPrice"),
    tickSize: asPrice(plain.tickSize, "tickSize"),
    gateClosure: asSeconds(plain.gateClosure, "gateClosure"),
    readingDeadline: asSeconds(plain.readingDeadline, "readingDeadline"),
    correctionWindow: asSeconds(plain.correctionWindow, "correctionWindow"),
    claimWindow: asSeconds(plain.claimWindow, "claimWindow"),
    settlementFee: asAmount(plain.settlementFee, "settlementFee"),
    revealWindow: asSeconds(plain.revealWindow, "revealWindow"),
  };
}

const SECONDS_PER_DAY = 86_400n;
const SLOT_DURATIONS: readonly bigint[] = [300n, 900n, 1_800n, 3_600n];
const LOTS_WH: readonly bigint[] = [1n, 10n, 100n, 1_000n];
const TICK_COUNTS: readonly bigint[] = [32n, 64n, 128n];
const MOST_HORIZON = 14n;
const MOST_RING = 128n;
const TURNS = 8n;

/** Widths in which the registry takes the parameters. */
const WIDTHS = {
  slotDuration: 16n,
  slotsPerPeriod: 8n,
  lotWh: 16n,
  floorPrice: 16n,
  tickSize: 16n,
  tickCount: 8n,
  gateClosure: 24n,
  horizon: 8n,
  readingDeadline: 24n,
  correctionWindow: 24n,
  claimWindow: 24n,
  tariffNotice: 8n,
  maxImport: 16n,
  maxNetworkFee: 16n,
  settlementFee: 32n,
  revealWindow: 32n,
  bond: 96n,
} as const;

/**
 * Everything wrong with a set of parameters, for a form that shows all of it at once; empty if it is sound.
 * @example termsViolations({ ...terms, lotWh: 7n, tickSize: 0n }).map((error) => error.field) // ["lotWh", "tickSize"]
 */
export function termsViolations(terms: Plain<CommunityTerms>): TermsError[] {
  const found = [...accountViolations(terms), ...widthViolations(terms)];
  if (found.length > 0) return found;
  return [...calendarViolations(terms), ...gridViolations(terms), ...sealedViolations(terms)];
}

function accountViolations(terms: Plain<CommunityTerms>): TermsError[] {
  return (["paymentToken", "coordinator", "dso", "feeCollector"] as const).flatMap((field) => {
    try {
      asAccount(terms[field], field);
      return [];
    } catch (error) {
      if (!isWattbookError(error, "INVALID_ADDRESS")) throw error;
      return [new TermsError(field, terms[field], "Pass the address of an account.")];
    }
  });
}

function widthViolations(terms: Plain<CommunityTerms>): TermsError[] {
  const fields = Object.keys(WIDTHS) as (keyof typeof WIDTHS)[];
  return fields.flatMap((field) => {
    const value: unknown = terms[field];
    const most = (1n << WIDTHS[field]) - 1n;
    if (typeof value === "bigint" && value >= 0n && value <= most) return [];
    return [new TermsError(field, value, `Pass a bigint from 0 to ${most}.`)];
  });
}

function* calendarViolations(terms: Plain<CommunityTerms>): Generator<TermsError> {
  const { slotDuration, slotsPerPeriod, gateClosure, horizon, readingDeadline, correctionWindow, claimWindow } = terms;
  const length = slotDuration * slotsPerPeriod;
  if (!SLOT_DURATIONS.includes(slotDuration)) {
    yield new TermsError("slotDuration", slotDuration, "Pass 300, 900, 1800 or 3600 seconds.");
  }
  if (slotsPerPeriod < 1n || slotsPerPeriod > 144n) {
    yield new TermsError("slotsPerPeriod", slotsPerPeriod, "Pass 1 to 144.");
  } else if (length > 0n && SECONDS_PER_DAY % length !== 0n) {
    yield new TermsError("slotsPerPeriod", slotsPerPeriod, `A period of ${length} s does not divide a day of 86400 s.`);
  }
  if (gateClosure > length) yield new TermsError("gateClosure", gateClosure, `Pass at most a period, ${length} s.`);
  if (horizon > MOST_HORIZON) yield new TermsError("horizon", horizon, `Pass at most ${MOST_HORIZON} periods.`);
  if (readingDeadline < 1n) yield new TermsError("readingDeadline", readingDeadline, "Pass at least 1 s.");
  if (correctionWindow <= readingDeadline) {
    yield new TermsError("correctionWindow", correctionWindow, `Pass more than readingDeadline, ${readingDeadline} s.`);
  }
  if (claimWindow <= correctionWindow) {
    yield new TermsError("claimWindow", claimWindow, `Pass more than correctionWindow, ${correctionWindow} s.`);
  }
  if (length > 0n && ringOf(horizon, claimWindow, length) > MOST_RING) {
    yield new TermsError("claimWindow", claimWindow, `Journals are kept for at most ${MOST_RING} periods: shorten it.`);
  }
}

function* gridViolations(terms: Plain<CommunityTerms>): Generator<TermsError> {
  const { lotWh, floorPrice, tickSize, tickCount, maxImport } = terms;
  if (!LOTS_WH.includes(lotWh)) yield new TermsError("lotWh", lotWh, "Pass 1, 10, 100 or 1000 Wh.");
  if (!TICK_COUNTS.includes(tickCount)) yield new TermsError("tickCount", tickCount, "Pass 32, 64 or 128.");
  if (tickSize < 1n) yield new TermsError("tickSize", tickSize, "Pass at least 1 base unit per Wh.");
  const top = floorPrice + (tickCount - 1n) * tickSize;
  if (top > 0xffffn) yield new TermsError("floorPrice", floorPrice, `The top price is ${top}: keep it below 65536.`);
  if (maxImport < 1n) yield new TermsError("maxImport", maxImport, "Pass at least 1 base unit per Wh.");
}

function* sealedViolations(terms: Plain<CommunityTerms>): Generator<TermsError> {
  const { revealWindow, gateClosure, bond, horizon, slotDuration, slotsPerPeriod } = terms;
  if (revealWindow > gateClosure) {
    yield new TermsError("revealWindow", revealWindow, `Pass at most gateClosure, ${gateClosure} s.`);
  } else if (revealWindow % TURNS !== 0n) {
    yield new TermsError("revealWindow", revealWindow, `Pass a multiple of ${TURNS} s, one share per turn.`);
  }
  if (bond === 0n && revealWindow !== 0n) {
    yield new TermsError("bond", bond, "Pass at least 1 base unit: it is what withholding costs.");
  } else if (bond !== 0n && revealWindow === 0n) {
    yield new TermsError("bond", bond, "Pass 0, or a revealWindow: an open community has no bonds.");
  }
  if (revealWindow !== 0n && horizon * slotDuration * slotsPerPeriod <= gateClosure) {
    yield new TermsError("horizon", horizon, "Pass more periods: a sealed period takes commits until its gate.");
  }
}

function ringOf(horizon: bigint, claimWindow: bigint, length: bigint): bigint {
  return horizon + 2n + (claimWindow + length - 1n) / length;
}

/**
 * R, the number of periods that journals, results and pots are kept for: the least odd number with
 * R periods >= horizon + one period + claim window + one period (architecture 3.4).
 * @example ringLength(communityTerms(accounts)) // 11n
 */
export function ringLength(terms: Terms): bigint {
  return ringOf(terms.horizon, terms.claimWindow, terms.slotDuration * terms.slotsPerPeriod) | 1n;
}
