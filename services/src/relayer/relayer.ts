/** The relayer: takes strips and readings, and brings them on chain, once each, whatever breaks in between. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asPeriod, connect, isWattbookError, type Period, type Terms, type Wattbook } from "@wattbook/sdk";
import { BaseWallet, type Signer } from "ethers";
import type { Head } from "../chain/index.ts";
import { pause } from "../chain/backoff.ts";
import { isServiceError } from "../errors.ts";
import { OwnClock } from "../operation/own-clock.ts";
import type { Store } from "../store/open.ts";
import { Bus } from "./bus.ts";
import { ChainClock } from "./chain/clock.ts";
import { Follower } from "./chain/follow.ts";
import { namesOf, Outcomes } from "./chain/outcomes.ts";
import { CommunityView } from "./chain/view.ts";
import { Desks } from "./desks.ts";
import type { RelayerOptions, RelayerStep, ServedCommunity } from "./options.ts";
import { Outgoing } from "./outgoing.ts";
import type { Sealed } from "./sealed/sealed.ts";
import { SignaturePool } from "./signatures/pool.ts";
import { Facts } from "./store/facts.ts";
import { Pruner } from "./store/prune.ts";
import { GroupCommit } from "./store/group-commit.ts";
import { openRelayerStore } from "./store/open.ts";
import { Readings } from "./store/readings.ts";
import { Requests } from "./store/requests.ts";
import { type StripRow, Strips } from "./store/strips.ts";
import { bookRing } from "./strips/busy.ts";

export type { RelayerOptions, RelayerStep, ServedCommunity } from "./options.ts";

/** Everything a relayer holds, opened. */
export class Relayer {
  readonly account: string;
  readonly served = new Map<number, ServedCommunity>();
  /** Those whose strips are posted. */
  readonly #open = new Map<number, ServedCommunity>();
  readonly bus = new Bus();
  readonly store: Store;
  readonly path: string;
  readonly strips: Strips;
  readonly readings: Readings;
  readonly commits: GroupCommit;
  readonly options: RelayerOptions;
  readonly domains: Wattbook["domains"];
  readonly #facts: Facts;
  readonly #signatures: SignaturePool;
  readonly #clock = new ChainClock();
  readonly #ownClock = new OwnClock();
  readonly #desks: Desks;
  readonly #follower: Follower;
  readonly #outgoing: Outgoing;
  readonly #pruner: Pruner;
  #head: Head | undefined;
  /** By the process's clock, milliseconds. */
  #weighed = -Infinity;

  private constructor(options: RelayerOptions, account: string, domains: Wattbook["domains"]) {
    const { deployment, node, folder, communities } = options;
    this.options = options;
    this.account = account;
    this.domains = domains;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.path = join(folder, "relayer.db");
    const owner = { chainId: node.chainId, market: deployment.contracts.DoubleAuction, account };
    this.store = openRelayerStore(this.path, owner);
    this.strips = new Strips(this.store);
    this.readings = new Readings(this.store);
    this.commits = new GroupCommit(this.store);
    this.#facts = new Facts(this.store);
    this.#signatures = new SignaturePool(privateKeyOf(options.signer), options.threads);
    this.#desks = this.#makeDesks();
    this.#outgoing = this.#makeOutgoing();
    const outcomes = this.#makeOutcomes();
    this.#follower = new Follower({
      ...{ node, store: this.store, facts: this.#facts, deployment, communities },
      apply: (events) => {
        outcomes.apply(events);
        this.sealed.apply(events);
      },
      rewind: (from) => {
        outcomes.rewind(from);
        this.sealed.rewind(from);
      },
    });
    this.#pruner = this.#makePruner();
  }

  /**
   * Opens the relayer's files, checks the deployment and reads what has happened since.
   * @throws ServiceError of the files; Faults of the node; WattbookErrors of the deployment
   */
  static async open(options: RelayerOptions): Promise<Relayer> {
    const { node, deployment, signer } = options;
    await node.head();
    const { domains } = await connect(node.provider, deployment);
    const relayer = new Relayer(options, await signer.getAddress(), domains);
    try {
      await relayer.#begin();
      return relayer;
    } catch (error) {
      await relayer.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { node, deployment, communities } = this.options;
    for (const community of communities) {
      this.#serve(await CommunityView.open(node, this.#clock, deployment, community));
    }
    const head = await node.head();
    this.#clock.see(head);
    this.#follower.begin();
    await this.#read(head);
    this.#reload();
  }

  #serve(view: CommunityView): void {
    const served = this.#desks.serve(view, this.sealed);
    this.served.set(Number(view.community), served);
    if (served.admission === undefined) this.#open.set(Number(view.community), served);
  }

  /** Its commits to sealed periods. */
  get sealed(): Sealed {
    return this.#outgoing.sealed;
  }

  /** Looks at the chain once and does what is due. @throws Faults of the node, and of the files; the next look goes on */
  async tick(): Promise<void> {
    const head = await this.options.node.head();
    this.#clock.see(head);
    const wrong = this.#ownClock.hear(head);
    if (wrong !== undefined) this.options.log.warn({ err: wrong }, "this machine's clock is wrong");
    await this.#read(head);
    this.#outgoing.look(head);
    for (const { view, gates } of this.served.values()) {
      gates.look(view.community, view.terms, view.now());
      this.#miss(view);
    }
    await this.#outgoing.send();
    this.#prune();
    this.#count();
    await this.#weigh();
  }

  #prune(): void {
    for (const [community, { view }] of this.served) {
      const periods = this.#pruner.look(view.community, view.terms, view.now());
      if (periods.length > 0) this.options.log.info({ community, periods }, "old periods are gone");
    }
  }

  /**
   * Ticks until it is stopped. Nothing that fails is a reason to end: what is not on disk is neither answered nor sent.
   * @param every Milliseconds between two looks.
   */
  async run(every: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.tick();
      } catch (error) {
        const code = isServiceError(error) || isWattbookError(error) ? error.code : "UNKNOWN";
        this.options.numbers?.faults.inc({ code });
        this.options.log[code === "UNKNOWN" ? "error" : "warn"]({ err: error }, "a look at the chain failed");
      }
      await pause(every, signal).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.commits.flush();
    await this.#signatures.close();
    this.#outgoing.close();
    this.store.close();
  }

  /** Money to pay for gas, wei. */
  async balance(): Promise<bigint> {
    return this.options.node.balance(this.account);
  }

  tell(step: RelayerStep, name: string): void {
    this.options.observe?.(step, name);
  }

  // -------------------------------------------------------------------------------------------------- the chain

  /** Reads the logs up to a block that was not read yet. */
  async #read(head: Head): Promise<void> {
    if (head.hash === this.#head?.hash) return;
    try {
      const rewound = await this.#follower.sync(head);
      if (rewound) this.#reload();
    } catch (error) {
      // What was concluded in memory may not be on disk.
      this.#reload();
      throw error;
    }
    this.#head = head;
    for (const { view, desk } of this.served.values()) {
      view.forget();
      desk.posted.drop(oldestInBooks(view));
    }
  }

  /** Fills what is in memory from the file. */
  #reload(): void {
    const waiting = this.strips.waiting();
    for (const [community, { view, desk }] of this.served) {
      desk.load(waiting.filter((row) => row.community === community));
      if (view.module === null) desk.loadPosted(this.#facts.payloads(view.community, oldestInBooks(view)));
    }
  }

  #miss(view: CommunityView): void {
    const missed = this.strips.missed(Number(view.community), Number(view.now()));
    for (const row of missed) {
      this.#resolved(row, "missed");
      this.bus.tell({ type: "missed", ...namesOf(row), reason: row.reason ?? "GateClosed" });
    }
  }

  #resolved(row: StripRow, outcome: string): void {
    this.served.get(row.community)?.desk.queue.remove(row.digest);
    this.options.numbers?.strips.inc({ outcome });
    this.options.log.info({ digest: row.digest, member: row.member, period: row.period, outcome }, "a strip is done");
  }

  #count(): void {
    const { numbers } = this.options;
    if (numbers === undefined) return;
    numbers.block.set(this.#head?.number ?? 0);
    for (const [community, { desk }] of this.served)
      numbers.waiting.set({ community: String(community) }, desk.queue.size);
  }

  /** Asks now and then what is left to pay for gas. */
  async #weigh(): Promise<void> {
    const { numbers } = this.options;
    if (numbers === undefined || performance.now() - this.#weighed < BALANCE_EVERY) return;
    numbers.sender.holds(await this.balance());
    this.#weighed = performance.now();
  }

  // -------------------------------------------------------------------------------------------------- parts

  #makeOutgoing(): Outgoing {
    return new Outgoing({
      ...{ options: this.options, account: this.account, domains: this.domains, bus: this.bus, store: this.store },
      ...{ strips: this.strips, readings: this.readings, facts: this.#facts, served: this.served, open: this.#open },
      resolved: (row, outcome) => {
        this.#resolved(row, outcome);
      },
      tell: (step, name) => {
        this.tell(step, name);
      },
    });
  }

  #makeOutcomes(): Outcomes {
    return new Outcomes({
      ...{ facts: this.#facts, strips: this.strips, readings: this.readings, bus: this.bus },
      terms: (community): Terms | undefined => this.served.get(Number(community))?.view.terms,
      hasOrders: (community) => this.served.get(Number(community))?.view.module === null,
      recorded: (community, period, entries) => {
        this.served.get(Number(community))?.desk.posted.count(period, entries);
      },
      resolved: (row, outcome) => {
        this.#resolved(row, outcome);
      },
    });
  }

  #makeDesks(): Desks {
    return new Desks({
      ...{ options: this.options, account: this.account, domains: this.domains, bus: this.bus, commits: this.commits },
      ...{ strips: this.strips, readings: this.readings, requests: new Requests(this.store) },
      ...{ facts: this.#facts, signatures: this.#signatures },
      received: (digest) => {
        this.tell("received", digest);
      },
    });
  }

  #makePruner(): Pruner {
    const { keep = KEEP } = this.options;
    return new Pruner({
      ...{ store: this.store, keep },
      forget: (keys) => {
        this.#outgoing.forget(keys);
      },
      openHashes: () => this.#outgoing.openHashes(),
    });
  }
}

/** Milliseconds between two looks at the account's money. */
const BALANCE_EVERY = 15_000;

/** Seconds for which periods are kept. */
const KEEP = 30 * 86_400;

/** A wallet's key signs receipts in the threads that check signatures; any other signer does it itself. */
function privateKeyOf(signer: Signer): string | null {
  return signer instanceof BaseWallet ? signer.privateKey : null;
}

/** The oldest period whose orders may still be in the way of an open one. */
function oldestInBooks(view: CommunityView): Period {
  const oldest = view.currentPeriod() - bookRing(view.terms);
  return asPeriod(oldest < 0n ? 0n : oldest);
}
