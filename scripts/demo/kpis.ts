/** Key figures of homes and community, from metered flows, positions and payments. */

import { asWh, type EnergyUse, selfConsumptionPpmDown, selfSufficiencyPpmDown } from "@wattbook/sdk";
import { type Flow, netOf } from "./homes.ts";
import { MARKET, priceOf } from "./market.ts";
import { type Ratio, ratio } from "./ratio.ts";

/** A home's slot when all is settled. */
export interface SlotOutcome extends Flow {
  /** Position after clearing, Wh. */
  readonly boughtWh: bigint;
  readonly soldWh: bigint;
  /** True value of a Wh for the home in this slot, as a tick. */
  readonly valueTick: number;
}

/** What a home paid and got over the run, base units. */
export interface Payments {
  /** To and from peers. */
  readonly paid: bigint;
  readonly received: bigint;
  readonly networkFee: bigint;
  readonly settlementFee: bigint;
  /** To whoever posted its orders. */
  readonly relayerFee: bigint;
  /** Positive to the supplier, negative from it. */
  readonly gridLeg: bigint;
}

/** A home's run, slots in order of time. */
export interface HomeOutcome {
  readonly slots: readonly SlotOutcome[];
  readonly payments: Payments;
}

export interface HomeKpis {
  readonly boughtWh: bigint;
  readonly soldWh: bigint;
  /** Mean price of all it traded, without network fee, base units per Wh, rounded half up; 0 if it traded nothing. */
  readonly averagePrice: bigint;
  /** All it paid less all it got, fees included, base units: above 0 the member pays. Gas apart. */
  readonly bill: bigint;
  /** The same meter at the retailer: import at the import price, export at the export price. */
  readonly retailerBill: bigint;
  /** `retailerBill - bill` */
  readonly saving: bigint;
  /** Share of its load that came from its own roof, battery and neighbours, rounded down; null without a load. */
  readonly selfSufficiency: Ratio | null;
  /** Share of its PV that it or its neighbours used, rounded down; null without PV. */
  readonly selfConsumption: Ratio | null;
}

export interface CommunityKpis {
  /** What the homes used, their cars included, Wh. */
  readonly loadWh: bigint;
  /** The part of it that charged cars, Wh. */
  readonly evWh: bigint;
  /** What their plants made, Wh. */
  readonly pvWh: bigint;
  /** Into and out of their batteries, Wh at the terminals. */
  readonly chargedWh: bigint;
  readonly dischargedWh: bigint;
  /** What they traded with each other, Wh. */
  readonly tradedWh: bigint;
  /**
   * Share of the load that did not come from outside: all load less imports plus trade that was delivered and used. What a
   * battery gives counts, whatever day its energy is from: it only ever held its own plant's. Both ratios are rounded down.
   */
  readonly selfSufficiency: Ratio;
  /**
   * Share of the PV that did not leave the community: all PV less exports plus trade that was delivered and used. What went
   * into a battery counts, its losses included. Without batteries both ratios have the same numerator.
   */
  readonly selfConsumption: Ratio;
  /** Realised welfare over the optimum for the same true values and forecast quantities; 1 if there was nothing to gain. */
  readonly welfareRatio: Ratio;
  /** Homes whose bill is above the retailer's. */
  readonly worseOff: number;
}

/** Figures of one home. */
export function homeKpis({ slots, payments }: HomeOutcome): HomeKpis {
  const boughtWh = sum(slots, (slot) => slot.boughtWh);
  const soldWh = sum(slots, (slot) => slot.soldWh);
  const traded = boughtWh + soldWh;
  const averagePrice = traded === 0n ? 0n : ((payments.paid + payments.received) * 2n + traded) / (traded * 2n);
  const fees = payments.networkFee + payments.settlementFee + payments.relayerFee;
  const bill = payments.paid - payments.received + fees + payments.gridLeg;
  const retailerBill = sum(slots, (slot) => retailCost(netOf(slot)));
  return {
    ...{ boughtWh, soldWh, averagePrice, bill, retailerBill, saving: retailerBill - bill },
    ...selfUseOf(useOf(slots)),
  };
}

/** What crossed a home's meter, and which part of it was traded: of what it bought that which it drew, of what it sold that which it fed in. */
function useOf(slots: readonly SlotOutcome[]): EnergyUse {
  const wh = (amount: (slot: SlotOutcome) => bigint) => asWh(sum(slots, amount));
  const [drawn, fed] = [(slot: Flow) => larger(0n, netOf(slot)), (slot: Flow) => larger(0n, -netOf(slot))];
  return {
    load: wh(({ loadWh }) => loadWh),
    generated: wh(({ pvWh }) => pvWh),
    imported: wh(drawn),
    exported: wh(fed),
    fromMembers: wh((slot) => smaller(slot.boughtWh, drawn(slot))),
    toMembers: wh((slot) => smaller(slot.soldWh, fed(slot))),
  };
}

function selfUseOf(use: EnergyUse): Pick<HomeKpis, "selfSufficiency" | "selfConsumption"> {
  const [sufficiency, consumption] = [selfSufficiencyPpmDown(use), selfConsumptionPpmDown(use)];
  return {
    selfSufficiency: sufficiency === null ? null : { millionths: sufficiency },
    selfConsumption: consumption === null ? null : { millionths: consumption },
  };
}

/** Figures of the community. @param optimum Largest possible welfare, base units: see `Optimum`. */
export function communityKpis(homes: readonly HomeOutcome[], optimum: bigint): CommunityKpis {
  const slots = homes.flatMap((home) => home.slots);
  const loadWh = sum(slots, (slot) => slot.loadWh);
  const pvWh = sum(slots, (slot) => slot.pvWh);
  const delivered = asWh(deliveredWh(homes));
  const { selfSufficiency, selfConsumption } = selfUseOf({
    ...useOf(slots),
    fromMembers: delivered,
    toMembers: delivered,
  });
  return {
    loadWh,
    evWh: sum(slots, (slot) => slot.evWh),
    pvWh,
    chargedWh: sum(slots, (slot) => slot.chargeWh),
    dischargedWh: sum(slots, (slot) => slot.dischargeWh),
    tradedWh: sum(slots, (slot) => slot.boughtWh),
    selfSufficiency: selfSufficiency ?? { millionths: 0n },
    selfConsumption: selfConsumption ?? { millionths: 0n },
    welfareRatio: ratio(realisedWelfare(homes), optimum, 1n),
    worseOff: homes.filter((home) => homeKpis(home).saving < 0n).length,
  };
}

/** Sum of value bought less cost sold over all fills, at the homes' true values, base units. */
export function realisedWelfare(homes: readonly HomeOutcome[]): bigint {
  const slots = homes.flatMap((home) => home.slots);
  return sum(slots, (slot) => (slot.boughtWh - slot.soldWh) * priceOf(slot.valueTick));
}

/** Traded Wh that a seller fed in and a buyer drew in the same slot: per slot the smaller of both sums. */
export function deliveredWh(homes: readonly HomeOutcome[]): bigint {
  const count = homes[0]?.slots.length ?? 0;
  const perSlot = Array.from({ length: count }, (_, k) => homes.flatMap((home) => home.slots[k] ?? []));
  return sum(perSlot, (slots) => {
    const fedIn = sum(slots, (slot) => smaller(slot.soldWh, larger(0n, -netOf(slot))));
    const drawn = sum(slots, (slot) => smaller(slot.boughtWh, larger(0n, netOf(slot))));
    return smaller(fedIn, drawn);
  });
}

/** What the retailer charges for a net of one slot, base units; negative where it pays. */
function retailCost(netWh: bigint): bigint {
  return netWh * (netWh > 0n ? MARKET.importPrice : MARKET.exportPrice);
}

function sum<T>(items: readonly T[], amount: (item: T) => bigint): bigint {
  return items.reduce((total, item) => total + amount(item), 0n);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
