/** `wattbook order place`: a strip of orders, signed by the trading key and posted. */
import {
  asPeriod,
  asWh,
  buildStrip,
  DoubleAuctionAbi,
  ENTRY_REASONS,
  formatWh,
  isOpen,
  isSealed,
  parsePrice,
  periodOf,
  prepareStrip,
  priceOf,
  reasonOf,
  signStrip,
  slotIn,
  STRIP_REASONS,
  whOf,
  type MemberIndex,
  type Order,
  type Period,
  type Strip,
} from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { z } from "zod";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { parseJson, readText } from "../lib/files.ts";
import { keyOf, unlock } from "../lib/keystore.ts";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import { slotOf, whole } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { pairsText } from "../lib/table.ts";
import { paint } from "../lib/terminal.ts";
import { amountText, counted, periodText, priceText, slotText, timeText } from "../lib/units.ts";

export type PlaceOptions = LinkOptions &
  SigningOptions & {
    readonly slot?: string;
    readonly side?: "buy" | "sell";
    readonly price?: string;
    readonly energy?: string;
    readonly file?: string;
  };

/** Signs and posts the orders of the options or of a file. */
export async function placeOrders(session: Session, options: PlaceOptions, output: Output): Promise<void> {
  const { wattbook, community, config, terms } = session;
  if (isSealed(terms)) {
    const advice = "Its orders are committed by a relayer: hand them to one";
    throw new CliError("MARKET_SEALED", `Community ${community} is sealed and takes no posted orders. ${advice}.`);
  }
  const member = await memberOf(options, session);
  const orders = ordersOf(session, options);
  const period = periodOfAll(session, orders);
  const prepared = await prepareStrip(wattbook, community, member, period);
  const strip = buildStrip(prepared.terms, prepared.header, orders, prepared.context);
  const trading = keyOf(config, "trading");
  await checkMember(session, member, period, trading.address, strip);
  output.say(stripText(session, strip, trading.address));
  if (options.dryRun) {
    output.say("Dry run: checked against the latest block; nothing was signed or sent.");
    output.result({ dryRun: true, member: Number(member), period: Number(period), strip: stripJson(strip) }, () => {
      return `Would place ${counted(strip.entries.length, "order")} and reserve at most ${amountText(session.money, strip.maxReserve)}.`;
    });
    return;
  }
  await confirm("Sign these orders?", options.yes, session.terminal);
  const wallet = await unlock(trading, options.passwordFile, session.terminal);
  const signature = await signStrip(wattbook.domains.market, strip, wallet);
  const call = wattbook.market.calls.post(community, period, [{ strip, signature }]);
  const details = [
    `strips: 1 signed strip of member ${member} with ${counted(strip.entries.length, "order")}, as above`,
  ];
  const sending = { ...senderOf(session, wallet), steps: [{ call, details }], scope: scopeOf(session) };
  const outcome = await sendCalls(session, sending, options, output);
  checkAccepted(outcome.receipts);
  output.result(
    { ...outcomeJson(outcome), member: Number(member), period: Number(period), strip: stripJson(strip) },
    () => {
      return `${outcomeText(outcome)}\n${counted(strip.entries.length, "order")} placed.`;
    },
  );
}

/** The owner pays for gas where its key is there; else the trading key does. */
function senderOf({ config }: Session, wallet: Awaited<ReturnType<typeof unlock>>) {
  const trading = keyOf(config, "trading");
  return config.keys.owner === undefined ? { from: trading, wallet } : { from: keyOf(config, "owner") };
}

function ordersOf(session: Session, options: PlaceOptions): Order[] {
  const { file, slot, side, price, energy } = options;
  if (file !== undefined) return ordersIn(session, file);
  const missing = Object.entries({ slot, side, price, energy }).filter(([, value]) => value === undefined);
  if (slot === undefined || side === undefined || price === undefined || energy === undefined) {
    const names = missing.map(([name]) => `--${name}`).join(", ");
    throw new CliError(
      "OPTION_INVALID",
      `${names}: missing. An order needs --slot, --side, --price and --energy; or pass --file.`,
    );
  }
  return [
    {
      slot: slotOf("--slot", slot, session.terms),
      side,
      price: parsePrice(price, session.money.decimals),
      energy: asWh(whole("--energy", MOST_WH, 1n)(energy)),
    },
  ];
}
const MOST_WH = 10n ** 9n;

const fileSchema = z.strictObject({
  orders: z
    .array(
      z.strictObject({
        slot: z.string(),
        side: z.enum(["buy", "sell"]),
        /** Tokens per kWh, as text: JSON numbers would round it. */
        price: z.string(),
        energyWh: z.int().positive(),
      }),
    )
    .min(1),
});

function ordersIn({ terms, money }: Session, path: string): Order[] {
  const { success, data, error } = fileSchema.safeParse(parseJson(path, readText("--file", path)));
  if (!success) {
    const [issue] = error.issues;
    const field = issue?.path.map(String).join(".") ?? "";
    throw new CliError(
      "FILE_MALFORMED",
      `${path}: ${field === "" ? "the file" : field}: ${issue?.message ?? "malformed"}. See docs/cli.md.`,
    );
  }
  return data.orders.map(({ slot, side, price, energyWh }, index) => ({
    slot: slotOf(`orders.${index}.slot`, slot, terms),
    side,
    price: parsePrice(price, money.decimals),
    energy: asWh(BigInt(energyWh)),
  }));
}

/** A strip is of one period, and late or early orders would be left out. */
function periodOfAll({ terms, now }: Session, orders: readonly Order[]): Period {
  const [first] = orders;
  for (const { slot } of orders) {
    if (isOpen(terms, slot, now)) continue;
    const when = "Orders are taken from the horizon on until the slot's gate";
    throw new CliError(
      "MARKET_CLOSED",
      `Slot ${slot} (${slotText(terms, slot)}) is not open for orders. ${when}: see wattbook market show.`,
    );
  }
  return asPeriod(first === undefined ? 0n : periodOf(terms, first.slot));
}

/** What the chain would leave out in silence. */
async function checkMember(
  session: Session,
  member: MemberIndex,
  period: Period,
  trading: string,
  strip: Strip,
): Promise<void> {
  const { wattbook, community, money } = session;
  const [word, account] = await Promise.all([
    wattbook.registry.member(community, member, period),
    wattbook.escrow.account(community, member),
  ]);
  if (word.tradingKey !== trading) {
    const advice = "Name the keystore of that key as keys.trading";
    throw new CliError(
      "NOT_TRADING_KEY",
      `Member ${member} trades with ${word.tradingKey}, keys.trading is ${trading}. ${advice}.`,
    );
  }
  if (account.free >= strip.maxReserve) return;
  const need = `These orders reserve up to ${amountText(money, strip.maxReserve)}, and member ${member} has ${amountText(money, account.free)} free`;
  throw new CliError("BALANCE_TOO_LOW", `${need}. Deposit more, or order less.`);
}

function stripText({ money, terms, terminal }: Session, strip: Strip, signer: string): string {
  const pairs: [string, string][] = [
    ["member", String(strip.member)],
    ["period", periodText(terms, strip.period)],
    ["reserves at most", amountText(money, strip.maxReserve)],
    ["valid until", timeText(strip.deadline)],
    ["relayer fee", amountText(money, strip.feePerEntry)],
    ...strip.entries.map((entry, index): [string, string] => {
      const limit = priceText(money, priceOf(terms, entry.tick));
      const energy = formatWh(whOf(entry.lots, terms.lotWh));
      const bound = entry.side === "buy" ? "at most" : "at least";
      return [
        `order ${index + 1}`,
        `${entry.side} ${energy} for ${bound} ${limit}, ${slotText(terms, slotIn(terms, strip.period, entry.offset))}`,
      ];
    }),
  ];
  const title = paint("bold", "Strip (orders under one signature)", terminal.stderr, terminal.env);
  return `To be signed by ${signer} (keys.trading):\n${title}\n${pairsText(pairs, "  ")}`;
}

function stripJson({ after, epoch, deadline, maxReserve, feePerEntry, feeTo, entries }: Strip): object {
  const orders = entries.map(({ offset, side, tick, lots }) => ({
    offset: Number(offset),
    side,
    tick: Number(tick),
    lots: Number(lots),
  }));
  return {
    after: Number(after),
    epoch: Number(epoch),
    deadline: Number(deadline),
    maxReserve,
    feePerEntry,
    feeTo,
    entries: orders,
  };
}

const MARKET = new Interface(DoubleAuctionAbi);

/** The chain leaves out what it cannot take, and says so in a log: the transaction succeeds all the same. */
function checkAccepted(receipts: readonly TransactionReceipt[]): void {
  for (const log of receipts.flatMap(({ logs }) => logs)) {
    const event = MARKET.parseLog(log);
    if (event?.name === "StripSkipped") {
      const reason = reasonOf(STRIP_REASONS, event.args["reason"] as bigint);
      throw new CliError("ORDER_LEFT_OUT", `The chain left the orders out: ${reason}. Nothing was reserved.`);
    }
    if (event?.name !== "EntriesRefused") continue;
    const codes = (event.args["reasons"] as string).slice(2).match(/../g) ?? [];
    const reasons = codes
      .map((code) => BigInt(`0x${code}`))
      .filter((code) => code !== 0n)
      .map((code) => reasonOf(ENTRY_REASONS, code));
    throw new CliError(
      "ORDER_LEFT_OUT",
      `The chain left out ${counted(reasons.length, "order")}: ${[...new Set(reasons)].join(", ")}. See wattbook order list.`,
    );
  }
}
