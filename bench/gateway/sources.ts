/** A broker, and meters that send to it, each over a connection of its own. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Aedes } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { TOPIC } from "./live-day.ts";
import { meterName, registersAt } from "./world.ts";

export interface Sources {
  readonly url: string;
  /** All meters send what they show at a boundary. */
  send(slot: number): Promise<void>;
  stop(): Promise<void>;
}

/** Connections that are made at once: more would overflow what a system lets wait. */
const AT_ONCE = 100;

export async function startSources(count: number): Promise<Sources> {
  const broker = await Aedes.createBroker({ concurrency: count });
  const server = createServer(broker.handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const meters: [string, MqttClient][] = [];
  while (meters.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - meters.length) }, async (_, index) => {
      const meter = meterName(meters.length + index);
      return [meter, await connectAsync(url, { clientId: meter, reconnectPeriod: 0 })] as [string, MqttClient];
    });
    meters.push(...(await Promise.all(some)));
  }
  return {
    url,
    send: async (slot) => {
      const { at, importWh, exportWh } = registersAt(slot);
      const numbers = { at: Number(at), import: Number(importWh), export: Number(exportWh) };
      await Promise.all(
        meters.map(([meter, client]) =>
          client.publishAsync(TOPIC.replace("{meter}", meter), JSON.stringify({ meter, ...numbers }), { qos: 1 }),
        ),
      );
    },
    stop: async () => {
      await Promise.all(meters.map(([, client]) => client.endAsync(true)));
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      server.close();
    },
  };
}
