/**
 * A gateway from its configuration file, as a process of its own: `node gateway-child.ts '{ "config", "now" }'`. The clock of
 * its machine shows what the test says, and stands still in between; every sample that counts is told once it is on disk.
 */
import { Node } from "../../../services/src/chain/index.ts";
import { Gateway, joinChain, openGateway, Queue, readGatewayConfig } from "../../../services/src/gateway/index.ts";
import type { Adapter } from "../../../services/src/gateway/sample.ts";
import { passwordsOf, Secrets } from "../../../services/src/operation/index.ts";

/** What the process is told to begin with. */
export interface GatewayTask {
  readonly config: string;
  /** Unix seconds. */
  readonly now: number;
}

/** A sample that is on disk and counts, with the registers that its message told. */
export interface KeptMessage {
  readonly meter: string;
  readonly at: string;
  readonly sides: readonly ("import" | "export")[];
}

/** Every adapter is connected, and every file read. */
export interface ReadyMessage {
  readonly ready: true;
}

/** The clock is set. */
export interface ClockMessage {
  readonly now: number;
}

// Test runners load every file of the folder.
const [, , json = ""] = process.argv;
if (json.startsWith("{")) await run(JSON.parse(json) as GatewayTask);

async function run(task: GatewayTask): Promise<void> {
  let now = task.now;
  // Just before the next whole second: whoever waits for that does not wait long.
  Date.now = () => now * 1_000 + 980;
  process.on("message", (message: ClockMessage) => {
    now = message.now;
    process.send?.({ now } satisfies ClockMessage);
  });
  const file = { path: task.config, env: {} };
  const secrets = new Secrets();
  const config = readGatewayConfig(file, secrets);
  const opened = await openGateway(config, passwordsOf(secrets, file));
  const node = new Node({ urls: config.node.urls, chainId: opened.deployment.chainId });
  const queue = new Queue(config.queue);
  let waiting = opened.adapters.length;
  const gateway = new Gateway({
    ...(await joinChain(config, opened, node, queue)),
    ...{ queue, handOver: opened.handOver },
    adapters: opened.adapters.map((adapter) =>
      telling(adapter, () => {
        waiting -= 1;
        if (waiting === 0) process.send?.({ ready: true } satisfies ReadyMessage);
      }),
    ),
    every: 20,
    report: ({ code, message }) => {
      process.stderr.write(`${now} ${code} ${message}\n`);
    },
  });
  gateway.start();
}

function telling(adapter: Adapter, started: () => void): Adapter {
  return {
    start: async (sink, report) => {
      await adapter.start(async (sample) => {
        const kept = await sink(sample);
        // What is held counts only if the clock turns out to be wrong.
        if (kept === "held") return kept;
        const sides = (["import", "export"] as const).filter((side) => sample[`${side}Wh`] !== undefined);
        process.send?.({ meter: sample.meter, at: String(sample.at), sides } satisfies KeptMessage);
        return kept;
      }, report);
      started();
    },
    stop: () => adapter.stop(),
  };
}
