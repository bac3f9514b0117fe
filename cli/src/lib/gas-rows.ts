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
  { homes: 10n, gas: 8_848n, nextFork: 15_872n },
  { homes: 50n, gas: 2_896n, nextFork: 4_540n },
  { homes: 150n, gas: 2_279n, nextFork: 3_462n },
  { homes: 500n, gas: 2_041n, nextFork: 3_027n },
  { homes: 1_000n, gas: 2_025n, nextFork: 3_009n },
];
