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
  { homes: 10n, gas: 8_863n, nextFork: 15_887n },
  { homes: 50n, gas: 2_894n, nextFork: 4_539n },
  { homes: 150n, gas: 2_275n, nextFork: 3_458n },
  { homes: 500n, gas: 2_036n, nextFork: 3_022n },
  { homes: 1_000n, gas: 2_020n, nextFork: 3_003n },
];
