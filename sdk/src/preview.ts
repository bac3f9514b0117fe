/**
 * Previews: what a whole period costs everybody, before it happened or before it is settled. Clearing, fills, settled
 * legs and bills are those that the chain would come to with these strips and readings, to the base unit.
 */
import { billOf } from "./bill.ts";
import type { Bill } from "./bill.ts";
import { positionOfEntries } from "./book-answer.ts";
import type { SlotResults } from "./book-answer.ts";
import { bookHead } from "./book-record.ts";
import type { AcceptedEntry } from "./book-record.ts";
import { offsetIn, slotIn, slotsOf } from "./calendar.ts";
import { fillOfEntry } from "./clearing.ts";
import type { Clearing } from "./clearing.ts";
import { RepeatedIdError } from "./errors.ts";
import { priceOf } from "./grid.ts";
import { acceptStrips, clearBooks } from "./preview-book.ts";
import type { AcceptedStrip, PreviewStrip } from "./preview-book.ts";
import { settleMember } from "./settlement.ts";
import type { MemberSettlement, Metering } from "./settlement.ts";
import type { Tariff } from "./tariff.ts";
import type { Terms } from "./terms.ts";
import { asLots, sumAmounts, whOf } from "./units.ts";
import type { Amount, MemberIndex, Period, PricePerWh, Slot, Wh } from "./units.ts";

/** A member to settle. */
export interface PreviewMember {
  readonly member: MemberIndex;
  /** Its tariff class in the period. */
  readonly tariffClass: bigint;
  /** A reading, a forecast of one, or the default load of its class. */
  readonly metering: Metering;
}

/** A period to preview. */
export interface PreviewInput {
  readonly period: Period;
  /** The tariff of the period. */
  readonly tariff: Tariff;
  /** Whom to settle. Who is left out, since nobody knows its meter, still trades with its strips. */
  readonly members: readonly PreviewMember[];
  /** In the sequence of acceptance. */
  readonly strips: readonly PreviewStrip[];
}

/** One slot of a preview. */
export interface PreviewSlot {
  readonly slot: Slot;
  /** Null where nothing trades. */
  readonly clearing: Clearing | null;
  /** Base units per Wh; null where nothing trades. */
  readonly price: PricePerWh | null;
  /** Energy traded. */
  readonly volume: Wh;
}

/** An accepted entry and what became of it. */
export interface PreviewFill extends AcceptedEntry {
  readonly slot: Slot;
  /** Energy that the entry wanted to trade. */
  readonly ordered: Wh;
  /** Energy that it traded. */
  readonly filled: Wh;
}

/** One member of a preview. */
export interface MemberPreview {
  readonly member: MemberIndex;
  /** Accepted entries of all its strips, in the sequence of acceptance. */
  readonly fills: readonly PreviewFill[];
  /** The legs that `Settlement` hands to the escrow; `reserved` is what its orders take from the free balance. */
  readonly settled: MemberSettlement;
  readonly bill: Bill;
  /** Paid to relayers at acceptance, base units; not on the bill. */
  readonly relayerFees: Amount;
}

/** A period as the chain would clear and settle it. */
export interface PeriodPreview {
  readonly period: Period;
  /** One per slot of the period. */
  readonly slots: readonly PreviewSlot[];
  /** In the sequence of the input. */
  readonly members: readonly MemberPreview[];
}

/** Index of the order book among a community's modules. */
const ORDER_BOOK = 0n;

/**
 * Clears and settles a period of the order book offline. Entries that are not posted yet count as accepted: build strips
 * with `buildStrip`, which names what the chain would refuse.
 * @throws RepeatedIdError for a member that is listed twice
 * @throws UnknownTariffClassError
 * @throws BadLengthError for values of another number of slots
 * @throws As `checkEntries`, BehindFrontierError and LogsIncompleteError for strips that cannot be those of the period
 * @example
 * import {
 *   asLots, asMember, asPeriod, asPrice, asSignedAmount, asSlotOffset, asTick, asWh, communityTerms, flatTariff,
 *   previewPeriod,
 * } from "@wattbook/sdk";
 *
 * const account = "0x00000000000000000000000000000000000000a1";
 * const terms = communityTerms({ paymentToken: account, coordinator: account, dso: account, feeCollector: account });
 * const tariff = flatTariff(terms, asPrice(40n), [{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]);
 * const forecast = (imported: bigint, exported: bigint) => {
 *   const noon = { imported: asWh(imported), exported: asWh(exported) };
 *   const none = { imported: asWh(0n), exported: asWh(0n) };
 *   const values = Array.from({ length: 96 }, (_, slot) => (slot === 48 ? noon : none));
 *   return { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
 * };
 *
 * const [roof, oven] = [asMember(4n), asMember(5n)];
 * const noon = { offset: asSlotOffset(48n), lots: asLots(80n) };
 * const preview = previewPeriod(terms, {
 *   period: asPeriod(20_000n),
 *   tariff,
 *   members: [
 *     { member: roof, tariffClass: 0n, metering: forecast(0n, 1_000n) },
 *     { member: oven, tariffClass: 0n, metering: forecast(900n, 0n) },
 *   ],
 *   strips: [
 *     { member: roof, entries: [{ ...noon, side: "sell", tick: asTick(10n) }] },
 *     { member: oven, entries: [{ ...noon, side: "buy", tick: asTick(30n) }] },
 *   ],
 * });
 * console.log(preview.slots[48]?.price); // 140n
 * console.log(preview.members.map(({ bill }) => bill.total)); // [-126_000n, 176_000n]
 * console.log(preview.members.map(({ bill }) => bill.saving)); // [46_000n, 94_000n]
 */
export function previewPeriod(terms: Terms, { period, tariff, members, strips }: PreviewInput): PeriodPreview {
  const accepted = acceptStrips(terms, strips);
  const clearings = clearBooks(accepted.books);
  const slots = slotsOf(terms, period).map((slot) => {
    return slotPreview(terms, slot, clearings.get(offsetIn(terms, period, slot)) ?? null);
  });
  const results: SlotResults = new Map(slots.map(({ slot, clearing }) => [slot, clearing]));
  const own = stripsByMember(members, accepted.strips);
  const preview = (member: PreviewMember): MemberPreview =>
    memberPreview(terms, { period, tariff, results }, member, own.get(member.member) ?? []);
  return { period, slots, members: members.map(preview) };
}

function slotPreview(terms: Terms, slot: Slot, clearing: Clearing | null): PreviewSlot {
  const price = clearing === null ? null : priceOf(terms, clearing.priceTick);
  return { slot, clearing, price, volume: whOf(clearing?.lots ?? asLots(0n), terms.lotWh) };
}

function stripsByMember(
  members: readonly PreviewMember[],
  strips: readonly AcceptedStrip[],
): Map<MemberIndex, AcceptedStrip[]> {
  const own = new Map<MemberIndex, AcceptedStrip[]>();
  for (const { member } of members) {
    if (own.has(member)) throw new RepeatedIdError("member", member.toString());
    own.set(member, []);
  }
  for (const strip of strips) own.get(strip.member)?.push(strip);
  return own;
}

function memberPreview(
  terms: Terms,
  { period, tariff, results }: Pick<PreviewInput, "period" | "tariff"> & { readonly results: SlotResults },
  { member, tariffClass, metering }: PreviewMember,
  strips: readonly AcceptedStrip[],
): MemberPreview {
  const entries = strips.flatMap((strip) => strip.entries);
  const records = strips.map((strip) => ({
    head: bookHead(terms, ORDER_BOOK, strip.entries, { tariff, tariffClass }),
  }));
  const answers = new Map([[ORDER_BOOK, positionOfEntries(terms, period, entries, results)]]);
  const settled = settleMember(terms, { tariff, tariffClass, records, answers, metering });
  return {
    member,
    fills: entries.map((entry) => fillPreview(terms, period, results, entry)),
    settled,
    bill: billOf(terms, period, settled),
    relayerFees: sumAmounts(strips.map((strip) => strip.fees)),
  };
}

function fillPreview(terms: Terms, period: Period, results: SlotResults, entry: AcceptedEntry): PreviewFill {
  const slot = slotIn(terms, period, entry.offset);
  const filled = whOf(fillOfEntry(results.get(slot) ?? null, entry), terms.lotWh);
  return { ...entry, slot, ordered: whOf(entry.lots, terms.lotWh), filled };
}
