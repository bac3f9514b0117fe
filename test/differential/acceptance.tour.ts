import { buy, sell } from "../helpers/auction.ts";
import { encodeEntries, type Entry } from "../helpers/market.ts";
import { DEBTOR, MOST_ENTRIES, padding, type Fault, type Step, type StripPlan } from "./acceptance.scenario.ts";

const strip = (home: number, entries: readonly Entry[], changes: Partial<StripPlan> = {}): StripPlan => ({
  ...{ home, entries: encodeEntries(entries), fault: "none", maxReserve: 50, feePerEntry: 3 },
  ...changes,
});
const post = (period: number, ...strips: StripPlan[]): Step => ({ kind: "post", period, strips });
const place = (period: number, strip: StripPlan): Step => ({ kind: "place", period, strip });
const faulty = (fault: Fault) => strip(0, [buy(1, 3, 2)], { fault });
const HOUR = 3600;
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

/** A scenario in which every reason is given. It starts in a period of two hours; the ticks 5 and 9 of the next one are nearly full. */
export const tour: readonly Step[] = [
  // One thing wrong at a time.
  post(2, ...(["length", "signature", "epoch", "deadline", "reserve", "after"] as const).map(faulty)),
  ...(["length", "epoch", "deadline", "reserve", "after"] as const).map((fault) => place(2, faulty(fault))),
  { kind: "toggle", home: 1 },
  { kind: "stop", home: 2 },
  { kind: "credit", home: DEBTOR, line: 299_999n },
  post(2, strip(1, [buy(1, 3, 2)]), strip(2, [buy(1, 3, 2)]), strip(DEBTOR, [buy(1, 3, 2)])),
  ...[1, 2, DEBTOR].map((home) => place(2, strip(home, [buy(1, 3, 2)]))),
  { kind: "toggle", home: 1 },
  { kind: "resume", home: 2 },
  { kind: "credit", home: DEBTOR, line: 300_000n },
  post(2, strip(1, [buy(1, 3, 2)]), strip(2, [buy(1, 3, 2)]), strip(DEBTOR, [buy(1, 3, 2)])),
  // Entry by entry: the frontier comes to lie behind slot 2.
  post(2, strip(0, [buy(2, 4, 2), sell(2, 4, 2), buy(2, 3, 1), buy(2, 32, 1), buy(2, 33, 0), sell(2, 20, 61)])),
  post(2, strip(0, [buy(2, 5, 1), buy(3, 7, 0), buy(3, 8, 60), buy(3, 9, 1), buy(9, 1, 1)])),
  post(2, strip(1, [buy(4, 0, 1), buy(4, 1, 5)], { maxReserve: 1 })),
  post(2, strip(1, [sell(7, 9, 1)])),
  // Own orders for one slot, of which the last three are taken.
  place(2, strip(0, [buy(1, 3, 1)])),
  ...[buy(9, 1, 1), buy(3, 32, 1), buy(3, 7, 0), buy(3, 7, 61)].map((entry) => place(2, strip(3, [entry]))),
  place(2, strip(3, [buy(3, 7, 1)], { maxReserve: 0 })),
  place(2, strip(3, [sell(3, 7, 2)])),
  place(2, strip(3, [buy(5, 7, 60)])),
  place(2, strip(3, [buy(6, 31, 1)], { feePerEntry: 900 })),
  // A full tick, to the last lot and beyond.
  post(1, strip(DEBTOR, [buy(2, 5, 7), sell(2, 9, 8), buy(3, 5, 8), sell(3, 9, 7), sell(3, 10, 1)])),
  post(1, strip(3, [buy(2, 5, 1), sell(2, 9, 8), sell(2, 10, 9)])),
  place(1, strip(3, [buy(4, 5, 8)])),
  // All entries of a period, and one more.
  post(1, strip(0, [buy(1, 6, 1)], { entries: encodeEntries([buy(1, 6, 1)]) + padding(MOST_ENTRIES - 1) })),
  post(1, strip(0, [buy(2, 6, 1)])),
  place(1, strip(0, [buy(2, 6, 1)])),
  // The gate of the first slots passes.
  { kind: "wait", seconds: HOUR },
  place(0, strip(3, [buy(2, 6, 1)])),
  post(0, strip(3, [buy(2, 6, 1), sell(6, 6, 1)])),
  // Three periods on, the book entries of the full slots are busy until these are cleared; so are, in five, the journals.
  { kind: "wait", seconds: 4 * HOUR },
  post(2, strip(0, [buy(2, 6, 1)]), strip(1, [buy(6, 6, 1)])),
  place(2, strip(0, [buy(2, 6, 1)])),
  { kind: "clear", period: -1, offsets: ALL },
  post(2, strip(0, [buy(2, 6, 1)])),
  { kind: "wait", seconds: 4 * HOUR },
  post(2, strip(0, [buy(2, 6, 1)])),
];
