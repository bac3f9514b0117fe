/** What gas was spent on, beside what of it is unavoidable. */
import { byCategory } from "./limits/parts.ts";
import type { Replays } from "./replay/replays.ts";
import { CATEGORIES, type Category, OSAKA } from "./schedule.ts";
import type { Measured } from "./types.ts";

/** Gas per unit, rounded. */
export type Spent = Readonly<Record<Category, { readonly gas: number; readonly limit: number }>>;

export function spentOn(
  calls: readonly Measured[],
  plus: readonly Replays[],
  minus: readonly Measured[],
  less: readonly Replays[],
  units: number,
): Spent | null {
  if ([...plus, ...less].some(({ now }) => now.spent === undefined)) return null;
  const gasOn = (category: Category) => spentIn(plus, category) - spentIn(less, category);
  const limitOn = (category: Category) => limitIn(calls, category) - limitIn(minus, category);
  const perUnit = (gas: bigint) => Math.round(Number(gas) / units);
  const entries = CATEGORIES.map((category) => {
    return [category, { gas: perUnit(gasOn(category)), limit: perUnit(limitOn(category)) }] as const;
  });
  return Object.fromEntries(entries) as Spent;
}

const spentIn = (replays: readonly Replays[], category: Category): bigint =>
  replays.reduce((sum, { now }) => sum + (now.spent?.[category] ?? 0n), 0n);

const limitIn = (calls: readonly Measured[], category: Category): bigint =>
  calls.reduce((sum, { parts }) => sum + (byCategory(parts, OSAKA).get(category) ?? 0n), 0n);
