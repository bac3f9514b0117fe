/** What the chain's events mean for what the relayer holds. */
import {
  decodePayload,
  encodeValues,
  isAccepted,
  isSealed,
  type AcceptedEntry,
  type AppendedRecord,
  type EventNamed,
  type Period,
  type Terms,
  type WattbookEvent,
} from "@wattbook/sdk";
import type { Bus } from "../bus.ts";
import { type Facts, type Where, type Whose } from "../store/facts.ts";
import type { Readings } from "../store/readings.ts";
import type { StripRow, Strips } from "../store/strips.ts";

/** Tables that events change, and who hears of it. */
export interface OutcomeParts {
  readonly facts: Facts;
  readonly strips: Strips;
  readonly readings: Readings;
  readonly bus: Bus;
  /** Terms of the communities that are served. */
  readonly terms: (community: bigint) => Terms | undefined;
  /** Whether a community's first module is an order book. */
  readonly hasOrders: (community: bigint) => boolean;
  /** A record of the order book: what it has of each tick. */
  readonly recorded: (community: bigint, period: Period, entries: readonly AcceptedEntry[]) => void;
  /** A strip does not wait any more. */
  readonly resolved: (row: StripRow, outcome: "posted" | "skipped") => void;
}

/** The order book's index among the modules. */
const ORDER_BOOK = 0n;

/** Draws conclusions from events, within the transaction of whoever read them. */
export class Outcomes {
  readonly #parts: OutcomeParts;

  constructor(parts: OutcomeParts) {
    this.#parts = parts;
  }

  apply(events: readonly WattbookEvent[]): void {
    for (const event of events) {
      const where = whereOf(event);
      if (event.name === "Recorded") this.#recorded(event, where);
      else if (event.name === "StripSkipped") {
        this.#parts.facts.skipped(where, event.member, Number(event.index), event.reason);
      } else if (event.name === "ItemSkipped") this.#parts.facts.skipped(where, event.member, null, event.reason);
      else if (event.name === "SlotCleared") this.#cleared(event, where);
      else if (event.name === "Metered") this.#metered(event, where);
      else if (event.name === "Settled") this.#settled(event, where);
      else if (event.name === "Estimated") this.#parts.facts.estimated(event, where.block);
      else if (event.name === "RecordsVoided") this.#parts.facts.voided(event, event.module, where.block);
      else if (event.name === "Corrected") this.#corrected(event, where);
    }
  }

  /** Takes back what was said in blocks that are gone. */
  rewind(from: number): void {
    this.#parts.strips.rewind(from);
    this.#parts.readings.rewind(from);
  }

  #recorded({ community, period, records }: EventNamed<"Recorded">, where: Where): void {
    const terms = this.#parts.terms(community);
    if (terms === undefined) return;
    for (const [place, record] of records.entries()) {
      this.#parts.facts.record(where, place, { community, period }, record);
      if (record.head.module === ORDER_BOOK && this.#parts.hasOrders(community))
        this.#posted({ community, period, member: record.member }, terms, record, where);
    }
  }

  /** A strip is in a journal: ours, posted by us or by another relayer, or one that takes the place of ours. */
  #posted(whose: Whose, terms: Terms, record: AppendedRecord, where: Where): void {
    const { strips, bus, recorded, resolved } = this.#parts;
    const entries = decodePayload(terms, record.payload);
    recorded(whose.community, whose.period, entries.filter(isAccepted));
    const own = strips.find(record.digest);
    if (own !== undefined) {
      resolved(own, "posted");
      const refused = entries.flatMap(({ prefix }, index) => (prefix === null ? [index] : []));
      strips.posted(record.digest, where, refused);
      bus.tell({ type: "posted", ...namesOf(own), transaction: where.tx, refused });
    }
    // In a sealed community a receipt binds all the same: the strip is committed to, and skipped at the reveal.
    if (isSealed(terms)) return;
    const by = {
      community: Number(whose.community),
      period: Number(whose.period),
      member: Number(whose.member),
      ends: Number(record.frontier),
    };
    for (const row of strips.overtaken(by, where.block)) {
      resolved(row, "skipped");
      bus.tell({ type: "skipped", ...namesOf(row), reason: "WrongFrontier" });
    }
  }

  #cleared({ community, slot, price, lots }: EventNamed<"SlotCleared">, { block }: Where): void {
    this.#parts.facts.cleared(community, slot, block);
    this.#parts.bus.tell({
      type: "cleared",
      community: String(community),
      slot: String(slot),
      price: price === null ? null : String(price),
      lots: String(lots),
    });
  }

  #metered(event: EventNamed<"Metered">, where: Where): void {
    const { facts } = this.#parts;
    facts.metered(event, where, encodeValues(event.values), event.gapLeg);
    this.#read(event, where, "metered");
  }

  /** A late reading has replaced an estimate. */
  #corrected(event: EventNamed<"Corrected">, where: Where): void {
    this.#parts.facts.corrected(event, where.block);
    this.#read(event, where, "corrected");
  }

  /** A member's period has a reading now: ours, or another one that takes its place. */
  #read(
    { community, period, member, values }: EventNamed<"Metered"> | EventNamed<"Corrected">,
    where: Where,
    state: "metered" | "corrected",
  ): void {
    const { readings } = this.#parts;
    const found = encodeValues(values);
    for (const { digest, body } of readings.of(Number(community), Number(period), Number(member))) {
      const same = (JSON.parse(body) as { values: string }).values.toLowerCase() === found;
      if (same) readings.mark(digest, state, where, null);
      else readings.mark(digest, "skipped", where, "AlreadyMetered");
    }
  }

  #settled(event: EventNamed<"Settled">, where: Where): void {
    const { facts, readings } = this.#parts;
    facts.settled(event, where.block);
    for (const { digest, state } of readings.of(Number(event.community), Number(event.period), Number(event.member))) {
      if (state === "metered") readings.mark(digest, "settled", where, null);
    }
  }
}

function whereOf({ log }: WattbookEvent): Where {
  return { block: log.blockNumber, log: log.logIndex ?? 0, tx: log.transactionHash ?? "" };
}

/** How a strip is named to those who listen. */
export function namesOf({ digest, community, period, member }: StripRow) {
  return { digest, community: String(community), period: String(period), member: String(member) };
}
