import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { connectAsync, type MqttClient } from "mqtt";
import { asSeconds } from "@wattbook/sdk/pure";
import { makeAdapter } from "../../services/src/gateway/config/adapters.ts";
import { readGatewayConfig } from "../../services/src/gateway/index.ts";
import { MqttAdapter } from "../../services/src/gateway/mqtt/adapter.ts";
import { Secrets } from "../../services/src/operation/index.ts";
import { eventually, freePort, Memory, temporaryFolder } from "../services/gateway/support.ts";

const PASSWORDS = { gateway: "of the gateway", north: "of north", south: "of south" };
type User = keyof typeof PASSWORDS;
const METERS = new Set(["north", "south"]);
const AT = "2026-03-26T10:15:00+01:00";

/** A broker as the pilot's: its own configuration and rights, at a port and with files of the test. */
class PilotBroker {
  readonly url: string;
  readonly folder = temporaryFolder();
  /** What it has to say of its configuration. */
  said = "";
  readonly #port: number;
  #daemon: ReturnType<typeof spawn> | undefined;

  constructor(port: number) {
    this.#port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const at = (name: string) => join(this.folder.path, name);
    mkdirSync(at("data"));
    for (const [index, [user, password]] of Object.entries(PASSWORDS).entries()) {
      execFileSync("mosquitto_passwd", ["-b", ...(index === 0 ? ["-c"] : []), at("passwords"), user, password], {
        stdio: "ignore",
      });
    }
    const configuration = readFileSync("compose/mosquitto.conf", "utf8")
      .replace("listener 1883", `listener ${this.#port} 127.0.0.1`)
      .replace("/mosquitto/secrets/passwords", at("passwords"))
      .replace("/mosquitto/config/acl", resolve("compose/acl"))
      .replace("/mosquitto/data/", `${at("data")}/`);
    expect(configuration).to.not.contain("/mosquitto/");
    // Started by root it would become a user that cannot read these files.
    writeFileSync(at("mosquitto.conf"), `${configuration}${process.getuid?.() === 0 ? "user root\n" : ""}`);
    const daemon = spawn("mosquitto", ["-c", at("mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
    daemon.stderr.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.#daemon = daemon;
    await eventually(() => / running$/m.test(this.said), "the broker");
  }

  async stop(): Promise<void> {
    if (this.#daemon?.exitCode === null) {
      this.#daemon.kill();
      await once(this.#daemon, "exit");
    }
    this.folder.remove();
  }
}

describe("the pilot's broker", function () {
  this.timeout(30_000);
  let broker: PilotBroker;
  const clients: MqttClient[] = [];

  before(async function () {
    for (const program of ["mosquitto", "mosquitto_passwd"]) {
      if (spawnSync(program, ["-h"]).error !== undefined) this.skip(); // mosquitto is not installed
    }
    broker = new PilotBroker(await freePort());
    await broker.start();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });

  after(async () => {
    await (broker as PilotBroker | undefined)?.stop();
  });

  const device = async (username: User): Promise<MqttClient> => {
    const login = { username, password: PASSWORDS[username], reconnectPeriod: 0 };
    const client = await connectAsync(broker.url, login);
    clients.push(client);
    return client;
  };
  const energy = (importWh: number) => JSON.stringify({ import: importWh, export: 20, at: AT });
  /** The gateway of the example, at this broker. */
  const gateway = () => {
    const { adapters } = readGatewayConfig({ path: "compose/examples/gateway.json", env: {} }, new Secrets());
    const [config] = adapters;
    if (config?.type !== "mqtt") throw new Error("the example has no broker");
    const passwordFile = join(broker.folder.path, "password");
    writeFileSync(passwordFile, `${PASSWORDS.gateway}\n`, { mode: 0o600 });
    const parts = { field: "adapters[0]", meters: METERS, secrets: new Secrets() };
    return makeAdapter({ ...config, url: broker.url, passwordFile }, parts);
  };

  it("has a configuration without anything that mosquitto advises against", () => {
    const lines = broker.said.split("\n").filter((line) => !/run as root/.test(line));
    expect(lines.join("\n")).to.not.match(/recommended|deprecated|warning|error/i);
  });

  it("brings the gateway what a device says of its own meter, and nothing that it says of another's", async () => {
    const memory = new Memory();
    const adapter = gateway();
    await adapter.start(memory.sink, memory.report);
    const north = await device("north");
    await north.publishAsync("meters/south/energy", energy(1), { qos: 1 });
    await north.publishAsync("meters/north/energy", energy(1_000), { qos: 1 });
    await eventually(() => memory.samples.length > 0, "a sample");
    const south = await device("south");
    await south.publishAsync("meters/south/energy", energy(2_000), { qos: 1 });
    await eventually(() => memory.samples.length > 1, "the other sample");
    await adapter.stop();
    const at = asSeconds(1_774_516_500n);
    expect(memory.samples).to.deep.equal([
      { meter: "north", at, importWh: 1_000n, exportWh: 20n },
      { meter: "south", at, importWh: 2_000n, exportWh: 20n },
    ]);
    expect(memory.errors).to.deep.equal([]);
  });

  it("lets a device read nothing", async () => {
    const south = await device("south");
    const heard: string[] = [];
    south.on("message", (topic) => heard.push(topic));
    await south.subscribeAsync("#", { qos: 1 }).catch(() => undefined);
    const memory = new Memory();
    const adapter = gateway();
    await adapter.start(memory.sink, memory.report);
    const north = await device("north");
    await north.publishAsync("meters/north/energy", energy(1_001), { qos: 1 });
    await eventually(() => memory.samples.length > 0, "a sample");
    // What it would hear comes before this answer.
    await south.publishAsync("meters/south/energy", energy(2_001), { qos: 1 });
    await adapter.stop();
    expect(heard).to.deep.equal([]);
  });

  it("takes no payload that the gateway would not read, and ends that connection alone", async () => {
    const memory = new Memory();
    const adapter = gateway();
    await adapter.start(memory.sink, memory.report);
    const [north, south] = [await device("north"), await device("south")];
    north.on("error", () => undefined); // it is told so in its own way
    const ended = new Promise<void>((resolve) => {
      north.once("close", resolve);
    });
    north.publish("meters/north/energy", energy(1).padEnd(70_000), { qos: 0 });
    await ended;
    // Exactly what the gateway takes at most.
    await south.publishAsync("meters/south/energy", energy(2_002).padEnd(65_536), { qos: 1 });
    await eventually(() => memory.samples.length > 0, "a sample");
    await adapter.stop();
    expect(memory.samples.map(({ importWh }) => importWh)).to.deep.equal([2_002n]);
    expect(memory.errors).to.deep.equal([]);
  });

  for (const [who, login] of [
    ["nobody", {}],
    ["who has no password", { username: "gateway" }],
    ["who has a wrong one", { username: "gateway", password: "guess" }],
  ] as const) {
    it(`refuses ${who}`, async () => {
      const memory = new Memory();
      const topics = [{ topic: "meters/{meter}/energy", import: { path: "import", unit: "Wh" } }] as const;
      const adapter = new MqttAdapter({
        ...{ url: broker.url, clientId: "stranger", mappings: topics, meters: METERS, backoff: { first: 5, most: 20 } },
        ...login,
      });
      void adapter.start(memory.sink, memory.report);
      await eventually(() => memory.errors.length > 0, "a refusal");
      await adapter.stop();
      expect(memory.codes[0]).to.equal("LINK_REFUSED");
    });
  }
});
