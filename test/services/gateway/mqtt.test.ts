import { expect } from "chai";
import { Aedes } from "aedes";
import type { AedesPublishPacket, Client } from "aedes";
import { connectAsync } from "mqtt";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { asSeconds } from "@wattbook/sdk/pure";
import { makeAdapter } from "../../../services/src/gateway/config/adapters.ts";
import { AdapterConfig } from "../../../services/src/gateway/config/adapter-schema.ts";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { MqttAdapter } from "../../../services/src/gateway/mqtt/adapter.ts";
import type { MqttOptions } from "../../../services/src/gateway/mqtt/adapter.ts";
import { PacketBound } from "../../../services/src/gateway/mqtt/bound.ts";
import { routeOf, sampleOf } from "../../../services/src/gateway/mqtt/mapping.ts";
import type { TopicMapping } from "../../../services/src/gateway/mqtt/mapping.ts";
import { Secrets } from "../../../services/src/operation/index.ts";
import { eventually, expectRefusal, FAST, freePort, Memory, temporaryFolder } from "./support.ts";

const NOW = asSeconds(1_774_516_500n);
const PLAIN: TopicMapping = { topic: "home/import", meter: "north", import: { unit: "kWh" } };
const JSON_BOTH: TopicMapping = {
  topic: "meters/{meter}/energy",
  import: { path: "total.in", unit: "Wh" },
  export: { path: "total.out", unit: "Wh" },
  timePath: "time",
  meterPath: "id",
  serialPath: "serial",
};
const ASSISTANT: TopicMapping = {
  topic: "homeassistant/grid",
  meter: "south",
  export: { path: "state", unitPath: "attributes.unit_of_measurement", stateClassPath: "attributes.state_class" },
};
const MAPPINGS = [PLAIN, JSON_BOTH, ASSISTANT];
const METERS = new Set(["north", "south"]);

const read = (topic: string, payload: string, retained = false) =>
  sampleOf(routeOf(MAPPINGS, METERS, topic), { topic, payload: Buffer.from(payload), retained, arrived: NOW });
const energy = (parts: object = {}) =>
  JSON.stringify({
    total: { in: 1_000, out: 20 },
    time: "2026-03-26T10:15:00+01:00",
    id: "north",
    serial: "7",
    ...parts,
  });
const assistant = (state: string, unit = "kWh", stateClass = "total_increasing") =>
  JSON.stringify({ state, attributes: { unit_of_measurement: unit, state_class: stateClass } });

describe("MQTT payloads", function () {
  it("are plain numbers, with the time of arrival", function () {
    expect(read("home/import", " 1581.1239\n")).to.deep.equal({ meter: "north", at: NOW, importWh: 1_581_123n });
  });

  it("are JSON with paths, a time and a serial number", function () {
    const at = 1_774_516_500n;
    const sample = { meter: "north", at, importWh: 1_000n, exportWh: 20n, serial: "7" };
    expect(read("meters/north/energy", energy())).to.deep.equal(sample);
    expect(read("meters/north/energy", energy({ time: 1_774_516_500_999 })).at).to.equal(at);
    expect(read("meters/north/energy", energy({ time: "2026-03-26T09:15:00.250Z" })).at).to.equal(at);
  });

  it("keep every digit of a JSON number", function () {
    const payload = energy().replace("1000", "9007199254740993.9");
    expect(read("meters/north/energy", payload).importWh).to.equal(9_007_199_254_740_993n);
  });

  it("are Home Assistant's registers in Wh, kWh and MWh", function () {
    expect(read("homeassistant/grid", assistant("12.3456")).exportWh).to.equal(12_345n);
    expect(read("homeassistant/grid", assistant("12.3456", "Wh")).exportWh).to.equal(12n);
    expect(read("homeassistant/grid", assistant("12.3456", "MWh")).exportWh).to.equal(12_345_600n);
  });

  const refused: [string, string, string, Parameters<typeof expectRefusal>[1]][] = [
    ["NaN", "home/import", "NaN", "NOT_A_NUMBER"],
    ["an unavailable sensor", "homeassistant/grid", assistant("unavailable"), "NOT_A_NUMBER"],
    ["nothing", "home/import", "", "NOT_A_NUMBER"],
    ["a negative number", "home/import", "-0.001", "NEGATIVE"],
    ["1e308", "home/import", "1e308", "TOO_LARGE"],
    ["1e60", "home/import", "1e60", "TOO_LARGE"],
    ["a unit of power", "homeassistant/grid", assistant("12", "kW"), "UNIT_UNKNOWN"],
    [
      "a measurement instead of a register",
      "homeassistant/grid",
      assistant("12", "kWh", "measurement"),
      "NOT_A_REGISTER",
    ],
    ["broken JSON", "meters/north/energy", energy().slice(0, -3), "MESSAGE_MALFORMED"],
    ["bare NaN in JSON", "meters/north/energy", energy().replace("1000", "NaN"), "MESSAGE_MALFORMED"],
    ["a path that is not there", "meters/north/energy", energy({ total: [1] }), "FIELD_MISSING"],
    ["a path to an object", "meters/north/energy", energy({ total: { in: {}, out: 1 } }), "FIELD_MISSING"],
    ["a path into the prototype", "meters/north/energy", energy({ total: "__proto__" }), "FIELD_MISSING"],
    ["local time", "meters/north/energy", energy({ time: "2026-03-26T10:15:00" }), "NOT_A_TIME"],
    ["no time at all", "meters/north/energy", energy({ time: "yesterday" }), "NOT_A_TIME"],
    ["another meter's payload", "meters/south/energy", energy(), "PAYLOAD_OF_ANOTHER"],
    ["a topic of an unknown meter", "meters/west/energy", energy({ id: "west" }), "METER_UNKNOWN"],
    ["a topic below a mapped one", "home/import/x", "1", "TOPIC_UNKNOWN"],
    ["a long payload", "home/import", "1".repeat(70_000), "MESSAGE_TOO_LONG"],
  ];
  for (const [what, topic, payload, code] of refused) {
    it(`refuse ${what}`, function () {
      expectRefusal(() => read(topic, payload), code);
    });
  }

  it("are refused where they were retained and tell no time", function () {
    expectRefusal(() => read("home/import", "1", true), "RETAINED_WITHOUT_TIME");
    expect(read("meters/north/energy", energy(), true).importWh).to.equal(1_000n);
  });
});

/** A broker on a port of its own, and what it knows of the gateway's acknowledgements. */
async function broker(server?: (handle: Aedes["handle"]) => Server) {
  const aedes = await Aedes.createBroker();
  const acks: string[] = [];
  aedes.on("ack", (_packet, client: Client) => {
    acks.push(client.id);
  });
  const listening = server?.(aedes.handle) ?? createServer(aedes.handle);
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const publish = (topic: string, payload: string | Buffer, more: Partial<AedesPublishPacket> = {}) =>
    new Promise<void>((resolve, reject) => {
      const packet = {
        cmd: "publish",
        dup: false,
        qos: 1,
        retain: false,
        topic,
        payload,
        ...more,
      } as AedesPublishPacket;
      aedes.publish(packet, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  const close = async () => {
    await new Promise<void>((resolve) => {
      aedes.close(resolve);
    });
    listening.close();
  };
  return { aedes, acks, port, publish, close };
}

const options = (port: number, more: Partial<MqttOptions> = {}): MqttOptions => ({
  url: `mqtt://127.0.0.1:${port}`,
  clientId: "gateway-1",
  mappings: MAPPINGS,
  meters: METERS,
  backoff: FAST,
  clock: () => NOW,
  ...more,
});

describe("MQTT adapter", function () {
  it("keeps good messages between bad ones, and acknowledges them all", async function () {
    const { acks, port, publish, close } = await broker();
    const memory = new Memory();
    const adapter = new MqttAdapter(options(port));
    await adapter.start(memory.sink, memory.report);
    for (const payload of ["1.000", "NaN", "-4", "1e308", "x".repeat(70_000), "1.002"])
      await publish("home/import", payload);
    await publish("meters/west/energy", energy({ id: "west" }));
    await publish("meters/south/energy", energy());
    await publish("elsewhere", "5");
    await eventually(() => acks.length === 8, "acknowledgements");
    await adapter.stop();
    await close();
    expect(memory.samples.map(({ importWh }) => importWh)).to.deep.equal([1_000n, 1_002n]);
    const codes = ["NOT_A_NUMBER", "NEGATIVE", "TOO_LARGE", "MESSAGE_TOO_LONG", "METER_UNKNOWN", "PAYLOAD_OF_ANOTHER"];
    expect(memory.codes).to.deep.equal(codes);
  });

  it("bounds what a broker sends: a message is cut, refused and acknowledged, anything else ends the line", async function () {
    this.timeout(20_000);
    const { acks, port, publish, close } = await broker();
    const memory = new Memory();
    const adapter = new MqttAdapter(options(port));
    await adapter.start(memory.sink, memory.report);
    for (const payload of [Buffer.alloc(30_000_000, "7"), "1.000", Buffer.alloc(65_537, "7"), "2.000"])
      await publish("home/import", payload);
    await eventually(() => acks.length === 4, "acknowledgements");
    await adapter.stop();
    await close();
    expect(memory.samples.map(({ importWh }) => importWh)).to.deep.equal([1_000n, 2_000n]);
    expect(memory.codes).to.deep.equal(["MESSAGE_TOO_LONG", "MESSAGE_TOO_LONG"]);

    for (const [bytes, code] of [
      [[0x90, 0xff, 0xff, 0xff, 0x7f], "MESSAGE_TOO_LONG"],
      [[0x30, 0xff, 0xff, 0xff, 0xff], "MESSAGE_MALFORMED"],
    ] as const) {
      const rogue = createServer((socket) => {
        socket.on("error", () => undefined).write(Buffer.from(bytes));
      });
      rogue.listen(0, "127.0.0.1");
      await once(rogue, "listening");
      const caught = new Memory();
      const other = new MqttAdapter(options((rogue.address() as AddressInfo).port));
      void other.start(caught.sink, caught.report);
      await eventually(() => caught.errors.length > 0, code);
      await other.stop();
      rogue.close();
      expect(caught.codes[0]).to.equal(code);
    }
  });

  it("passes packets on however they are cut, and never more of a payload than is read", async function () {
    const packet = (payload: number, qos: 0 | 1, topic = "home/import") => {
      const head = [0, topic.length, ...Buffer.from(topic), ...(qos === 0 ? [] : [0, 9])];
      const rest = Buffer.concat([Buffer.from(head), Buffer.alloc(payload, 0x37)]);
      const length = [];
      for (let left = rest.length; left > 0 || length.length === 0; left = Math.floor(left / 128))
        length.push((left % 128) + (left >= 128 ? 128 : 0));
      return Buffer.concat([Buffer.from([0x30 | (qos << 1), ...length]), rest]);
    };
    const pong = Buffer.from([0xd0, 0]);
    const sent = [
      packet(3, 1),
      pong,
      packet(200_000, 1),
      packet(65_536, 0),
      packet(65_537, 1),
      packet(90_000, 0),
      pong,
    ];
    const expected = [
      packet(3, 1),
      pong,
      packet(65_537, 1),
      packet(65_536, 0),
      packet(65_537, 1),
      packet(65_537, 0),
      pong,
    ];
    for (const size of [1, 7, 65_536, 1_000_000]) {
      const bound = new PacketBound();
      const all = Buffer.concat(sent);
      const passed: Buffer[] = [];
      bound.on("data", (chunk: Buffer) => passed.push(chunk));
      for (let at = 0; at < all.length; at += size) bound.write(all.subarray(at, at + size));
      bound.end();
      await once(bound, "end");
      expect(Buffer.concat(passed).equals(Buffer.concat(expected)), `in pieces of ${size}`).to.equal(true);
    }
  });

  it("acknowledges nothing that is not kept, and asks for it again after a restart", async function () {
    const { acks, port, publish, close } = await broker();
    const full = new Memory();
    full.failures.push(
      ...Array.from({ length: 1_000 }, () => new GatewayError("STORE_FULL", "queue", "x", "free space.")),
    );
    const first = new MqttAdapter(options(port));
    await first.start(full.sink, full.report);
    await publish("home/import", "1.000");
    await publish("home/import", "2.000");
    await eventually(() => full.errors.length > 3, "tries");
    await first.stop();
    expect(acks).to.deep.equal([]);

    const memory = new Memory();
    const second = new MqttAdapter(options(port));
    await second.start(memory.sink, memory.report);
    await eventually(() => memory.samples.length === 2, "both messages");
    await eventually(() => acks.length === 2, "both acknowledgements");
    await second.stop();
    await close();
    expect(memory.samples.map(({ importWh }) => importWh)).to.deep.equal([1_000n, 2_000n]);
  });

  it("goes on once there is space again", async function () {
    const { acks, port, publish, close } = await broker();
    const memory = new Memory();
    memory.failures.push(new GatewayError("STORE_FULL", "queue", "x", "free space."));
    const adapter = new MqttAdapter(options(port));
    await adapter.start(memory.sink, memory.report);
    await publish("home/import", "1.000");
    await eventually(() => acks.length === 1, "acknowledgement");
    await adapter.stop();
    await close();
    expect(memory.samples).to.have.length(1);
    expect(memory.codes).to.deep.equal(["STORE_FULL"]);
  });

  it("gets what was sent while it was away", async function () {
    const { port, publish, close } = await broker();
    const memory = new Memory();
    const first = new MqttAdapter(options(port));
    await first.start(memory.sink, memory.report);
    await first.stop();
    for (let hour = 0; hour < 50; hour++)
      await publish("meters/north/energy", energy({ time: 1_774_516_500 + 900 * hour }));
    const second = new MqttAdapter(options(port));
    await second.start(memory.sink, memory.report);
    await eventually(() => memory.samples.length === 50, "what was queued");
    await second.stop();
    await close();
    const times = memory.samples.map(({ at }) => at);
    expect(times).to.deep.equal(Array.from({ length: 50 }, (_, hour) => 1_774_516_500n + 900n * BigInt(hour)));
  });

  it("refuses a retained message without a time, after connecting", async function () {
    const { port, publish, close } = await broker();
    await publish("home/import", "3", { retain: true });
    await publish("meters/north/energy", energy(), { retain: true });
    const memory = new Memory();
    const adapter = new MqttAdapter(options(port));
    await adapter.start(memory.sink, memory.report);
    await eventually(() => memory.samples.length + memory.errors.length === 2, "both");
    await adapter.stop();
    await close();
    expect(memory.codes).to.deep.equal(["RETAINED_WITHOUT_TIME"]);
    expect(memory.samples[0]?.importWh).to.equal(1_000n);
  });

  it("tells a wrong password from a broker that is away", async function () {
    const { aedes, port, close } = await broker();
    aedes.authenticate = (_client, user, password, done) => {
      if (user === "gateway" && password?.toString() === "secret") done(null, true);
      else done(Object.assign(new Error("no"), { returnCode: 4 }), false);
    };
    const memory = new Memory();
    const wrong = new MqttAdapter(options(port, { username: "gateway", password: "guess" }));
    void wrong.start(memory.sink, memory.report);
    await eventually(() => memory.codes.includes("LINK_REFUSED"), "a refusal");
    await wrong.stop();
    const right = new MqttAdapter(options(port, { username: "gateway", password: "secret" }));
    await right.start(memory.sink, memory.report);
    await right.stop();
    await close();
    const before = memory.errors.length;
    const away = new MqttAdapter(options(port));
    void away.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > before, "nobody there");
    await away.stop();
    expect(memory.codes.at(-1)).to.equal("LINK_DOWN");
    expect(memory.errors.map(({ message }) => message).join()).not.to.include("guess");
  });

  it("counts as connected when the broker has its subscriptions, not before", async function () {
    const { aedes, port, close } = await broker();
    const waiting: (() => void)[] = [];
    aedes.authorizeSubscribe = (_client, subscription, done) => {
      waiting.push(() => {
        done(null, subscription);
      });
    };
    const memory = new Memory();
    const adapter = new MqttAdapter(options(port));
    const started = adapter.start(memory.sink, memory.report);
    await eventually(() => waiting.length > 0, "a subscription");
    expect(adapter.fault()).to.include("not connected yet");
    const granting = setInterval(() => waiting.shift()?.(), 1);
    await started;
    clearInterval(granting);
    expect(adapter.fault()).to.equal(null);
    await adapter.stop();
    await close();
  });

  it("reports a topic that the broker denies", async function () {
    const { aedes, port, close } = await broker();
    aedes.authorizeSubscribe = (_client, subscription, done) => {
      done(null, subscription.topic === "home/import" ? null : subscription);
    };
    const memory = new Memory();
    const adapter = new MqttAdapter(options(port));
    await adapter.start(memory.sink, memory.report);
    await adapter.stop();
    await close();
    expect(memory.codes[0]).to.equal("LINK_REFUSED");
  });

  it("speaks TLS, shows its certificate, and trusts the configured authority alone", async function () {
    if (spawnSync("openssl", ["version"]).status !== 0) this.skip(); // needs openssl to make certificates
    this.timeout(20_000);
    const folder = temporaryFolder();
    const file = (name: string) => join(folder.path, name);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder.path, stdio: "pipe" });
    openssl(
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      "/CN=test authority",
      "-days",
      "2",
    );
    for (const name of ["broker", "gateway"]) {
      openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.csr`,
        "-subj",
        `/CN=${name}`,
        "-addext",
        "subjectAltName=IP:127.0.0.1",
      );
      openssl(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        `${name}.pem`,
        "-days",
        "2",
        "-copy_extensions",
        "copy",
      );
    }
    const pem = (name: string) => readFileSync(file(name), "utf8");
    const [ca, cert, key] = [pem("ca.pem"), pem("gateway.pem"), pem("gateway.key")];
    const tls = { key: pem("broker.key"), cert: pem("broker.pem"), ca, requestCert: true, rejectUnauthorized: true };
    const { port, publish, close } = await broker((handle) => createTlsServer(tls, handle));
    const memory = new Memory();
    const url = `mqtts://127.0.0.1:${port}`;
    // As texts, and as files of the configuration.
    const files = { caFile: file("ca.pem"), certFile: file("gateway.pem"), keyFile: file("gateway.key") };
    const topics = [{ topic: "home/import", meter: "north", import: { unit: "kWh" } }];
    const parts = { field: "adapters[0]", meters: METERS, secrets: new Secrets() };
    const configured = (more: object) =>
      makeAdapter(AdapterConfig.parse({ type: "mqtt", url, topics, ...more }), parts);
    const adapters = [
      new MqttAdapter(options(port, { url, ca, cert, key })),
      configured({ clientId: "gateway-3", ...files }),
    ];
    for (const [index, adapter] of adapters.entries()) {
      await adapter.start(memory.sink, memory.report);
      await publish("home/import", `${index}.000`);
      await eventually(() => memory.samples.length === index + 1, "a sample");
      await adapter.stop();
    }
    const unknown = configured({ clientId: "gateway-4", caFile: files.caFile });
    void unknown.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > 0, "a refusal without a certificate");
    await unknown.stop();
    expect(memory.codes[0]).to.equal("LINK_DOWN");
    memory.errors.splice(0);
    const stranger = new MqttAdapter(options(port, { url, cert, key, clientId: "gateway-2" }));
    void stranger.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > 0, "a refusal");
    await stranger.stop();
    await close();
    folder.remove();
    expect(memory.codes[0]).to.equal("LINK_DOWN");
    expect(memory.errors[0]?.message).to.match(/certificate/);
  });

  it("speaks to mosquitto, and gets from it what was sent while it was away", async function () {
    const found = spawnSync("mosquitto", ["-h"]);
    if (found.error !== undefined) this.skip(); // mosquitto is not installed
    this.timeout(20_000);
    const folder = temporaryFolder();
    const port = await freePort();
    const configuration = `listener ${port} 127.0.0.1\nallow_anonymous true\n`;
    writeFileSync(join(folder.path, "mosquitto.conf"), configuration);
    const daemon = spawn("mosquitto", ["-c", join(folder.path, "mosquitto.conf")], { stdio: "ignore" });
    const memory = new Memory();
    const first = new MqttAdapter(options(port));
    await first.start(memory.sink, memory.report);
    await first.stop();
    const sender = await connectAsync(`mqtt://127.0.0.1:${port}`);
    for (const payload of ["1.000", "NaN", "1.002"]) await sender.publishAsync("home/import", payload, { qos: 1 });
    await sender.endAsync();
    const second = new MqttAdapter(options(port));
    await second.start(memory.sink, memory.report);
    await eventually(() => memory.samples.length === 2, "what was queued");
    await second.stop();
    daemon.kill();
    folder.remove();
    expect(memory.codes).to.include("NOT_A_NUMBER");
  });
});
