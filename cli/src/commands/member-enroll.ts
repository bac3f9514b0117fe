/** `wattbook member enroll`: members of a file, with the consents of their owners and the proofs of their meters. */
import {
  asMember,
  ProsumerRegistryAbi,
  type Enrolment,
  type Hex,
  type MemberIndex,
  type MeterBinding,
} from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { isMetered } from "../community/bound.ts";
import { csvRecords } from "../community/csv.ts";
import { listMembers, type Listed } from "../community/file.ts";
import { bindingOf, enrolmentOf, pointOf } from "../community/messages.ts";
import { requestsOf, type Gathering } from "../community/requests.ts";
import { readRoster } from "../community/roster.ts";
import type { MemberRecord } from "../community/schema.ts";
import { signConsents, type ToSign } from "../lib/consents.ts";
import { CliError, reportOf } from "../lib/errors.ts";
import { parseJson, readText } from "../lib/files.ts";
import { keyOf, type LockedKey } from "../lib/keystore.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import { jsonText, type Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { tableText } from "../lib/table.ts";
import { printable } from "../lib/text.ts";

export type EnrollOptions = LinkOptions & SigningOptions & { readonly file: string; readonly prepare: boolean };

/** A record, what it still needs, and its signatures. */
interface Joiner {
  readonly listed: Listed;
  readonly record: MemberRecord;
  /** Index that it has or will get. */
  readonly member: MemberIndex;
  /** Null where it is enrolled. */
  readonly enrolment: Enrolment | null;
  /** Null where it has a meter. */
  readonly binding: MeterBinding | null;
  readonly signatures: {
    readonly enrolment?: Hex | undefined;
    readonly binding?: Hex | undefined;
    readonly proof?: Hex | undefined;
  };
  /** Signatures that a dry run leaves out. */
  readonly unsigned: readonly SignatureName[];
}

type SignatureName = keyof Joiner["signatures"];

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

/** Enrols who has all signatures; without a coordinator's key adds those of the configured owner and meter. */
export async function enrollMembers(session: Session, options: EnrollOptions, output: Output): Promise<boolean> {
  const listed = membersIn(options.file);
  const gathering = await gather(session);
  if (options.prepare) {
    await prepare(session, gathering, listed, output);
    return true;
  }
  const bad = listed.filter(({ fault }) => fault !== undefined);
  const joiners = await withSignatures(session, await joinersOf(session, gathering, listed), options, output);
  if (session.config.keys.coordinator === undefined) {
    handOver(joiners, output);
    return bad.length === 0;
  }
  return sendAll(session, { joiners, bad, coordinator: gathering.coordinator }, options, output);
}

function membersIn(path: string): Listed[] {
  const text = readText("--file", path);
  if (path.toLowerCase().endsWith(".csv")) return listMembers(csvRecords(path, text));
  const json = parseJson(path, text);
  const inside = (json as { readonly members?: unknown } | null)?.members;
  const values: unknown[] = Array.isArray(json) ? json : Array.isArray(inside) ? inside : [json];
  return listMembers(
    values.map((value, index) => ({ place: values.length === 1 ? path : `members[${index}]`, value })),
  );
}

async function gather({ wattbook, community }: Session): Promise<Gathering> {
  const [termsHash, coordinator, roster] = await Promise.all([
    wattbook.registry.termsHash(community),
    wattbook.registry.ownerOf(community, asMember(0n)),
    readRoster(wattbook, community),
  ]);
  return { wattbook, community, termsHash, coordinator, roster };
}

/** Walks through the good records with the index and the nonce that each will have. */
async function walk<T>(
  { wattbook, community }: Session,
  { roster }: Gathering,
  listed: readonly Listed[],
  visit: (
    listed: Listed,
    record: MemberRecord,
    member: MemberIndex,
    nonce: bigint,
  ) => Promise<{ value: T; consents: bigint }>,
): Promise<T[]> {
  const used = new Map<string, bigint>();
  const values: T[] = [];
  let next = await wattbook.registry.memberCount(community);
  for (const each of listed) {
    const { record } = each;
    if (record === undefined) continue;
    const enrolled = roster.get(pointOf(record));
    const member = enrolled ?? next;
    if (enrolled === undefined) next = asMember(next + 1n);
    const nonce = used.get(record.owner) ?? (await wattbook.registry.nonceOf(record.owner));
    const { value, consents } = await visit(each, record, member, nonce);
    used.set(record.owner, nonce + consents);
    values.push(value);
  }
  return values;
}

async function joinersOf(session: Session, gathering: Gathering, listed: readonly Listed[]): Promise<Joiner[]> {
  return walk(session, gathering, listed, async (each, record, member, nonce) => {
    const fresh = !gathering.roster.has(pointOf(record));
    const enrolment = fresh ? enrolmentOf(gathering, record, nonce) : null;
    const wanted = bindingOf(gathering, member, record, fresh ? nonce + 1n : nonce);
    const metered = !fresh && (await isMetered(session.wattbook, { ...gathering, member }, wanted));
    const binding = metered ? null : wanted;
    const consents = BigInt(Number(enrolment !== null) + Number(binding !== null));
    return {
      value: { listed: each, record, member, enrolment, binding, signatures: record.signatures, unsigned: [] },
      consents,
    };
  });
}

async function prepare(
  session: Session,
  gathering: Gathering,
  listed: readonly Listed[],
  output: Output,
): Promise<void> {
  const messages = await walk(session, gathering, listed, async ({ name, place }, record, member, nonce) => {
    const { requests, consents } = await requestsOf(gathering, record, member, nonce);
    return { value: { name, place, member: Number(member), requests }, consents };
  });
  for (const { fault } of listed) if (fault !== undefined) output.say(`${fault.code}: ${fault.message}`);
  output.result(messages, () => jsonText(messages));
}

/** Signs what the configured owner and meter keys can sign. */
async function withSignatures(
  session: Session,
  joiners: readonly Joiner[],
  options: SigningOptions,
  output: Output,
): Promise<Joiner[]> {
  const { keys } = session.config;
  const [owner, meter] = [keys.owner && keyOf(session.config, "owner"), keys.meter && keyOf(session.config, "meter")];
  const jobs = joiners.flatMap((joiner, index) => toSign(joiner, owner, meter).map((job) => ({ ...job, index })));
  const made = await signConsents(
    session,
    jobs.map(({ message }) => message),
    options,
    output,
  );
  return joiners.map((joiner, index) => {
    const own = jobs.flatMap((job, at) => (job.index === index ? [[job.field, made?.[at]] as const] : []));
    if (made === undefined) return { ...joiner, unsigned: own.map(([field]) => field) };
    return { ...joiner, signatures: { ...joiner.signatures, ...Object.fromEntries(own) } };
  });
}

function toSign(
  { record, enrolment, binding, signatures }: Joiner,
  owner: LockedKey | undefined,
  meter: LockedKey | undefined,
) {
  const jobs: { readonly field: SignatureName; readonly message: ToSign }[] = [];
  const owned = owner?.address === record.owner ? owner : undefined;
  const proving = meter?.address === record.meterKey ? meter : undefined;
  if (enrolment !== null && owned !== undefined && signatures.enrolment === undefined) {
    jobs.push({ field: "enrolment", message: { name: "Enrolment", consent: enrolment, key: owned } });
  }
  if (binding === null) return jobs;
  const message = { name: "MeterBinding", consent: binding } as const;
  if (owned !== undefined && signatures.binding === undefined)
    jobs.push({ field: "binding", message: { ...message, key: owned } });
  if (proving !== undefined && signatures.proof === undefined)
    jobs.push({ field: "proof", message: { ...message, key: proving } });
  return jobs;
}

/** The signatures, for the coordinator's file. */
function handOver(joiners: readonly Joiner[], output: Output): void {
  const signed = joiners.map(({ listed, signatures }) => ({ name: listed.name, place: listed.place, signatures }));
  output.say(
    "There is no keys.coordinator here: put these signatures into the member's record and hand it to the coordinator.",
  );
  output.result(signed, () => jsonText(signed));
}

interface Batch {
  readonly joiners: readonly Joiner[];
  readonly bad: readonly Listed[];
  readonly coordinator: string;
}

async function sendAll(
  session: Session,
  { joiners, bad, coordinator }: Batch,
  options: EnrollOptions,
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
