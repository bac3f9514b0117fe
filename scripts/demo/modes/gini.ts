/** How evenly savings fall. */
import { type Ratio, ratio } from "../ratio.ts";

/**
 * The Gini coefficient: half the mean difference of any two over the mean; 0 where all save the same. Null where somebody loses or nobody
 * saves: then it means nothing.
 * @example giniOf([1n, 1n, 2n])?.millionths // 166_667n
 */
export function giniOf(savings: readonly bigint[]): Ratio | null {
  const total = savings.reduce((sum, saving) => sum + saving, 0n);
  if (total <= 0n || savings.some((saving) => saving < 0n)) return null;
  const sorted = [...savings].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const count = BigInt(sorted.length);
  // sum over i, from 1, of (2 i - n - 1) x_i: half of all differences, each counted once per pair.
  const spread = sorted.reduce((sum, saving, index) => sum + (2n * BigInt(index + 1) - count - 1n) * saving, 0n);
  return ratio(spread, count * total);
}
