/** Batteries done naively: every move of whole Wh tried in every slot, to the mWh. */

export interface Store {
  readonly minWh: bigint;
  readonly maxWh: bigint;
  /** Most Wh of a slot. */
  readonly charge: bigint;
  readonly discharge: bigint;
  readonly chargePermille: bigint;
  readonly dischargePermille: bigint;
  readonly wear: bigint;
}

export interface Interval {
  readonly net: bigint;
  readonly importPrice: bigint;
  readonly exportPrice: bigint;
}

/** Cost of an interval with a move at the battery's terminals, above zero into it. */
export function costOfMove(store: Store, { net, importPrice, exportPrice }: Interval, move: bigint): bigint {
  const grid = net + move;
  return grid * (grid > 0n ? importPrice : exportPrice) + (move < 0n ? -move : move) * store.wear;
}

/** mWh stored after a move. What a discharge takes is the least whole mWh that gives as much. */
export function after(store: Store, stored: bigint, move: bigint): bigint {
  if (move >= 0n) return stored + move * store.chargePermille;
  let taken = (-move * 1_000_000n) / store.dischargePermille;
  while (taken * store.dischargePermille < -move * 1_000_000n) taken += 1n;
  return stored - taken;
}

/** The least cost of all moves, by dynamic programming over what is stored; undefined where nothing ends with `end` mWh. */
export function leastCost(
  store: Store,
  intervals: readonly Interval[],
  stored: bigint,
  end: bigint,
): bigint | undefined {
  let reached = new Map([[stored, 0n]]);
  for (const interval of intervals) {
    const next = new Map<bigint, bigint>();
    for (const [from, cost] of reached) {
      for (let move = -store.discharge; move <= store.charge; move += 1n) {
        const to = after(store, from, move);
        if (to < store.minWh * 1_000n || to > store.maxWh * 1_000n) continue;
        const sum = cost + costOfMove(store, interval, move);
        const known = next.get(to);
        if (known === undefined || sum < known) next.set(to, sum);
      }
    }
    reached = next;
  }
  const costs = [...reached].filter(([to]) => to >= end).map(([, cost]) => cost);
  return costs.reduce<bigint | undefined>(
    (least, cost) => (least === undefined || cost < least ? cost : least),
    undefined,
  );
}
