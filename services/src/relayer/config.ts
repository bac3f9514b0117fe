/** The relayer's configuration file. */
import { dirname, resolve } from "node:path";
import { asAmount, asCommunity } from "@wattbook/sdk";
import { z } from "zod";
import {
  decimal,
  feesSchema,
  keySchema,
  levelSchema,
  listenSchema,
  nodeSchema,
  type ProgramFile,
  readConfig,
  type SecretFields,
  type Secrets,
  whole,
} from "../operation/index.ts";
import { DEFAULT_LIMITS } from "./http/app.ts";
import { DEFAULT_SEALED } from "./sealed/sealed.ts";
import { DEFAULT_WITHDRAWALS } from "./strips/withdrawal.ts";

/** Where to find it, what to serve, and on which terms. */
export const relayerSchema = z.strictObject({
  /** `deployment.json`, as the deploy script writes it. */
  deployment: z.string({ error: "name the file deployment.json" }).min(1, "name the file deployment.json"),
  /** Folder of the relayer's own files: back it up, and give it to one process at a time. */
  folder: z.string({ error: "name a folder" }).min(1, "name a folder"),
  node: nodeSchema,
  key: keySchema,
  fees: feesSchema.prefault({}),
  communities: z
    .array(whole("a community's index", 0, 2 ** 32 - 1).transform((index) => asCommunity(BigInt(index))))
    .min(1, "name at least one community"),
  /** Base units per entry that a strip has to offer. */
  leastFeePerEntry: decimal.default(0n).transform((amount) => asAmount(amount)),
  /** Seconds before its first gate from which on a strip is posted: room for all calls of a gate, and for a crowded chain. */
  lead: whole("seconds", 1, 30 * 86_400).default(120),
  /** Seconds before its first gate up to which a strip is taken. */
  margin: whole("seconds", 0, 86_400).default(30),
  sealed: z
    .strictObject({
      /** Seconds before the gate of a sealed period at which its strips are committed; from then on none is taken. */
      lead: whole("seconds", 1, 30 * 86_400).default(DEFAULT_SEALED.lead),
      /** Chunks of a commit at most: as many as can be revealed in a turn. */
      mostChunks: whole("chunks", 1, 200).default(DEFAULT_SEALED.mostChunks),
    })
    .prefault({}),
  /** Seconds after its period from which on a reading is handed in although its slots are not clear. */
  patience: whole("seconds", 0, 30 * 86_400).default(3_600),
  /** Seconds after its end for which a period is kept; what may still be needed is kept longer. */
  keep: whole("seconds", 3_600, 100 * 366 * 86_400).default(30 * 86_400),
  listen: listenSchema(8_080).prefault({}),
  operation: listenSchema(9_090).prefault({}),
  limits: z
    .strictObject({
      body: whole("bytes", 1_024, 1_048_576).default(DEFAULT_LIMITS.body),
      perAddress: whole("requests per minute", 1, 1_000_000).default(DEFAULT_LIMITS.perAddress),
      perMember: whole("messages per minute", 1, 100_000).default(30),
      withdrawals: whole("strips per member and period", 0, 100_000).default(DEFAULT_WITHDRAWALS),
      streams: whole("streams", 0, 100_000).default(DEFAULT_LIMITS.streams),
      streamsPerAddress: whole("streams", 0, 100_000).default(DEFAULT_LIMITS.streamsPerAddress),
      proxy: z.boolean({ error: "pass true or false" }).default(DEFAULT_LIMITS.proxy),
    })
    .prefault({}),
  /** Threads that check signatures; one per core if left out. */
  threads: whole("threads", 0, 64).optional(),
  log: levelSchema,
});

export type RelayerConfig = z.output<typeof relayerSchema>;

/** `RPC_URL_FILE` may name the file with the node's address. */
const RELAYER_SECRETS: SecretFields = { RPC_URL: ["node", "urls", "0"], RPC_URL_2: ["node", "urls", "1"] };

/**
 * Reads a configuration, and makes its paths absolute.
 * @throws ServiceError CONFIG_INVALID naming every mistake, FILE_UNREADABLE, FILE_OPEN
 */
export function readRelayerConfig({ path, env }: ProgramFile, secrets: Secrets): RelayerConfig {
  const config = readConfig(relayerSchema, { path, env, secretFields: RELAYER_SECRETS, secrets });
  const at = (file: string) => resolve(dirname(path), file);
  const { file, passwordFile } = config.key;
  return {
    ...config,
    deployment: at(config.deployment),
    folder: at(config.folder),
    key: { ...config.key, file: at(file), ...(passwordFile !== undefined && { passwordFile: at(passwordFile) }) },
  };
}
