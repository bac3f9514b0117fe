/** `wattbook budget show`: what a member has signed, and whether it counts. */
import { asPeriod, periodAt, periodEnd, periodStart, priceOf, type MemberIndex, type Tick } from "@wattbook/sdk";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import { INDEX } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { papersOf, type Kept, type Papers } from "../lib/paper.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, minuteText, priceText } from "../lib/units.ts";

/** Shows the latest one. */
export async function showBudget(session: Session, options: LinkOptions, output: Output): Promise<void> {
  const member = await memberOf(options, session);
  const papers = await papersOf(session);
  const found = await stateOf(session, papers, member);
  output.result(stateJson(member, found), () => stateText(session, member, found));
}

/** What the chain keeps, and why it does not count for the next period; null where it does. */
export interface State {
  readonly limits: boolean;
  /** Null where nothing was ever signed. */
  readonly kept: Kept | null;
  readonly whyNot: string | null;
}

/** Asks the chain. */
export async function stateOf(session: Session, papers: Papers, member: MemberIndex): Promise<State> {
  const { wattbook, community, terms, now } = session;
  const [kept, account] = await Promise.all([papers.kept(member), wattbook.escrow.account(community, member)]);
  const { limits } = papers;
  if (kept.sequence === 0n) return { limits, kept: null, whyNot: "nothing is signed" };
  const next = periodAt(terms, now) + 1n;
  const whyNot = () => {
    if (kept.epoch !== account.epoch) return "void: the member has voided all that it had signed";
    if (kept.lastPeriod < kept.firstPeriod || kept.lastPeriod < next) return "ended";
    if ((account.modules & 1n) === 0n) return "not used: the member has turned off the community's first module";
    return kept.firstPeriod > next ? `not yet, from period ${kept.firstPeriod} on` : null;
  };
  return { limits, kept, whyNot: whyNot() };
}

/** For programs. */
export function stateJson(member: MemberIndex, { limits, kept, whyNot }: State): object {
  if (kept === null) return { member: Number(member), budget: null, counts: false };
  const { budget, buyTick, sellTick, firstPeriod, lastPeriod, epoch, sequence } = kept;
  const tick = (value: Tick | null) => (value === null ? null : Number(value));
  return {
    member: Number(member),
    budget: {
      amount: budget,
      ...(limits && { buyTick: tick(buyTick), sellTick: tick(sellTick) }),
      firstPeriod: Number(firstPeriod),
      lastPeriod: Number(lastPeriod),
      epoch: Number(epoch),
      sequence: Number(sequence),
    },
    counts: whyNot === null,
  };
}

/** For people. */
export function stateText(session: Session, member: MemberIndex, { limits, kept, whyNot }: State): string {
  if (kept === null) return `Member ${member} has signed no budget: it is a plain customer of its supplier.`;
  const { money, terms } = session;
  const { budget, buyTick, sellTick, firstPeriod, lastPeriod, sequence } = kept;
  const limit = (side: string, tick: Tick | null) => {
    return tick === null ? "nothing" : `at ${side} ${priceText(money, priceOf(terms, tick))}`;
  };
  const last =
    lastPeriod === INDEX ? "until it is replaced" : `to ${minuteText(periodEnd(terms, asPeriod(lastPeriod)))} UTC`;
  return pairsText([
    ["member", `${member}`],
    ["budget", `${amountText(money, budget)} per period`],
    ...(limits
      ? ([
          ["buys", limit("most", buyTick)],
          ["sells", limit("least", sellTick)],
        ] as [string, string][])
      : []),
    ["periods", `from ${minuteText(periodStart(terms, firstPeriod))} UTC ${last}`],
    ["signed", `number ${sequence}, ${whyNot ?? "counts for the next period"}`],
  ]);
}
