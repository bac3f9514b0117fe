/** Names of operations: rows, budgets and the reviewed snapshot are matched by them. */
export const OPERATIONS = {
  place60: "place: strip of 96, open batch of 60",
  place100: "place: strip of 96, open batch of 100",
  placeAll: "place: strip of 96, open batches of at most 100",
  placeSealed: "place: strip of 96, sealed call that also clears",
  placeCurve: "place: further curve entry",
  placeSingle: "place: single-slot order, batch of 200",
  placeSingles: "place: single-slot order, batches of at most 200",
  placeOwn: "place: own transaction, one entry",
  placeOwnLive: "place: own transaction, one entry, slot with orders",
  clear48: "clear: one slot, in calls of 48",
  clearAlone: "clear: one slot alone",
  settle60: "settle: batch of 60",
  settleAll: "settle: batches of at most 100",
  settleCurve: "settle: further curve entry",
  life: "life: place, clear and settle",
  lifeSealed: "life, sealed: commit, reveal with clearing, settle, finish",
  warmBook: "warm-up: book words, first use",
  warmRing: "warm-up: results and ledger, first use",
  warmMember: "warm-up: a member's journal, first use",
  enrol: "enrol: enroll and bindMeter",
  deposit: "deposit",
  withdraw: "withdraw",
  claim: "claim",
} as const;

export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];
