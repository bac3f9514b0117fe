/** A bill that a household can read. */

import type { Payments } from "../kpis.ts";
import type { BillRow } from "./data.ts";
import { eur, kwh, meanPrice } from "./text.ts";

/** What a home's meter and trades add up to, over any slots. */
export interface BillInput {
  readonly boughtWh: bigint;
  readonly soldWh: bigint;
  readonly payments: Payments;
  readonly drawn: GridSide;
  readonly fedIn: GridSide;
  readonly retailer: { readonly drawn: GridSide; readonly fedIn: GridSide };
}

/** One direction at the supplier: Wh, and base units, none of them negative. */
export interface GridSide {
  readonly wh: bigint;
  readonly amount: bigint;
}

/** All that a home paid less what it got, base units. */
export function billTotal({ paid, received, networkFee, settlementFee, relayerFee, gridLeg }: Payments): bigint {
  return paid - received + networkFee + settlementFee + relayerFee + gridLeg;
}

export function billRows({ boughtWh, soldWh, payments, drawn, fedIn, retailer }: BillInput): BillRow[] {
  const total = billTotal(payments);
  const retail = retailer.drawn.amount - retailer.fedIn.amount;
  return [
    cost("Bought from neighbours", payments.paid, boughtWh),
    cost("Network fee on what was bought", payments.networkFee, boughtWh),
    cost("Drawn from the grid beyond that", drawn.amount, drawn.wh),
    income("Sold to neighbours", payments.received, soldWh),
    income("Fed into the grid beyond that", fedIn.amount, fedIn.wh),
    ...(payments.relayerFee === 0n ? [] : [cost("Relayer, for bringing orders on chain", payments.relayerFee)]),
    cost("Settlement fee", payments.settlementFee),
    sum("total", "Bill with neighbours", total),
    compare("At the retailer: same meter, drawn", retailer.drawn.amount, retailer.drawn.wh),
    compare("At the retailer: same meter, fed in", -retailer.fedIn.amount, retailer.fedIn.wh),
    sum("compare", "Bill at the retailer", retail),
    sum("saving", retail < total ? "Saving (below zero: paid more)" : "Saving", retail - total),
  ];
}

function row(kind: BillRow["kind"], label: string, amount: bigint, wh?: bigint): BillRow {
  const magnitude = amount < 0n ? -amount : amount;
  const energy = wh === undefined ? "" : kwh(wh);
  return { kind, label, energy, price: wh === undefined ? "" : meanPrice(magnitude, wh), amount: eur(amount) };
}

const cost = (label: string, amount: bigint, wh?: bigint) => row("cost", label, amount, wh);
const income = (label: string, amount: bigint, wh: bigint) => row("income", label, -amount, wh);
const compare = (label: string, amount: bigint, wh: bigint) => row("compare", label, amount, wh);
const sum = (kind: BillRow["kind"], label: string, amount: bigint) => row(kind, label, amount);
