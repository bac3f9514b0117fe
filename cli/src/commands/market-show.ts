/** `wattbook market show`: an order book, slot by slot or of one slot. */
import {
  asPeriod,
  clear,
  formatWh,
  gateOf,
  isOpen,
  periodAt,
  priceOf,
  slotsOf,
  slotStart,
  whOf,
  type Book,
  type Clearing,
  type Slot,
  asTick,
} from "@wattbook/sdk";
import type { LinkOptions, Session } from "../lib/link.ts";
import { slotOf } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { tableText } from "../lib/table.ts";
import { minuteText, periodText, priceText, slotText } from "../lib/units.ts";

export type ShowOptions = LinkOptions & { readonly slot?: string; readonly period?: bigint };

/** Slots that are asked about at the same time. */
const AT_ONCE = 16;

/** A slot as it stands. */
interface SlotState {
  readonly slot: Slot;
  readonly state: "open" | "closed" | "cleared";
  readonly book: Book;
  /** Of the chain, or what would come out now; null for no trade. */
  readonly clearing: Clearing | null;
}

/** Shows the slots of a period, or the levels of one slot. */
export async function showMarket(session: Session, options: ShowOptions, output: Output): Promise<void> {
  const { terms, now, community } = session;
  if (options.slot !== undefined) {
    const found = await stateOf(session, slotOf("--slot", options.slot, terms));
    output.result({ community: Number(community), ...json(session, found), levels: levels(session, found) }, () =>
      slotView(session, found),
    );
    return;
  }
  const period = asPeriod(options.period ?? periodAt(terms, now));
  const slots = slotsOf(terms, period);
  const states: SlotState[] = [];
  for (let first = 0; first < slots.length; first += AT_ONCE) {
    states.push(...(await Promise.all(slots.slice(first, first + AT_ONCE).map((slot) => stateOf(session, slot)))));
  }
  output.result(
    { community: Number(community), period: Number(period), slots: states.map((state) => json(session, state)) },
    () => {
      return periodView(session, `Period ${periodText(terms, period)}`, states);
    },
  );
}

async function stateOf({ wattbook, community, terms, now }: Session, slot: Slot): Promise<SlotState> {
  const book = terms.revealWindow === 0n ? wattbook.market : wattbook.sealedMarket;
  const [found, result] = await Promise.all([book.book(community, slot), book.result(community, slot)]);
  if (result !== undefined) return { slot, state: "cleared", book: found, clearing: result };
  return { slot, state: isOpen(terms, slot, now) ? "open" : "closed", book: found, clearing: clear(found) };
}

function json({ terms }: Session, { slot, state, book, clearing }: SlotState): object {
  return {
    slot: Number(slot),
    start: Number(slotStart(terms, slot)),
    state,
    demandWh: whOf(total(book.bids), terms.lotWh),
    supplyWh: whOf(total(book.asks), terms.lotWh),
    price: clearing === null ? null : priceOf(terms, clearing.priceTick),
    volumeWh: clearing === null ? 0n : whOf(clearing.lots, terms.lotWh),
  };
}

function total(side: Book["bids"]): Book["bids"][number] {
  return side.reduce((sum, lots) => (sum + lots) as Book["bids"][number], 0n as Book["bids"][number]);
}

function periodView({ terms, money }: Session, title: string, states: readonly SlotState[]): string {
  const shown = states.filter(
    ({ book, state, clearing }) =>
      total(book.bids) + total(book.asks) > 0n || (state === "cleared" && clearing !== null),
  );
  const open = states.filter(({ state }) => state === "open");
  const [next] = open;
  const gate =
    next === undefined
      ? "No slot of it is open for orders."
      : `${open.length} of ${states.length} slots are open for orders; the next gate closes ${minuteText(gateOf(terms, next.slot))} UTC.`;
  if (shown.length === 0) return `${title}\n${gate}\nThere are no orders.`;
  const rows = shown.map(({ slot, state, book, clearing }) => [
    minuteText(slotStart(terms, slot)),
    state,
    formatWh(whOf(total(book.bids), terms.lotWh)),
    formatWh(whOf(total(book.asks), terms.lotWh)),
    clearing === null ? "-" : priceText(money, priceOf(terms, clearing.priceTick)),
    clearing === null ? "-" : formatWh(whOf(clearing.lots, terms.lotWh)),
  ]);
  const head = ["start UTC", "state", "demand", "supply", "price", "traded"];
  const table = tableText(head, ["left", "left", "right", "right", "right", "right"], rows);
  const note = shown.some(({ state }) => state !== "cleared")
    ? ["", "Of slots that are not cleared: what would come out now."]
    : [];
  return [title, gate, "", table, ...note].join("\n");
}

function levels({ terms }: Session, { book }: SlotState): object[] {
  return book.bids.flatMap((bid, tick) => {
    const ask = book.asks[tick] ?? 0n;
    if (bid + ask === 0n) return [];
    return [
      { tick, price: priceOf(terms, asTick(BigInt(tick))), demandWh: bid * terms.lotWh, supplyWh: ask * terms.lotWh },
    ];
  });
}

function slotView(session: Session, found: SlotState): string {
  const { terms, money } = session;
  const rows = found.book.bids
    .flatMap((bid, tick) => {
      const ask = found.book.asks[tick] ?? (0n as typeof bid);
      if (bid + ask === 0n) return [];
      const energy = (lots: typeof bid) => (lots === 0n ? "-" : formatWh(whOf(lots, terms.lotWh)));
      return [[priceText(money, priceOf(terms, asTick(BigInt(tick)))), energy(bid), energy(ask)]];
    })
    .reverse();
  const title = `Slot ${found.slot} (${slotText(terms, found.slot)}), ${found.state}`;
  const { clearing } = found;
  const verb = found.state === "cleared" ? "Cleared" : "Would clear now";
  const outcome =
    clearing === null
      ? "No trade."
      : `${verb} at ${priceText(money, priceOf(terms, clearing.priceTick))}: ${formatWh(whOf(clearing.lots, terms.lotWh))}.`;
  if (rows.length === 0)
    return `${title}\nThere are no orders on the book.${found.state === "cleared" ? ` ${outcome}` : ""}`;
  return `${title}\n\n${tableText(["limit", "demand", "supply"], ["right", "right", "right"], rows)}\n\n${outcome}`;
}
