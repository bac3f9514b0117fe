/** Sends the enrolments that have all signatures; the others are left out and named. */
import { ProsumerRegistryAbi, type MemberIndex } from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import type { Listed } from "../community/file.ts";
import type { Joiner, SignatureName } from "../community/joiners.ts";
import { pointOf } from "../community/messages.ts";
import { CliError, reportOf } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import type { Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { tableText } from "../lib/table.ts";
import { printable } from "../lib/text.ts";

/** What became of a record. */
interface Result {
  readonly place: string;
  readonly name: string;
  readonly member: number | null;
  readonly did: readonly string[];
  /** What a dry run would sign. */
  readonly unsigned: readonly string[];
  readonly fault: { readonly code: string; readonly message: string } | null;
}

/** Records of a file, good and bad. */
export interface Batch {
  readonly joiners: readonly Joiner[];
  readonly bad: readonly Listed[];
  readonly coordinator: string;
}

/** Whether all of them are in now. */
export async function sendEnrolments(
  session: Session,
  { joiners, bad, coordinator }: Batch,
  options: SigningOptions,
  output: Output,
): Promise<boolean> {
  const from = keyOf(session.config, "coordinator");
  if (from.address !== coordinator) {
    throw new CliError(
      "NOT_COORDINATOR",
      `The coordinator is ${coordinator}, keys.coordinator is ${from.address}. Name its key.`,
    );
  }
  const faults = new Map<Joiner, NonNullable<Result["fault"]>>();
  const steps: Step[] = [];
  for (const joiner of joiners) {
    const found = await stepsOf(session, joiner, from.address);
    if (Array.isArray(found)) steps.push(...found);
    else faults.set(joiner, found);
  }
  const outcome =
    steps.length === 0
      ? undefined
      : await sendCalls(session, { from, steps, scope: scopeOf(session) }, options, output);
  const enrolled = outcome === undefined ? new Map<string, MemberIndex>() : enrolledIn(outcome.receipts);
  const results = [
    ...bad.map(({ place, name, fault }): Result => ({
      place,
      name,
      member: null,
      did: [],
      unsigned: [],
      fault: { code: fault?.code ?? "", message: fault?.message ?? "" },
    })),
    ...joiners.map((joiner) => resultOf(joiner, faults.get(joiner) ?? null, enrolled, options.dryRun === true)),
  ];
  const json = {
    ...(outcome === undefined ? { dryRun: options.dryRun === true, transactions: [] } : outcomeJson(outcome)),
    members: results,
  };
  output.result(json, () =>
    [...(outcome === undefined ? [] : [outcomeText(outcome)]), resultsText(results)].filter(Boolean).join("\n"),
  );
  return results.every(({ fault }) => fault === null);
}

/** The calls of a record; why it has to be left out where it cannot go through. */
async function stepsOf(session: Session, joiner: Joiner, from: string): Promise<Step[] | NonNullable<Result["fault"]>> {
  const { enrolment, binding, signatures, unsigned, record, listed } = joiner;
  const { calls } = session.wattbook.registry;
  const needed: SignatureName[] = [
    ...(enrolment === null ? [] : ["enrolment" as const]),
    ...(binding === null ? [] : ["binding" as const, "proof" as const]),
  ];
  const missing = needed.filter((name) => signatures[name] === undefined && !unsigned.includes(name));
  if (missing.length > 0) {
    const who = `${record.owner} signs enrolment and binding, ${record.meterKey} the proof`;
    const message = `${listed.place}: signatures.${missing.join(", signatures.")} missing. ${who}: wattbook member enroll --prepare prints what.`;
    return { code: "SIGNATURE_MISSING", message };
  }
  // Without signatures there is nothing to try.
  if (unsigned.length > 0) return [];
  const steps: Step[] = [];
  const details = [`member ${joiner.member}: ${printable(listed.name, 40)}`];
  if (enrolment !== null) steps.push({ call: calls.enroll(enrolment, signatures.enrolment ?? "0x"), details });
  if (binding !== null) {
    const call = calls.bindMeter(binding, signatures.binding ?? "0x", signatures.proof ?? "0x");
    steps.push({ call, details, dependent: enrolment !== null });
  }
  const [first] = steps;
  if (first === undefined) return [];
  try {
    await session.provider.call({ from, to: first.call.to, data: first.call.data });
    return steps;
  } catch (error) {
    const report = reportOf(error);
    if (report === undefined || report.code !== "CONTRACT_REVERTED") throw error;
    return { code: report.code, message: `${listed.place}: ${report.message}` };
  }
}

const REGISTRY = new Interface(ProsumerRegistryAbi);

function enrolledIn(receipts: readonly TransactionReceipt[]): Map<string, MemberIndex> {
  const events = receipts.flatMap(({ logs }) => logs).map((log) => REGISTRY.parseLog(log));
  const found = new Map<string, MemberIndex>();
  for (const event of events) {
    if (event?.name !== "MemberEnrolled") continue;
    const { meteringPoint } = event.args["enrolment"] as unknown as { readonly meteringPoint: string };
    found.set(meteringPoint.toLowerCase(), event.args["member"] as MemberIndex);
  }
  return found;
}

function resultOf(
  joiner: Joiner,
  fault: Result["fault"],
  enrolled: ReadonlyMap<string, MemberIndex>,
  dryRun: boolean,
): Result {
  const { listed, enrolment, binding, member, record } = joiner;
  const known = enrolment === null ? member : enrolled.get(pointOf(record));
  const todo = [...(enrolment === null ? [] : ["enrolled"]), ...(binding === null ? [] : ["metered"])];
  return {
    place: listed.place,
    name: listed.name,
    member: fault === null && dryRun ? Number(member) : known === undefined ? null : Number(known),
    did: fault === null && !dryRun && joiner.unsigned.length === 0 ? todo : [],
    unsigned: joiner.unsigned,
    fault,
  };
}

function resultsText(results: readonly Result[]): string {
  const rows = results.map(({ name, member, did, unsigned, fault }) => {
    const state =
      fault !== null
        ? `left out: ${fault.code}`
        : did.length > 0
          ? did.join(", ")
          : unsigned.length > 0
            ? "would be signed, tried and sent"
            : "nothing to do";
    return [printable(name, 40), member === null ? "-" : String(member), state];
  });
  const faults = results.flatMap(({ fault }) => (fault === null ? [] : [`${fault.code}: ${fault.message}`]));
  return [tableText(["name", "member", "this run"], ["left", "right", "left"], rows), ...faults].join("\n");
}
