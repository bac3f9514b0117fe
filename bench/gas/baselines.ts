/** The orders of one slot for the other order books: those that homes send here. */
import { measureBaselines } from "../baselines/measure.ts";
import type { BaselineOrders, BaselineRow } from "../baselines/types.ts";
import { BUDGET_TICKS } from "./budgets.ts";
import { entriesOf } from "./homes.ts";
import type { Progress } from "./types.ts";
import { MEASURED_DAY } from "./world.ts";

const SLOT = 50;
/** Members before it are the community's services. */
const FIRST_HOME = 4;

export function bookOf(homes: number): BaselineOrders {
  const orders = Array.from({ length: homes }, (_, home) =>
    entriesOf({ member: FIRST_HOME + home }, MEASURED_DAY, BUDGET_TICKS, [SLOT]).map((entry) => ({ home, ...entry })),
  );
  return {
    tickCount: BUDGET_TICKS,
    orders: orders.flat().map(({ home, side, tick, lots }) => ({ home, side, tick, lots })),
  };
}

export async function baselinesFor(homes: readonly number[], progress: Progress): Promise<BaselineRow[]> {
  return await measureBaselines(homes.map(bookOf), progress);
}
