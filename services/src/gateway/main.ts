/** Runs a gateway: `node dist/gateway/main.js gateway.json`. */
import { runMain } from "../operation/index.ts";
import { gatewayProgram } from "./program.ts";

await runMain(gatewayProgram);
