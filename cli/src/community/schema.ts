/** What a community file holds. Every number is a whole one: seconds, Wh, lots, base units of the payment token. */

import { SHARING_RULES, type SharingRule } from "@wattbook/sdk";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text), "must be an address, with a right checksum if it has capitals")
  .transform((text) => getAddress(text));
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "must be 32 bytes in hex");
const bytes = z.string().regex(/^0x([0-9a-fA-F]{2})+$/, "must be a signature in hex");

/** A whole number, as JSON number or, above 2^53, as text. */
const whole = z
  .union([z.int().nonnegative("must be a whole number"), z.string().regex(/^\d+$/)], {
    error: "must be a whole number",
  })
  .transform((value) => BigInt(value));

const bits = (width: number) => whole.refine((value) => value < 1n << BigInt(width), `must fit ${width} bits`);

/** Unix seconds that never come: a consent counts once, so it need not expire. */
const NEVER = 2n ** 40n - 1n;

/** `id` and `salt` never leave the machine: the chain gets their hash. */
const meteringPoint = z.union([hash, z.strictObject({ id: z.string().min(1), salt: hash })], {
  error:
    'must be { "id", "salt" } with a salt of 32 random bytes in hex (openssl rand -hex 32, 0x before it), or their hash',
});

/** One member. */
export const memberSchema = z.strictObject({
  name: z.string().min(1),
  owner: address,
  tradingKey: address,
  meterKey: address,
  buyCap: bits(16),
  sellCap: bits(16).default(0n),
  tariffClass: bits(8).default(0n),
  zone: bits(16).default(0n),
  kind: bits(8).default(0n),
  /** Bit i enables module i; 1 is the first one. */
  modules: bits(16).default(1n),
  meteringPoint,
  startImport: bits(96).default(0n),
  startExport: bits(96).default(0n),
  deadline: bits(40).default(NEVER),
  signatures: z
    .strictObject({ enrolment: bytes.optional(), binding: bytes.optional(), proof: bytes.optional() })
    .default({}),
});
export type MemberRecord = z.infer<typeof memberSchema>;

const price = bits(16);
const gridPrice = z.strictObject({ importPrice: price, exportPrice: price });

/** Prices that count from a period on. */
export const tariffSchema = z.strictObject({
  networkFee: price,
  /** One price for all slots, or one per slot. */
  classes: z.array(z.union([gridPrice, z.array(gridPrice)])).min(1),
});

/** How a community can trade. */
export const MODES = ["orders", "sharing", "metered"] as const;
export type Mode = (typeof MODES)[number];

/** Seconds between a period's end and its settlement, at most the reading deadline. */
const settlementDelay = bits(24).default(86_400n);

const sharingSchema = z.strictObject({
  rule: z.enum(SHARING_RULES as [SharingRule, ...SharingRule[]]),
  /** Base units per Wh on top of the export price, with sdr-comp alone. */
  compensation: price.default(0n),
  settlementDelay,
});

const meteredSchema = z.strictObject({ settlementDelay });

const terms = z.strictObject({
  /** "LocalEuro" deploys a play coin, on local chains only. */
  paymentToken: z.union([z.literal("LocalEuro"), address], {
    error: 'must be the address of a token, or "LocalEuro" on a local chain',
  }),
  coordinator: address,
  dso: address,
  feeCollector: address,
  slotDuration: whole.optional(),
  slotsPerPeriod: whole.optional(),
  lotWh: whole.optional(),
  floorPrice: whole.optional(),
  tickSize: whole.optional(),
  tickCount: whole.optional(),
  wideTicks: z.boolean().optional(),
  horizon: whole.optional(),
  gateClosure: whole.optional(),
  readingDeadline: whole.optional(),
  correctionWindow: whole.optional(),
  claimWindow: whole.optional(),
  settlementFee: whole.optional(),
  revealWindow: whole.optional(),
  tariffNotice: whole.optional(),
  maxImport: whole.optional(),
  maxNetworkFee: whole.optional(),
  bond: whole.optional(),
});

/** Everything but the members, which are checked one by one. */
export const communitySchema = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  terms,
  suppliers: z.array(address).min(1).max(16),
  classes: z
    .array(z.strictObject({ supplier: whole, defaultLoadWh: bits(24) }))
    .min(1)
    .max(16),
  /** Whether members order, or their meters decide: then a rule shares, or standing orders trade what was metered. */
  mode: z.enum(MODES).default("orders"),
  /** How a community of mode "sharing" shares; left out, the coordinator announces it later. */
  sharing: sharingSchema.optional(),
  /** Likewise of mode "metered". */
  metered: meteredSchema.optional(),
  /** Market modules beside the one that the mode decides, which comes first. */
  modules: z.array(address).max(15).default([]),
  tariff: tariffSchema,
  members: z.array(z.unknown()).default([]),
});
export type CommunityInput = z.infer<typeof communitySchema>;
