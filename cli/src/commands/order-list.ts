/** `wattbook order list`: what became of a member's orders. */
import {
  asPeriod,
  fillsOf,
  formatTime,
  formatWh,
  periodAt,
  slotStart,
  type MemberIndex,
  type OrderFill,
  type Period,
} from "@wattbook/sdk";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import type { Output } from "../lib/output.ts";
import { tableText } from "../lib/table.ts";
import { minuteText, periodText, priceText } from "../lib/units.ts";

export type ListOptions = LinkOptions & { readonly period?: bigint };

/** Lists the orders of a period, in the sequence in which they were posted. */
export async function listOrders(session: Session, options: ListOptions, output: Output): Promise<void> {
  const member = await memberOf(options, session);
  const { terms, now, community } = session;
  const period = asPeriod(options.period ?? periodAt(terms, now));
  const { fills, skipped } = await withLogs(session, output, async (logs) => ({
    fills: await fillsOf(logs, terms, member, period),
    skipped: (await logs.skipped(period)).filter((each) => each.member === member && each.stage !== "settlement"),
  }));
  const orders = fills.map(({ slot, side, limit, ordered, state, filled, price }) => {
    return {
      slot: Number(slot),
      start: formatTime(slotStart(terms, slot)),
      side,
      limit,
      orderedWh: ordered,
      state,
      filledWh: filled,
      price,
    };
  });
  const json = {
    community: Number(community),
    member: Number(member),
    period: Number(period),
    orders,
    leftOut: skipped.map(({ reason }) => reason),
  };
  output.result(json, () => {
    const left = skipped.map(({ reason }) => `Left out by the chain: ${reason}.`);
    return [ordersText(session, member, period, fills), ...left].join("\n");
  });
}

function ordersText(
  { terms, money }: Session,
  member: MemberIndex,
  period: Period,
  fills: readonly OrderFill[],
): string {
  const title = `Orders of member ${member} in period ${periodText(terms, period)}`;
  if (fills.length === 0) return `${title}: none.`;
  const rows = fills.map(({ slot, side, limit, ordered, state, filled, price }) => [
    minuteText(slotStart(terms, slot)),
    side,
    priceText(money, limit),
    formatWh(ordered),
    state,
    state === "waiting" ? "-" : formatWh(filled),
    price === null ? "-" : priceText(money, price),
  ]);
  const head = ["start UTC", "side", "limit", "ordered", "state", "filled", "price"];
  return `${title}\n\n${tableText(head, ["left", "left", "right", "right", "left", "right", "right"], rows)}`;
}
