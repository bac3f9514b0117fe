/** A relayer with its doors open, from a configuration. */
import type { AddressInfo } from "node:net";
import { connect, type Deployment, parseDeployment } from "@wattbook/sdk";
import { Node } from "../chain/index.ts";
import {
  type Did,
  findingsOf,
  listenFault,
  type Findings,
  type Need,
  nodeAnswers,
  openDoor,
  openKey,
  type Passwords,
  readText,
  type StartParts,
  storeWrites,
  untilNodeAnswers,
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
  readonly operation: string | undefined;
  /** Ends once the signal is aborted and everything is closed, with how often it took each step. */
  readonly ended: Promise<Did>;
}

/** What a start needs besides its configuration. */
export interface RelayerParts extends StartParts {
  readonly observe?: RelayerOptions["observe"];
}

/**
 * Starts a relayer. It waits for its node. What is in hand when the signal comes is finished and answered; everything else is on
 * disk.
 * @throws ServiceError of configuration, keys and files; faults of the node that waiting does not mend
 */
export async function startRelayer(config: RelayerConfig, parts: RelayerParts): Promise<RunningRelayer> {
  const { log, passwords, signal } = parts;
  const signer = await openKey("key", config.key, passwords);
  const deployment = deploymentOf(config);
  const node = nodeOf(config, deployment);
  const door = await openDoor("relayer", config.operation, passwords.secrets, [nodeAnswers(node)]);
  const close = async () => {
    await door.close();
    node.provider.destroy();
  };
  try {
    await untilNodeAnswers(node, log, signal);
    const did: Record<string, number> = {};
    const observe: RelayerOptions["observe"] = (step, name) => {
      did[step] = (did[step] ?? 0) + 1;
      parts.observe?.(step, name);
    };
    const relayer = await Relayer.open({
      ...{ deployment, node, signer, log, numbers: new Numbers(door.metrics), observe },
      ...{ communities: config.communities, folder: config.folder, fees: config.fees },
      ...{ leastFee: config.leastFeePerEntry, lead: config.lead, margin: config.margin, patience: config.patience },
      ...{
        confirmations: config.node.confirmations,
        sealed: config.sealed,
        keep: config.keep,
        threads: config.threads,
      },
      ...{ perMember: config.limits.perMember, withdrawals: config.limits.withdrawals },
    });
    const app = await createApp(new RelayerService(relayer), config.limits, log);
    await app.listen(config.listen).catch(async (error: unknown) => {
      await relayer.close();
      throw listenFault("listen", config.listen, error);
    });
    const { address, port } = app.server.address() as AddressInfo;
    const needs = [nodeAnswers(node), storeWrites("store", relayer.path, relayer.store)];
    if (relayer.sealed.size > 0) needs.push(bondIsThere(relayer), bundlesAreThere(relayer));
    door.up(needs);
    log.info({ account: relayer.account, port, operation: door.url }, "relayer is up");
    const finish = async () => {
      await relayer.run(config.node.pollMs, signal);
      await app.close();
      await relayer.close();
      await close();
      log.info("relayer is down");
      return { ...did };
    };
    return { relayer, url: `http://${address}:${port}`, operation: door.url, ended: finish() };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the key and asks the node, without starting anything. */
export async function checkRelayer(config: RelayerConfig, passwords: Passwords): Promise<Findings> {
  await openKey("key", config.key, passwords);
  const deployment = deploymentOf(config);
  const node = nodeOf(config, deployment);
  const contracts = {
    name: "contracts",
    check: async () => {
      await connect(node.provider, deployment);
    },
  };
  return findingsOf([nodeAnswers(node), contracts], 30_000).finally(() => {
    node.provider.destroy();
  });
}

function deploymentOf({ deployment }: RelayerConfig): Deployment {
  return parseDeployment(readText("deployment", deployment));
}

function nodeOf({ node: { urls, timeoutMs: timeout } }: RelayerConfig, { chainId }: Deployment): Node {
  return new Node({ urls, chainId, timeout });
}

/** In every sealed community the relayer has posted a bond at least: without one it cannot give a receipt. */
function bondIsThere({ sealed }: Relayer): Need {
  const check = async () => {
    const missing = await sealed.missingBond();
    if (missing !== null) throw new Error(missing);
  };
  return { name: "bond", check };
}

/** Every commit of the account can be revealed, and shown where it is asked for. */
function bundlesAreThere({ sealed }: Relayer): Need {
  const check = () => {
    sealed.checkBundles();
    return Promise.resolve();
  };
  return { name: "bundles", check };
}
