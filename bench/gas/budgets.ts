/**
 * What must be reached: gas per unit on osaka, receipts, everything included, warm rings, one entry per slot, 64 ticks.
 * The one place where these figures are written down.
 */
import { OPERATIONS as OP, type Operation } from "./operations.ts";

export interface Budget {
  readonly operation: Operation;
  /** Where the budget depends on it. */
  readonly homes?: number;
  readonly gas: number;
  /** Where to go once the budget is met; elsewhere half way to the arithmetic limit. */
  readonly then?: number;
  /** Says why it is missed, today or at the next fork's prices; a file of `docs/adr/`. */
  readonly reasons?: string;
}

const GROUPS = "0013-slots-in-groups.md";
const SHARING = "0022-sharing-after-the-fact.md";
const METERED = "0023-the-metered-auction.md";
const SINGLE_ORDERS = "0015-what-a-single-order-is-made-of.md";

export const BUDGETS: readonly Budget[] = [
  { operation: OP.place60, gas: 1_400, reasons: GROUPS },
  { operation: OP.place100, gas: 1_100 },
  { operation: OP.placeSealed, gas: 1_000 },
  { operation: OP.placeCurve, gas: 550 },
  { operation: OP.settleCurve, gas: 450 },
  { operation: OP.placeSingle, gas: 18_000, then: 12_000, reasons: SINGLE_ORDERS },
  { operation: OP.placeOwn, gas: 60_000, then: 45_000, reasons: SINGLE_ORDERS },
  { operation: OP.clear48, gas: 60_000 },
  { operation: OP.clearAlone, gas: 80_000 },
  { operation: OP.settle60, gas: 1_000 },
  { operation: OP.shareDay, gas: 1_200, reasons: SHARING },
  { operation: OP.shareOnce, gas: 1_200, reasons: SHARING },
  { operation: OP.tradeDay, gas: 1_000, reasons: METERED },
  { operation: OP.tradeOnce, gas: 1_000, reasons: METERED },
  { operation: OP.life, homes: 150, gas: 2_500 },
  { operation: OP.life, homes: 500, gas: 2_200 },
];

/** The default community's grid, for which the budgets are meant. */
export const BUDGET_TICKS = 64;

/** At the next fork's prices each operation may cost so much of its budget, in thousandths. */
export const NEXT_FORK = 1_600;

export function budgetOf(operation: string, homes: number, ticks: number): Budget | undefined {
  if (ticks !== BUDGET_TICKS) return undefined;
  return BUDGETS.find((budget) => budget.operation === operation && (budget.homes ?? homes) === homes);
}
