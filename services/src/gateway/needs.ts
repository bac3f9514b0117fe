/** What a gateway cannot do its work without. */
import { connect } from "node:net";
import { holds, type Need, nodeAnswers, storeWrites } from "../operation/index.ts";
import type { Node } from "../chain/index.ts";
import type { AdapterConfig } from "./config/adapter-schema.ts";
import type { HttpHandOver } from "./http-hand-over.ts";
import type { Queue } from "./queue/queue.ts";
import type { Adapter } from "./sample.ts";

/** Of a gateway that runs: every line to a source or a relayer stands, and the queue can be written. */
export function needsOf(node: Node, queue: Queue, adapters: readonly Adapter[], handOver: HttpHandOver): Need[] {
  return [
    nodeAnswers(node),
    storeWrites("queue", queue.path, queue.db),
    relayerAnswers(handOver),
    ...adapters.flatMap((adapter, at) =>
      adapter.fault === undefined ? [] : [holds(`adapters[${at}]`, () => adapter.fault?.() ?? null)],
    ),
  ];
}

/** The relayer answers. */
export function relayerAnswers(handOver: HttpHandOver): Need {
  return { name: "relayer", check: () => handOver.reach() };
}

/** Without starting an adapter: whether something listens where it will connect to. */
export function sourcesAnswer(adapters: readonly AdapterConfig[]): Need[] {
  return adapters.flatMap((adapter, at) => {
    const target = targetOf(adapter);
    return target === undefined ? [] : [{ name: `adapters[${at}]`, check: () => reach(target) }];
  });
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function targetOf(adapter: AdapterConfig): Target | undefined {
  if (adapter.type === "p1-tcp" || adapter.type === "sunspec") return { host: adapter.host, port: adapter.port };
  if (adapter.type !== "mqtt") return undefined;
  const { hostname, port, protocol } = new URL(adapter.url);
  return { host: hostname, port: port === "" ? (protocol === "mqtts:" ? 8_883 : 1_883) : Number(port) };
}

/** Milliseconds. */
const PATIENCE = 5_000;

async function reach({ host, port }: Target): Promise<void> {
  const socket = connect({ host, port, timeout: PATIENCE });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
      socket.once("timeout", () => {
        reject(new Error(`${host}:${port} does not answer within ${PATIENCE} ms.`));
      });
    });
  } finally {
    socket.destroy();
  }
}
