/** Meters behind an MQTT broker. A message is acknowledged when its sample is on disk, or refused for good. */
import { setTimeout as sleep } from "node:timers/promises";
import { MqttClient } from "mqtt";
import type { IClientOptions } from "mqtt";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { ServiceError } from "../../errors.ts";
import { asServiceError, GatewayError } from "../errors.ts";
import { DEFAULT_BACKOFF } from "../link.ts";
import type { Backoff } from "../link.ts";
import type { Adapter, Report, Sink } from "../sample.ts";
import { lineTo } from "./line.ts";
import { filterOf, routeOf, sampleOf } from "./mapping.ts";
import type { Message, TopicMapping } from "./mapping.ts";

export interface MqttOptions {
  /** `mqtt://host:1883`, or `mqtts://host:8883` for TLS. */
  readonly url: string;
  /** Fixed: under it the broker keeps what was not acknowledged. Two gateways need two. */
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM texts: the broker's authority, and the gateway's certificate and key where the broker asks for them. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly mappings: readonly TopicMapping[];
  /** Names of the configured meters. */
  readonly meters: ReadonlySet<string>;
  readonly backoff?: Backoff;
  readonly clock?: Clock;
}

/** Of the broker's answers to a subscription: refused. */
const SUBSCRIPTION_REFUSED = 128;

export class MqttAdapter implements Adapter {
  readonly #options: MqttOptions;
  readonly #abort = new AbortController();
  #client: MqttClient | undefined;
  #fault: string | null;

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#fault = `${options.url} is not connected yet.`;
  }

  fault(): string | null {
    return this.#fault;
  }

  async start(sink: Sink, report: Report): Promise<void> {
    const { url } = this.#options;
    const client = new MqttClient(() => lineTo(this.#options), this.#clientOptions());
    this.#client = client;
    client.handleMessage = (packet, done) => {
      const { topic, retain } = packet;
      const payload = Buffer.from(packet.payload);
      const arrived = (this.#options.clock ?? systemClock)();
      void this.#keep({ topic, payload, retained: retain, arrived }, sink, report).then((kept) => {
        if (kept) done();
      });
    };
    client.on("error", (error) => {
      const refused = "code" in error && typeof error.code === "number";
      const hint = refused ? "check user, password and certificate." : "check address and network; trying again.";
      this.#lost(asServiceError(error, refused ? "LINK_REFUSED" : "LINK_DOWN", url, hint), report);
    });
    client.on("close", () => {
      this.#fault ??= `${url} ended the connection.`;
    });
    await new Promise<void>((resolve) => {
      client.on("connect", () => {
        void this.#subscribe(client, report).finally(resolve);
      });
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#client?.endAsync(true);
  }

  /** Version 3.1.1: its sessions last until the broker forgets them, and every broker speaks it. */
  #clientOptions(): IClientOptions {
    const { clientId, username, password, backoff = DEFAULT_BACKOFF } = this.#options;
    return {
      protocolVersion: 4,
      clientId,
      clean: false,
      reconnectPeriod: backoff.first,
      reconnectOnConnackError: true,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
  }

  async #subscribe(client: MqttClient, report: Report): Promise<void> {
    const filters = [...new Set(this.#options.mappings.map(filterOf))];
    try {
      const granted = await client.subscribeAsync(filters, { qos: 1 });
      this.#fault = null;
      const denied = granted.filter(({ qos }) => (qos as number) === SUBSCRIPTION_REFUSED);
      for (const { topic } of denied) this.#lost(deniedTopic(topic), report);
    } catch (error) {
      const hint = "allow the gateway to read these topics.";
      this.#lost(asServiceError(error, "LINK_REFUSED", filters.join(", "), hint), report);
    }
  }

  #lost(error: ServiceError, report: Report): void {
    this.#fault = error.message;
    report(error);
  }

  /**
   * Whether the message is done with. While the disk takes nothing it is held, and with it all that follow: the broker
   * keeps them.
   */
  async #keep(message: Message, sink: Sink, report: Report): Promise<boolean> {
    const { signal } = this.#abort;
    const { mappings, meters, backoff = DEFAULT_BACKOFF } = this.#options;
    let meter: string | undefined;
    let wait = backoff.first;
    while (!signal.aborted) {
      try {
        const route = routeOf(mappings, meters, message.topic);
        meter = route.meter;
        await sink(sampleOf(route, message));
        return true;
      } catch (error) {
        const named = asServiceError(error, "MESSAGE_MALFORMED", message.topic, "see the cause.");
        report(named, meter);
        if (!named.retry) return true;
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, backoff.most);
    }
    return false;
  }
}

function deniedTopic(topic: string): GatewayError {
  return new GatewayError(
    "LINK_REFUSED",
    "subscription",
    topic,
    "the broker denies it. Allow the gateway to read the topic.",
  );
}
