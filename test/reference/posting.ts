import { at } from "./arrays.ts";
import { accept, type Acceptance, type Refusal } from "./acceptance.ts";
import type { Escrow } from "./accounts.ts";
import type { Hex } from "./bytes.ts";
import { stripDigest } from "./digests.ts";
import { decodeEntries } from "./entries.ts";
import { reserve } from "./escrow.ts";
import { packHead } from "./head.ts";
import { afterRecord } from "./journal.ts";
import { bookOf, traderOf, type Market } from "./market.ts";
import type { Strip } from "./messages.ts";
import { encodePayload } from "./payload.ts";

/** One record of a journal, as settlement gets it back. */
export interface JournalRecord {
  head: bigint;
  digest: Hex;
  payload: Hex;
}

/** Books the accepted entries; an order is named `member/record/entry`. */
function book(market: Market, strip: Strip, { reasons }: Acceptance): void {
  const { journal } = traderOf(market, strip.member);
  for (const [i, { slot, side, tick, lots }] of decodeEntries(strip.entries).entries()) {
    if (at(reasons, i) !== "None") continue;
    const order = { id: `${strip.member}/${journal.records}/${i}`, side, tick, lots };
    market.books.set(slot, [...bookOf(market, slot), order]);
  }
}

/** Posts a strip: book, journal and money. */
export function post(
  market: Market,
  escrow: Escrow,
  strip: Strip,
  signed: boolean,
): Refusal | (Acceptance & { record: JournalRecord }) {
  const accepted = accept(market, strip, signed);
  if ("reason" in accepted) return accepted;
  const { journal } = traderOf(market, strip.member);
  const { head, prefixes, fees, settlementFee, frontier } = accepted;
  const record: JournalRecord = {
    head: packHead(head),
    digest: stripDigest(market.domain, strip),
    payload: encodePayload(strip.entries, prefixes, market.grid.wideTicks),
  };
  book(market, strip, accepted);
  reserve(escrow, {
    member: strip.member,
    period: market.period,
    module: head.module,
    amount: head.reserve + settlementFee,
    fee: fees,
    feeTo: strip.feeTo,
    first: journal.records === 0n,
  });
  journal.hash = afterRecord(journal.hash, record.head, record.digest, record.payload);
  journal.frontier = frontier;
  journal.entries += head.entries;
  journal.records += 1n;
  return { ...accepted, record };
}
