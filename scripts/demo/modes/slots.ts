/** The community slot by slot where meters decide: what crossed the meters, what was shared of it, and what that came to. */
import { formatTime } from "@wattbook/data/import";
import { netOf } from "../homes.ts";
import type { MeterOutcome } from "./run.ts";

/** A slot; sums over all homes, Wh and base units. */
export interface SharedSlot {
  /** Unix seconds. */
  readonly start: number;
  /** Behind the meters. */
  readonly loadWh: bigint;
  readonly pvWh: bigint;
  /** Over the meters of homes that drew, and of homes that fed in. */
  readonly demandWh: bigint;
  readonly supplyWh: bigint;
  /** The part of both that changed hands inside. */
  readonly sharedWh: bigint;
  /** What demand cost: neighbours, network fee, retailer. */
  readonly demandCost: bigint;
  /** What supply brought: neighbours and feed-in. */
  readonly supplyIncome: bigint;
  /** What the shared part cost, before the network fee: buyers pay it, sellers get it. */
  readonly sharedCost: bigint;
}

/** In order of time. */
export function sharedSlots({ homes, bills }: Pick<MeterOutcome, "homes" | "bills">): SharedSlot[] {
  const slots = new Map<number, SharedSlot>();
  for (const [index, { slots: flows }] of homes.entries()) {
    const lines = bills.flatMap(({ home, bill }) => (home === index ? bill.lines : []));
    for (const [k, flow] of flows.entries()) {
      const line = lines[k];
      if (line === undefined) throw new RangeError(`home ${index + 1} has no bill of slot ${k}`);
      const start = Number(line.start);
      const before = slots.get(start) ?? empty(start);
      const draws = netOf(flow) > 0n;
      slots.set(start, {
        start,
        loadWh: before.loadWh + flow.loadWh,
        pvWh: before.pvWh + flow.pvWh,
        demandWh: before.demandWh + line.imported,
        supplyWh: before.supplyWh + line.exported,
        sharedWh: before.sharedWh + line.bought,
        demandCost: before.demandCost + (draws ? line.total : 0n),
        supplyIncome: before.supplyIncome - (draws ? 0n : line.total),
        sharedCost: before.sharedCost + line.paid,
      });
    }
  }
  return [...slots.values()].sort((a, b) => a.start - b.start);
}

function empty(start: number): SharedSlot {
  return {
    ...{ start, loadWh: 0n, pvWh: 0n, demandWh: 0n, supplyWh: 0n },
    ...{ sharedWh: 0n, demandCost: 0n, supplyIncome: 0n, sharedCost: 0n },
  };
}

/** Wh and base units, one line per slot. */
export function sharedSlotsCsv(slots: readonly SharedSlot[]): string {
  const head = "time,load_wh,pv_wh,demand_wh,supply_wh,shared_wh,demand_cost,supply_income,shared_cost";
  const lines = slots.map((slot) =>
    [
      ...[formatTime(slot.start), slot.loadWh, slot.pvWh, slot.demandWh, slot.supplyWh, slot.sharedWh],
      ...[slot.demandCost, slot.supplyIncome, slot.sharedCost],
    ].join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
}
