/** Parts of configurations that services have in common, with messages that say what to do. */
import { isAddress } from "ethers";
import { z } from "zod";
import { DEFAULT_FEES } from "../chain/index.ts";
import { LEVELS } from "./log.ts";

/** A whole number within bounds; `unit` for the message. */
export function whole(unit: string, least: number, most: number) {
  const message = `pass a whole number of ${unit} from ${least} to ${most}`;
  return z.number({ error: message }).int(message).min(least, message).max(most, message);
}

/** An integer in decimal digits, as amounts of wei are written: JSON numbers would round them. */
export const decimal = z
  .string({ error: "pass an integer as a string of digits" })
  .regex(/^(0|[1-9][0-9]{0,77})$/, "pass an integer as a string of digits")
  .transform((digits) => BigInt(digits));

/** An account, checked and as it is usually written. */
export const address = z.string({ error: "pass an address, 0x and 40 digits" }).refine(isAddress, {
  error: "pass an address, 0x and 40 digits, with the right checksum or in lower case",
});

const NODE_ADDRESS = "pass the address of a node, such as http://127.0.0.1:8545";
const NODES = "name at least one node, in a list";

/** A node to ask, or several of the same chain. */
export const askedNodeSchema = z.strictObject({
  urls: z.array(z.url({ protocol: /^https?$/, error: NODE_ADDRESS }), NODES).min(1, NODES),
  timeoutMs: whole("milliseconds", 100, 120_000).default(10_000),
});

/** The same for those who send as well. */
export const nodeSchema = askedNodeSchema.extend({
  /** Milliseconds between two looks at the chain. */
  pollMs: whole("milliseconds", 10, 60_000).default(1_000),
  confirmations: whole("blocks", 1, 1_000).default(2),
});

/** A file, from the configuration's folder. */
export function file(what: string) {
  return z.string({ error: `name ${what}` }).min(1, `name ${what}`);
}

/** An encrypted key, where its password is, and which account it has to be. */
export const keySchema = z.strictObject(
  {
    file: file("the keystore file"),
    passwordFile: file("the file with the password").optional(),
    address: address.optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? 'pass { "file", "passwordFile" }' : undefined) },
);

/** What the operator pays for gas at most, wei per gas. */
export const feesSchema = z.strictObject({
  cap: decimal.default(DEFAULT_FEES.cap),
  leastTip: decimal.default(DEFAULT_FEES.leastTip),
});

/** Where to listen. */
export function listenSchema(port: number) {
  return z.strictObject({
    host: z.string().min(1, "name an address of this machine, or 0.0.0.0 for all").default("127.0.0.1"),
    port: whole("a port", 0, 65_535).default(port),
  });
}

export const levelSchema = z.enum(LEVELS, { error: `pass one of ${LEVELS.join(", ")}` }).default("info");
