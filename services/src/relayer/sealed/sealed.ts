/** The sealed communities that a relayer serves. */
import {
  asPeriod,
  CommitBookClient,
  type Deployment,
  type Domain,
  EscrowClient,
  RegistryClient,
  SealedMarketClient,
  sealedTimes,
  type WattbookEvent,
} from "@wattbook/sdk";
import type { Head, Node, Sender } from "../../chain/index.ts";
import type { Logger } from "../../operation/index.ts";
import type { Store } from "../../store/open.ts";
import type { Bus } from "../bus.ts";
import { headReaderOf } from "../chain/runner.ts";
import type { CommunityView } from "../chain/view.ts";
import { eachDone } from "../../chain/each-done.ts";
import type { Numbers } from "../numbers.ts";
import type { Batches } from "../store/batches.ts";
import type { Facts } from "../store/facts.ts";
import type { StripRow, Strips } from "../store/strips.ts";
import type { Volumes } from "../strips/volumes.ts";
import { Admission } from "./admission.ts";
import { type Bundle, Bundles } from "./bundles.ts";
import { Calls } from "./calls.ts";
import { Committer } from "./committer.ts";
import { Guard } from "./guard.ts";
import { type CommitStep, SealedOutcomes } from "./outcomes.ts";
import { Revealer, type Turn } from "./revealer.ts";
import { Rounds } from "./rounds.ts";
import { type Standing, Standings } from "./standing.ts";
import { Strays } from "./strays.ts";
import { KnownWords } from "./used.ts";

/** What the operator chooses. */
export interface SealedOptions {
  /** Seconds before the gate at which strips are committed; from then on none is taken. */
  readonly lead: number;
  /** Chunks of a commit at most: as many as can be revealed in a turn. */
  readonly mostChunks: number;
}

export const DEFAULT_SEALED: SealedOptions = { lead: 600, mostChunks: 64 };

/** What serving sealed communities needs. */
export interface SealedParts {
  readonly node: Node;
  readonly deployment: Deployment;
  readonly account: string;
  readonly store: Store;
  readonly sender: Sender;
  readonly batches: Batches;
  readonly facts: Facts;
  readonly strips: Strips;
  readonly bus: Bus;
  /** Of the sealed order book. */
  readonly market: Domain;
  readonly options: SealedOptions;
  readonly log: Logger;
  readonly numbers: Numbers | undefined;
  /** A strip does not wait any more. */
  readonly resolved: (row: StripRow, outcome: string) => void;
  /** Told of each step, with the call's key or the strip's name. */
  readonly tell: (step: CommitStep | "batched" | "bundled" | "bundleMissing", name: string) => void;
}

/** One community. */
interface Served {
  readonly view: CommunityView;
  readonly standings: Standings;
  readonly strays: Strays;
  readonly committer: Committer;
  readonly revealer: Revealer;
  readonly guard: Guard;
}

/** Steps that an operator has to look at. */
const ALARMS: ReadonlySet<CommitStep> = new Set(["uncommitted", "turnMissed", "forfeited"]);

/** Commits, reveals, answers, and takes its bonds back. */
export class Sealed {
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly #parts: SealedParts;
  readonly #outcomes: SealedOutcomes;
  readonly #calls: Calls;
  readonly #served = new Map<number, Served>();

  constructor(parts: SealedParts) {
    this.#parts = { ...parts, account: parts.account.toLowerCase() };
    this.bundles = new Bundles(parts.store);
    this.rounds = new Rounds(parts.store);
    const { facts, strips, bus, resolved, tell } = parts;
    this.#outcomes = new SealedOutcomes({
      ...{ facts, strips, bus, resolved, bundles: this.bundles, rounds: this.rounds, account: this.#parts.account },
      happened: (step, name) => {
        this.#happened(step, name);
      },
    });
    this.#calls = new Calls({
      ...parts,
      planned: (key) => {
        tell("batched", key);
      },
      late: this.#late,
    });
  }

  /** Serves a community. @param posted What its order book holds. @return Who lets its strips in. */
  serve(view: CommunityView, posted: Volumes): Admission {
    const { node, deployment, account, store, facts, strips, options, market, tell, log } = this.#parts;
    const { contracts } = deployment;
    const runner = headReaderOf(node);
    const registry = new RegistryClient({ address: contracts.ProsumerRegistry, runner });
    const escrow = new EscrowClient({ address: contracts.PaymentEscrow, runner });
    const commits = new CommitBookClient({ address: contracts.CommitBook, runner });
    const auction = new SealedMarketClient({ address: contracts.SealedAuction, runner });
    const standings = new Standings(view, account, registry, escrow);
    const strays = this.#watch(view);
    const shared = { view, store, strips, facts, commits, account, standings, calls: this.#calls };
    const tables = { bundles: this.bundles, rounds: this.rounds };
    const used = new KnownWords(node, deployment, view.terms);
    this.#served.set(Number(view.community), {
      ...{ view, standings, strays },
      committer: new Committer({
        ...{ ...shared, ...tables, ...options, used, late: this.#late },
        bundled: (key) => {
          tell("bundled", key);
        },
      }),
      revealer: new Revealer({ ...shared, ...tables, posted, market: auction }),
      guard: new Guard({
        ...{ ...shared, ...tables, market },
        lost: (strip) => {
          log.error({ strip }, "a challenge asks for a strip that the commit does not hold: the bond is lost");
        },
      }),
    });
    return new Admission({ ...shared, ...tables, strays, used, mostChunks: options.mostChunks });
  }

  /** How many are served. */
  get size(): number {
    return this.#served.size;
  }

  /** What the logs say; within their transaction. */
  apply(events: readonly WattbookEvent[]): void {
    this.#outcomes.apply(events);
  }

  /** Takes back what was said in blocks that are gone. */
  rewind(from: number): void {
    this.rounds.rewind(from);
  }

  /** What the time means for what was committed. @param head Up to where the logs were read. */
  look({ time, hash }: Head): void {
    this.#calls.look(hash);
    for (const { view, strays } of this.#served.values()) {
      const missing = strays.look();
      this.#parts.numbers?.strays.set({ community: String(view.community) }, missing);
      for (const bundle of this.bundles.of(Number(view.community))) {
        if (time < bundle.gate) continue;
        const turn = this.#turnOf(view, bundle);
        const { community, period } = bundle;
        if (turn === undefined) {
          if (!this.#calls.isBusy({ kind: "commit", community, period })) this.#outcomes.uncommitted(bundle);
        } else if (turn.own.revealed < turn.own.chunks && time >= Number(turn.times.turnEnds[turn.own.place])) {
          this.#outcomes.turnMissed(bundle, turn.own);
        }
      }
    }
  }

  /** Plans what is due. @throws Faults of the node, and of the file */
  async plan(): Promise<void> {
    // Whatever fails in one community or period must not cost the bond of another.
    const works = [...this.#served.values()].flatMap((served) => [
      ...this.bundles.of(Number(served.view.community)).map((bundle) => () => this.#planBundle(served, bundle)),
      () => served.committer.plan(),
      async () => {
        this.#count(served.view, await served.standings.get());
      },
    ]);
    await eachDone(works);
  }

  async #planBundle({ view, revealer, guard }: Served, bundle: Bundle): Promise<void> {
    const turn = this.#turnOf(view, bundle);
    if (turn?.own.fate !== null) return;
    await revealer.plan(turn);
    await guard.plan(turn);
  }

  /** What is missing of the bonds of all communities; null where nothing is. @throws Faults of the node */
  async missingBond(): Promise<string | null> {
    for (const [community, { standings }] of this.#served) {
      const { bond, balance } = await standings.get();
      if (balance >= bond) continue;
      return `The bond in community ${community} is ${balance} of ${bond} base units. Post the rest: wattbook bond post.`;
    }
    return null;
  }

  /** The first commit of the relayer's account whose bundle is missing. @throws ServiceError BUNDLE_MISSING that says what to do */
  checkBundles(): void {
    for (const { strays } of this.#served.values()) {
      const [stray] = strays.all();
      if (stray !== undefined) throw strays.alarm(stray);
    }
  }

  #watch(view: CommunityView): Strays {
    const { account, log, tell } = this.#parts;
    return new Strays({
      ...{ view, account, rounds: this.rounds },
      found: ({ period, place, root }, { code, message }) => {
        log.error({ code, community: String(view.community), period, place, root }, message);
        tell("bundleMissing", `commit:${view.community}:${period}`);
      },
    });
  }

  #turnOf(view: CommunityView, bundle: Bundle): Turn | undefined {
    const round = this.rounds.commits(bundle.community, bundle.period);
    const own = round.find(({ relayer, root }) => relayer === this.#parts.account && root === bundle.root);
    const times = sealedTimes(view.terms, asPeriod(BigInt(bundle.period)));
    return own && { bundle, own, round, times };
  }

  readonly #late = (subject: string, reason: string): void => {
    this.#parts.log.warn({ subject, reason }, "a call of a sealed community cannot be sent yet");
  };

  #happened(step: CommitStep, name: string): void {
    const { log, numbers, tell } = this.#parts;
    numbers?.commits.inc({ step });
    log[ALARMS.has(step) ? "error" : "info"]({ name, step }, "a commit");
    tell(step, name);
  }

  #count({ community }: CommunityView, { balance, locked }: Standing): void {
    this.#parts.numbers?.bonds.set({ community: String(community), part: "free" }, Number(balance - locked));
    this.#parts.numbers?.bonds.set({ community: String(community), part: "locked" }, Number(locked));
  }
}
