/** Brokers that meters and gateways meet at. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes } from "aedes";
import { freePort } from "../gateway/support.ts";

/** A broker that runs. */
export interface Broker {
  readonly url: string;
  close(): Promise<void>;
}

/** A kind of broker. */
export interface BrokerKind {
  readonly name: string;
  /** Why it cannot be started here; undefined if it can. */
  readonly missing: string | undefined;
  /** @param folder For its files. */
  start(folder: string): Promise<Broker>;
}

/** Within this process. */
export const AEDES: BrokerKind = {
  name: "aedes",
  missing: undefined,
  start: async () => {
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const close = async () => {
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
      server.close();
    };
    return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  },
};

/** As pilots run it. */
export const MOSQUITTO: BrokerKind = {
  name: "mosquitto",
  get missing() {
    return spawnSync("mosquitto", ["-h"]).error === undefined ? undefined : "mosquitto is not installed";
  },
  start: async (folder) => {
    const port = await freePort();
    const path = join(folder, "mosquitto.conf");
    writeFileSync(path, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    const daemon = spawn("mosquitto", ["-c", path], { stdio: "ignore" });
    const ended = once(daemon, "exit");
    const close = async () => {
      daemon.kill();
      await ended;
    };
    await listening(port);
    return { url: `mqtt://127.0.0.1:${port}`, close };
  },
};

/** Until somebody listens at a port of this machine, for ten seconds at most. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nobody listens at ${port}`);
}
