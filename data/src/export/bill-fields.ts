/** Columns of bills: every one names its unit. Money in base units of the payment token; positive: the member pays. */

import {
  asAmount,
  asPrice,
  asSignedAmount,
  asSignedWh,
  asWh,
  type Bill,
  type BillLine,
  type SlotPrice,
} from "@wattbook/sdk/pure";
import { DataError } from "../errors.ts";
import { type Field, quantityOf } from "./fields.ts";

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

/** A whole number, or the exact fraction of a rule as `num/den`. Empty where nothing was traded. */
export const PRICE_COLUMN = "price_base_units_per_wh";

/** Empty where no late reading replaced an estimate. */
export const ESTIMATE_COLUMN = "estimate_base_units";

/** A price as its cell has it. */
export function priceCell(price: SlotPrice | null): string | null {
  if (price === null) return null;
  return typeof price === "bigint" ? price.toString() : `${price.num}/${price.den}`;
}

/** The inverse of `priceCell`. @throws DataError RECORD_INVALID */
export function priceFrom(cell: unknown): SlotPrice {
  const [num, den, ...rest] = typeof cell === "string" ? cell.split("/") : [];
  if (den === undefined) return quantityOf(cell, PRICE_COLUMN, asPrice);
  const fraction = [num, den].map((text) => quantityOf(text, PRICE_COLUMN, (value) => value));
  const [above = 0n, below = 0n] = fraction;
  if (rest.length > 0 || above < 0n || below <= 0n) {
    throw new DataError("RECORD_INVALID", `${PRICE_COLUMN} is "${String(cell)}". Write a whole number, or num/den.`);
  }
  return { num: above, den: below };
}

/** Parts of a bill that belong to no slot. */
export const TOTAL_FIELDS = [
  { key: "gapLeg", column: "gap_leg_base_units", as: asSignedAmount },
  { key: "settlementFee", column: "settlement_fee_base_units", as: asAmount },
  { key: "otherPaid", column: "other_paid_base_units", as: asAmount },
  { key: "otherReceived", column: "other_received_base_units", as: asAmount },
  { key: "lost", column: "lost_base_units", as: asAmount },
  { key: "total", column: "total_base_units", as: asSignedAmount },
  { key: "retailOnly", column: "retail_only_base_units", as: asSignedAmount },
  { key: "withoutFeedIn", column: "without_feed_in_base_units", as: asSignedAmount },
  { key: "saving", column: "saving_base_units", as: asSignedAmount },
] as const satisfies readonly Field<keyof Bill, bigint>[];

/** A member's bill under the name that the reader knows it by. */
export interface NamedBill {
  readonly member: string;
  readonly bill: Bill;
}
