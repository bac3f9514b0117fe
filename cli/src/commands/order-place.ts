/** `wattbook order place`: a strip of orders, signed by the trading key and posted. */
import {
  asPeriod,
  buildStrip,
  isOpen,
  isSealed,
  periodOf,
  prepareStrip,
  signStrip,
  type Order,
  type Period,
} from "@wattbook/sdk";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf, unlock } from "../lib/keystore.ts";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { stripJson, stripText } from "../lib/strip-text.ts";
import { amountText, counted, slotText } from "../lib/units.ts";
import { checkAccepted, checkMember } from "./order-check.ts";
import { ordersOf, type OrderOptions } from "./order-input.ts";

export type PlaceOptions = LinkOptions & SigningOptions & OrderOptions;

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
  const sending = { ...gasPayer(session, wallet), steps: [{ call, details }], scope: scopeOf(session) };
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
export function gasPayer({ config }: Session, wallet: Awaited<ReturnType<typeof unlock>>) {
  const trading = keyOf(config, "trading");
  return config.keys.owner === undefined ? { from: trading, wallet } : { from: keyOf(config, "owner") };
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
