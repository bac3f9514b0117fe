/** What the chain would leave out in silence, before an order is signed; and what it left out, afterwards. */
import {
  DoubleAuctionAbi,
  ENTRY_REASONS,
  reasonOf,
  STRIP_REASONS,
  type MemberIndex,
  type Period,
  type Strip,
} from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { CliError } from "../lib/errors.ts";
import type { Session } from "../lib/link.ts";
import { amountText, counted } from "../lib/units.ts";

/** @throws CliError NOT_TRADING_KEY, BALANCE_TOO_LOW */
export async function checkMember(
  session: Session,
  member: MemberIndex,
  period: Period,
  trading: string,
  strip: Strip,
): Promise<void> {
  const { wattbook, community, money } = session;
  await checkTradingKey(session, member, period, trading);
  const account = await wattbook.escrow.account(community, member);
  if (account.free >= strip.maxReserve) return;
  const need = `These orders reserve up to ${amountText(money, strip.maxReserve)}, and member ${member} has ${amountText(money, account.free)} free`;
  throw new CliError("BALANCE_TOO_LOW", `${need}. Deposit more, or order less.`);
}

/** @throws CliError NOT_TRADING_KEY */
export async function checkTradingKey(
  { wattbook, community }: Session,
  member: MemberIndex,
  period: Period,
  trading: string,
): Promise<void> {
  const { tradingKey } = await wattbook.registry.member(community, member, period);
  if (tradingKey === trading) return;
  const advice = "Name the keystore of that key as keys.trading";
  throw new CliError(
    "NOT_TRADING_KEY",
    `Member ${member} trades with ${tradingKey}, keys.trading is ${trading}. ${advice}.`,
  );
}

const MARKET = new Interface(DoubleAuctionAbi);

/**
 * The chain leaves out what it cannot take, and says so in a log: the transaction succeeds all the same.
 * @throws CliError ORDER_LEFT_OUT
 */
export function checkAccepted(receipts: readonly TransactionReceipt[]): void {
  for (const log of receipts.flatMap(({ logs }) => logs)) {
    const event = MARKET.parseLog(log);
    if (event?.name === "StripSkipped") {
      const reason = reasonOf(STRIP_REASONS, event.args["reason"] as bigint);
      throw new CliError(
        "ORDER_LEFT_OUT",
        `The chain left the orders out: ${reason}. Nothing was reserved: correct them, and place them again.`,
      );
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
