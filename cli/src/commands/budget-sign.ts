/** `wattbook budget sign`, `end`: a budget or a standing order, signed by the trading key and kept on chain. */
import {
  asAmount,
  asPeriod,
  parseAmount,
  parsePrice,
  periodAt,
  tickOf,
  type Amount,
  type Period,
  type Tick,
} from "@wattbook/sdk";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf, unlock } from "../lib/keystore.ts";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import { INDEX, instantOf, whole } from "../lib/options.ts";
import { jsonText, type Output } from "../lib/output.ts";
import { fileOf, leftOut, skippedIn } from "../lib/paper-file.ts";
import { papersOf, type Papers, type Wishes } from "../lib/paper.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { pairsText } from "../lib/table.ts";
import type { Money } from "../lib/units.ts";
import { stateJson, stateOf, stateText } from "./budget-show.ts";
import { checkTradingKey } from "./order-check.ts";
import { gasPayer } from "./order-place.ts";

export type EndOptions = LinkOptions & SigningOptions & { readonly signOnly?: boolean };
export type SignOptions = EndOptions & {
  readonly amount: string;
  readonly buy?: string;
  readonly sell?: string;
  readonly from?: string;
  readonly until?: string;
};

/** 48 bits. */
const MOST_BUDGET = 2n ** 48n - 1n;

/** Signs the options' budget, in place of the one before. */
export async function signBudget(session: Session, options: SignOptions, output: Output): Promise<void> {
  const papers = await papersOf(session);
  await keep(session, papers, wishesOf(session, papers, options), options, output);
}

/** Signs one that covers the running period alone, which nobody can join any more. */
export async function endBudget(session: Session, options: EndOptions, output: Output): Promise<void> {
  const papers = await papersOf(session);
  const member = await memberOf(options, session);
  const state = await stateOf(session, papers, member);
  if (state.kept === null) {
    output.result({ ...stateJson(member, state), transactions: [] }, () => stateText(session, member, state));
    return;
  }
  const current = periodAt(session.terms, session.now);
  const nothing = { budget: asAmount(0n), buyTick: null, sellTick: null, firstPeriod: current, lastPeriod: current };
  await keep(session, papers, nothing, options, output);
}

async function keep(session: Session, papers: Papers, wishes: Wishes, options: EndOptions, output: Output) {
  const { config, terminal, terms, now } = session;
  const member = await memberOf(options, session);
  const trading = keyOf(config, "trading");
  await checkTradingKey(session, member, periodAt(terms, now), trading.address);
  const paper = await papers.next(member, wishes);
  output.say(`To be signed by ${trading.address} (keys.trading):\n${papers.name}\n${pairsText(paper.fields, "  ")}`);
  if (options.dryRun) {
    const message = Object.fromEntries(paper.fields);
    output.result({ dryRun: true, member: Number(member), message }, () => "Nothing was signed or sent.");
    return;
  }
  await confirm("Sign this message?", options.yes, terminal);
  const wallet = await unlock(trading, options.passwordFile, terminal);
  const signed = await paper.sign(wallet);
  if (options.signOnly === true) {
    output.say("Signed, not sent. Anyone may send it: wattbook budget send --file FILE");
    terminal.stdout.write(`${jsonText(fileOf(papers.name, signed))}\n`);
    return;
  }
  const sending = { ...gasPayer(session, wallet), steps: [{ call: papers.keep([signed]) }], scope: scopeOf(session) };
  const outcome = await sendCalls(session, sending, options, output);
  const [reason] = skippedIn(outcome.receipts).values();
  if (reason !== undefined) throw leftOut(reason);
  const state = await stateOf(session, papers, member);
  output.result({ ...outcomeJson(outcome), ...stateJson(member, state) }, () => {
    return `${outcomeText(outcome)}\n${stateText(session, member, state)}`;
  });
}

/** @throws CliError OPTION_INVALID @throws OffGridPriceError */
function wishesOf(session: Session, { limits }: Papers, options: SignOptions): Wishes {
  const { terms, money, now } = session;
  const { buy, sell } = options;
  if (!limits && (buy !== undefined || sell !== undefined)) {
    const given = buy === undefined ? "--sell" : "--buy";
    throw new CliError("OPTION_INVALID", `${given}: this community's rule makes the price. Leave it out.`);
  }
  if (limits && buy === undefined && sell === undefined) {
    const advice = "Pass one of them, or both";
    throw new CliError("OPTION_INVALID", `--buy and --sell are missing: nothing would be traded. ${advice}.`);
  }
  const tickAt = (price: string | undefined): Tick | null => {
    return price === undefined ? null : tickOf(terms, parsePrice(price, money.decimals));
  };
  const next = asPeriod(periodAt(terms, now) + 1n);
  const firstPeriod = options.from === undefined ? next : periodNamed("--from", options.from, session);
  const lastPeriod = options.until === undefined ? asPeriod(INDEX) : periodNamed("--until", options.until, session);
  if (lastPeriod < firstPeriod || lastPeriod < next) {
    const least = firstPeriod > next ? firstPeriod : next;
    throw new CliError("OPTION_INVALID", `--until names period ${lastPeriod}. Pass period ${least}, or a later one.`);
  }
  return {
    budget: budgetIn(options.amount, money),
    buyTick: tickAt(buy),
    sellTick: tickAt(sell),
    firstPeriod,
    lastPeriod,
  };
}

function budgetIn(text: string, { symbol, decimals }: Money): Amount {
  const wanted = `pass ${symbol} per period with up to ${decimals} decimals, such as 2.50, or 0`;
  try {
    const amount = parseAmount(text, decimals);
    if (amount >= 0n && amount <= MOST_BUDGET) return amount;
  } catch (cause) {
    throw new CliError("OPTION_INVALID", `--amount ${text}: ${wanted}.`, { cause });
  }
  throw new CliError("OPTION_INVALID", `--amount ${text}: ${wanted}, at most ${MOST_BUDGET} base units.`);
}

/** A period by its number, or by a time in it. */
function periodNamed(option: string, text: string, { terms }: Session): Period {
  if (/^\d{1,10}$/.test(text)) return asPeriod(whole(option, INDEX)(text));
  const time = instantOf(text);
  if (time !== undefined) return periodAt(terms, time);
  throw new CliError(
    "OPTION_INVALID",
    `${option} ${text}: pass a time in the period with its offset, such as 2026-11-30T12:00Z, or its number.`,
  );
}
