/** `wattbook budget send`: brings budgets on chain that members have signed elsewhere. */
import { reportOf } from "../lib/errors.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { papersOf, type SignedPaper } from "../lib/paper.ts";
import { leftOut, readPaper, skippedIn } from "../lib/paper-file.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { senderKey } from "../lib/sender-key.ts";
import { tableText } from "../lib/table.ts";
import { amountText, counted } from "../lib/units.ts";

export type SendOptions = LinkOptions & SigningOptions & { readonly file: readonly string[] };

/** Budgets per call: each takes about 60,000 gas. */
const MOST = 60;

/** What became of a file. */
interface Result {
  readonly file: string;
  readonly member: number | null;
  readonly fault: { readonly code: string; readonly message: string } | null;
}

/** Whether all of them are kept now. */
export async function sendBudgets(session: Session, options: SendOptions, output: Output): Promise<boolean> {
  const papers = await papersOf(session);
  const from = senderKey(session.config);
  const good: { readonly file: string; readonly paper: SignedPaper }[] = [];
  const results: Result[] = [];
  for (const file of options.file) {
    try {
      good.push({ file, paper: readPaper(file, papers.name, session.community) });
    } catch (error) {
      const report = reportOf(error);
      if (report === undefined) throw error;
      results.push({ file, member: null, fault: { code: report.code, message: report.message } });
    }
  }
  const steps: Step[] = [];
  for (let first = 0; first < good.length; first += MOST) {
    const some = good.slice(first, first + MOST).map(({ paper }) => paper);
    const details = some.map(({ message: { member, budget } }) => {
      return `member ${member}: ${amountText(session.money, budget)} per period`;
    });
    steps.push({ call: papers.keep(some), details });
  }
  const sending = { from, steps, scope: scopeOf(session) };
  const outcome = steps.length === 0 ? null : await sendCalls(session, sending, options, output);
  const skipped = skippedIn(outcome?.receipts ?? []);
  for (const { file, paper } of good) {
    const { member } = paper.message;
    const reason = skipped.get(member);
    const fault = reason === undefined ? null : { code: "ORDER_LEFT_OUT", message: leftOut(reason).message };
    results.push({ file, member: Number(member), fault });
  }
  const dryRun = options.dryRun === true;
  const sent = outcome === null ? { dryRun, transactions: [] } : outcomeJson(outcome);
  output.result({ ...sent, budgets: results }, () => {
    const lines = outcome === null || dryRun ? [] : [outcomeText(outcome)];
    return [...lines, resultsText(results, dryRun)].join("\n");
  });
  return results.every(({ fault }) => fault === null);
}

function resultsText(results: readonly Result[], dryRun: boolean): string {
  const done = dryRun ? "would be sent" : "kept";
  const rows = results.map(({ file, member, fault }) => [
    file,
    member === null ? "-" : String(member),
    fault === null ? done : `left out: ${fault.code}`,
  ]);
  const faults = results.flatMap(({ fault }) => (fault === null ? [] : [`${fault.code}: ${fault.message}`]));
  const kept = results.length - faults.length;
  const sum = `${counted(kept, "budget")} ${done}, ${faults.length} left out.`;
  return [tableText(["file", "member", "this run"], ["left", "right", "left"], rows), ...faults, sum].join("\n");
}
