/** A relayer with its doors open, from a configuration. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parseDeployment } from "@wattbook/sdk";
import { Node } from "../chain/index.ts";
import {
  createMetrics,
  type Logger,
  type Need,
  nodeAnswers,
  openKey,
  Readiness,
  type Secrets,
  serveOperation,
  storeWrites,
} from "../operation/index.ts";
import type { RelayerConfig } from "./config.ts";
import { createApp } from "./http/app.ts";
import { Numbers } from "./numbers.ts";
import { Relayer, type RelayerOptions } from "./relayer.ts";
import { RelayerService } from "./service.ts";

/** A relayer that runs. */
export interface RunningRelayer {
  readonly relayer: Relayer;
  /** Of the API. */
  readonly url: string;
  /** Of the operators' door. */
  readonly operation: string;
  /** Ends once the signal is aborted and everything is closed. */
  readonly ended: Promise<void>;
}

/** What a start needs besides its configuration. */
export interface StartParts {
  readonly log: Logger;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly observe?: RelayerOptions["observe"];
}

/**
 * Starts a relayer. What is in hand when the signal comes is finished and answered; everything else is on disk.
 * @throws ServiceError of configuration, keys and files; Faults of the node
 */
export async function startRelayer(config: RelayerConfig, parts: StartParts): Promise<RunningRelayer> {
  const { log, secrets, signal } = parts;
  const metrics = createMetrics("relayer");
  const signer = await openKey("key", config.key, secrets);
  const deployment = parseDeployment(JSON.parse(readFileSync(config.deployment, "utf8")) as unknown);
  const { urls, timeoutMs: timeout, pollMs, confirmations } = config.node;
  const node = new Node({ urls, chainId: deployment.chainId, timeout });
  const relayer = await Relayer.open({
    ...{ deployment, node, signer, log, confirmations, numbers: new Numbers(metrics), observe: parts.observe },
    ...{ communities: config.communities, folder: config.folder, fees: config.fees },
    ...{ leastFee: config.leastFeePerEntry, lead: config.lead, margin: config.margin, patience: config.patience },
    ...{ perMember: config.limits.perMember, threads: config.threads, sealed: config.sealed, keep: config.keep },
  });
  const needs = [nodeAnswers(node), storeWrites("store", relayer.path, relayer.store)];
  if (relayer.sealed.size > 0) needs.push(bondIsThere(relayer));
  const operation = await serveOperation(config.operation, { metrics, readiness: new Readiness(needs), secrets });
  const app = await createApp(new RelayerService(relayer), config.limits, log);
  await app.listen(config.listen);
  const { address, port } = app.server.address() as AddressInfo;
  log.info({ account: relayer.account, port, operation: operation.url }, "relayer is up");
  const finish = async () => {
    await relayer.run(pollMs, signal);
    await app.close();
    await operation.close();
    await relayer.close();
    node.provider.destroy();
    log.info("relayer is down");
  };
  return { relayer, url: `http://${address}:${port}`, operation: operation.url, ended: finish() };
}

/** In every sealed community the relayer has posted a bond at least: without one it cannot give a receipt. */
function bondIsThere({ sealed }: Relayer): Need {
  const check = async () => {
    const missing = await sealed.missingBond();
    if (missing !== null) throw new Error(missing);
  };
  return { name: "bond", check };
}
