/** The relayer as a program. */
import type { Program } from "../operation/index.ts";
import { readRelayerConfig, type RelayerConfig } from "./config.ts";
import { SAMPLE } from "./sample.ts";
import { checkRelayer, startRelayer } from "./start.ts";

export const relayerProgram: Program<RelayerConfig> = {
  name: "relayer",
  sample: SAMPLE,
  read: readRelayerConfig,
  check: checkRelayer,
  start: startRelayer,
};
