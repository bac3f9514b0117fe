/** The baseline of every comparison: what meter values cost and bring at the supplier alone, with nobody to share with. */
import { gridCostOf } from "../grid-leg.ts";
import type { MeterValue } from "../reading.ts";
import { pricesOf } from "../tariff.ts";
import type { Tariff } from "../tariff.ts";
import { BadLengthError } from "../errors.ts";
import { asAmount, asSignedAmount, asSignedWh, asWh } from "../units.ts";
import type { Amount, SignedAmount, Wh } from "../units.ts";

/** A period at the supplier alone. */
export interface FeedInBaseline {
  /** Net import of the slots that took more than they gave. */
  readonly taken: Wh;
  /** Net export of the others. */
  readonly fedIn: Wh;
  /** For what was taken, base units. */
  readonly cost: Amount;
  /** For what was fed in. */
  readonly income: Amount;
  /** cost - income. */
  readonly total: SignedAmount;
}

/**
 * Σ max(n, 0) × import price − Σ max(−n, 0) × export price over the slots' net imports n, as settlement bills a member without trades.
 * @throws UnknownTariffClassError
 * @throws BadLengthError for another number of slots than the tariff has
 * @example feedInBaseline(tariff, 0n, values) // { taken: 0n, fedIn: 1_000n, cost: 0n, income: 80_000n, total: -80_000n }
 */
export function feedInBaseline(tariff: Tariff, tariffClass: bigint, values: readonly MeterValue[]): FeedInBaseline {
  const prices = pricesOf(tariff, tariffClass);
  if (prices.length !== values.length) {
    throw new BadLengthError("values", values.length, `${prices.length} values, one per slot of the tariff`);
  }
  let [taken, fedIn, cost, income] = [0n, 0n, 0n, 0n];
  for (const [slot, price] of prices.entries()) {
    const { imported = 0n, exported = 0n } = values[slot] ?? {};
    const net = asSignedWh(imported - exported);
    const leg = gridCostOf(net, price);
    if (net > 0n) [taken, cost] = [taken + net, cost + leg];
    else [fedIn, income] = [fedIn - net, income - leg];
  }
  return {
    taken: asWh(taken),
    fedIn: asWh(fedIn),
    cost: asAmount(cost),
    income: asAmount(income),
    total: asSignedAmount(cost - income),
  };
}
