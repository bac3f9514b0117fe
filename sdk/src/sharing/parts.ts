/**
 * What members of a community that shares after the fact buy and sell of a slot, as `EnergySharing` computes it, to the Wh and base
 * unit. The published prices of a rule come to one inner price: what the side pays or gets that trades all of its energy inside. The other
 * side trades its share inside and the rest with the retailer.
 */
import type { ModuleAnswer, SlotTrade } from "../market-module.ts";
import { NO_POSITION } from "../position.ts";
import type { Position } from "../position.ts";
import type { MeterValue } from "../reading.ts";
import type { GridPrice, Tariff } from "../tariff.ts";
import { asAmount, asPrice, asWh, sumAmounts } from "../units.ts";
import type { Amount, PricePerWh, Wh } from "../units.ts";
import type { Fraction } from "./fraction.ts";
import { sharingPrices } from "./rules.ts";
import type { SharingRule } from "./rules.ts";
import { shareDown } from "./share.ts";
import type { SlotTotals } from "./totals.ts";

/** How a community shares. */
export interface SharingScheme {
  readonly rule: SharingRule;
  /** Base units per Wh that sellers get at least on top of the export price, with `sdr-comp` alone. */
  readonly compensation: PricePerWh;
}

/** A member that joined, in the order in which it was counted. */
export interface SharingReading {
  readonly values: readonly MeterValue[];
  /** What it may spend on its peers in the period, or with bill sharing lose to them, base units. */
  readonly budget: Amount;
}

/** A slot of all members together. */
export interface SharedSlot extends SlotTotals {
  /** What changed hands inside. */
  readonly shared: Wh;
  /** Of a Wh that changed hands, base units; null where none did. */
  readonly price: Fraction | null;
}

/** A member's part in a period. */
export interface SharingPart extends Required<ModuleAnswer> {
  /** What it took, or with bill sharing gave, beyond its budget: it stays at the retailer's price. */
  readonly beyondBudget: Wh;
}

/** A period shared. */
export interface SharedPeriod {
  readonly slots: readonly SharedSlot[];
  /** In the order of the members. */
  readonly parts: readonly SharingPart[];
}

interface Net {
  taken: bigint;
  readonly given: bigint;
}

/**
 * The lowest import and the highest export price of all classes in a slot: with them nobody is worse off than with its supplier.
 * @example sharingBounds(tariff, 48) // { importPrice: 300n, exportPrice: 80n }
 */
export function sharingBounds({ classes }: Tariff, slot: number): GridPrice {
  const prices = classes.flatMap((of) => of[slot] ?? []);
  const [first, ...rest] = prices;
  if (first === undefined) return { importPrice: asPrice(0n), exportPrice: asPrice(0n) };
  let { importPrice, exportPrice } = first;
  for (const price of rest) {
    if (price.importPrice < importPrice) importPrice = price.importPrice;
    if (price.exportPrice > exportPrice) exportPrice = price.exportPrice;
  }
  return { importPrice, exportPrice };
}

/**
 * Shares a period.
 * @param members Who joined and was counted, in that order: parts telescope, so another order moves single Wh.
 * @example
 * const noon = (imported: bigint, exported: bigint) => ({
 *   values: [{ imported: asWh(imported), exported: asWh(exported) }],
 *   budget: asAmount(2_000_000n),
 * });
 * const day = { networkFee: asPrice(0n), classes: [[{ importPrice: asPrice(200n), exportPrice: asPrice(50n) }]] };
 * const scheme = { rule: "sdr", compensation: asPrice(0n) } as const;
 * sharePeriod(scheme, day, [noon(0n, 4_000n), noon(8_000n, 0n)]).parts[1]?.paid // 320_000n: 4 kWh at 0.08 EUR
 */
export function sharePeriod(scheme: SharingScheme, tariff: Tariff, members: readonly SharingReading[]): SharedPeriod {
  const bounds = boundsOf(tariff);
  const nets = members.map((member) => netWithin(member, bounds, scheme.rule));
  const slots = bounds.map((prices, slot) => shareSlot(scheme, tariff.networkFee, prices, nets, slot));
  const before = bounds.map((): Net => ({ taken: 0n, given: 0n }));
  return { slots, parts: nets.map(({ net, left }) => partOf(slots, before, net, left)) };
}

/**
 * Totals of some members, within their budgets, without sharing them.
 * @example sharingTotals("sdr", tariff, [])[48] // { supply: 0n, demand: 0n }
 */
export function sharingTotals(rule: SharingRule, tariff: Tariff, members: readonly SharingReading[]): SlotTotals[] {
  const bounds = boundsOf(tariff);
  const nets = members.map((member) => netWithin(member, bounds, rule));
  return bounds.map((_, slot) => totalsOf(nets, slot));
}

function boundsOf(tariff: Tariff): GridPrice[] {
  return (tariff.classes[0] ?? []).map((_, slot) => sharingBounds(tariff, slot));
}

function totalsOf(nets: readonly { readonly net: readonly Net[] }[], slot: number): SlotTotals {
  let [supply, demand] = [0n, 0n];
  for (const { net } of nets) {
    supply += net[slot]?.given ?? 0n;
    demand += net[slot]?.taken ?? 0n;
  }
  return { supply: asWh(supply), demand: asWh(demand) };
}

/**
 * Takes no more than the budget pays for at the dearest price of each slot, from the first slot on. With bill sharing a seller may lose what the
 * retailer would have paid it: that counts too.
 */
function netWithin(
  { values, budget }: SharingReading,
  bounds: readonly GridPrice[],
  rule: SharingRule,
): { readonly net: readonly Net[]; readonly left: bigint } {
  let rest: bigint = budget;
  let left = 0n;
  const within = (wanted: bigint, price: bigint): bigint => {
    const energy = wanted * price <= rest ? wanted : rest / price;
    rest -= energy * price;
    left += wanted - energy;
    return energy;
  };
  const net = bounds.map(({ importPrice, exportPrice }, slot) => {
    const { imported, exported } = values[slot] ?? { imported: 0n, exported: 0n };
    return imported > exported
      ? { taken: within(imported - exported, importPrice), given: 0n }
      : { taken: 0n, given: within(exported - imported, rule === "bill-sharing" ? exportPrice : 0n) };
  });
  return { net, left };
}

function shareSlot(
  { rule, compensation }: SharingScheme,
  networkFee: PricePerWh,
  { importPrice, exportPrice }: GridPrice,
  nets: readonly { readonly net: readonly Net[] }[],
  slot: number,
): SharedSlot {
  const totals = totalsOf(nets, slot);
  const { supply, demand } = totals;
  // A shared Wh costs its buyer the network fee too; where that leaves no room, nothing is shared.
  const saved = importPrice - networkFee;
  const shared = supply < demand ? supply : demand;
  if (rule === "feed-in" || saved < exportPrice || shared === 0n) return { ...totals, shared: asWh(0n), price: null };
  const most = saved - exportPrice;
  const tariff = { importPrice: saved, exportPrice, compensation: compensation < most ? compensation : most };
  const { buy, sell } = sharingPrices(rule, totals, tariff);
  return { ...totals, shared: asWh(shared), price: supply <= demand ? sell : buy };
}

function partOf(slots: readonly SharedSlot[], before: Net[], net: readonly Net[], left: bigint): SharingPart {
  const position: Position[] = [];
  const trades: SlotTrade[] = [];
  for (const [index, { supply, demand, shared, price }] of slots.entries()) {
    const so = before[index] ?? { taken: 0n, given: 0n };
    const { taken, given } = net[index] ?? { taken: 0n, given: 0n };
    const bought = part(so.taken, taken, demand, shared, price);
    const sold = part(so.given, given, supply, shared, price);
    position.push({ bought: asWh(bought.energy), sold: asWh(sold.energy) });
    trades.push({
      paid: asAmount(bought.money),
      received: asAmount(sold.money),
      price: bought.energy + sold.energy > 0n ? price : null,
    });
    before[index] = { taken: so.taken + taken, given: so.given + given };
  }
  return {
    position,
    trades,
    paid: sumAmounts(trades.map(({ paid }) => paid)),
    received: sumAmounts(trades.map(({ received }) => received)),
    beyondBudget: asWh(left),
  };
}

/** Of a plain customer of its supplier. */
export function noPart({ classes }: Tariff): SharingPart {
  const position = classes[0]?.map(() => NO_POSITION) ?? [];
  const trades = position.map(() => NO_TRADE);
  return { position, trades, paid: asAmount(0n), received: asAmount(0n), beyondBudget: asWh(0n) };
}

const NO_TRADE: SlotTrade = { paid: asAmount(0n), received: asAmount(0n), price: null };

/** A share of the total, and the money for it; both telescope over the members. */
function part(before: bigint, energy: bigint, total: bigint, shared: bigint, price: Fraction | null) {
  if (energy === 0n || price === null) return { energy: 0n, money: 0n };
  const ratio = { num: shared, den: total };
  const inside = shareDown(before, energy, ratio);
  return { energy: inside, money: shareDown((before * shared) / total, inside, price) };
}
