/** Runs a relayer: `node dist/relayer/main.js relayer.json`. */
import { isServiceError } from "../errors.ts";
import { createLog, readConfig, Secrets, stopSignal } from "../operation/index.ts";
import { RELAYER_SECRETS, relayerSchema } from "./config.ts";
import { startRelayer } from "./start.ts";

const [path = "relayer.json"] = process.argv.slice(2);
const secrets = new Secrets();
try {
  const source = { path, env: process.env, secretFields: RELAYER_SECRETS, secrets };
  const config = readConfig(relayerSchema, source);
  const log = createLog("relayer", config.log, secrets);
  const { ended } = await startRelayer(config, { log, secrets, signal: stopSignal(log) });
  await ended;
} catch (error) {
  const message =
    error instanceof Error ? `${isServiceError(error) ? error.code : error.name}: ${error.message}` : error;
  process.stderr.write(`${secrets.scrub(String(message))}\n`);
  process.exitCode = 1;
}
