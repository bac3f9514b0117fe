/** Gas of a household and slot, from order to settled money, as `bench/results.json` has it for 64 price ticks. */

/** A measured size of community. */
export interface GasRow {
  readonly homes: bigint;
  readonly gas: bigint;
  /** At the prices of the next fork. */
  readonly nextFork: bigint;
}

/** Homes ascending. */
export const GAS_ROWS: readonly GasRow[] = [
  { homes: 10n, gas: 8_869n, nextFork: 15_893n },
  { homes: 50n, gas: 2_897n, nextFork: 4_542n },
  { homes: 150n, gas: 2_276n, nextFork: 3_460n },
  { homes: 500n, gas: 2_038n, nextFork: 3_023n },
  { homes: 1_000n, gas: 2_022n, nextFork: 3_005n },
];
