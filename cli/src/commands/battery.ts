/** `wattbook battery`: who may steer a member's battery, and how far. */
import {
  asPermille,
  asSeconds,
  asWatts,
  batteryMandate,
  BATTERY_MANDATE_TYPE,
  signPaper,
  type BatteryMandate,
  type MandateInfo,
  type MemberIndex,
  type Seconds,
} from "@wattbook/sdk";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { confirm } from "../lib/confirm.ts";
import { messageFields } from "../lib/decode.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf, unlock, type LockedKey } from "../lib/keystore.ts";
import { memberOf, withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { addressOf, INDEX, instantOf, linked, signing, whole } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { pairsText } from "../lib/table.ts";
import { timeText } from "../lib/units.ts";

type ShowOptions = CommonOptions & LinkOptions;
type SendOptions = ShowOptions & SigningOptions;
type MandateOptions = SendOptions & {
  readonly dispatcher: string;
  readonly charge: bigint;
  readonly discharge: bigint;
  readonly minSoc: bigint;
  readonly maxSoc: bigint;
  readonly from?: string;
  readonly until: string;
};

const PERMILLE = 1_000n;

/** Declares the group. */
export const battery: Register = (parent, app) => {
  const group = parent.command("battery").description("Mandates for a member's battery: show, sign, revoke.");
  const show = linked(group.command("show"), "community", "member").description("Shows the member's latest mandate.");
  action<ShowOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      const member = await memberOf(options, session);
      const { desk, registry } = session.wattbook;
      const found = await desk.mandate(session.community, member);
      const owner = await registry.ownerOf(session.community, member);
      const json = { member: Number(member), mandate: found, ofOwner: found?.party === owner };
      output.result(json, () => mandateText(session, member, found, owner));
    });
  });
  const mandate = signing(linked(group.command("mandate"), "community", "member"))
    .description(
      "Lets a dispatcher steer the battery within limits, in place of any mandate before. Signed by keys.owner.",
    )
    .requiredOption("--dispatcher <address>", "whose set-points the battery follows")
    .requiredOption("--charge <W>", "most power into the battery", whole("--charge", INDEX))
    .requiredOption("--discharge <W>", "most power out of it", whole("--discharge", INDEX))
    .requiredOption("--min-soc <per mille>", "nobody discharges below it", whole("--min-soc", PERMILLE))
    .requiredOption("--max-soc <per mille>", "nobody charges above it", whole("--max-soc", PERMILLE))
    .option("--from <time>", "from when on (default: the latest block)")
    .requiredOption("--until <time>", "until when, such as 2027-01-01T00:00Z");
  action<MandateOptions, []>(mandate, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => keep(session, options, output));
  });
  const revoke = signing(linked(group.command("revoke"), "community", "member")).description(
    "Ends the member's mandate at once, and every one that was signed before and not brought on chain.",
  );
  action<SendOptions, []>(revoke, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => end(session, options, output));
  });
};

async function keep(session: Session, options: MandateOptions, output: Output): Promise<void> {
  const { wattbook, community, terminal, now } = session;
  const { desk } = wattbook;
  const member = await memberOf(options, session);
  const from = await ownerKey(session, member);
  const mandate = checked({
    ...{ community, member, dispatcher: addressOf("--dispatcher", options.dispatcher) },
    ...{ maxChargeW: asWatts(options.charge), maxDischargeW: asWatts(options.discharge) },
    ...{ minSocPermille: asPermille(options.minSoc), maxSocPermille: asPermille(options.maxSoc) },
    validFrom: options.from === undefined ? now : timeOf("--from", options.from),
    validUntil: timeOf("--until", options.until),
    sequence: (await desk.latestMandate(community, member)) + 1n,
  });
  const fields = messageFields(BATTERY_MANDATE_TYPE.fields, { ...mandate }, scopeOf(session));
  output.say(`To be signed by ${from.address} (${from.name}):\nBatteryMandate\n${pairsText(fields, "  ")}`);
  if (options.dryRun) {
    output.result({ dryRun: true, member: Number(member), mandate }, () => "Nothing was signed or sent.");
    return;
  }
  await confirm("Sign this message?", options.yes, terminal);
  const wallet = await unlock(from, options.passwordFile, terminal);
  const signature = await signPaper(await desk.domain(), "BatteryMandate", mandate, wallet);
  const steps = [{ call: desk.calls.keepMandate(mandate, signature) }];
  const outcome = await sendCalls(session, { from, wallet, steps, scope: scopeOf(session) }, options, output);
  const kept = await desk.mandate(community, member);
  output.result({ ...outcomeJson(outcome), member: Number(member), mandate: kept }, () => {
    return `${outcomeText(outcome)}\n${mandateText(session, member, kept)}`;
  });
}

async function end(session: Session, options: SendOptions, output: Output): Promise<void> {
  const { wattbook, community } = session;
  const member = await memberOf(options, session);
  const from = await ownerKey(session, member);
  const before = await wattbook.desk.mandate(community, member);
  const latest = await wattbook.desk.latestMandate(community, member);
  // Where nothing is kept, one may be signed all the same: whoever holds it could bring it on chain. Voided once, it stays so.
  if (latest > (before?.mandate.sequence ?? 0n)) {
    output.result({ member: Number(member), mandate: before, transactions: [] }, () =>
      mandateText(session, member, before),
    );
    return;
  }
  // One further, for a mandate that was signed at the same time and lies somewhere.
  const call = wattbook.desk.calls.revokeMandate(community, member, latest + 1n);
  const outcome = await sendCalls(session, { from, steps: [{ call }], scope: scopeOf(session) }, options, output);
  const after = await wattbook.desk.mandate(community, member);
  output.result({ ...outcomeJson(outcome), member: Number(member), mandate: after }, () => {
    return outcome.dryRun ? "Would revoke it." : `${outcomeText(outcome)}\n${mandateText(session, member, after)}`;
  });
}

async function ownerKey({ wattbook, community, config }: Session, member: MemberIndex): Promise<LockedKey> {
  const key = keyOf(config, "owner");
  const owner = await wattbook.registry.ownerOf(community, member);
  if (owner === key.address) return key;
  const found = `Member ${member} belongs to ${owner}, keys.owner is ${key.address}`;
  throw new CliError("NOT_OWNER", `${found}. Name the owner's key.`);
}

function checked(mandate: BatteryMandate): BatteryMandate {
  const { minSocPermille, maxSocPermille, validFrom, validUntil } = mandate;
  if (minSocPermille > maxSocPermille) {
    const given = `--min-soc ${minSocPermille} is above --max-soc ${maxSocPermille}`;
    throw new CliError("OPTION_INVALID", `${given}. Pass the lower one as --min-soc.`);
  }
  if (validUntil <= validFrom) {
    const given = `--until ${timeText(validUntil)} is not behind the beginning, ${timeText(validFrom)}`;
    throw new CliError("OPTION_INVALID", `${given}. Pass a later time.`);
  }
  return batteryMandate(mandate);
}

function timeOf(option: string, text: string): Seconds {
  const time = instantOf(text);
  if (time !== undefined) return asSeconds(time);
  throw new CliError("OPTION_INVALID", `${option} ${text}: pass a time with its offset, such as 2027-01-01T00:00Z.`);
}

/** @param owner Who has the member now: a mandate counts for whoever signed it alone. */
function mandateText({ now }: Session, member: MemberIndex, found: MandateInfo | null, owner = found?.party): string {
  if (found === null) return `Member ${member} has no mandate: nobody may steer its battery.`;
  const { mandate, revokedAt, party } = found;
  const state = () => {
    if (party !== owner) return "of an earlier owner, does not count";
    if (revokedAt !== null) return `revoked at ${timeText(revokedAt)}`;
    return mandate.validFrom <= now && now < mandate.validUntil ? "counts" : "does not count now";
  };
  return pairsText([
    ["member", `${member}`],
    ["dispatcher", mandate.dispatcher],
    ["charges", `up to ${mandate.maxChargeW} W`],
    ["discharges", `up to ${mandate.maxDischargeW} W`],
    ["state of charge", `${mandate.minSocPermille} to ${mandate.maxSocPermille} per mille`],
    ["from", timeText(mandate.validFrom)],
    ["until", timeText(mandate.validUntil)],
    ["mandate", `number ${mandate.sequence}, ${state()}`],
  ]);
}
