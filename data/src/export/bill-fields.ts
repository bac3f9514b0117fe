/** Columns of bills: every one names its unit. Money in base units of the payment token; positive: the member pays. */

import { asAmount, asSignedAmount, asSignedWh, asWh, type Bill, type BillLine } from "@wattbook/sdk/pure";
import type { Field } from "./fields.ts";

/** Whole numbers of a line, in order of their columns; the price has a column of its own. */
export const LINE_FIELDS = [
  { key: "bought", column: "bought_wh", as: asWh },
  { key: "sold", column: "sold_wh", as: asWh },
  { key: "imported", column: "imported_wh", as: asWh },
  { key: "exported", column: "exported_wh", as: asWh },
  { key: "imbalance", column: "imbalance_wh", as: asSignedWh },
  { key: "paid", column: "paid_base_units", as: asAmount },
  { key: "received", column: "received_base_units", as: asAmount },
  { key: "networkFee", column: "network_fee_base_units", as: asAmount },
  { key: "gridLeg", column: "grid_leg_base_units", as: asSignedAmount },
  { key: "total", column: "total_base_units", as: asSignedAmount },
] as const satisfies readonly Field<keyof BillLine, bigint>[];

/** Empty where nothing was traded. */
export const PRICE_COLUMN = "price_base_units_per_wh";

/** Parts of a bill that belong to no slot. */
export const TOTAL_FIELDS = [
  { key: "gapLeg", column: "gap_leg_base_units", as: asSignedAmount },
  { key: "settlementFee", column: "settlement_fee_base_units", as: asAmount },
  { key: "otherPaid", column: "other_paid_base_units", as: asAmount },
  { key: "otherReceived", column: "other_received_base_units", as: asAmount },
  { key: "lost", column: "lost_base_units", as: asAmount },
  { key: "total", column: "total_base_units", as: asSignedAmount },
  { key: "retailOnly", column: "retail_only_base_units", as: asSignedAmount },
  { key: "saving", column: "saving_base_units", as: asSignedAmount },
] as const satisfies readonly Field<keyof Bill, bigint>[];

/** A member's bill under the name that the reader knows it by. */
export interface NamedBill {
  readonly member: string;
  readonly bill: Bill;
}
