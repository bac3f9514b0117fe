/** Two homes, a gateway, a relayer and a node, each a process of its own that can be killed, with doors between them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { asPeriod, asSeconds, type Period, periodAt, periodStart, slotsOf } from "@wattbook/sdk";
import { build } from "esbuild";
import { type BaseWallet, encryptKeystoreJsonSync } from "ethers";
import { connectAsync, type MqttClient } from "mqtt";
import { AEDES, type Broker } from "../end-to-end/brokers.ts";
import type { ClockMessage, GatewayTask, KeptMessage, ReadyMessage } from "../end-to-end/gateway-child.ts";
import { Program } from "../end-to-end/programs.ts";
import { CommunityWorld, keyOf } from "../relayer/world.ts";
import { lastingPort } from "../support/ports.ts";
import { brokerDoor, type Door, type Handed, nodeDoor, relayerDoor } from "./doors.ts";
import { MortalNode } from "./mortal-node.ts";
import { type Kind, type Step, Trap } from "./trap.ts";

/** Who can be killed. */
export const VICTIMS = ["gateway", "relayer", "node"] as const;
export type Victim = (typeof VICTIMS)[number];

/** Of the homes: one sells, the other one buys. */
export const METERS = ["roof", "house"] as const;
type MeterName = (typeof METERS)[number];

const SLOT = 900n;
const DAY = 86_400n;
/** A midnight that no machine's clock has reached. */
const BEGIN = 2_539_468_800n;
/** Strips are made three quarters of an hour into the period before theirs. */
const LEAD = 1_740;
/** Milliseconds that anything may take, on a machine that does a lot besides. */
const PATIENCE = 60_000;
const PASSWORD = "correct horse battery";
/** Below node_modules, so that they find the package that cannot be bundled. */
const BUNDLES = fileURLToPath(new URL("../../../node_modules/.cache/wattbook/pipeline", import.meta.url));

/** What a meter counts in a slot, Wh. */
export function countedIn(meter: MeterName, slotStart: bigint) {
  const wh = 100n + 10n * ((slotStart / SLOT) % 7n);
  return meter === "roof" ? { imported: 0n, exported: wh } : { imported: wh + 30n, exported: 0n };
}

interface Parts {
  readonly world: CommunityWorld;
  readonly node: MortalNode;
  readonly folder: string;
  readonly broker: Broker;
  readonly meters: MqttClient;
}

/** Everything, running. */
export class Town {
  readonly world: CommunityWorld;
  readonly trap = new Trap();
  readonly account: BaseWallet = keyOf("pipeline relayer");
  readonly #node: MortalNode;
  readonly #folder: string;
  readonly #broker: Broker;
  readonly #meters: MqttClient;
  readonly #doors: Door[] = [];
  readonly #programs = new Map<"gateway" | "relayer", Program>();
  readonly #handed: Handed[] = [];
  /** Samples on the gateway's disk. */
  readonly #kept = new Set<string>();
  #relayerUrl = "";
  #clock = 0n;
  #ready = false;
  #now = BEGIN;
  #killing: Promise<void> | undefined;
  #dead: Victim | undefined;

  private constructor({ world, node, folder, broker, meters }: Parts) {
    this.world = world;
    this.#node = node;
    this.#folder = folder;
    this.#broker = broker;
    this.#meters = meters;
  }

  /** Everything runs, and has samples of the first three quarters of an hour. */
  static async open(): Promise<Town> {
    const folder = mkdtempSync(join(tmpdir(), "wattbook-pipeline-"));
    let node: MortalNode | undefined;
    const world = await CommunityWorld.start(MortalNode.kind(folder, (made) => (node = made)));
    if (node === undefined) throw new Error("no node");
    await world.advanceTo(BEGIN - 1_800n);
    await world.enrol(METERS.length);
    const broker = await AEDES.start(folder);
    const meters = await connectAsync(broker.url, { clientId: "meters" });
    const town = new Town({ world, node, folder, broker, meters });
    await world.ask("anvil_setBalance", town.account.address, "0x8ac7230489e80000");
    await world.ask("evm_setAutomine", false);
    await world.advanceTo(BEGIN);
    await town.#prepare();
    await town.#start("relayer");
    await town.#start("gateway");
    // Strips of the hour that has begun: before its gates pass one after the other.
    await town.#strips("before", periodAt(world.terms, asSeconds(BEGIN)));
    for (let count = 0; count < 3; count++) await town.#show(BEGIN + BigInt(count) * SLOT);
    return town;
  }

  async close(): Promise<void> {
    for (const program of this.#programs.values()) await program.kill();
    await this.#meters.endAsync(true);
    for (const door of this.#doors) await door.close();
    await this.#broker.close();
    await this.world.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** Ends the programs, so that their files can be read. @return Where these are */
  async end(): Promise<string> {
    for (const program of this.#programs.values()) await program.kill();
    return this.#folder;
  }

  /** From an hour's last quarter to the next one's: the strips of the hour that comes, and the readings of the one that ended. */
  async hour(step: Step, victim: Victim): Promise<{ readonly traded: Period; readonly read: Period }> {
    const { terms } = this.world;
    const read = periodAt(terms, asSeconds(this.#now));
    const traded = asPeriod(read + 1n);
    const start = periodStart(terms, traded);
    const later = step !== "received" && step !== "stored";
    if (later) this.#set(step, "strip", victim);
    await this.#show(start - SLOT);
    await this.#strips(step, traded);
    if (!later) this.#set(step, "sample", victim);
    await this.#show(start);
    await this.#until(`a sample is ${step}`, () => this.trap.sprung);
    await this.#clear(read);
    if (later) this.#set(step, "reading", victim);
    await this.#show(start + SLOT);
    await this.#stage(step, "reading", async () => {
      const logs = await this.world.wattbook.logs(this.world.community);
      return (await logs.settled(read)).size >= METERS.length;
    });
    await this.#until(`a reading is ${step}`, () => this.trap.sprung);
    await this.#show(start + 2n * SLOT);
    return { traded, read };
  }

  async #strips(when: Step | "before", period: Period): Promise<void> {
    await this.#stage(when, "strip", async () => (await this.world.recorded(period)).length >= METERS.length);
  }

  #set(step: Step, kind: Kind, victim: Victim): void {
    this.#handed.length = 0;
    this.trap.set(step, kind, () => {
      const killed = victim === "node" ? this.#node.kill() : this.#program(victim).kill();
      this.#killing = killed.then(() => {
        this.#dead = victim;
        this.#killing = undefined;
      });
      return this.#killing;
    });
  }

  /** Goes on slowly until all of a kind are on chain, and the relayer says so. */
  async #stage(when: Step | "before", kind: "strip" | "reading", onChain: () => Promise<boolean>): Promise<void> {
    await this.#until(`the ${kind}s are on chain, ${when}`, async () => {
      await this.#creep();
      await sleep(50);
      if (!(await this.#onChain(onChain))) return false;
      const own = new Set(this.#handed.filter((each) => each.kind === kind).map(({ digest }) => digest));
      const path = kind === "strip" ? "strips" : "readings";
      const states = await Promise.all([...own].map((digest) => this.#stateOf(`${path}/${digest}`)));
      const done = states.length > 0 && states.every((state) => state === "posted" || state === "settled");
      if (done) await this.trap.at("acknowledged", kind);
      return done;
    });
  }

  /** What the relayer says of a message. */
  async #stateOf(path: string): Promise<string | undefined> {
    const answer = await fetch(`${this.#relayerUrl}/v1/${path}`).catch(() => undefined);
    return ((await answer?.json()) as { readonly state?: string } | undefined)?.state;
  }

  /** Anybody may: no keeper runs. */
  async #clear(period: Period): Promise<void> {
    const { world } = this;
    await this.#onChain(async () => {
      await world.ask("evm_setAutomine", true);
      await world.send(world.wattbook.market.calls.clear(world.community, slotsOf(world.terms, period)));
      await world.ask("evm_setAutomine", false);
    });
  }

  /** Both meters show a boundary, and the gateway keeps it. */
  async #show(time: bigint): Promise<void> {
    await this.#goTo(time);
    for (const meter of METERS) {
      const { importWh, exportWh } = registersAt(meter, time);
      const payload = { in: String(importWh), out: String(exportWh), at: String(time) };
      await this.#meters.publishAsync(`meters/${meter}`, JSON.stringify(payload), { qos: 1 });
    }
    await this.#until(`the samples of ${time} are kept`, () =>
      METERS.every((meter) => this.#kept.has(`${meter} ${time}`)),
    );
  }

  async #creep(): Promise<void> {
    await this.#goTo(this.#now + 1n);
  }

  async #goTo(time: bigint): Promise<void> {
    await this.#onChain(() => this.world.advanceTo(time));
    this.#now = time;
    await this.#setClock();
  }

  async #setClock(): Promise<void> {
    if (!this.#program("gateway").running) return;
    this.#program("gateway").send({ now: Number(this.#now) } satisfies ClockMessage);
    await this.#until(
      "the clock of the gateway is set",
      () => this.#clock === this.#now || !this.#program("gateway").running,
    );
  }

  /** Whoever asks while the node is killed asks again. */
  async #onChain<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#killing;
      if (this.#dead !== "node") throw error;
      await this.#revive();
      return work();
    }
  }

  /** Looks again and again, and starts whoever was killed. */
  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      await this.#revive();
      if (await holds()) return;
      if (performance.now() > end) throw new Error(`not in ${PATIENCE} ms, at ${this.#now}: ${what}\n${this.#said()}`);
      await sleep(5);
    }
  }

  async #revive(): Promise<void> {
    await this.#killing;
    const dead = this.#dead;
    if (dead === undefined) return;
    this.#dead = undefined;
    if (dead === "node") await this.#node.start();
    else await this.#start(dead);
  }

  /** Starts a program, and waits until it does its work. */
  async #start(name: "gateway" | "relayer"): Promise<void> {
    if (name === "gateway") [this.#ready, this.#clock] = [false, 0n];
    this.#program(name).start();
    const up = async () =>
      name === "gateway"
        ? this.#ready
        : (await fetch(`${this.#relayerUrl}/v1/communities`).catch(() => undefined))?.ok === true;
    await this.#until(`the ${name} is up`, up);
    if (name === "gateway") await this.#setClock();
  }

  #program(name: "gateway" | "relayer"): Program {
    return this.#programs.get(name) as Program;
  }

  /** The end of what the programs said, for a test that fails. */
  #said(): string {
    const said = (name: string) =>
      readFileSync(join(this.#folder, `${name}.log`), "utf8")
        .split("\n")
        .slice(-15)
        .join("\n");
    return [...this.#programs.keys()].map((name) => `${name}:\n${said(name)}`).join("\n");
  }

  /** Programs in one file each start in a tenth of the time; their configurations are as operators write them. */
  async #prepare(): Promise<void> {
    await build({
      entryPoints: {
        gateway: "test/services/end-to-end/gateway-child.ts",
        relayer: "services/src/relayer/main.ts",
      },
      ...{ outdir: BUNDLES, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } },
      external: ["better-sqlite3", "@serialport/*", "serialport", "modbus-serial", "pino"],
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      logLevel: "error",
    });
    const { world, trap } = this;
    const port = await lastingPort();
    this.#relayerUrl = `http://127.0.0.1:${port}`;
    const rpc = await nodeDoor(world.node.url, world.deployment.contracts.DoubleAuction, trap);
    const relay = await relayerDoor(this.#relayerUrl, trap, (message) => this.#handed.push(message));
    const mqtt = await brokerDoor(this.#broker.url, trap);
    this.#doors.push(rpc, relay, mqtt);
    this.#writeFiles({ rpc: rpc.url, relay: relay.url, mqtt: mqtt.url, port });
    const at = (name: string) => join(this.#folder, name);
    const relayer = [join(BUNDLES, "relayer.mjs"), at("relayer.json")];
    this.#programs.set("relayer", new Program("relayer", () => relayer, at("relayer.log")));
    const task = (): GatewayTask => ({ config: at("gateway.json"), now: Number(this.#now) });
    const gateway = () => [join(BUNDLES, "gateway.mjs"), JSON.stringify(task())];
    this.#programs.set(
      "gateway",
      new Program("gateway", gateway, at("gateway.log"), (message) => {
        this.#hear(message);
      }),
    );
    for (const name of ["relayer.log", "gateway.log"]) writeFileSync(at(name), "");
  }

  #hear(message: unknown): void {
    if ("now" in (message as object)) this.#clock = BigInt((message as ClockMessage).now);
    else if ("ready" in (message as ReadyMessage)) this.#ready = true;
    else this.#kept.add(`${(message as KeptMessage).meter} ${(message as KeptMessage).at}`);
  }

  #writeFiles(to: {
    readonly rpc: string;
    readonly relay: string;
    readonly mqtt: string;
    readonly port: number;
  }): void {
    const { world } = this;
    const secret = (name: string, content: string | object) => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(join(this.#folder, name), text, { mode: 0o600 });
      return name;
    };
    const key = (name: string, { address, privateKey }: BaseWallet) => ({
      file: secret(`${name}.key`, encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } })),
      passwordFile: "password",
    });
    const { chainId, ...deployment } = world.deployment;
    secret("deployment.json", { ...deployment, chainId: Number(chainId) });
    secret("password", PASSWORD);
    secret("past.csv", past());
    const members = METERS.map((meter, index) => {
      const { member, meter: meterKey, trading } = world.home(index);
      const trade = { tradingKey: key(`${meter}-trading`, trading), buy: 181, sell: 99, leadTime: LEAD };
      return { community: 0, member: Number(member), meter, meterKey: key(`${meter}-meter`, meterKey), trade };
    });
    const register = (path: string) => ({ path, unit: "Wh" });
    const topic = { topic: "meters/{meter}", import: register("in"), export: register("out"), timePath: "at" };
    secret("gateway.json", {
      ...{ queue: "gateway.sqlite", deployment: "deployment.json", node: { urls: [world.node.url] } },
      relayer: { url: to.relay, mostFeePerEntry: 10 },
      meters: METERS.map((name) => ({ name, maxW: 2_000, registers: ["import", "export"] })),
      members,
      adapters: [
        { type: "csv", path: "past.csv", values: "register" },
        { type: "mqtt", url: to.mqtt, clientId: "gateway", topics: [topic] },
      ],
    });
    mkdirSync(join(this.#folder, "relayer"), { mode: 0o700 });
    secret("relayer.json", {
      ...{ deployment: "deployment.json", folder: "relayer", key: key("relayer", this.account), communities: [0] },
      node: { urls: [to.rpc], pollMs: 50 },
      ...{ leastFeePerEntry: "10", lead: 100_000, listen: { port: to.port }, operation: { port: 0 }, threads: 0 },
      limits: { perAddress: 100_000, perMember: 10_000 },
    });
  }
}

/** Registers at a boundary: since a day before the beginning. */
function registersAt(meter: MeterName, time: bigint): { readonly importWh: bigint; readonly exportWh: bigint } {
  let [importWh, exportWh] = [0n, 0n];
  for (let start = BEGIN - DAY; start < time; start += SLOT) {
    const { imported, exported } = countedIn(meter, start);
    importWh += imported;
    exportWh += exported;
  }
  return { importWh, exportWh };
}

/** A day of registers, for the forecast. */
function past(): string {
  const rows = ["meter,time,import_Wh,export_Wh"];
  for (const meter of METERS) {
    for (let time = BEGIN - DAY; time < BEGIN; time += SLOT) {
      const { importWh, exportWh } = registersAt(meter, time);
      rows.push(`${meter},${time},${importWh},${exportWh}`);
    }
  }
  return `${rows.join("\n")}\n`;
}
