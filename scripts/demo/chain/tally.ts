/** What a run adds up to: per home for its bill, per slot for the files, gas by stage. */

import { type Period, priceOf as gridPriceOf, type SlotResults, slotsOf } from "@wattbook/sdk";
import type { SlotPlan } from "../agents.ts";
import type { SlotRecord } from "../files.ts";
import type { Flow } from "../homes.ts";
import type { HomeOutcome, Payments, SlotOutcome } from "../kpis.ts";
import type { GasKpis } from "../report.ts";
import type { SettledMember } from "./check.ts";
import type { World } from "./world.ts";

const NOTHING_PAID: Payments = {
  paid: 0n,
  received: 0n,
  networkFee: 0n,
  settlementFee: 0n,
  relayerFee: 0n,
  gridLeg: 0n,
};

/** Gas of the traded periods by stage, and what it is divided by. */
export interface GasTally {
  post: bigint;
  clear: bigint;
  settle: bigint;
  /** Homes' slots with an accepted order. */
  orders: bigint;
  clearedSlots: bigint;
}

export function emptyGas(): GasTally {
  return { post: 0n, clear: 0n, settle: 0n, orders: 0n, clearedSlots: 0n };
}

/** @param homeSlots Homes times slots of the run. */
export function gasKpis({ post, clear, settle, orders, clearedSlots }: GasTally, homeSlots: number): GasKpis {
  return {
    perHouseholdSlot: per(post + clear + settle, BigInt(homeSlots)),
    place: per(post, orders),
    clear: per(clear, clearedSlots),
    settle: per(settle, orders),
    placeTotal: post,
    clearTotal: clear,
    settleTotal: settle,
  };
}

/** Rounded up; 0 where there is nothing to divide by. */
function per(gas: bigint, units: bigint): bigint {
  return units === 0n ? 0n : (gas + units - 1n) / units;
}

/** A home's run so far. */
export class HomeTally {
  readonly #slots: SlotOutcome[] = [];
  #payments = NOTHING_PAID;

  /** Adds a period: metered flows, plans and what was settled, slot by slot. */
  add(flows: readonly Flow[], plans: readonly SlotPlan[], settled: SettledMember | undefined): void {
    flows.forEach((flow, k) => {
      const { bought: boughtWh, sold: soldWh } = settled?.position[k] ?? { bought: 0n, sold: 0n };
      this.#slots.push({ ...flow, boughtWh, soldWh, valueTick: plans[k]?.valueTick ?? 0 });
    });
    if (settled === undefined) return;
    const { leg, relayerFee } = settled;
    const before = this.#payments;
    this.#payments = {
      paid: before.paid + leg.paid,
      received: before.received + leg.received,
      networkFee: before.networkFee + leg.networkFee,
      settlementFee: before.settlementFee + leg.settlementFee,
      relayerFee: before.relayerFee + relayerFee,
      gridLeg: before.gridLeg + leg.gridLeg,
    };
  }

  get outcome(): HomeOutcome {
    return { slots: this.#slots, payments: this.#payments };
  }
}

/** The community slot by slot in a period, the last one that was added to `homes`. */
export function slotRecords(
  { terms }: World,
  period: Period,
  results: SlotResults,
  homes: readonly HomeTally[],
): SlotRecord[] {
  const slots = slotsOf(terms, period);
  const last = homes.map(({ outcome }) => outcome.slots.slice(-slots.length));
  return slots.map((slot, k) => {
    const here = last.flatMap((home) => home[k] ?? []);
    const sum = (amount: (outcome: SlotOutcome) => bigint) => here.reduce((total, each) => total + amount(each), 0n);
    const clearing = results.get(slot);
    return {
      start: Number(slot * terms.slotDuration),
      loadWh: sum(({ loadWh }) => loadWh),
      pvWh: sum(({ pvWh }) => pvWh),
      tradedWh: sum(({ boughtWh }) => boughtWh),
      price: clearing ? gridPriceOf(terms, clearing.priceTick) : undefined,
    };
  });
}
