/** `wattbook settle`: settles members whose readings are in, and estimates those whose reading is late. Anyone may. */
import {
  asPeriod,
  reasonOf,
  SettlementAbi,
  SKIP_REASONS,
  type EstimateItem,
  type Period,
  type SettleItem,
  type UnsignedCall,
} from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { dueOf, membersText, wouldTake, type DuePeriod } from "../lib/due.ts";
import { EXIT } from "../lib/errors.ts";
import { withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import { linked, signing, withPeriod } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { senderKey } from "../lib/sender-key.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { counted, periodText } from "../lib/units.ts";

type Options = CommonOptions & LinkOptions & SigningOptions & { readonly period?: bigint };

/** Items per call as in `docs/how-it-works.md`, "What fits a call". */
const LIMITS = { items: 60, bytes: 120_000 };

/** Declares the command. */
export const settle: Register = (parent, app) => {
  const command = withPeriod(
    signing(linked(parent.command("settle"), "community")),
    "one period (default: all that are due)",
  ).description(
    "Settles members whose readings were accepted; from the reading deadline on estimates the others. A community that shares is counted first.",
  );
  action<Options, []>(command, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      if (!(await settleDue(session, options, output))) app.exit = EXIT.failed;
    });
  });
};

/** A call for some members of a period. */
interface Part extends Step {
  readonly period: Period;
  readonly members: readonly SettleItem["member"][];
}

async function settleDue(session: Session, options: Options, output: Output): Promise<boolean> {
  const wanted = options.period === undefined ? undefined : asPeriod(options.period);
  const due = await withLogs(session, output, (logs) => dueOf(session, logs, wanted));
  const from = senderKey(session.config);
  const parts: Part[] = [];
  for (const period of due) parts.push(...(await partsIn(session, period)));
  const taken: Part[] = [];
  for (const part of parts) if (await wouldTake(session, from.address, part.call)) taken.push(part);
  if (taken.length === 0) {
    const waiting = parts.length > 0 ? " Some wait for something else first: see wattbook market clear." : "";
    output.result({ settled: [], transactions: [] }, () => `Nobody is due.${waiting}`);
    return true;
  }
  const outcome = await sendCalls(session, { from, steps: taken, scope: scopeOf(session) }, options, output);
  const skipped = skippedIn(outcome.receipts);
  const uncounted = due.reduce((sum, { period, count }) => sum + leftOf(period, count, taken), 0);
  const settled = taken.map(({ period, members }) => ({ period: Number(period), members: members.map(Number) }));
  output.result({ ...outcomeJson(outcome), settled, skipped, uncounted }, () => {
    const lines = taken.map(
      ({ period, members }) => `${membersText(members)} of period ${periodText(session.terms, period)}`,
    );
    const verb = outcome.dryRun ? "Would settle" : "Settled";
    return [
      ...(outcome.dryRun ? [] : [outcomeText(outcome)]),
      ...lines.map((line) => `${verb} ${line}`),
      ...skipped.map(skipText),
      ...(uncounted === 0 ? [] : [`${counted(uncounted, "member")} can be counted next: run it again.`]),
    ].join("\n");
  });
  return skipped.length === 0;
}

/** Members to count whom no call takes: each chunk of a metered auction needs the totals of the one before. */
function leftOf(period: Period, count: readonly SettleItem[], taken: readonly Part[]): number {
  const members = new Set(taken.filter((part) => part.period === period).flatMap((part) => part.members));
  return count.filter(({ member }) => !members.has(member)).length;
}

async function partsIn(session: Session, due: DuePeriod): Promise<Part[]> {
  const { community, wattbook } = session;
  const { settlement } = wattbook;
  const { period, count, chunks, settle: metered, estimate, module } = due;
  const counting = module === undefined ? [] : await partsFor(session, period, count, "counts", module.count);
  const parts = [
    // Where each count goes on from the one before, the others are due once the first one is on chain.
    ...(module?.independent === false ? counting.slice(0, 1) : counting),
    ...chunks.map(({ call, items }) => {
      const members = items.map(({ member }) => member);
      const details = [`shares among ${membersText(members)} of period ${periodText(session.terms, period)}`];
      return { call, details, period, members };
    }),
    ...(await partsFor(session, period, metered, "settles", (items) =>
      settlement.calls.settle(community, period, items),
    )),
    ...(await partsFor(session, period, estimate, "estimates", (items) =>
      settlement.calls.settleEstimated(community, period, items),
    )),
  ];
  return parts;
}

async function partsFor<T extends SettleItem | EstimateItem>(
  session: Session,
  period: Period,
  items: readonly T[],
  verb: string,
  make: (some: readonly T[]) => UnsignedCall,
): Promise<Part[]> {
  const { partsOf } = await import("@wattbook/services/keeper");
  let first = 0;
  return partsOf(items, make, LIMITS).map(({ call, items: count }) => {
    const members = items.slice(first, first + count).map(({ member }) => member);
    first += count;
    const details = [`${verb} ${membersText(members)} of period ${periodText(session.terms, period)}`];
    return { call, details, period, members };
  });
}

interface Skipped {
  readonly member: number;
  readonly reason: string;
}

const SETTLEMENT = new Interface(SettlementAbi);

function skippedIn(receipts: readonly TransactionReceipt[]): Skipped[] {
  const events = receipts.flatMap(({ logs }) => logs).map((log) => SETTLEMENT.parseLog(log));
  return events.flatMap((event) => {
    if (event?.name !== "ItemSkipped") return [];
    return [
      {
        member: Number(event.args["member"] as bigint),
        reason: reasonOf(SKIP_REASONS, event.args["reason"] as bigint),
      },
    ];
  });
}

function skipText({ member, reason }: Skipped): string {
  return `The chain left member ${member} out: ${reason}.`;
}
