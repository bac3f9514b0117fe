/** A day of meters that send by themselves: a gateway that runs, subscribed at a broker. The parent process has both. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asSeconds } from "@wattbook/sdk/pure";
import { MqttAdapter } from "@wattbook/services/gateway";
import { BOUNDARIES, DUE, gatewayOf, membersOf, memory, processor, registersAt, START } from "./world.ts";

/** Seconds of processor time unless said otherwise. */
export interface LiveDay {
  readonly sampling: number;
  readonly signing: number;
  /** Wall clock, from the first message of a boundary until the last is on disk, in the slowest of them. */
  readonly slowestBoundary: number;
  readonly peakMiB: number;
}

export const TOPIC = "meters/{meter}/energy";

/** Milliseconds between looks at memory, and of what is due. */
const [LOOK, STEP] = [20, 500];

/** @param send Has all meters send what they show at a boundary. */
export async function liveDay(
  count: number,
  folder: string,
  url: string,
  send: (slot: number) => void,
): Promise<LiveDay> {
  const members = membersOf(count);
  let now: bigint = START;
  const clock = () => asSeconds(now);
  const adapter = new MqttAdapter({
    ...{ url, clientId: "gateway", meters: new Set(members.map(({ meter }) => meter)), clock },
    mappings: [
      {
        ...{ topic: TOPIC, timePath: "at", meterPath: "meter" },
        ...{ import: { path: "import", unit: "Wh" }, export: { path: "export", unit: "Wh" } },
      },
    ],
  });
  const report = (error: Error) => {
    throw error; // nothing is refused here
  };
  const { gateway, handedOver } = gatewayOf({
    ...{ queue: join(folder, "live.sqlite"), adapters: [adapter], members, clock, every: STEP, report },
  });
  let peakMiB = 0;
  const looking = setInterval(() => {
    peakMiB = Math.max(peakMiB, memory());
  }, LOOK);
  gateway.start();
  while (adapter.fault() !== null) await sleep(LOOK);
  let slowestBoundary = 0;
  const sampling = await processor(async () => {
    for (let slot = 0; slot < BOUNDARIES; slot++) {
      now = registersAt(slot).at;
      const before = performance.now();
      send(slot);
      while (gateway.counters.get("samples_kept") < count * (slot + 1)) await sleep(1);
      slowestBoundary = Math.max(slowestBoundary, (performance.now() - before) / 1_000);
    }
  });
  now += DUE;
  const signing = await processor(async () => {
    while (handedOver() < count) await sleep(LOOK);
  });
  clearInterval(looking);
  await gateway.stop();
  return { sampling, signing, slowestBoundary, peakMiB };
}
