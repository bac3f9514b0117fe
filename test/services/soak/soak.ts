/** Hours of faults in minutes: meters, two gateways, a relayer and a keeper on a chain, and in the end nothing lost or doubled. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Wallet } from "ethers";
import { NODES } from "../../scripts/deploy/nodes.ts";
import { CommunityWorld, keyOf, SHORT } from "../relayer/world.ts";
import { faultyDoor, type Fault, type FaultyDoor, type SeenCall } from "../support/door.ts";
import { lastingPort } from "../support/ports.ts";
import { makeRoom } from "../support/small-disk.ts";
import { Chance, Fuse } from "./chance.ts";
import { checkBooks, type Outcome } from "./check.ts";
import { type MeterName, METERS, ONE, SLOT, SoakMeter, TWO } from "./meters.ts";
import { NodeTroubles } from "./node-troubles.ts";
import { type GatewayPlan, openGateway, openKeeper, openRelayer, type Part, powerCut } from "./parts.ts";
import { relayDoor, type RelayDoor, type RelayFault } from "./relay-door.ts";
import { Sources } from "./sources.ts";

/** A midnight that no machine's clock has reached. */
const MIDNIGHT = 2_539_468_800n;
/** Seconds of a round; three make a slot. */
const ROUND = 300n;
const ROUNDS_PER_HOUR = 12;
/** Hours in the end in which nothing fails and what is left over is settled. */
const CALM_HOURS = 3;
/** A hand-over that fails is tried again after at most 300 s, by a clock that may jump by almost as much. */
const RETRY_ROUNDS = 2;
const TOKEN = "a token of the meters that push";

/** What to run. */
export interface SoakOptions {
  readonly seed: bigint;
  readonly hours: number;
  /** Hears of every simulated hour. */
  readonly progress?: (line: string) => void;
}

/** What happened on the way, and what was found in the end. */
export interface Summary extends Outcome {
  readonly seed: string;
  readonly hours: number;
  /** How often each fault was made. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often gateways reported each code. */
  readonly reports: Readonly<Record<string, number>>;
}

/** Whether the node that this needs is installed; else why not. */
export function missingNode(): string | undefined {
  return anvilKind()?.missing;
}

function anvilKind() {
  return NODES.find(({ name }) => name === "anvil");
}

/**
 * Runs hours of faults.
 * @throws Error naming the first thing that was lost, doubled or wrong
 */
export async function soak(options: SoakOptions): Promise<Summary> {
  const run = await SoakRun.open(options);
  try {
    await run.live();
    return await run.summary();
  } finally {
    await run.close();
  }
}

/** A part with its fuse. */
interface Slot {
  readonly name: string;
  readonly fuse: Fuse;
  readonly open: () => Promise<Part>;
  part: Part | undefined;
  /** First round in which it may be started again. */
  from: number;
  /** A start that fails again and again is none. */
  failures: number;
  /** Round in which its disk has room again. */
  fullUntil: number;
}

class SoakRun {
  readonly #options: SoakOptions;
  readonly #chance: Chance;
  readonly #world: CommunityWorld;
  readonly #folder = mkdtempSync(join(tmpdir(), "wattbook-soak-"));
  readonly #meters: Readonly<Record<MeterName, SoakMeter>>;
  readonly #doors: readonly FaultyDoor[];
  readonly #relay: RelayDoor;
  readonly #sources: Sources;
  readonly #parts: readonly Slot[];
  readonly #faults: Record<string, number> = {};
  readonly #reports: Record<string, number> = {};
  readonly #asked = new Map<string, number>();
  readonly #seen = new Set<string>();
  /** `round part`: in which rounds a part was away or met a fault; `round relay digest` of one message. */
  readonly #troubled = new Set<string>();
  readonly #jumps = { one: 0n, two: 0n };
  /** By door, as the parts are in their order. */
  readonly #nodes: NodeTroubles;
  #round = 0;
  #begun = false;
  #now: bigint;

  private constructor(options: SoakOptions, setup: Setup) {
    this.#options = options;
    this.#chance = setup.chance;
    this.#world = setup.world;
    this.#nodes = new NodeTroubles(setup.world, setup.chance);
    this.#meters = setup.meters;
    this.#doors = setup.doors;
    this.#relay = setup.relay;
    this.#sources = setup.sources;
    this.#now = setup.begin;
    this.#parts = this.#makeParts(setup);
    for (const [index, door] of setup.doors.entries()) door.judge((call) => this.#rpcFault(index, call));
    setup.relay.judge((name) => this.#relayFault(name));
  }

  static async open(options: SoakOptions): Promise<SoakRun> {
    const chance = new Chance(options.seed);
    const kind = anvilKind();
    if (kind?.missing !== undefined || kind === undefined) throw new Error(`no node: ${kind?.missing}`);
    const terms = { readingDeadline: 10_800n, correctionWindow: 14_400n, claimWindow: 18_000n, horizon: 3n };
    const world = await CommunityWorld.start(kind, { ...SHORT, ...terms });
    // Blocks of transactions follow each other by a second, however fast this machine is.
    await world.ask("anvil_setBlockTimestampInterval", 1);
    await world.advanceTo(MIDNIGHT - 3_000n);
    await world.enrol(METERS.length);
    const begin = MIDNIGHT;
    await world.advanceTo(begin);
    const meter = (name: MeterName) => [name, new SoakMeter(name, chance, begin)] as const;
    const meters = Object.fromEntries(METERS.map(meter)) as Record<MeterName, SoakMeter>;
    const push = { port: await lastingPort(), token: TOKEN };
    const port = await lastingPort();
    const doors = [];
    for (let count = 0; count < 4; count++) doors.push(await faultyDoor(world.node.url));
    const setup = {
      ...{ chance, world, begin, meters, doors, push, port },
      relay: await relayDoor(`http://127.0.0.1:${port}`),
      sources: await Sources.open(meters, chance, push),
      wallets: [keyOf("soak relayer"), keyOf("soak keeper")] as const,
    };
    for (const { address } of setup.wallets) await world.ask("anvil_setBalance", address, "0x8ac7230489e80000");
    return new SoakRun(options, setup);
  }

  async live(): Promise<void> {
    // A broker keeps nothing for who has never been there.
    while (this.#parts.some(({ part }) => part === undefined)) await this.#startDue();
    this.#begun = true;
    const stormy = this.#options.hours * ROUNDS_PER_HOUR;
    for (this.#round = 0; this.#round <= stormy + CALM_HOURS * ROUNDS_PER_HOUR; this.#round++) {
      const calm = this.#round >= stormy;
      // A first boundary that nobody reads is the start of no reading.
      if (!calm && this.#round * Number(ROUND) >= Number(SLOT)) await this.#disturb();
      await this.#turn(calm);
      if (this.#round % ROUNDS_PER_HOUR === 0) this.#options.progress?.(this.#line());
    }
  }

  async summary(): Promise<Summary> {
    const { seed, hours } = this.#options;
    for (const slot of this.#parts) await this.#stop(slot);
    const [error] = this.#nodes.errors;
    if (error !== undefined) throw new Error(error);
    const outcome = await checkBooks({
      ...{ world: this.#world, meters: this.#meters, from: MIDNIGHT, to: this.#now, folder: this.#folder },
      troubledBefore: (gate, gateway, digest) => {
        const last = Number((gate - MIDNIGHT) / ROUND);
        const rounds = Array.from({ length: RETRY_ROUNDS + 1 }, (_, back) => last - back);
        const names = [gateway, "relayer", `relay ${digest}`];
        return rounds.some((round) => names.some((name) => this.#troubled.has(`${round} ${name}`)));
      },
      accounts: [keyOf("soak relayer").address, keyOf("soak keeper").address],
    });
    return { seed: String(seed), hours, faults: this.#faults, reports: this.#reports, ...outcome };
  }

  async close(): Promise<void> {
    for (const slot of this.#parts) await this.#stop(slot).catch(() => undefined);
    await this.#sources.close();
    await this.#relay.close();
    for (const door of this.#doors) await door.close();
    await this.#world.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** One round: the chain goes on, meters show, everybody works once. */
  async #turn(calm: boolean): Promise<void> {
    const time = MIDNIGHT + BigInt(this.#round) * ROUND;
    this.#now = time;
    await this.#world.advanceTo(time);
    await this.#nodes.begin();
    for (const slot of this.#parts) if (calm || slot.fullUntil <= this.#round) this.#giveRoom(slot);
    await this.#startDue();
    if (time % SLOT === 0n) await this.#sources.show(time, this.#round, calm);
    else await this.#sources.deliver(this.#round);
    await this.#arrive(time);
    for (const slot of this.#parts) {
      await this.#work(slot);
      if (slot.part === undefined || slot.fuse.blown || this.#isFull(slot)) this.#trouble(slot.name);
    }
    for (const slot of this.#parts) if (slot.fuse.blown) await this.#powerOff(slot);
  }

  /** Waits until what was sent to gateways that run is kept: they are late by seconds at most. */
  async #arrive(time: bigint): Promise<void> {
    const [one, two] = this.#parts as [Slot, Slot];
    const boundary = (time / SLOT) * SLOT;
    const has = (meter: MeterName, at: bigint) => this.#seen.has(`${meter} ${at}`);
    const end = performance.now() + 10_000;
    for (;;) {
      if (two.part !== undefined) for (const push of Object.values(this.#sources.pushes)) await push.push();
      const ready =
        (one.part === undefined ||
          one.fuse.blown ||
          this.#isFull(one) ||
          [...this.#sources.published].every((name) => this.#seen.has(name))) &&
        (two.part === undefined || two.fuse.blown || this.#isFull(two) || TWO.every((meter) => has(meter, boundary)));
      if (ready) return;
      if (performance.now() > end) {
        const missing = [...this.#sources.published].filter((name) => !this.#seen.has(name));
        throw new Error(`samples do not arrive at ${time}: ${missing.join(", ")} ${JSON.stringify(this.#reports)}`);
      }
      await sleep(2);
    }
  }

  async #work({ part, fuse, name }: Slot): Promise<void> {
    if (part === undefined || fuse.blown) return;
    try {
      await part.round();
    } catch (error) {
      this.#trouble(name);
      // A power cut is counted once the part is gone.
      this.#count(this.#faults, `${name}: ${codeOf(error)}`);
    }
  }

  #trouble(name: string): void {
    this.#troubled.add(`${this.#round} ${name}`);
  }

  // -------------------------------------------------------------------------------------------------- faults

  /** What breaks in a round. */
  async #disturb(): Promise<void> {
    const happens = (perMille: number, what: string, counted = what) => {
      const found = this.#chance.happens(perMille, what, this.#round);
      if (found) this.#count(this.#faults, counted);
      return found;
    };
    if (happens(60, "broker drops")) this.#sources.broker.drop();
    if (happens(40, "reorganisation")) {
      await this.#world.ask("anvil_reorg", 1 + this.#chance.draw(3, "depth", this.#round), []);
    }
    for (const slot of this.#parts) {
      if (happens(30, `${slot.name} crashes`)) slot.fuse.arm(1 + this.#chance.draw(8, slot.name, this.#round));
      if (slot.part !== undefined && happens(20, `disk of ${slot.name} full`, "disk full"))
        this.#fillUp(slot, slot.part);
    }
    this.#nodes.clear();
    for (const [door, { name, part }] of this.#parts.entries()) {
      const trouble = this.#nodes.draw(door, this.#round, name, part !== undefined);
      if (trouble === undefined) continue;
      this.#count(this.#faults, trouble);
      this.#trouble(name);
    }
    for (const name of ["one", "two"] as const) {
      if (happens(30, `clock of ${name} jumps`)) {
        this.#trouble(name);
        this.#jumps[name] = BigInt(this.#chance.draw(481, "jump", name, this.#round) - 240);
      }
    }
  }

  /** Faults come in bad times of half an hour, and now and then between. */
  #isBad(what: string): boolean {
    const block = Math.floor(this.#round / 6);
    return this.#calm ? false : this.#chance.happens(150, "bad", what, block);
  }

  get #calm(): boolean {
    return !this.#begun || this.#round >= this.#options.hours * ROUNDS_PER_HOUR;
  }

  #fillUp(slot: Slot, part: Part): void {
    slot.fullUntil = this.#round + 1 + this.#chance.draw(3, "full", slot.name, this.#round);
    // As many pages as they have.
    for (const store of part.stores) store.pragma("max_page_count = 1");
  }

  #giveRoom(slot: Slot): void {
    if (slot.fullUntil === 0) return;
    slot.fullUntil = 0;
    for (const store of slot.part?.stores ?? []) makeRoom(store);
  }

  #isFull({ fullUntil }: Slot): boolean {
    return fullUntil > this.#round;
  }

  async #rpcFault(door: number, call: SeenCall): Promise<Fault> {
    if (this.#calm) return "pass";
    const { method, params } = call;
    const asked = `late ${door} ${JSON.stringify(call)}`;
    const trouble = await this.#nodes.answer(door, call, this.#turnOf(asked));
    if (trouble !== undefined && trouble !== "pass") return trouble;
    const name = `${door} ${method} ${JSON.stringify(params)}`;
    const labels = [this.#round, name, this.#turnOf(name)];
    const bad = this.#isBad(`node ${door}`);
    if (!this.#chance.happens(bad ? 350 : 15, "rpc", ...labels)) return "pass";
    this.#trouble(["one", "two", "relayer", "keeper"][door] ?? "");
    const kinds = ["busy", "broken", "reset", "lose", "truncate"];
    if (this.#chance.happens(20, "hang", ...labels)) kinds.unshift("hang");
    const kind = kinds[this.#chance.draw(kinds.length, "kind", ...labels)] ?? "pass";
    // A node that takes a transaction and forgets it.
    if (method === "eth_sendRawTransaction" && this.#chance.happens(400, "drop", ...labels)) {
      this.#count(this.#faults, "transaction dropped");
      return { result: `0x${"00".repeat(32)}` };
    }
    this.#count(this.#faults, `rpc ${kind}`);
    return kind as Fault;
  }

  #relayFault(name: string): RelayFault {
    if (this.#calm) return "pass";
    const labels = [this.#round, name, this.#turnOf(name)];
    if (!this.#chance.happens(this.#isBad("relay") ? 600 : 60, "relay", ...labels)) return "pass";
    const kinds: RelayFault[] = ["busy", "reset", "lose", "cut"];
    const fault = kinds[this.#chance.draw(kinds.length, "relay kind", ...labels)] ?? "pass";
    this.#count(this.#faults, `relay ${fault}`);
    // The idempotency key stands last; without one somebody asked for the terms.
    const digest = name.split(" ").at(-1) ?? "";
    for (const each of digest === "" ? ["one", "two"] : [`relay ${digest}`]) this.#trouble(each);
    return fault;
  }

  /** How often the same was asked in this round. */
  #turnOf(name: string): number {
    const key = `${this.#round} ${name}`;
    const turn = this.#asked.get(key) ?? 0;
    this.#asked.set(key, turn + 1);
    return turn;
  }

  async #powerOff(slot: Slot): Promise<void> {
    this.#count(this.#faults, `${slot.name} lost power`);
    await this.#stop(slot);
    const longest = slot.name === "one" ? 6 : 4;
    slot.from = this.#round + 1 + this.#chance.draw(longest, "away", slot.name, this.#round);
  }

  async #stop(slot: Slot): Promise<void> {
    this.#giveRoom(slot);
    const { part } = slot;
    slot.part = undefined;
    await part?.stop();
    slot.fuse.mend();
  }

  async #startDue(): Promise<void> {
    for (const slot of this.#parts) {
      if (slot.part !== undefined || this.#round < slot.from) continue;
      try {
        slot.part = await slot.open();
        slot.failures = 0;
      } catch (error) {
        slot.failures++;
        this.#count(this.#faults, `${slot.name} does not start: ${codeOf(error)}`);
        if (slot.failures > 40) throw error;
      }
    }
  }

  // -------------------------------------------------------------------------------------------------- parts

  #makeParts({ world, doors, relay, push, port, wallets, sources }: Setup): Slot[] {
    const [relayerWallet, keeperWallet] = wallets;
    const urls = doors.map(({ url }) => url) as [string, string, string, string];
    const slot = (name: string, fuse: Fuse, open: () => Promise<Part>): Slot => {
      return { name, fuse, open, part: undefined, from: 0, failures: 0, fullUntil: 0 };
    };
    const gateway = (name: "one" | "two", rpc: string) => {
      const fuse = new Fuse(powerCut);
      const plan: GatewayPlan = {
        ...{ name, folder: this.#folder, world, rpc, relay: relay.url, fuse },
        meters: (name === "one" ? ONE : TWO).map((meter) => this.#meters[meter]),
        homeOf: (meter) => world.home(METERS.indexOf(meter)),
        now: () => this.#now + this.#jumps[name],
        steady: () => this.#now,
        seen: (meter, at) => {
          this.#seen.add(`${meter} ${at}`);
        },
        report: (code) => {
          this.#count(this.#reports, code);
        },
        sources: { broker: sources.broker.url, p1: sources.p1.port, push },
      };
      return slot(name, fuse, () => openGateway(plan));
    };
    const shared = { folder: this.#folder, world };
    const fuses = [new Fuse(() => new Error("power")), new Fuse(() => new Error("power"))] as const;
    return [
      gateway("one", urls[0]),
      gateway("two", urls[1]),
      slot("relayer", fuses[0], () =>
        openRelayer({
          ...{ ...shared, rpc: urls[2], port, wallet: relayerWallet, fuse: fuses[0] },
          step: (step) => {
            this.#count(this.#faults, `relayer step ${step}`);
          },
        }),
      ),
      slot("keeper", fuses[1], () => openKeeper({ ...shared, rpc: urls[3], wallet: keeperWallet, fuse: fuses[1] })),
    ];
  }

  #count(counts: Record<string, number>, name: string): void {
    counts[name] = (counts[name] ?? 0) + 1;
  }

  #line(): string {
    const up = this.#parts.filter(({ part }) => part !== undefined).map(({ name }) => name);
    const faults = Object.values(this.#faults).reduce((sum, count) => sum + count, 0);
    const { hours } = this.#options;
    return `hour ${this.#round / ROUNDS_PER_HOUR} of ${hours + CALM_HOURS}: ${faults} faults and steps, up: ${up.join(", ")}`;
  }
}

interface Setup {
  readonly chance: Chance;
  readonly world: CommunityWorld;
  readonly begin: bigint;
  readonly meters: Readonly<Record<MeterName, SoakMeter>>;
  readonly doors: readonly FaultyDoor[];
  readonly relay: RelayDoor;
  readonly sources: Sources;
  readonly push: { readonly port: number; readonly token: string };
  readonly port: number;
  readonly wallets: readonly [Wallet, Wallet];
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? (error instanceof Error ? error.message : error)).slice(0, 60);
}
