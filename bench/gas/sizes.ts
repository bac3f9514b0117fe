/** How large the runs are. */
export const FULL = { homes: [10, 50, 150, 500, 1_000], ticks: [64, 128] } as const;
/** Within three minutes on two cores. */
export const QUICK = { homes: [10, 50, 150], ticks: [64, 128] } as const;
