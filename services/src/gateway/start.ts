/** A gateway with its door open, from a configuration. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { CommunityIndex, Terms } from "@wattbook/sdk/pure";
import { Node } from "../chain/index.ts";
import {
  type Did,
  type Door,
  findingsOf,
  type Findings,
  nodeAnswers,
  openDoor,
  type Passwords,
  type StartParts,
  untilAnswered,
  untilNodeAnswers,
} from "../operation/index.ts";
import { joinChain, openGateway, type Opened, recallChain } from "./config/load.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Finished } from "./courier.ts";
import { Gateway } from "./gateway.ts";
import { needsOf, relayerAnswers, sourcesAnswer } from "./needs.ts";
import { showNumbers } from "./numbers.ts";
import { Queue } from "./queue/queue.ts";
import { logReport } from "./report-log.ts";

/** A gateway that runs. */
export interface RunningGateway {
  readonly gateway: Gateway;
  /** Of the operators' door. */
  readonly operation: string | undefined;
  /** Ends once the signal is aborted and everything is closed, with the counters. */
  readonly ended: Promise<Did>;
}

/**
 * Starts a gateway. The first time it waits for its node; later it takes samples at once, on the terms that the chain said before; what is in hand when the signal comes is finished, everything else is in the queue.
 * @throws ServiceError of configuration, keys and files; faults of the node that waiting does not mend
 */
export async function startGateway(config: GatewayConfig, parts: StartParts): Promise<RunningGateway> {
  const { log, passwords, signal } = parts;
  const opened = await openGateway(config, passwords);
  const queue = new Queue(config.queue);
  const node = nodeOf(config, opened, signal);
  const door = await openDoor("gateway", config.operation, passwords.secrets, [nodeAnswers(node)]).catch(
    (error: unknown) => {
      queue.close();
      throw error;
    },
  );
  const closeAll = async () => {
    node.provider.destroy();
    await door.close();
  };
  try {
    const { gateway, failed } = await join({ config, opened, node, queue, door }, parts);
    log.info({ meters: config.meters.length, members: config.members.length, operation: door.url }, "gateway is up");
    return { gateway, operation: door.url, ended: untilStopped(gateway, failed, closeAll, parts) };
  } catch (error) {
    queue.close();
    await closeAll();
    throw error;
  }
}

/** Opens all keys and asks the node, the relayer and the sources, without starting anything. */
export async function checkGateway(config: GatewayConfig, passwords: Passwords): Promise<Findings> {
  const opened = await openGateway(config, passwords);
  const node = nodeOf(config, opened);
  const contracts = {
    name: "contracts",
    check: async () => {
      const queue = new Queue(":memory:");
      await joinChain(config, opened, node, queue).finally(() => {
        queue.close();
      });
    },
  };
  const needs = [nodeAnswers(node), contracts, relayerAnswers(opened.handOver), ...sourcesAnswer(config.adapters)];
  return findingsOf(needs, 30_000).finally(() => {
    node.provider.destroy();
  });
}

function nodeOf({ node: { urls, timeoutMs: timeout } }: GatewayConfig, opened: Opened, signal?: AbortSignal): Node {
  return new Node({ urls, chainId: opened.deployment.chainId, timeout, ...(signal !== undefined && { signal }) });
}

interface Parts {
  readonly config: GatewayConfig;
  readonly opened: Opened;
  readonly node: Node;
  readonly queue: Queue;
  readonly door: Door;
}

/** A gateway that takes samples, and what is only found out once the node answers. */
interface Joined {
  readonly gateway: Gateway;
  /** Rejects where the chain is not the one that the queue knows. */
  readonly failed: Promise<never>;
}

async function join({ config, opened, node, queue, door }: Parts, { log, signal }: StartParts): Promise<Joined> {
  const known = recallChain(config, opened, node, queue);
  if (known === undefined) await untilNodeAnswers(node, log, signal);
  const chain = known?.parts ?? (await joinChain(config, opened, node, queue));
  const { adapters, handOver } = opened;
  const finished: Finished = ({ kind, community, member, period, digest }, { outcome }) => {
    const whose = { community: Number(community), member: Number(member), period: Number(period) };
    log.info({ kind, ...whose, digest, outcome }, "handed over");
  };
  const chainTime = async () => asSeconds(BigInt((await node.head()).time));
  const gateway = new Gateway({
    ...{ ...chain, queue, adapters, handOver, chainTime },
    ...{ report: logReport(log), finished },
  });
  const terms = new Map<CommunityIndex, Terms>(
    chain.members.map(({ community: { community, terms } }) => [community, terms]),
  );
  showNumbers(gateway, door.metrics, terms);
  door.up(needsOf(node, queue, adapters, handOver));
  gateway.start();
  const confirmed = known === undefined ? Promise.resolve() : untilAnswered(known.confirm, log, signal);
  return { gateway, failed: rejection(confirmed) };
}

/** Never resolves; rejects as the work does. */
async function rejection(work: Promise<void>): Promise<never> {
  await work;
  return new Promise<never>(() => undefined);
}

async function untilStopped(
  gateway: Gateway,
  failed: Promise<never>,
  closeAll: () => Promise<void>,
  { log, signal }: StartParts,
): Promise<Did> {
  const asked = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener("abort", () => {
        resolve();
      });
  });
  const fault = await Promise.race([asked, failed]).catch((error: unknown) => ({ error }));
  await gateway.stop();
  await closeAll();
  if (fault !== undefined && !signal.aborted) throw fault.error;
  log.info("gateway is down");
  return Object.fromEntries(gateway.counters.all);
}
