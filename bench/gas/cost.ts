/** What a household pays for a month of trading and settling in every slot. */
import { BUDGET_TICKS } from "./budgets.ts";
import { SLOTS } from "./homes.ts";
import { OPERATIONS as OP } from "./operations.ts";
import type { Row } from "./row.ts";

/** Wei per gas: 0.01, 0.1 and 1 gwei. */
const GAS_PRICES = [10_000_000n, 100_000_000n, 1_000_000_000n];
const DAYS = 30;
/** An assumption, not a quotation: `--eth-eur` says another. */
export const ETH_EUR = 3_000;

export interface Cost {
  readonly homes: number;
  readonly gwei: string;
  /** Of a household and month; decimal strings. */
  readonly eth: string;
  readonly eur: string;
  readonly nextForkEth: string;
  readonly nextForkEur: string;
}

/** For each size of community, whole life included. */
export function costsOf(rows: readonly Row[], ethEur: number): Cost[] {
  const lives = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  return lives.flatMap(({ homes, gas, nextFork }) =>
    GAS_PRICES.map((price) => {
      const [now, next] = [monthly(gas, price), monthly(nextFork, price)];
      return {
        homes,
        gwei: decimal(price, 9, 2),
        eth: decimal(now, 18, 9),
        eur: decimal(now * BigInt(ethEur), 18, 4),
        nextForkEth: decimal(next, 18, 9),
        nextForkEur: decimal(next * BigInt(ethEur), 18, 4),
      };
    }),
  );
}

/** Wei. */
const monthly = (gas: number, price: bigint): bigint => BigInt(gas) * BigInt(SLOTS * DAYS) * price;

/** A fixed-point number with `decimals` decimals as text with `places` of them, rounded to the nearest. */
export function decimal(value: bigint, decimals: number, places: number): string {
  const unit = 10n ** BigInt(decimals - places);
  const rounded = (value + unit / 2n) / unit;
  const digits = rounded.toString().padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
