/**
 * A period of a community that shares after the fact, naive: whole arrays, rationals, the published prices. From what everybody metered to
 * what each has bought, sold, paid and got.
 */
import { at, larger, largest, smaller, smallest, sum } from "./arrays.ts";
import type { Position } from "./journal.ts";
import type { Metered } from "./readings.ts";
import { atMost, billSharing, minus, mmr, plus, ratio, sdr, times, type Ratio, type Slot } from "./sharing.ts";
import type { Tariff } from "./tariff.ts";

export type SharingRuleName = "sdr" | "mmr" | "bill-sharing" | "feed-in";

export interface SharingInput {
  readonly rule: SharingRuleName;
  readonly compensation: bigint;
  readonly tariff: Tariff;
  /** Those who joined and were counted, in that order. */
  readonly members: readonly { readonly metered: readonly Metered[]; readonly reserve: bigint }[];
}

export interface SharedMember {
  readonly position: readonly Position[];
  readonly paid: bigint;
  readonly received: bigint;
  /** Wh that it took or gave beyond its budget. */
  readonly left: bigint;
}

interface Net {
  readonly taken: bigint;
  readonly given: bigint;
}

const none = ratio(0n);
const floor = ({ n, d }: Ratio): bigint => n / d; // never negative here

/** The lowest import and the highest export price of all classes in a slot. */
function bounds({ classes }: Tariff, slot: number) {
  const prices = classes.map((of) => at(of, slot));
  return {
    importPrice: smallest(prices.map((p) => p.importPrice)),
    exportPrice: largest(prices.map((p) => p.exportPrice)),
  };
}

/**
 * What a member takes and gives per slot: no more than its budget pays for, a Wh taken at the dearest. With bill sharing a seller may get
 * nothing, so a Wh given counts too, at what the retailer would have paid.
 */
function netOf(metered: readonly Metered[], reserve: bigint, rule: SharingRuleName, tariff: Tariff) {
  let rest = reserve;
  let left = 0n;
  const within = (wanted: bigint, price: bigint) => {
    const wh = price === 0n ? wanted : smaller(wanted, rest / price);
    rest -= wh * price;
    left += wanted - wh;
    return wh;
  };
  const net = metered.map(({ imported, exported }, slot): Net => {
    const { importPrice, exportPrice } = bounds(tariff, slot);
    return {
      taken: within(larger(imported - exported, 0n), importPrice),
      given: within(larger(exported - imported, 0n), rule === "bill-sharing" ? exportPrice : 0n),
    };
  });
  return { net, left };
}

/** What a Wh costs that changes hands inside: the published price of the side that trades all of its energy inside. */
function innerPrice(rule: SharingRuleName, slot: Slot): Ratio {
  if (rule === "feed-in" || slot.supply === 0n || slot.demand === 0n) return none;
  const prices = { sdr, mmr, "bill-sharing": billSharing }[rule](slot);
  return slot.supply <= slot.demand ? prices.sell : prices.buy;
}

export function shareDay({ rule, compensation, tariff, members }: SharingInput): SharedMember[] {
  const nets = members.map(({ metered, reserve }) => netOf(metered, reserve, rule, tariff));
  const slots = at(tariff.classes, 0).map((_, slot) => {
    const { importPrice, exportPrice } = bounds(tariff, slot);
    const totals = {
      supply: sum(nets.map(({ net }) => at(net, slot).given)),
      demand: sum(nets.map(({ net }) => at(net, slot).taken)),
    };
    const saved = importPrice - tariff.networkFee;
    const room = saved >= exportPrice && rule !== "feed-in";
    const shared = room ? smaller(totals.supply, totals.demand) : 0n;
    const most = larger(saved - exportPrice, 0n);
    const free = { ...totals, importPrice: saved, exportPrice, compensation: smaller(compensation, most) };
    return { ...totals, shared, price: shared === 0n ? none : innerPrice(rule, free) };
  });
  return nets.map(({ net, left }, member) => {
    let [paid, received] = [0n, 0n];
    const position = slots.map((slot, k) => {
      const before = nets.slice(0, member).map((other) => at(other.net, k));
      const bought = part(
        sum(before.map(({ taken }) => taken)),
        at(net, k).taken,
        slot.demand,
        slot.shared,
        slot.price,
      );
      const sold = part(sum(before.map(({ given }) => given)), at(net, k).given, slot.supply, slot.shared, slot.price);
      paid += bought.money;
      received += sold.money;
      return { bought: bought.wh, sold: sold.wh };
    });
    return { position, paid, received, left };
  });
}

/** A share of a total that telescopes over the members, and the money for it, which telescopes too. */
function part(before: bigint, wh: bigint, total: bigint, shared: bigint, price: Ratio) {
  if (wh === 0n) return { wh: 0n, money: 0n };
  const inside = (energy: bigint) => floor(ratio(energy * shared, total));
  const money = (energy: bigint) => floor(times(price, ratio(inside(energy))));
  return {
    wh: inside(before + wh) - inside(before),
    money: money(before + wh) - money(before),
  };
}

/** What everybody would have paid without a community is never less than with one, but for bill sharing's sellers. */
export const isNoWorse = (bill: bigint, without: bigint): boolean =>
  atMost(minus(ratio(bill), ratio(without)), plus(none, none));
