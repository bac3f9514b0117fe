/** What lies between gas and limit, in words. */
import { CATEGORIES } from "./schedule.ts";
import type { Spent } from "./spent.ts";

/** "computing 947, storage 12": by size, without what rounds to nothing. */
export function rest(spent: Spent): string {
  return CATEGORIES.map((category) => ({ category, gas: spent[category].gas - spent[category].limit }))
    .filter(({ gas }) => gas !== 0)
    .sort((a, b) => b.gas - a.gas)
    .map(({ category, gas }) => `${category} ${gas.toLocaleString("en-US")}`)
    .join(", ");
}
