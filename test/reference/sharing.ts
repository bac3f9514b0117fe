/** Sharing rules as they are published, with rationals: no case is simplified. */

/** A rational; the sign is the numerator's. */
export interface Ratio {
  readonly n: bigint;
  readonly d: bigint;
}

export const ratio = (n: bigint, d = 1n): Ratio => (d < 0n ? { n: -n, d: -d } : { n, d });
export const plus = (a: Ratio, b: Ratio): Ratio => ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a: Ratio, b: Ratio): Ratio => plus(a, ratio(-b.n, b.d));
export const times = (a: Ratio, b: Ratio): Ratio => ratio(a.n * b.n, a.d * b.d);
export const by = (a: Ratio, b: Ratio): Ratio => ratio(a.n * b.d, a.d * b.n);
export const same = (a: Ratio, b: Ratio): boolean => a.n * b.d === b.n * a.d;
export const atMost = (a: Ratio, b: Ratio): boolean => a.n * b.d <= b.n * a.d;

const ONE = ratio(1n);
const TWO = ratio(2n);

export interface Slot {
  readonly supply: bigint;
  readonly demand: bigint;
  readonly importPrice: bigint;
  readonly exportPrice: bigint;
  readonly compensation: bigint;
}

interface Prices {
  readonly buy: Ratio;
  readonly sell: Ratio;
}

/** Supply-demand ratio with a compensating price; supply and demand above 0, and some price above 0. */
export function sdr({ supply, demand, ...slot }: Slot): Prices {
  const [imp, exp, comp] = [ratio(slot.importPrice), ratio(slot.exportPrice), ratio(slot.compensation)];
  const r = ratio(supply, demand);
  const base = plus(exp, comp);
  if (!atMost(r, ONE)) return { sell: plus(exp, by(comp, r)), buy: base };
  const sell = by(times(base, imp), plus(times(minus(imp, base), r), base));
  return { sell, buy: plus(times(sell, r), times(imp, minus(ONE, r))) };
}

/** Mid-market rate; supply and demand above 0. */
export function mmr({ supply, demand, importPrice, exportPrice }: Slot): Prices {
  const [s, d, imp, exp] = [ratio(supply), ratio(demand), ratio(importPrice), ratio(exportPrice)];
  const middle = by(plus(imp, exp), TWO);
  if (supply === demand) return { buy: middle, sell: middle };
  if (supply > demand) return { buy: middle, sell: by(plus(times(middle, d), times(exp, minus(s, d))), s) };
  return { sell: middle, buy: by(plus(times(middle, s), times(imp, minus(d, s))), d) };
}

/** Bill sharing; supply and demand above 0. */
export function billSharing({ supply, demand, importPrice, exportPrice }: Slot): Prices {
  const drawn = supply < demand ? demand - supply : 0n;
  const fed = supply > demand ? supply - demand : 0n;
  return { buy: ratio(importPrice * drawn, demand), sell: ratio(exportPrice * fed, supply) };
}

/** What buyers pay less what sellers get and the retailer gets: 0 by every rule. */
export function left({ supply, demand, importPrice, exportPrice }: Slot, { buy, sell }: Prices): Ratio {
  const drawn = supply < demand ? demand - supply : 0n;
  const fed = supply > demand ? supply - demand : 0n;
  const inside = minus(times(buy, ratio(demand)), times(sell, ratio(supply)));
  return plus(inside, ratio(exportPrice * fed - importPrice * drawn));
}
