/** What became of a member's orders, from event logs. */
import { decodePayload, isAccepted } from "../book-record.ts";
import { slotIn } from "../calendar.ts";
import { fillOfEntry } from "../clearing.ts";
import type { Clearing } from "../clearing.ts";
import type { Side } from "../entry.ts";
import { priceOf } from "../grid.ts";
import type { Terms } from "../terms.ts";
import { asWh, whOf } from "../units.ts";
import type { MemberIndex, Period, PricePerWh, Slot, Wh } from "../units.ts";
import type { LogReader } from "./log-reader.ts";
import type { ScanRange } from "./scan.ts";

/** An order on the book and what it filled. */
export interface OrderFill {
  readonly slot: Slot;
  readonly side: Side;
  /** The order's limit, base units per Wh. */
  readonly limit: PricePerWh;
  readonly ordered: Wh;
  /** Waiting until its slot is cleared, and where the chain did not take the order refused. */
  readonly state: "waiting" | "cleared" | "refused";
  /** 0 until cleared. */
  readonly filled: Wh;
  /** The slot's price, base units per Wh; null where it has none, or none yet. */
  readonly price: PricePerWh | null;
}

/** Index of the order book among a community's modules. */
const ORDER_BOOK = 0n;

/**
 * What a member's orders of a period filled so far, in the sequence in which they were posted.
 * @example
 * const [fill] = await fillsOf(logs, terms, member, yesterday);
 * fill?.filled // 1_000n
 */
export async function fillsOf(
  logs: Pick<LogReader, "journals" | "results">,
  terms: Terms,
  member: MemberIndex,
  period: Period,
  range?: ScanRange,
): Promise<OrderFill[]> {
  const journals = await logs.journals(period, range);
  const results = await logs.results(period, range, journals);
  const records = (journals.get(member) ?? []).filter(({ head }) => head.module === ORDER_BOOK);
  return records.flatMap(({ payload }) =>
    decodePayload(terms, payload).map((entry): OrderFill => {
      const slot = slotIn(terms, period, entry.offset);
      const { side } = entry;
      const order = { slot, side, limit: priceOf(terms, entry.tick), ordered: whOf(entry.lots, terms.lotWh) };
      if (!isAccepted(entry)) return { ...order, state: "refused", filled: asWh(0n), price: null };
      const clearing: Clearing | null | undefined = results.get(slot);
      if (clearing === undefined) return { ...order, state: "waiting", filled: asWh(0n), price: null };
      const filled = whOf(fillOfEntry(clearing, entry), terms.lotWh);
      return {
        ...order,
        state: "cleared",
        filled,
        price: clearing === null ? null : priceOf(terms, clearing.priceTick),
      };
    }),
  );
}
