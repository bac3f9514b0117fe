/** Four homes with everything that serves them: a node, a broker, two gateways, a relayer and a keeper, each on its own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BaseWallet, encryptKeystoreJsonSync } from "ethers";
import { asPeriod, periodAt, asSeconds } from "@wattbook/sdk";
import { BIN } from "../../cli/support.ts";
import { NODES } from "../../scripts/deploy/nodes.ts";
import { CommunityWorld, keyOf } from "../relayer/world.ts";
import { lastingPort } from "../support/ports.ts";
import type { Broker, BrokerKind } from "./brokers.ts";
import type { ClockMessage, GatewayTask, KeptMessage, ReadyMessage } from "./gateway-child.ts";
import { type MeterName, METERS, SimulatedMeter, SLOT } from "./homes.ts";
import { Program } from "./programs.ts";
import { AssistantSource, P1Source, PushSource, SunSpecSource } from "./sources.ts";

/** A midnight that no machine's clock has reached: the first day is the one before the one before the traded one. */
export const FIRST_DAY = 2_539_468_800n;
const DAY = 86_400n;
/** Two days before, of which the gateways have files. */
export const TRADED_DAY = FIRST_DAY + 2n * DAY;
/** An hour before the traded day. */
const BEGIN = TRADED_DAY - 3_600n;

/** Gates close 25 minutes later: by then every order has to be in the book. */
export const LEAD = 1_740;
/** Milliseconds that anything may take, on a machine that does a lot besides. */
const PATIENCE = 120_000;
const PASSWORD = "correct horse battery";
const PUSH_TOKEN = "a token of the meter in the west";

/** Which gateway serves which meters: what waits for it while it is away, and what does not. */
const GATEWAYS = { patient: ["north", "west"], live: ["south", "roof"] } as const;
export type GatewayName = keyof typeof GATEWAYS;

/** Everything, running. */
export class Neighbourhood {
  readonly world: CommunityWorld;
  readonly meters: Readonly<Record<MeterName, SimulatedMeter>>;
  readonly gateways: Readonly<Record<GatewayName, Program>>;
  readonly relayer: Program;
  readonly keeper: Program;
  readonly accounts: readonly BaseWallet[];
  readonly #folder: string;
  readonly #broker: Broker;
  readonly #sources: Sources;
  /** Registers on a gateway's disk: meter, time and side. */
  readonly #kept = new Set<string>();
  readonly #clocks = new Map<GatewayName, number>();
  readonly #ready = new Set<GatewayName>();
  #now = BEGIN;

  private constructor(parts: Parts) {
    const { world, folder, broker, sources, seed, ports } = parts;
    this.world = world;
    this.#folder = folder;
    this.#broker = broker;
    this.#sources = sources;
    this.accounts = [keyOf("end to end relayer"), keyOf("end to end keeper")];
    const meter = (name: MeterName) => [name, new SimulatedMeter(name, seed, FIRST_DAY)] as const;
    this.meters = Object.fromEntries(METERS.map(meter)) as Record<MeterName, SimulatedMeter>;
    this.#write(parts, ports);
    this.gateways = { patient: this.#gateway("patient"), live: this.#gateway("live") };
    const relayer = ["--import", "tsx", "services/src/relayer/main.ts", join(folder, "relayer.json")];
    this.relayer = new Program("relayer", () => relayer, join(folder, "relayer.log"));
    const keeper = [BIN, "keeper", "--config", join(folder, "wattbook.json"), "--yes", "--every", "1"];
    this.keeper = new Program("keeper", () => keeper, join(folder, "keeper.log"));
  }

  /** Starts the chain, the broker and the meters; no service runs yet. */
  static async open(seed: bigint, kind: BrokerKind): Promise<Neighbourhood> {
    const [hardhat] = NODES;
    const world = await CommunityWorld.start(hardhat, {});
    const folder = mkdtempSync(join(tmpdir(), "wattbook-day-"));
    await world.advanceTo(BEGIN - DAY);
    await world.enrol(METERS.length);
    await world.advanceTo(BEGIN);
    const broker = await kind.start(folder);
    const ports = { push: await lastingPort(), relayer: await lastingPort() };
    const sources = {
      north: await AssistantSource.connect(broker.url),
      west: new PushSource("west", ports.push, PUSH_TOKEN),
      south: await P1Source.listen(),
      roof: await SunSpecSource.listen(),
    };
    const neighbourhood = new Neighbourhood({ world, folder, broker, sources, seed, ports });
    for (const { address } of neighbourhood.accounts)
      await world.ask("hardhat_setBalance", address, "0x8ac7230489e80000");
    return neighbourhood;
  }

  async close(): Promise<void> {
    for (const program of this.programs) await program.kill();
    await this.#sources.north.close();
    await this.#sources.south.close();
    await this.#sources.roof.close();
    await this.#broker.close();
    await this.world.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** Starts all programs, and waits until the gateways listen: a broker keeps nothing for who has never been there. */
  async start(): Promise<void> {
    for (const program of this.programs) program.start();
    await this.until("both gateways are connected", () => this.#ready.size === 2);
  }

  get programs(): readonly Program[] {
    return [this.gateways.patient, this.gateways.live, this.relayer, this.keeper];
  }

  get now(): bigint {
    return this.#now;
  }

  /** The period of the traded day. */
  get period() {
    return asPeriod(periodAt(this.world.terms, asSeconds(TRADED_DAY)));
  }

  /** The end of what the programs said, for a test that fails. */
  logs(lines = 20): string {
    return ["patient", "live", "relayer", "keeper"]
      .map((name) => {
        const said = textOf(join(this.#folder, `${name}.log`))
          .trimEnd()
          .split("\n");
        return `${name}:\n${said.slice(-lines).join("\n")}`;
      })
      .join("\n");
  }

  /** The next boundary: the chain is there first, then every meter shows its registers and the gateways keep them. */
  async nextBoundary(): Promise<void> {
    const time = (this.#now / SLOT + 1n) * SLOT;
    await this.#within("the chain's clock is set", this.world.advanceTo(time));
    this.#now = time;
    const { north, west, south, roof } = this.#sources;
    await this.#setClock("patient");
    // A register that nobody asks for now cannot be asked for later: a gateway that was just started has to ask first.
    const shown = roof.show(this.meters.roof.at(time), this.gateways.live.running, () => this.#setClock("live"));
    await this.#within("the live gateway asks the inverter", shown);
    // After the clocks: a telegram of a time that lies ahead would be held, and a step of the gateway may be slower than
    // the next quarter of an hour.
    south.show(time, this.meters.south.at(time));
    await this.#within("the broker has north's registers", north.show(time, this.meters.north.at(time)));
    west.keep(time, this.meters.west.at(time));
    await this.#keeps(time);
  }

  /** Waits until everything that the meters show is kept by the gateways that run. */
  async #keeps(time: bigint): Promise<void> {
    for (const name of Object.keys(GATEWAYS) as GatewayName[]) {
      if (!this.gateways[name].running) continue;
      await this.until(`the ${name} gateway keeps what is shown at ${time}`, async () => {
        if (name === "patient") await this.#sources.west.push();
        return GATEWAYS[name].every((meter) => this.#sidesOf(meter).every((side) => this.#has(meter, time, side)));
      });
    }
  }

  /** A few seconds later, nothing being used. */
  async creep(seconds: bigint): Promise<void> {
    this.#now += seconds;
    await this.#within("the chain's clock is set", this.world.advanceTo(this.#now));
    for (const name of Object.keys(GATEWAYS) as GatewayName[]) await this.#setClock(name);
  }

  /** Looks again and again; fails with what the programs said last. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!(await this.#within(what, Promise.resolve(holds())))) {
      if (performance.now() > end) throw this.#late(what);
      await sleep(5);
    }
  }

  /** Fails as well where something never ends. */
  async #within<T>(what: string, work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = sleep(PATIENCE, undefined, { signal: done.signal }).then(() => {
      throw this.#late(what);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      done.abort();
    }
  }

  #late(what: string): Error {
    return new Error(`not in ${PATIENCE} ms, at ${this.#now}: ${what}\n${this.logs()}`);
  }

  /** Waits until a gateway that runs, or starts, has its clock set. */
  async #setClock(name: GatewayName): Promise<void> {
    const gateway = this.gateways[name];
    if (!gateway.running) return;
    const now = Number(this.#now);
    gateway.send({ now } satisfies ClockMessage);
    await this.until(`the clock of the ${name} gateway is set`, () => this.#clocks.get(name) === now);
  }

  #sidesOf(meter: MeterName): readonly ("import" | "export")[] {
    return meter === "roof" ? ["export"] : ["import", "export"];
  }

  #has(meter: MeterName, time: bigint, side: string): boolean {
    return this.#kept.has(`${meter} ${time} ${side}`);
  }

  #gateway(name: GatewayName): Program {
    const args = () => {
      this.#clocks.delete(name);
      const task: GatewayTask = { config: join(this.#folder, `${name}.json`), now: Number(this.#now) };
      return ["--import", "tsx", "test/services/end-to-end/gateway-child.ts", JSON.stringify(task)];
    };
    return new Program(name, args, join(this.#folder, `${name}.log`), (message) => {
      if ("now" in (message as object)) return void this.#clocks.set(name, (message as ClockMessage).now);
      if ("ready" in (message as ReadyMessage)) return void this.#ready.add(name);
      const { meter, at, sides } = message as KeptMessage;
      for (const side of sides) this.#kept.add(`${meter} ${at} ${side}`);
    });
  }

  /** Configurations, keys and files of the past, as operators write them. */
  #write({ world, broker, sources }: Parts, ports: Parts["ports"]): void {
    const folder = this.#folder;
    const secret = (name: string, content: string | object) => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return name;
    };
    const { chainId, ...deployment } = world.deployment;
    secret("deployment.json", { ...deployment, chainId: Number(chainId) });
    secret("password", PASSWORD);
    secret("push.token", PUSH_TOKEN);
    const key = (name: string, { address, privateKey }: BaseWallet) =>
      secret(`${name}.key`, encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } }));

    const register = (side: "import" | "export") => ({
      topic: `homeassistant/north/${side}`,
      meter: "north",
      timePath: "last_updated",
      [side]: {
        path: "state",
        unitPath: "attributes.unit_of_measurement",
        stateClassPath: "attributes.state_class",
      },
    });
    const adapters: Readonly<Record<GatewayName, readonly object[]>> = {
      patient: [
        { type: "mqtt", url: broker.url, clientId: "patient", topics: [register("import"), register("export")] },
        { type: "http", port: ports.push, tokenFiles: { west: "push.token" } },
      ],
      live: [
        { type: "p1-tcp", meter: "south", host: "127.0.0.1", port: sources.south.port },
        { type: "sunspec", meter: "roof", host: "127.0.0.1", port: sources.roof.port, every: 1 },
      ],
    };
    for (const name of Object.keys(GATEWAYS) as GatewayName[]) {
      const meters = GATEWAYS[name].map((meter) => ({ name: meter, maxW: 2_000, registers: this.#sidesOf(meter) }));
      const members = GATEWAYS[name].map((meter) => {
        const home = world.home(METERS.indexOf(meter));
        const keyFile = (kind: "meter" | "trading") => ({
          file: key(`${meter}-${kind}`, home[kind]),
          passwordFile: "password",
        });
        const trade = { tradingKey: keyFile("trading"), buy: 181, sell: 99, leadTime: LEAD };
        return { community: 0, member: Number(home.member), meter, meterKey: keyFile("meter"), trade };
      });
      secret(`${name}.csv`, this.#past(GATEWAYS[name]));
      secret(`${name}.json`, {
        queue: `${name}.sqlite`,
        deployment: "deployment.json",
        node: { urls: [world.node.url] },
        relayer: { url: `http://127.0.0.1:${ports.relayer}`, mostFeePerEntry: 10 },
        ...{ meters, members, adapters: [{ type: "csv", path: `${name}.csv`, values: "register" }, ...adapters[name]] },
      });
    }
    const [relayer, keeper] = this.accounts as [BaseWallet, BaseWallet];
    mkdirSync(join(folder, "relayer"), { mode: 0o700 });
    secret("relayer.json", {
      deployment: "deployment.json",
      folder: "relayer",
      node: { urls: [world.node.url], pollMs: 50 },
      key: { file: key("relayer", relayer), passwordFile: "password" },
      communities: [0],
      leastFeePerEntry: "10",
      lead: 100_000,
      listen: { port: ports.relayer },
      operation: { port: 0 },
      limits: { perAddress: 100_000, perMember: 10_000 },
      threads: 0,
    });
    secret("wattbook.json", {
      format: 1,
      node: { url: world.node.url },
      deployment: "deployment.json",
      community: 0,
      keys: { keeper: { file: key("keeper", keeper), passwordFile: "password" } },
      data: "keeper",
    });
  }

  /** Registers of the past, for the forecast. */
  #past(meters: readonly MeterName[]): string {
    const rows = ["meter,time,import_Wh,export_Wh"];
    for (const meter of meters) {
      for (let time = FIRST_DAY; time <= BEGIN; time += SLOT) {
        const { importWh, exportWh } = this.meters[meter].at(time);
        rows.push(`${meter},${time},${importWh},${exportWh}`);
      }
    }
    return `${rows.join("\n")}\n`;
  }
}

interface Sources {
  readonly north: AssistantSource;
  readonly west: PushSource;
  readonly south: P1Source;
  readonly roof: SunSpecSource;
}

interface Parts {
  readonly world: CommunityWorld;
  readonly folder: string;
  readonly broker: Broker;
  readonly sources: Sources;
  readonly seed: bigint;
  readonly ports: { readonly push: number; readonly relayer: number };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
