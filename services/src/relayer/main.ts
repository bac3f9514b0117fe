/** Runs a relayer: `node dist/relayer/main.js relayer.json`. */
import { runMain } from "../operation/index.ts";
import { relayerProgram } from "./program.ts";

await runMain(relayerProgram);
