/** `wattbook member enroll`: members of a file, with the consents of their owners and the proofs of their meters. */
import { csvRecords } from "../community/csv.ts";
import { listMembers, type Listed } from "../community/file.ts";
import { gather, joinersOf, walk, type Joiner, type SignatureName } from "../community/joiners.ts";
import { requestsOf, type Gathering } from "../community/requests.ts";
import { signConsents, type ToSign } from "../lib/consents.ts";
import { parseJson, readText } from "../lib/files.ts";
import { keyOf, type LockedKey } from "../lib/keystore.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import { jsonText, type Output } from "../lib/output.ts";
import type { SigningOptions } from "../lib/send.ts";
import { sendEnrolments } from "./member-enroll-send.ts";

export type EnrollOptions = LinkOptions & SigningOptions & { readonly file: string; readonly prepare: boolean };

/** Enrols who has all signatures; without a coordinator's key adds those of the configured owner and meter. */
export async function enrollMembers(session: Session, options: EnrollOptions, output: Output): Promise<boolean> {
  const listed = membersIn(options.file);
  const gathering = await gather(session.wattbook, session.community);
  if (options.prepare) {
    await prepare(gathering, listed, output);
    return true;
  }
  const bad = listed.filter(({ fault }) => fault !== undefined);
  const joiners = await withSignatures(session, await joinersOf(gathering, listed), options, output);
  if (session.config.keys.coordinator === undefined) {
    handOver(joiners, output);
    return bad.length === 0;
  }
  return sendEnrolments(session, { joiners, bad, coordinator: gathering.coordinator }, options, output);
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

async function prepare(gathering: Gathering, listed: readonly Listed[], output: Output): Promise<void> {
  const messages = await walk(gathering, listed, async ({ name, place }, record, member, nonce) => {
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
