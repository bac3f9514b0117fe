/** `wattbook community show`: terms, roles, modules, members. */
import { asMember, isSealed, periodAt, type MarketMode } from "@wattbook/sdk";
import { foundedAs } from "../lib/charter.ts";
import type { Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, periodText, priceText } from "../lib/units.ts";

/** Members that are always there: coordinator, DSO, fee collector; suppliers come next. */
const SERVICES = 3;

/** Shows the community. */
export async function showCommunity(session: Session, output: Output): Promise<void> {
  const { wattbook, community, money, now } = session;
  const { registry } = wattbook;
  const [founded, { paused }, members, modules, hash, { mode }] = await Promise.all([
    foundedAs(session),
    registry.trading(community),
    registry.memberCount(community),
    registry.modules(community),
    registry.termsHash(community),
    wattbook.logs(community),
  ]);
  const owners = await Promise.all(
    Array.from({ length: SERVICES + founded.suppliers.length }, (_, index) =>
      registry.ownerOf(community, asMember(BigInt(index))),
    ),
  );
  const period = periodAt(session.terms, now);
  const json = {
    community: Number(community),
    termsHash: hash,
    sealed: isSealed(session.terms),
    paused,
    members: Number(members),
    currentPeriod: Number(period),
    token: money.token,
    symbol: money.symbol,
    decimals: Number(money.decimals),
    terms: founded.terms,
    suppliers: founded.suppliers,
    classes: founded.classes,
    modules,
  };
  output.result(json, () => {
    const { terms } = founded;
    const top = terms.floorPrice + (terms.tickCount - 1n) * terms.tickSize;
    const [coordinator = "", dso = "", collector = "", ...suppliers] = owners;
    return pairsText([
      [
        "community",
        `${community}, ${isSealed(session.terms) ? "sealed" : "open"}${paused ? ", paused until the current period ends" : ""}`,
      ],
      ["members", `${members}, ${SERVICES + founded.suppliers.length} of them service accounts`],
      ["period", periodText(session.terms, period)],
      [
        "slots",
        `${terms.slotsPerPeriod} of ${terms.slotDuration} s per period, gates close ${terms.gateClosure} s before`,
      ],
      ["orders", `up to ${terms.horizon} periods ahead, lots of ${terms.lotWh} Wh`],
      [
        "prices",
        `${priceText(money, terms.floorPrice)} to ${priceText(money, top as typeof terms.floorPrice)} in steps of ${priceText(money, terms.tickSize)}`,
      ],
      [
        "readings",
        `${terms.readingDeadline} s after the period, then estimated; corrected until ${terms.correctionWindow} s`,
      ],
      ["tokens", `claimed until ${terms.claimWindow} s after the period`],
      ["settlement fee", `${amountText(money, terms.settlementFee)} per member and period with orders`],
      ["payment token", `${money.symbol}, ${money.token}`],
      ["coordinator", coordinator],
      ["DSO", dso],
      ["fee collector", collector],
      ...suppliers.map((supplier, index): [string, string] => [`supplier ${SERVICES + index}`, supplier]),
      ...modules.map((module, index): [string, string] => [
        `module ${index}`,
        `${module}${index === 0 ? ` (${KINDS[mode]})` : ""}`,
      ]),
      ["terms hash", hash],
    ]);
  });
}

/** How a community trades, beside its first module. */
const KINDS: Readonly<Record<MarketMode, string>> = {
  orders: "order book",
  sharing: "shares after the fact",
  metered: "auction of metered energy",
};
