/** `wattbook market clear`: clears the slots whose gate is over and that have orders. Anyone may. */
import type { Slot } from "@wattbook/sdk";
import { dueOf, slotsText, wouldTake } from "../lib/due.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import type { Output } from "../lib/output.ts";
import { senderKey } from "../lib/sender-key.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { counted } from "../lib/units.ts";

/** Slots per call as in `docs/how-it-works.md`, "What fits a call". */
const MOST_SLOTS = 48;

/** Clears what is due, all periods. */
export async function clearDue(session: Session, options: LinkOptions & SigningOptions, output: Output): Promise<void> {
  const { wattbook, community } = session;
  const [due, book] = await withLogs(
    session,
    output,
    async (logs) => [await dueOf(session, logs), logs.market] as const,
  );
  const from = senderKey(session.config);
  const steps: Step[] = [];
  const slots: Slot[] = [];
  for (const { clear } of due) {
    for (let first = 0; first < clear.length; first += MOST_SLOTS) {
      const some = clear.slice(first, first + MOST_SLOTS);
      const call = { ...wattbook.market.calls.clear(community, some), to: book };
      if (!(await wouldTake(session, from.address, call))) continue;
      steps.push({ call, details: [`clears ${slotsText(session, some)}`] });
      slots.push(...some);
    }
  }
  if (steps.length === 0) {
    output.result(
      { slots: [], transactions: [] },
      () => "No slot is due: those with orders are cleared, or their gate is not over.",
    );
    return;
  }
  const outcome = await sendCalls(session, { from, steps, scope: scopeOf(session) }, options, output);
  output.result({ ...outcomeJson(outcome), slots: slots.map(Number) }, () => {
    return outcome.dryRun
      ? `Would clear ${counted(slots.length, "slot")}.`
      : `${outcomeText(outcome)}\n${counted(slots.length, "slot")} cleared.`;
  });
}
