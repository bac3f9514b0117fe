/** The best that trade could have achieved: a linear program per slot. */

import highs, { type Highs } from "highs";
import type { Side } from "@wattbook/sdk";
import { DemoError } from "./errors.ts";
import { MARKET, priceOf } from "./market.ts";

/** The package types its CommonJS build; the default export of its ES module is the loader itself. */
const loadHighs = highs as unknown as () => Promise<Highs>;

/** What a home could trade in a slot, at its true value. */
export interface Offer {
  readonly side: Side;
  /** True value or cost, as a tick. */
  readonly valueTick: number;
  /** Forecast quantity, lots. */
  readonly lots: number;
}

/** Computes optima; holds the solver. */
export class Optimum {
  readonly #highs: Highs;

  private constructor(highs: Highs) {
    this.#highs = highs;
  }

  static async load(): Promise<Optimum> {
    return new Optimum(await loadHighs());
  }

  /**
   * Largest sum of value bought minus cost sold in a slot, base units:
   * `max sum v_i b_i - sum c_j s_j` subject to `sum b = sum s`, `0 <= b_i <= q_i`, `0 <= s_j <= q_j`.
   *
   * Prices and quantities are integers and the constraints are those of a network, so the optimum is an integer: rounding
   * removes nothing but the solver's tolerance.
   */
  slotWelfare(offers: readonly Offer[]): bigint {
    const live = offers.filter(({ lots }) => lots > 0);
    if (!live.some(({ side }) => side === "buy") || !live.some(({ side }) => side === "sell")) return 0n;
    const result = this.#highs.solve(program(live));
    if (result.Status !== "Optimal") throw new DemoError("OPTIMUM_FAILED", `the solver ended with ${result.Status}.`);
    return BigInt(Math.round(result.ObjectiveValue)) * MARKET.lotWh;
  }
}

/** The program of a slot in CPLEX LP format; quantities in lots, one variable per offer. */
function program(offers: readonly Offer[]): string {
  const sign = ({ side }: Offer) => (side === "buy" ? "+" : "-");
  const objective = offers.map((offer, i) => `${sign(offer)} ${priceOf(offer.valueTick)} q${i}`);
  const balance = offers.map((offer, i) => `${sign(offer)} q${i}`);
  const bounds = offers.map(({ lots }, i) => `0 <= q${i} <= ${lots}`);
  const lines = [
    "Maximize",
    "welfare:",
    ...objective,
    "Subject To",
    "balance:",
    ...balance,
    "= 0",
    "Bounds",
    ...bounds,
  ];
  return [...lines, "End"].join("\n");
}
