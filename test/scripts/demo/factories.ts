/** Small inputs for the demo's tests. */
import type { WideOptions } from "@wattbook/data/import";
import type { Dataset, Series } from "../../../scripts/demo/dataset.ts";
import type { HomeOutcome, Payments, SlotOutcome } from "../../../scripts/demo/kpis.ts";

/** 15 February 2021, 00:00 UTC: a period starts. */
export const MIDNIGHT = 1_613_347_200;

export const COLUMNS: WideOptions = { loadUnit: "W", pvKwp: { digits: 5n, scale: 0 } };

/** A dataset with one load and one PV value per row, Wh. */
export function dataset(rows: number, overrides: Partial<Dataset> = {}): Dataset {
  const series = (name: string, wh: (row: number) => bigint): Series => ({
    name,
    wh: Array.from({ length: rows }, (_, row) => wh(row)),
  });
  return {
    synthetic: false,
    start: MIDNIGHT,
    step: 900,
    historyPeriods: 0,
    loads: [series("a", (row) => BigInt(row)), series("b", (row) => BigInt(2 * row))],
    pvs: [series("x_pu", (row) => BigInt(row % 96))],
    ...overrides,
  };
}

export function slotOutcome(overrides: Partial<SlotOutcome> = {}): SlotOutcome {
  return {
    loadWh: 0n,
    pvWh: 0n,
    chargeWh: 0n,
    dischargeWh: 0n,
    evWh: 0n,
    boughtWh: 0n,
    soldWh: 0n,
    valueTick: 0,
    ...overrides,
  };
}

export function homeOutcome(slots: readonly SlotOutcome[], payments: Partial<Payments> = {}): HomeOutcome {
  const none = { paid: 0n, received: 0n, networkFee: 0n, settlementFee: 0n, relayerFee: 0n, gridLeg: 0n };
  return { slots, payments: { ...none, ...payments } };
}
