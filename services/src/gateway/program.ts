/** The gateway as a program. */
import type { Program } from "../operation/index.ts";
import { readGatewayConfig } from "./config/read.ts";
import { SAMPLE } from "./config/sample.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { checkGateway, startGateway } from "./start.ts";

export const gatewayProgram: Program<GatewayConfig> = {
  name: "gateway",
  sample: SAMPLE,
  read: readGatewayConfig,
  check: checkGateway,
  start: startGateway,
};
