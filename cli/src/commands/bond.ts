/** `wattbook bond`: what a relayer of a sealed community has posted, and stands to lose. */
import { type Amount, asAmount, isSealed } from "@wattbook/sdk";
import type { Command } from "commander";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { addressOf, amountOf, signing, whole } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { type RelayerOptions, type RelayerSession, withRelayer } from "../lib/relayer-session.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, counted } from "../lib/units.ts";

type ShowOptions = CommonOptions & RelayerOptions;
type SendOptions = ShowOptions & SigningOptions;
type WithdrawOptions = SendOptions & { readonly to?: string };

const INDEX = 2n ** 32n - 1n;

/** Declares the group. */
export const bond: Register = (parent, app) => {
  const group = parent.command("bond").description("Show, post and withdraw a relayer's bond in a sealed community.");
  const show = configured(group.command("show")).description("Shows the bond, and how many commits it covers.");
  action<ShowOptions, []>(show, app, async (options, output) => {
    await withRelayer(options, app.terminal, (session) => showBond(session, output));
  });
  const post = signing(configured(group.command("post <amount>"))).description(
    "Posts money of the relayer's account; approves the escrow where needed.",
  );
  action<SendOptions, [string]>(post, app, async (options, output, amount) => {
    await withRelayer(options, app.terminal, (session) => postBond(session, amount, options, output));
  });
  const withdraw = signing(configured(group.command("withdraw <amount>")))
    .description('Pays out what is not locked; "all" for everything.')
    .option("--to <address>", "who gets it (default: the relayer's account)");
  action<WithdrawOptions, [string]>(withdraw, app, async (options, output, amount) => {
    await withRelayer(options, app.terminal, (session) => withdrawBond(session, amount, options, output));
  });
};

function configured(command: Command): Command {
  return command
    .option("--config <relayer.json>", "the relayer's configuration: node, deployment, key", "relayer.json")
    .option("--community <number>", "where the configuration serves several: which one", whole("--community", INDEX));
}

/** What a relayer has in a community. */
interface Held {
  /** What one commit locks. */
  readonly perCommit: Amount;
  readonly balance: Amount;
  readonly locked: Amount;
  readonly free: Amount;
  /** Whether the coordinator named it: four places of each period are kept for those. */
  readonly named: boolean;
}

async function heldBy({ wattbook, community, terms, relayer }: RelayerSession): Promise<Held> {
  if (!isSealed(terms)) {
    const found = `Community ${community} is open: its relayers need no bond`;
    throw new CliError("NOT_AVAILABLE", `${found}. Name a sealed one with --community.`);
  }
  const [perCommit, { balance, locked }, named] = await Promise.all([
    wattbook.registry.bondOf(community),
    wattbook.escrow.bond(community, relayer.address),
    wattbook.registry.isNamedRelayer(community, relayer.address),
  ]);
  return { perCommit, balance, locked, free: asAmount(balance - locked), named };
}

/** Commits that the free part covers; a community may ask for no bond. */
function covered({ free, perCommit }: Held): bigint | null {
  return perCommit === 0n ? null : free / perCommit;
}

function heldJson({ community, relayer }: RelayerSession, held: Held) {
  return { community: Number(community), relayer: relayer.address, ...held, covers: covered(held)?.toString() ?? null };
}

async function showBond(session: RelayerSession, output: Output): Promise<void> {
  const { wattbook, community, money, relayer } = session;
  const held = await heldBy(session);
  const wallet = await (await wattbook.paymentToken(community)).balanceOf(relayer.address);
  output.result({ ...heldJson(session, held), wallet }, () => {
    const more = covered(held);
    return pairsText([
      ["relayer", `${relayer.address}${held.named ? ", named by the coordinator" : ""}`],
      ["posted", amountText(money, held.balance)],
      ["locked", `${amountText(money, held.locked)}, by commits until their periods are over`],
      [
        "free",
        `${amountText(money, held.free)}${more === null ? "" : `, covers ${counted(Number(more), "more commit")}`}`,
      ],
      ["a commit locks", amountText(money, held.perCommit)],
      ["in its wallet", amountText(money, wallet)],
    ]);
  });
}

async function postBond(session: RelayerSession, text: string, options: SendOptions, output: Output): Promise<void> {
  const { wattbook, community, money, relayer: from } = session;
  const amount = amountOf("<amount>", text, money);
  await heldBy(session);
  const token = await wattbook.paymentToken(community);
  const wallet = await token.balanceOf(from.address);
  if (wallet < amount) {
    const advice = `Send ${amountText(money, amount)} to the relayer's account, or post less`;
    throw new CliError("BALANCE_TOO_LOW", `${from.address} holds ${amountText(money, wallet)}. ${advice}.`);
  }
  const call = wattbook.escrow.calls.postBond(community, amount);
  const allowed = (await token.allowance(from.address, wattbook.escrow.address)) >= amount;
  const steps: Step[] = allowed
    ? [{ call }]
    : [{ call: token.calls.approve(wattbook.escrow.address, amount) }, { call, dependent: true }];
  const outcome = await sendCalls(session, { from, steps, scope: scopeOf(session) }, options, output);
  const held = await heldBy(session);
  output.result({ ...outcomeJson(outcome), ...heldJson(session, held), amount }, () => {
    if (outcome.dryRun) return `Would post ${amountText(money, amount)}.`;
    return `${outcomeText(outcome)}\n${freeText(session, held)}`;
  });
}

async function withdrawBond(
  session: RelayerSession,
  text: string,
  options: WithdrawOptions,
  output: Output,
): Promise<void> {
  const { wattbook, community, money, relayer: from } = session;
  const before = await heldBy(session);
  const amount = text === "all" ? before.free : amountOf("<amount>", text, money);
  if (amount > before.free || amount === 0n) {
    const locked = `${amountText(money, before.locked)} are locked by commits until their periods are over`;
    throw new CliError(
      "BALANCE_TOO_LOW",
      `${amountText(money, before.free)} of the bond are free; ${locked}. Withdraw less, or wait.`,
    );
  }
  const to = options.to === undefined ? from.address : addressOf("--to", options.to);
  const call = wattbook.escrow.calls.withdrawBond(community, to, amount);
  const steps = [{ call, details: [PROMISED] }];
  const outcome = await sendCalls(session, { from, steps, scope: scopeOf(session) }, options, output);
  const held = await heldBy(session);
  output.result({ ...outcomeJson(outcome), ...heldJson(session, held), to, amount }, () => {
    if (outcome.dryRun) return `Would pay ${amountText(money, amount)} to ${to}.`;
    return `${outcomeText(outcome)}\n${freeText(session, held)}`;
  });
}

/** The escrow knows nothing of strips before their commit. */
const PROMISED =
  "A relayer that runs may hold strips that it has yet to commit to: those that the rest does not cover are missed.";

function freeText({ money, relayer }: RelayerSession, held: Held): string {
  return `${relayer.address} has a bond of ${amountText(money, held.balance)}, ${amountText(money, held.free)} of it free.`;
}
