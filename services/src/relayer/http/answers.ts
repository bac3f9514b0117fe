/** What the API answers besides what it shares with gateways. */
import { z } from "zod";
import { Failure } from "../../wire.ts";

const integer = z.string().describe("An integer in decimal digits");
const hex = z.string().describe("Hexadecimal bytes with 0x");

/** A refusal, with the contract's own reason. */
export const Refused = Failure.extend({
  reason: z.string().optional().describe("As the contract names it"),
  index: z.number().int().optional().describe("Of the entry"),
});

/** Where a strip stands. */
export const StripStatus = z.object({
  digest: hex,
  community: integer,
  period: integer,
  member: integer,
  state: z.enum(["waiting", "posted", "skipped", "withdrawn", "missed"]),
  reason: z.string().nullable().describe("Why it was skipped, or waits"),
  gate: z.number().int().describe("Unix seconds at which its first gate closes"),
  acceptedAt: z.number().int().describe("Unix seconds"),
  inCall: z
    .string()
    .nullable()
    .describe("The call that it is in, while that is not final; in a sealed community the commit"),
  commit: z
    .object({
      root: hex,
      chunk: z.number().int().describe("Index of the chunk that holds the strip"),
      index: z.number().int().describe("Of the strip in its chunk"),
      place: z.number().int().nullable().describe("Among the commits of the period; null while it is not on chain"),
      transaction: hex.nullable().describe("Of the commit"),
    })
    .nullable()
    .describe("In a sealed community, where the strip stands once the relayer has made its commit"),
  transaction: hex.nullable(),
  refused: z.array(z.number().int()).describe("Entries that the contract left out"),
});

/** Where a reading stands. */
export const ReadingStatus = z.object({
  digest: hex,
  community: integer,
  period: integer,
  member: integer,
  state: z.enum(["waiting", "metered", "settled", "corrected", "skipped"]),
  reason: z.string().nullable(),
  acceptedAt: z.number().int(),
  inCall: z.string().nullable(),
  transaction: hex.nullable(),
});

/** What a relayer asks of a community's strips. */
export const CommunityInfo = z.object({
  community: integer,
  chainId: integer,
  relayer: hex.describe("The account that posts, and signs receipts"),
  feeTo: hex.describe("What strips have to name"),
  leastFeePerEntry: integer.describe("Base units"),
  lead: z
    .number()
    .int()
    .describe(
      "Seconds before a strip's first gate from which on it is posted, and cannot be withdrawn; in a sealed community seconds before the gate at which the relayer commits",
    ),
  margin: z.number().int().describe("Seconds before a strip's first gate up to which it is taken"),
  sealed: z.boolean().describe("Whether strips are committed before one gate per period and revealed behind it"),
  orderBook: hex,
  settlement: hex,
  commitBook: hex.describe("In whose domain receipts are signed"),
});

export const WithdrawalBody = z.strictObject({
  signature: z
    .string()
    .regex(/^0x(?:[0-9a-fA-F]{128}|[0-9a-fA-F]{130})$/, "write 64 or 65 bytes with 0x")
    .describe(
      "The trading key's signature of `StripWithdrawal(bytes32 strip,address relayer)` in the order book's domain",
    ),
});

export type StripStatus = z.infer<typeof StripStatus>;
export type ReadingStatus = z.infer<typeof ReadingStatus>;
export type CommunityInfo = z.infer<typeof CommunityInfo>;
