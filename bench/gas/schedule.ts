/** What the chain charges for. One table for the fork that receipts come from; the next fork's comes from the tool that knows it. */

/** Gas by what is paid for. */
export interface Schedule {
  readonly transaction: bigint;
  readonly zeroByte: bigint;
  readonly byte: bigint;
  /** The least that a transaction pays per byte of calldata, whatever it does (on top of `transaction`). */
  readonly floorZeroByte: bigint;
  readonly floorByte: bigint;
  /** An account touched for the first time in a transaction. */
  readonly account: bigint;
  /** A storage word read, rewritten, or made from zero; each for the first time in a transaction. */
  readonly read: bigint;
  readonly rewrite: bigint;
  readonly create: bigint;
  readonly signature: bigint;
  readonly hash: bigint;
  readonly hashedWord: bigint;
  readonly log: bigint;
  readonly topic: bigint;
  readonly logByte: bigint;
}

/** Something that is charged for. */
export type Kind = keyof Omit<Schedule, "floorZeroByte" | "floorByte">;

export const OSAKA: Schedule = {
  transaction: 21_000n, // EIP-2
  zeroByte: 4n, // yellow paper, appendix G
  byte: 16n, // EIP-2028
  floorZeroByte: 10n, // EIP-7623: 10 per token, a token per zero byte
  floorByte: 40n, // EIP-7623: four tokens per other byte
  account: 2_600n, // EIP-2929
  read: 2_100n, // EIP-2929
  rewrite: 5_000n, // EIP-2200 as EIP-2929 changed it: 2,100 cold + 2,900
  create: 22_100n, // EIP-2200 as EIP-2929 changed it: 2,100 cold + 20,000
  signature: 3_000n, // yellow paper, appendix E: ecrecover
  hash: 30n, // yellow paper, appendix G
  hashedWord: 6n,
  log: 375n, // yellow paper, appendix G
  topic: 375n,
  logByte: 8n,
};

/** What gas is spent on, as a reader thinks of it. */
export const CATEGORIES = [
  "transaction",
  "calldata",
  "accounts",
  "storage",
  "signatures",
  "hashing",
  "logs",
  "computing",
] as const;
export type Category = (typeof CATEGORIES)[number];

export const CATEGORY_OF: Readonly<Record<Kind, Category>> = {
  transaction: "transaction",
  zeroByte: "calldata",
  byte: "calldata",
  account: "accounts",
  read: "storage",
  rewrite: "storage",
  create: "storage",
  signature: "signatures",
  hash: "hashing",
  hashedWord: "hashing",
  log: "logs",
  topic: "logs",
  logByte: "logs",
};
