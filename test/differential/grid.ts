import type { Market } from "../helpers/market.ts";
import type { Grid } from "../reference/community.ts";

/** The parameters of a community as the reference model takes them. */
export function gridOf({ wideTicks, ...rest }: Market["terms"]): Grid {
  const entries = Object.entries(rest).map(([name, value]) => [name, BigInt(value)]);
  return { ...(Object.fromEntries(entries) as Omit<Grid, "wideTicks">), wideTicks };
}
