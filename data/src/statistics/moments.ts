/** Means, spreads and memories of series. Figures for people: floats, and far from any bill. */

/** Mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of the values themselves, not of a sample. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** The value below which a share of the values lies, straight lines between neighbours; 0 of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** How alike a series is to itself `lag` values later: 1 the same, 0 unrelated; 0 for one that never changes. */
export function autocorrelation(values: readonly number[], lag: number): number {
  const centre = mean(values);
  let own = 0;
  let shifted = 0;
  values.forEach((value, i) => {
    own += (value - centre) ** 2;
    const later = values[i + lag];
    if (later !== undefined) shifted += (value - centre) * (later - centre);
  });
  return own === 0 ? 0 : shifted / own;
}
