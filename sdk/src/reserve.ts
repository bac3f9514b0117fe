/** The worst case that acceptance reserves, so that peer-to-peer payments are never exposed (architecture 3.3). */
import type { Entry } from "./entry.ts";
import { OutOfRangeError } from "./errors.ts";
import { priceOf } from "./grid.ts";
import type { JournalRecord } from "./journal.ts";
import { pricesOf } from "./tariff.ts";
import type { Tariff } from "./tariff.ts";
import type { Terms } from "./terms.ts";
import { asAmount, sumAmounts, whOf } from "./units.ts";
import type { Amount } from "./units.ts";

type Grid = Pick<Terms, "floorPrice" | "tickSize" | "tickCount" | "lotWh">;

/** Whose reserve: the tariff of the period and the member's class in it. */
export interface ReserveContext {
  readonly tariff: Tariff;
  readonly tariffClass: bigint;
}

/**
 * What an entry reserves, base units. A bid: Wh × (limit + network fee). An ask: Wh × max(tickSize, import price -
 * limit), the loss of a seller who does not deliver and buys the replacement.
 * @throws OutOfRangeError
 * @throws UnknownTariffClassError
 * @example
 * const entry = { offset: asSlotOffset(48n), side: "buy", tick: asTick(10n), lots: asLots(25n) } as const;
 * reserveOfEntry(terms, entry, { tariff, tariffClass: 0n }) // 35_000n: 250 Wh at 100, and the network fee of 40
 */
export function reserveOfEntry(terms: Grid, entry: Entry, { tariff, tariffClass }: ReserveContext): Amount {
  const limit = priceOf(terms, entry.tick);
  const energy = whOf(entry.lots, terms.lotWh);
  if (entry.side === "buy") return asAmount(energy * (limit + tariff.networkFee));
  const prices = pricesOf(tariff, tariffClass);
  const price = prices[Number(entry.offset)];
  if (price === undefined) throw new OutOfRangeError("offset", entry.offset, 0n, BigInt(prices.length) - 1n);
  const exposed = price.importPrice - limit;
  return asAmount(energy * (exposed > terms.tickSize ? exposed : terms.tickSize));
}

/**
 * The worst case of a strip's entries, base units: what the head of its record names when all are accepted. Without
 * fees.
 * @example reserveOf(terms, strip, { tariff, tariffClass: 0n }) // 200_000n
 */
export function reserveOf(terms: Grid, strip: { readonly entries: readonly Entry[] }, context: ReserveContext): Amount {
  return sumAmounts(strip.entries.map((entry) => reserveOfEntry(terms, entry, context)));
}

/**
 * The `maxReserve` that lets every entry of a strip be accepted: its worst case, the relayer's fee per entry, and the
 * settlement fee where it is the member's first record of the period.
 * @example maxReserveOf(terms, strip, { tariff, tariffClass: 0n, first: true }) // 202_000n
 */
export function maxReserveOf(
  terms: Grid & Pick<Terms, "settlementFee">,
  strip: { readonly entries: readonly Entry[]; readonly feePerEntry: Amount },
  context: ReserveContext & { readonly first: boolean },
): Amount {
  const fees = strip.feePerEntry * BigInt(strip.entries.length) + (context.first ? terms.settlementFee : 0n);
  return asAmount(reserveOf(terms, strip, context) + fees);
}

/**
 * What a member's records of a period reserved: what each head names, and the settlement fee with the first. It is
 * released when the period is settled.
 * @example reservedBy(terms, records) // 202_000n
 */
export function reservedBy(
  terms: Pick<Terms, "settlementFee">,
  records: readonly Pick<JournalRecord, "head">[],
): Amount {
  const fee = records.length === 0 ? 0n : terms.settlementFee;
  return asAmount(records.reduce((sum, { head }) => sum + head.reserve, fee));
}
