/** Steps on the way of a message, for tests that stop the gateway at each of them. */
export const STEPS = ["received", "stored", "made", "signed", "handed over", "acknowledged"] as const;
export type Step = (typeof STEPS)[number];

/** Hears of every step once it is done. */
export type Probe = (step: Step) => void;
