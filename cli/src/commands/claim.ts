/** `wattbook claim`: energy tokens of a settled period, or what a supplier owes. */
import {
  asAmount,
  asPeriod,
  claimable,
  claimsUntil,
  formatWh,
  journalOf,
  periodAt,
  positionOf,
  slotsOf,
  type Amount,
  type Claimable,
  type ClaimItem,
  type LogReader,
  type MemberIndex,
  type Period,
} from "@wattbook/sdk";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import { memberOf, withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import { addressOf, linked, signing, withPeriod } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { amountText, periodText, timeText } from "../lib/units.ts";

type Options = CommonOptions &
  LinkOptions &
  SigningOptions & { readonly period?: bigint; readonly to?: string; readonly due: boolean };

/** Declares the command. */
export const claim: Register = (parent, app) => {
  const command = withPeriod(
    signing(linked(parent.command("claim"), "community", "member")),
    "settled period (default: the last one that has ended)",
  )
    .description("Claims the energy tokens of a settled period, or with --due what the supplier owes.")
    .option("--to <address>", "who gets the tokens (default: the owner)")
    .option("--due", "claim what the supplier owes instead");
  action<Options, []>(command, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      if (options.due) await claimDue(session, options, output);
      else await claimTokens(session, options, output);
    });
  });
};

async function claimDue(session: Session, options: Options, output: Output): Promise<void> {
  const { wattbook, community, config, money } = session;
  const member = await memberOf(options, session);
  const from = keyOf(config, "owner");
  const owed = await owedTo(session, member);
  const call = wattbook.escrow.calls.claimDue(community, member);
  const details = [`its supplier owes it ${amountText(money, owed)}, and pays as much of it as it has set aside`];
  const scope = scopeOf(session);
  const outcome =
    owed === 0n ? null : await sendCalls(session, { from, steps: [{ call, details }], scope }, options, output);
  const [left, { free }] = await Promise.all([owedTo(session, member), wattbook.escrow.account(community, member)]);
  const claimed = asAmount(owed - left);
  const json = { member: Number(member), claimed, owed: left, free };
  output.result({ ...(outcome !== null && outcomeJson(outcome)), ...json }, () => {
    if (outcome === null) return `The supplier of member ${member} owes it nothing.`;
    if (outcome.dryRun) return `Would claim what is there of ${amountText(money, owed)}.`;
    const rest = left === 0n ? "" : ` ${amountText(money, left)} is still owed.`;
    return `${outcomeText(outcome)}\nClaimed ${amountText(money, claimed)}.${rest} Member ${member} has ${amountText(money, free)} free.`;
  });
}

/** What a member's supplier owes it. */
async function owedTo({ wattbook, community }: Session, member: MemberIndex): Promise<Amount> {
  const { due } = await wattbook.escrow.debt(community, member);
  return asAmount(due < 0n ? 0n - due : 0n);
}

async function claimTokens(session: Session, options: Options, output: Output): Promise<void> {
  const { wattbook, community, config, terms, now } = session;
  const member = await memberOf(options, session);
  const current = periodAt(terms, now);
  const period = asPeriod(options.period ?? (current === 0n ? 0n : current - 1n));
  const from = keyOf(config, "owner");
  const owner = await wattbook.registry.ownerOf(community, member);
  if (owner !== from.address) {
    throw new CliError(
      "NOT_OWNER",
      `Member ${member} belongs to ${owner}, keys.owner is ${from.address}. Name the owner's key.`,
    );
  }
  const { item, amounts } = await withLogs(session, output, (logs) => itemOf(session, logs, member, period));
  const to = options.to === undefined ? owner : addressOf("--to", options.to);
  const details = [
    `bought from neighbours and delivered: ${formatWh(amounts.bought)}`,
    `fed in beyond what was sold: ${formatWh(amounts.unsold)}`,
    `can be claimed until ${timeText(claimsUntil(terms, period))}`,
  ];
  const call = wattbook.settlement.calls.claim(community, period, item, to);
  const outcome = await sendCalls(
    session,
    { from, steps: [{ call, details }], scope: scopeOf(session) },
    options,
    output,
  );
  const json = {
    member: Number(member),
    period: Number(period),
    to,
    boughtWh: amounts.bought,
    unsoldWh: amounts.unsold,
  };
  output.result({ ...outcomeJson(outcome), ...json }, () => {
    const text = `${formatWh(amounts.bought)} bought and ${formatWh(amounts.unsold)} unsold of period ${periodText(terms, period)}, to ${to}`;
    return outcome.dryRun ? `Would claim ${text}.` : `${outcomeText(outcome)}\nClaimed ${text}.`;
  });
}

/** What proves a member's period, from logs and the public ledger. */
async function itemOf(
  { wattbook, community, terms }: Session,
  logs: LogReader,
  member: MemberIndex,
  period: Period,
): Promise<{ item: ClaimItem; amounts: Claimable }> {
  if (!(await logs.settled(period)).has(member)) {
    throw new CliError(
      "NOT_SETTLED",
      `Period ${periodText(terms, period)} of member ${member} is not settled. Settle it: wattbook settle.`,
    );
  }
  const journals = await logs.journals(period);
  const records = journals.get(member) ?? [];
  const other = records.find(({ head }) => head.module !== 0n);
  if (other !== undefined) {
    const advice = "Its answer is needed: claim with the SDK";
    throw new CliError(
      "NOT_AVAILABLE",
      `Member ${member} has records with market module ${other.head.module}. ${advice}.`,
    );
  }
  const { position } = positionOf(terms, period, records, await logs.results(period, undefined, journals));
  const reading = (await logs.readings(period)).get(member);
  const ledger = await Promise.all(slotsOf(terms, period).map((slot) => wattbook.settlement.ledger(community, slot)));
  const values = reading?.values ?? null;
  const item = {
    member,
    journal: journalOf(records),
    values,
    gapLeg: reading?.gapLeg ?? (0n as ClaimItem["gapLeg"]),
    position,
  };
  return { item, amounts: claimable(position, values, ledger) };
}
