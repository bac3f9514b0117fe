/** A strip before it is signed: in words for people, as JSON for programs. */
import { formatWh, priceOf, slotIn, whOf, type Strip } from "@wattbook/sdk";
import type { Session } from "./link.ts";
import { pairsText } from "./table.ts";
import { paint } from "./terminal.ts";
import { amountText, periodText, priceText, slotText, timeText } from "./units.ts";

/** Every field and order. */
export function stripText({ money, terms, terminal }: Session, strip: Strip, signer: string): string {
  const pairs: [string, string][] = [
    ["member", String(strip.member)],
    ["period", periodText(terms, strip.period)],
    ["reserves at most", amountText(money, strip.maxReserve)],
    ["valid until", timeText(strip.deadline)],
    ["relayer fee", amountText(money, strip.feePerEntry)],
    ...strip.entries.map((entry, index): [string, string] => {
      const limit = priceText(money, priceOf(terms, entry.tick));
      const energy = formatWh(whOf(entry.lots, terms.lotWh));
      const bound = entry.side === "buy" ? "at most" : "at least";
      return [
        `order ${index + 1}`,
        `${entry.side} ${energy} for ${bound} ${limit}, ${slotText(terms, slotIn(terms, strip.period, entry.offset))}`,
      ];
    }),
  ];
  const title = paint("bold", "Strip (orders under one signature)", terminal.stderr, terminal.env);
  return `To be signed by ${signer} (keys.trading):\n${title}\n${pairsText(pairs, "  ")}`;
}

/** The same for a program. */
export function stripJson({ after, epoch, deadline, maxReserve, feePerEntry, feeTo, entries }: Strip): object {
  const orders = entries.map(({ offset, side, tick, lots }) => ({
    offset: Number(offset),
    side,
    tick: Number(tick),
    lots: Number(lots),
  }));
  return {
    after: Number(after),
    epoch: Number(epoch),
    deadline: Number(deadline),
    maxReserve,
    feePerEntry,
    feeTo,
    entries: orders,
  };
}
