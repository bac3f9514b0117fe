/** Strips that are on chain already, as previews take them. */
import { decodePayload } from "./book-record.ts";
import type { JournalRecord } from "./journal.ts";
import type { PreviewStrip } from "./preview-book.ts";
import type { Terms } from "./terms.ts";
import type { MemberIndex } from "./units.ts";

/**
 * The posted strips of a period, to preview it with: what was refused is marked so, and every accepted entry keeps its
 * place in the queue, whatever the sequence of the journals. Append strips of your own to see where they would stand.
 * Relayer fees are left out: they are paid.
 * @param journals By member, as `LogReader.journals` reads them; records of other modules are ignored.
 * @param module Index of the order book.
 * @throws BadLengthError for a payload of another format
 * @example
 * const strips = postedStrips(terms, await logs.journals(yesterday));
 * const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
 * const members = [{ member, tariffClass: 0n, metering }];
 * const preview = previewPeriod(terms, { period: yesterday, tariff, members, strips });
 * preview.members[0]?.bill.total // -138_000n
 */
export function postedStrips(
  terms: Pick<Terms, "wideTicks">,
  journals: Iterable<readonly [MemberIndex, readonly Pick<JournalRecord, "head" | "payload">[]]>,
  module = 0n,
): PreviewStrip[] {
  return Array.from(journals).flatMap(([member, records]) =>
    records
      .filter(({ head }) => head.module === module)
      .map(({ payload }) => ({ member, entries: decodePayload(terms, payload) })),
  );
}
