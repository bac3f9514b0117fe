/** A home's day, slot by slot, from its settled bill. */

import type { Bill, BillLine, SlotPrice } from "@wattbook/sdk";
import { RELAYER_FEE } from "../chain/strips.ts";
import { type Flow, netOf } from "../homes.ts";
import { MARKET } from "../market.ts";
import type { HomeTrace } from "../trace.ts";
import { type BillInput, billRows, type GridSide } from "./bill.ts";
import { columnOf } from "./columns.ts";
import type { HomeDay } from "./data.ts";

/** A slot of a home; what nobody settled counts as zero. */
interface Slot {
  readonly flow: Flow;
  readonly forecastWh: bigint;
  readonly line: BillLine | undefined;
  readonly relayerFee: bigint;
}

/** @param periods The home's periods of one day, in order. */
export function homeDay(periods: readonly HomeTrace[]): HomeDay {
  const slots = periods.flatMap(slotsOf);
  const column = (value: (slot: Slot) => bigint | undefined) => columnOf(slots.map(value));
  return {
    forecast: periods.some(({ plans }) => plans.length > 0) ? column(({ forecastWh }) => forecastWh) : "",
    traded: column(({ line }) => (line ? line.bought - line.sold : 0n)),
    metered: column(({ flow }) => netOf(flow)),
    imbalance: column(({ line }) => line?.imbalance),
    load: column(({ flow }) => flow.loadWh),
    pv: column(({ flow }) => flow.pvWh),
    battery: column(({ flow }) => flow.chargeWh - flow.dischargeWh),
    price: column(({ line }) => (line && line.bought + line.sold > 0n ? wholePrice(line.price) : undefined)),
    paid: column(({ line }) => line?.paid ?? 0n),
    received: column(({ line }) => line?.received ?? 0n),
    networkFee: column(({ line }) => line?.networkFee ?? 0n),
    relayerFee: column(({ relayerFee }) => relayerFee),
    grid: column(({ line }) => line?.gridLeg ?? 0n),
    total: column(({ line, relayerFee }) => (line?.total ?? 0n) + relayerFee),
    bill: billRows(billInput(periods)),
  };
}

/** Of an auction; that of a rule is a fraction. */
function wholePrice(price: SlotPrice | null): bigint | undefined {
  return typeof price === "bigint" ? price : undefined;
}

function slotsOf({ plans, flows, settled }: HomeTrace): Slot[] {
  return flows.map((flow, k) => ({
    flow,
    forecastWh: plans[k]?.forecastWh ?? 0n,
    line: settled?.bill.lines[k],
    relayerFee: RELAYER_FEE * BigInt(settled?.entries.filter(({ offset }) => Number(offset) === k).length ?? 0),
  }));
}

function billInput(periods: readonly HomeTrace[]): BillInput {
  const settled = periods.flatMap((period) => period.settled ?? []);
  const lines = settled.flatMap(({ bill }) => bill.lines);
  const sum = (amount: (line: BillLine) => bigint) => lines.reduce((total, line) => total + amount(line), 0n);
  const sumBills = (amount: (bill: Bill) => bigint) => settled.reduce((total, { bill }) => total + amount(bill), 0n);
  return {
    boughtWh: sum(({ bought }) => bought),
    soldWh: sum(({ sold }) => sold),
    payments: {
      paid: sum(({ paid }) => paid),
      received: sum(({ received }) => received),
      networkFee: sum(({ networkFee }) => networkFee),
      settlementFee: sumBills(({ settlementFee }) => settlementFee),
      relayerFee: settled.reduce((total, { relayerFee }) => total + relayerFee, 0n),
      gridLeg: sum(({ gridLeg }) => gridLeg),
    },
    ...gridSides(lines.map(({ imbalance }) => imbalance)),
    retailer: gridSides(lines.map(({ imported, exported }) => imported - exported)),
  };
}

/** What amounts of energy, above zero from the grid, cost and bring at the supplier. */
export function gridSides(net: readonly bigint[]): { readonly drawn: GridSide; readonly fedIn: GridSide } {
  const drawn = net.reduce((total, wh) => (wh > 0n ? total + wh : total), 0n);
  const fedIn = net.reduce((total, wh) => (wh < 0n ? total - wh : total), 0n);
  return {
    drawn: { wh: drawn, amount: drawn * MARKET.importPrice },
    fedIn: { wh: fedIn, amount: fedIn * MARKET.exportPrice },
  };
}
