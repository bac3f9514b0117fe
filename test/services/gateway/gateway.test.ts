import { expect } from "chai";
import { Aedes } from "aedes";
import type { AedesPublishPacket } from "aedes";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asMember, asSeconds } from "@wattbook/sdk/pure";
import { CsvReplayAdapter } from "../../../services/src/gateway/csv/replay.ts";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { Gateway } from "../../../services/src/gateway/gateway.ts";
import type { GatewayOptions } from "../../../services/src/gateway/gateway.ts";
import { HttpHandOver } from "../../../services/src/gateway/http-hand-over.ts";
import { MqttAdapter } from "../../../services/src/gateway/mqtt/adapter.ts";
import { P1TcpAdapter } from "../../../services/src/gateway/p1/tcp.ts";
import { ReadingBody, readingOf } from "../../../services/src/wire.ts";
import { COMMUNITY, FakeRelayer, gatewayOf, HOURLY, MEMBER, PERIOD, TERMS, TRADING_KEY } from "./gateway-support.ts";
import { DAY } from "./queue-support.ts";
import { relayerServer } from "./relayer-support.ts";
import { eventually, FAST, temporaryFolder, telegram } from "./support.ts";

/** Local winter time of an hour after `DAY`, as a telegram shows it. */
function stampAt(hour: number): string {
  const wall = new Date(Number(DAY) * 1_000 + (hour + 1) * 3_600_000).toISOString();
  return `${wall.slice(2, 10).replaceAll("-", "")}${wall.slice(11, 19).replaceAll(":", "")}W`;
}

const kwh = (wh: number) => `${String(wh).padStart(9, "0").slice(0, 6)}.${String(wh).padStart(9, "0").slice(6)}`;

/** A broker and a meter's P1 port, which stay while gateways come and go. */
async function sources() {
  const aedes = await Aedes.createBroker();
  const acknowledged = { count: 0 };
  aedes.on("ack", () => {
    acknowledged.count += 1;
  });
  const subscribed = once(aedes, "subscribe");
  const sockets: Socket[] = [];
  const [broker, meter] = [createServer(aedes.handle), createServer((socket) => sockets.push(socket))];
  const listen = async (server: typeof broker) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const [brokerPort, meterPort] = [await listen(broker), await listen(meter)];
  const publish = async (payload: object) => {
    const text = JSON.stringify(payload);
    const packet = {
      cmd: "publish",
      dup: false,
      qos: 1,
      retain: false,
      topic: "roof",
      payload: text,
    } as AedesPublishPacket;
    await new Promise<void>((resolve) => {
      aedes.publish(packet, () => {
        resolve();
      });
    });
  };
  const telegramAt = (hour: number) => {
    sockets.at(-1)?.write(telegram({ at: stampAt(hour), import: [kwh(250 * hour), kwh(0)], export: [kwh(0), kwh(0)] }));
  };
  const close = async () => {
    await new Promise<void>((resolve) => {
      aedes.close(resolve);
    });
    broker.close();
    meter.close();
  };
  return { acknowledged, subscribed, brokerPort, meterPort, publish, telegramAt, close, sockets };
}

describe("gateway", function () {
  it("takes a day from a P1 port and a broker, stopped and started on the way, to one reading per period", async function () {
    const folder = temporaryFolder();
    const [source, relayer] = [await sources(), await relayerServer()];
    const clock = { now: DAY };
    const south = { ...MEMBER, member: asMember(43n), meter: "roof", meterKey: TRADING_KEY };
    const open = () => {
      const place = { path: "wh", unit: "Wh" } as const;
      const topic = { topic: "roof", meter: "roof", export: place, timePath: "at" };
      const options: GatewayOptions = {
        queue: join(folder.path, "queue.sqlite"),
        meters: new Map([
          ["m", HOURLY],
          ["roof", { ...HOURLY, counts: { import: false, export: true } }],
        ]),
        adapters: [
          new P1TcpAdapter({
            meter: "m",
            host: "127.0.0.1",
            port: source.meterPort,
            every: asSeconds(60n),
            backoff: FAST,
          }),
          new MqttAdapter({
            ...{ url: `mqtt://127.0.0.1:${source.brokerPort}`, clientId: "g", mappings: [topic], backoff: FAST },
            ...{ meters: new Set(["roof"]), clock: () => asSeconds(clock.now) },
          }),
        ],
        members: [MEMBER, south],
        handOver: new HttpHandOver({ url: relayer.url }),
        readings: { signAfter: asSeconds(60n), giveUpAfter: asSeconds(86_400n) },
        clock: () => asSeconds(clock.now),
        every: 20,
      };
      const gateway = new Gateway(options);
      gateway.start();
      return gateway;
    };
    let gateway = open();
    await source.subscribed;
    for (let hour = 0; hour <= 24; hour++) {
      clock.now = DAY + BigInt(hour * 3_600);
      const kept = gateway.counters.get("samples_kept");
      if (hour % 7 === 3) {
        await gateway.stop();
        await source.publish({ at: Number(clock.now), wh: 100 * hour });
        gateway = open();
        await eventually(() => source.sockets.at(-1)?.destroyed === false, "the meter's line");
        source.telegramAt(hour);
        await eventually(() => gateway.counters.get("samples_kept") === 2, `both samples of hour ${hour}`);
        continue;
      }
      await eventually(() => source.sockets.at(-1)?.destroyed === false, "the meter's line");
      source.telegramAt(hour);
      await source.publish({ at: Number(clock.now), wh: 100 * hour });
      await source.publish({ at: Number(clock.now), wh: 100 * hour });
      await eventually(() => gateway.counters.get("samples_kept") === kept + 2, `both samples of hour ${hour}`);
    }
    clock.now += 61n;
    await eventually(() => relayer.kept.size === 12, "all readings", 20_000);
    await eventually(() => gateway.health().waiting === 0n, "all acknowledged");
    await gateway.stop();
    await source.close();
    await relayer.close();
    folder.remove();
    const readings = [...relayer.kept.values()].map(({ body }) =>
      readingOf(TERMS, COMMUNITY.community, ReadingBody.parse(JSON.parse(body))),
    );
    for (const { member } of [MEMBER, south]) {
      const own = readings.filter((each) => each.member === member);
      expect(own.map(({ period }) => period - DAY / 14_400n)).to.deep.equal([0n, 1n, 2n, 3n, 4n, 5n]);
      const value = member === MEMBER.member ? { imported: 250n, exported: 0n } : { imported: 0n, exported: 100n };
      for (const { values } of own) expect(values).to.deep.equal(Array(4).fill(value));
      expect(own.every(({ closesGap }) => !closesGap)).to.equal(true);
    }
  });

  it("does not acknowledge while its disk is full, and has everything once there is space", async function () {
    const folder = temporaryFolder();
    const source = await sources();
    const topic = {
      topic: "roof",
      meter: "m",
      import: { path: "wh", unit: "Wh" },
      export: { path: "out", unit: "Wh" },
      timePath: "at",
    } as const;
    const mqtt = new MqttAdapter({
      ...{ url: `mqtt://127.0.0.1:${source.brokerPort}`, clientId: "g", mappings: [topic], backoff: FAST },
      meters: new Set(["m"]),
    });
    const queue = join(folder.path, "queue.sqlite");
    const { gateway, world } = gatewayOf({
      queue,
      adapters: [mqtt],
      relayer: new FakeRelayer(),
    } as Partial<GatewayOptions>);
    world.now = DAY + 86_400n;
    const pages = gateway.queue.db.pragma("page_count", { simple: true }) as bigint;
    gateway.queue.db.pragma(`max_page_count = ${pages + 1n}`);
    await mqtt.start(gateway.sink, () => undefined);
    const sent = 400;
    for (let index = 0; index < sent; index++)
      await source.publish({ at: Number(DAY) + 60 * index, wh: index, out: 0 });
    await eventually(() => !gateway.health().storeWorks, "a full disk", 20_000);
    const before = source.acknowledged.count;
    expect(before).to.be.lessThan(sent);
    expect(gateway.counters.get("samples_kept")).to.be.lessThanOrEqual(before + 1);
    expect(gateway.health().storeError?.code).to.equal("STORE_FULL");
    gateway.queue.db.pragma("max_page_count = 1000000");
    await eventually(() => source.acknowledged.count === sent, "all acknowledgements", 60_000);
    expect(gateway.queue.db.prepare("SELECT count(*) FROM samples").pluck().get()).to.equal(BigInt(sent));
    expect(gateway.health().storeWorks).to.equal(true);
    await gateway.stop();
    await source.close();
    folder.remove();
  });

  it("keeps a list of what it refused, and counts by code", async function () {
    const { gateway, codes } = gatewayOf({
      adapters: [new CsvReplayAdapter({ path: "/nowhere.csv", values: "register" })],
    });
    gateway.start();
    await eventually(() => codes.length > 0, "a refusal");
    expect(gateway.counters.get("refused.FILE_UNREADABLE")).to.equal(1);
    await gateway.step();
    expect(gateway.queue.refusals.last(1)[0]).to.include({ code: "FILE_UNREADABLE" });
    await gateway.stop();
  });

  it("goes on after steps in which nothing could be written", async function () {
    const { gateway, relayer, codes, sample, stepAt } = gatewayOf();
    for (let hour = 0; hour <= 4; hour++) await sample(hour, BigInt(hour));
    gateway.queue.db.pragma("query_only = ON");
    await stepAt(4);
    expect(new Set(codes)).to.deep.equal(new Set(["STORE_UNREADABLE"]));
    gateway.queue.db.pragma("query_only = OFF");
    await gateway.step();
    expect(relayer.kept.size).to.equal(1);
    gateway.queue.db.pragma("query_only = ON");
    await stepAt(8);
    await gateway.stop();
  });

  it("takes no further step once it is stopped, even while one is running", async function () {
    let steps = 0;
    const states = {
      meter: async () => {
        steps += 1;
        await sleep(30);
        throw new Error("no chain");
      },
    };
    const { gateway, world, sample } = gatewayOf({ states, every: 1 });
    for (let hour = 0; hour <= 4; hour++) await sample(hour, BigInt(hour));
    world.now += 61n;
    gateway.start();
    await eventually(() => steps === 1, "a step");
    await gateway.stop();
    await sleep(60);
    expect(steps).to.equal(1);
  });

  it("drops what is old and used, once an hour", async function () {
    const { gateway, world, sample } = gatewayOf({ retention: asSeconds(7_200n) });
    for (let hour = 0; hour <= 12; hour++) await sample(hour, BigInt(hour));
    world.now += 61n;
    for (let round = 0; round < 4; round++) await gateway.step();
    world.now += 3_600n;
    await gateway.step();
    expect(gateway.lastSamples.get("m")).to.equal(DAY + 12n * 3_600n);
    const kept = gateway.queue.db.prepare("SELECT min(at) FROM samples").pluck().get();
    expect(kept).to.equal(DAY + 11n * 3_600n + 3_600n);
    expect(gateway.queue.slots.first(gateway.queue.meters.idOf("m"))).to.equal(DAY + 12n * 3_600n);
  });

  for (const made of [false, true]) {
    const when = made ? "was made" : "was due";
    it(`goes on from an older copy of its file, taken when a reading ${when}`, async function () {
      const folder = temporaryFolder();
      const [queue, copy] = ["queue.sqlite", "copy.sqlite"].map((name) => join(folder.path, name)) as [string, string];
      const relayer = new FakeRelayer();
      const open = (path: string) => gatewayOf({ queue: path, handOver: relayer });

      const before = open(queue);
      for (let hour = 0; hour <= 4; hour++) await before.sample(hour, BigInt(250 * hour));
      if (made) {
        relayer.answers.push(new GatewayError("LINK_DOWN", "relayer", "", "it is away."));
        await before.stepAt(4);
      }
      await before.gateway.stop();
      copyFileSync(queue, copy);

      const meanwhile = open(queue);
      await meanwhile.sample(5, 1_250n);
      await meanwhile.stepAt(5);
      await meanwhile.gateway.stop();
      expect(relayer.kept.size).to.equal(1);

      // The meter goes on; what it said at hour 5 is not in the copy.
      const after = open(copy);
      for (let hour = 6; hour <= 8; hour++) await after.sample(hour, BigInt(250 * hour));
      await after.stepAt(8);
      await after.stepAt(9);
      await after.gateway.stop();
      const shown = relayer.readings.map(({ period, startImport, closesGap, values }) => {
        const imported = values.reduce((sum, value) => sum + value.imported, 0n);
        return `${period}: ${startImport} and ${imported}, ${closesGap ? "a gap" : "no gap"}`;
      });
      expect(shown).to.deep.equal([`${PERIOD}: 0 and 1000, no gap`, `${PERIOD + 1n}: 1000 and 1000, no gap`]);
      folder.remove();
    });
  }
});
