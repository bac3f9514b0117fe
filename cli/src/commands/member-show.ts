/** `wattbook member show`: a member's keys, meter, money and debts. */
import { formatWh, periodAt, type MemberIndex } from "@wattbook/sdk";
import { ZeroAddress } from "ethers";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, periodText } from "../lib/units.ts";

/** Shows the member of the options or the configuration. */
export async function showMember(session: Session, options: LinkOptions, output: Output): Promise<void> {
  const facts = await factsOf(session, await memberOf(options, session));
  output.result(jsonOf(session, facts), () => textOf(session, facts));
}

async function factsOf({ wattbook, community, terms, now }: Session, member: MemberIndex) {
  const { registry, escrow, settlement } = wattbook;
  const period = periodAt(terms, now);
  const [owner, word, meterKey, meter, account, debt, supplier] = await Promise.all([
    registry.ownerOf(community, member),
    registry.member(community, member, period),
    registry.meterKey(community, member, period),
    settlement.meter(community, member),
    escrow.account(community, member),
    escrow.debt(community, member),
    registry.supplierOf(community, member),
  ]);
  return { member, owner, word, meterKey, meter, account, debt, supplier };
}
type Facts = Awaited<ReturnType<typeof factsOf>>;

function jsonOf(
  { community, money }: Session,
  { member, owner, word, meterKey, meter, account, debt, supplier }: Facts,
): object {
  const { tradingKey, tariffClass, zone, kind, enrolled, metered, suspended, stopped, leaving, service, active } = word;
  return {
    community: Number(community),
    member: Number(member),
    owner,
    tradingKey,
    meterKey: meterKey === ZeroAddress ? null : meterKey,
    supplier: Number(supplier),
    ...{ buyCapLots: Number(word.buyCap), sellCapLots: Number(word.sellCap) },
    ...{ tariffClass: Number(tariffClass), zone: Number(zone), kind: Number(kind) },
    ...{ enrolled, metered, suspended, stopped, leaving, service, active },
    ...{ token: money.token, symbol: money.symbol, free: account.free, due: debt.due, creditLine: debt.creditLine },
    epoch: Number(account.epoch),
    meter: {
      bound: meter.bound,
      nextPeriod: Number(meter.nextPeriod),
      importRegisterWh: meter.importRegister,
      exportRegisterWh: meter.exportRegister,
      gap: meter.gap,
    },
  };
}

function textOf(
  { community, money, terms }: Session,
  { member, owner, word, meterKey, meter, account, debt, supplier }: Facts,
): string {
  const cap = (lots: bigint) => `${lots} lots of ${terms.lotWh} Wh per slot`;
  const pairs: [string, string][] = [
    ["member", `${member} of community ${community}`],
    ["state", stateText(word)],
    ["owner", owner],
    ["trading key", word.tradingKey === ZeroAddress ? "none" : word.tradingKey],
    ["meter key", meterKey === ZeroAddress ? "none" : meterKey],
    ["buys at most", cap(word.buyCap)],
    ["sells at most", cap(word.sellCap)],
    ["tariff class", `${word.tariffClass}, supplier is member ${supplier}`],
    ["free money", amountText(money, account.free)],
    ...(debt.due === 0n ? [] : [["debt", debtText(debt.due, money)] as [string, string]]),
    ...(meter.bound ? meterPairs(meter, terms) : []),
  ];
  return pairsText(pairs);
}

function stateText({ active, service, enrolled, metered, suspended, stopped, leaving }: Facts["word"]): string {
  if (service) return "service account without a meter";
  if (active) return "active: its orders are accepted";
  if (suspended) return "suspended by the coordinator";
  if (stopped) return "stopped by its owner";
  if (leaving) return "leaves at the end of the period";
  if (!enrolled) return "not enrolled";
  return metered ? "counts from the next period on" : "has no meter that counts already";
}

function debtText(due: bigint, money: Session["money"]): string {
  const amount = amountText(money, (due < 0n ? -due : due) as Facts["debt"]["due"]);
  return due > 0n ? `owes its supplier ${amount}` : `its supplier owes it ${amount}: wattbook claim --due`;
}

function meterPairs(meter: Facts["meter"], terms: Session["terms"]): [string, string][] {
  return [
    ["import register", formatWh(meter.importRegister)],
    ["export register", formatWh(meter.exportRegister)],
    [
      "next reading",
      `period ${periodText(terms, meter.nextPeriod)}${meter.gap ? ", after a gap that was estimated" : ""}`,
    ],
  ];
}
