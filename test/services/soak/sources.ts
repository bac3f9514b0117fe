/** Where the six meters tell what they show: a broker that drops its clients, a P1 port, two that push over HTTP. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { P1Source, PushSource } from "../end-to-end/sources.ts";
import type { Chance } from "./chance.ts";
import { type MeterName, ONE, type SoakMeter } from "./meters.ts";

/** A message that is on its way to the broker. */
interface Delayed {
  readonly round: number;
  readonly meter: MeterName;
  readonly time: bigint;
  readonly retain: boolean;
}

/** A message is late by fewer rounds: two are shorter than the wait for late samples. */
const MOST_DELAY = 3;

/** A broker whose clients lose their connections, with a client of the meters. */
export class SoakBroker {
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #meters: MqttClient | undefined;
  #spared: Socket | undefined;

  private constructor(aedes: Aedes, server: Server) {
    this.#aedes = aedes;
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      this.#spared ??= socket;
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<SoakBroker> {
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle);
    const broker = new SoakBroker(aedes, server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    broker.#meters = await connectAsync(broker.url, { clientId: "meters" });
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts the gateway's connection. */
  drop(): void {
    for (const socket of this.#sockets) if (socket !== this.#spared) socket.destroy();
  }

  async publish(topic: string, payload: object, retain: boolean): Promise<void> {
    await this.#meters?.publishAsync(topic, JSON.stringify(payload), { qos: 1, retain });
  }

  async close(): Promise<void> {
    await this.#meters?.endAsync(true);
    await new Promise<void>((resolve) => {
      this.#aedes.close(resolve);
    });
    this.#server.close();
  }
}

/** All sources. */
export class Sources {
  readonly broker: SoakBroker;
  readonly p1: P1Source;
  readonly pushes: Readonly<Record<"pushed" | "sunny", PushSource>>;
  readonly #meters: Readonly<Record<MeterName, SoakMeter>>;
  readonly #chance: Chance;
  /** Samples that the broker has taken, by meter and time. */
  readonly published = new Set<string>();
  messages = 0;
  #delayed: Delayed[] = [];

  private constructor(
    broker: SoakBroker,
    p1: P1Source,
    meters: Readonly<Record<MeterName, SoakMeter>>,
    chance: Chance,
    push: { readonly port: number; readonly token: string },
  ) {
    this.broker = broker;
    this.p1 = p1;
    this.#meters = meters;
    this.#chance = chance;
    this.pushes = {
      pushed: new PushSource("pushed", push.port, push.token),
      sunny: new PushSource("sunny", push.port, push.token),
    };
  }

  static async open(
    meters: Readonly<Record<MeterName, SoakMeter>>,
    chance: Chance,
    push: { readonly port: number; readonly token: string },
  ): Promise<Sources> {
    return new Sources(await SoakBroker.start(), await P1Source.listen(), meters, chance, push);
  }

  /** Every meter shows its registers at a boundary: some messages come late, twice, or are kept by the broker. */
  async show(time: bigint, round: number, calm: boolean): Promise<void> {
    for (const meter of ONE) {
      const happens = (perMille: number, what: string) =>
        !calm && this.#chance.happens(perMille, what, meter, String(time));
      // After a reset nobody could tell registers that come out of order from those before.
      const ordered = meter === "reset";
      const late = !ordered && happens(300, "late");
      const delay = late ? 1 + this.#chance.draw(MOST_DELAY - 1, "delay", meter, String(time)) : 0;
      const retain = !ordered && happens(150, "retain");
      this.#delayed.push({ round: round + delay, meter, time, retain });
      if (happens(150, "twice")) this.#delayed.push({ round: round + delay + MOST_DELAY, meter, time, retain: false });
    }
    this.p1.show(time, this.#meters.rolling.shown(time));
    for (const name of ["pushed", "sunny"] as const) this.pushes[name].keep(time, this.#meters[name].shown(time));
    await this.deliver(round);
  }

  /** Publishes what is due, the latest first. */
  async deliver(round: number): Promise<void> {
    const due = this.#delayed.filter((each) => each.round <= round).sort((a, b) => (a.time > b.time ? -1 : 1));
    this.#delayed = this.#delayed.filter((each) => each.round > round);
    for (const { meter, time, retain } of due) {
      const { importWh, exportWh } = this.#meters[meter].shown(time);
      const payload = { total: { in: String(importWh), out: String(exportWh) }, time: String(time), id: meter };
      await this.broker.publish(`meters/${meter}/energy`, payload, retain);
      this.messages++;
      this.published.add(`${meter} ${time}`);
    }
  }

  async close(): Promise<void> {
    await this.broker.close();
    await this.p1.close();
  }
}
