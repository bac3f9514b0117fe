/** The gateway: meters in, signed readings and strips out. Everything it has to know after a crash is in its queue. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { Bidder } from "./bidder.ts";
import type { PrepareStrip, TradingMember } from "./bidder.ts";
import { systemClock, systemSteadyClock } from "./clock.ts";
import type { Clock, SteadyClock } from "./clock.ts";
import { Counters } from "./counters.ts";
import { Courier } from "./courier.ts";
import type { Finished, Signing } from "./courier.ts";
import { isServiceError } from "../errors.ts";
import { asServiceError, GatewayError } from "./errors.ts";
import type { ServiceError } from "../errors.ts";
import type { HandOver } from "./hand-over.ts";
import { Holding } from "./holding.ts";
import { Ingest } from "./ingest.ts";
import { Intake } from "./intake.ts";
import type { MeterRules, Swap } from "./intake.ts";
import { memberKey } from "./members.ts";
import type { MeteredMember } from "./members.ts";
import type { Probe } from "./probe.ts";
import type { OutboxItem } from "./queue/outbox.ts";
import { Queue } from "./queue/queue.ts";
import type { Refusal } from "./queue/refusals.ts";
import type { MeterStates, ReadingRules } from "./readings.ts";
import { ReadingMaker } from "./readings.ts";
import type { Adapter, Report, Sink } from "./sample.ts";
import { Timekeeper } from "./timekeeper.ts";

export interface GatewayOptions {
  /** The queue, or its file. */
  readonly queue: Queue | string;
  /** Rules of each meter, by its name. */
  readonly meters: ReadonlyMap<string, MeterRules>;
  readonly adapters: readonly Adapter[];
  /** Members whose readings are signed. */
  readonly members: readonly MeteredMember[];
  /** Those of them that trade. */
  readonly traders?: readonly TradingMember[];
  readonly handOver: HandOver;
  readonly readings?: ReadingRules;
  /** What the chain knows of meters. */
  readonly states?: MeterStates;
  /** What strips need to know of the chain; without it nobody trades. */
  readonly prepare?: PrepareStrip;
  readonly clock?: Clock;
  /** Shows when `clock` was set; left out with a clock of a simulation, which nobody sets. */
  readonly steadyClock?: SteadyClock;
  /** Time of the chain's latest block: shows that the clock is behind. */
  readonly chainTime?: () => Promise<Seconds>;
  /** Hears of everything that was refused or failed. */
  readonly report?: Report;
  readonly probe?: Probe;
  readonly finished?: Finished;
  /** Milliseconds between looks at what is due. */
  readonly every?: number;
  /** Seconds that slots are kept, for the forecast; samples at most two days once they are in a reading. */
  readonly retention?: Seconds;
}

/** Whether the gateway can do its work. */
export interface Health {
  /** Whether the last samples could be kept. */
  readonly storeWorks: boolean;
  /** What last went wrong with the queue. */
  readonly storeError: ServiceError | undefined;
  /** Readings and strips that wait to be signed or handed over. */
  readonly waiting: bigint;
  /** When the last sample was kept; undefined since the start. */
  readonly lastSample: Seconds | undefined;
}

const DEFAULT_READINGS: ReadingRules = { signAfter: asSeconds(900n), giveUpAfter: asSeconds(86_400n) };
const EVERY = 5_000;
/** Refusals between two steps that are listed; all are counted. */
const MOST_REFUSALS = 1_000;
/** Readings of one step, so that all members' periods ending at once do not fill the memory. */
const MOST_READINGS = 200;
/** Two weeks and a day: the forecast looks back one week. */
const RETENTION = asSeconds(15n * 86_400n);
/** Meters that are asked every minute fill a disk; once their slots are in a reading, samples are hardly needed. */
const SAMPLE_RETENTION = 2n * 86_400n;
const PRUNE_EVERY = 3_600n;
const KEPT_PERIODS = 60n;
/** Seconds between questions for the chain's time, and how far it may be ahead of the own clock. */
const CHAIN_TIME_EVERY = 60n;
const BEHIND_TOLERANCE = 60n;
/** No reading is made of samples older than this, seconds. */
const STALE = 41n * 86_400n;

export class Gateway {
  readonly counters = new Counters();
  readonly queue: Queue;
  /** When each meter's last sample was read, by its own clock, since the start. */
  readonly lastSamples: ReadonlyMap<string, Seconds>;
  /** Members whose next reading waited for samples at the last step. */
  withGaps = 0;
  readonly #lastSamples = new Map<string, Seconds>();
  readonly #options: GatewayOptions;
  readonly #clock: Clock;
  readonly #time: Timekeeper;
  readonly #intake: Intake;
  readonly #holding: Holding;
  readonly #ingest: Ingest;
  readonly #maker: ReadingMaker;
  readonly #bidder: Bidder | undefined;
  readonly #courier: Courier;
  readonly #signers: ReadonlyMap<string, Signing>;
  readonly #refusals: Refusal[] = [];
  #storeError: ServiceError | undefined;
  #lastSample: Seconds | undefined;
  #pruned = 0n;
  #askedChain = 0n;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  /**
   * Opens the queue where it is not open yet.
   * @throws ServiceError of a `STORE_…` code
   */
  constructor(options: GatewayOptions) {
    const { members, traders = [], readings = DEFAULT_READINGS, states, prepare, handOver, probe } = options;
    this.#options = options;
    this.lastSamples = this.#lastSamples;
    this.#clock = options.clock ?? systemClock;
    this.queue = typeof options.queue === "string" ? new Queue(options.queue) : options.queue;
    const steady = options.steadyClock ?? (options.clock === undefined ? systemSteadyClock : undefined);
    this.#time = new Timekeeper(this.#clock, steady);
    this.#intake = new Intake(this.queue, options.meters, this.#time);
    const holding = { queue: this.queue, intake: this.#intake, rules: options.meters, time: this.#time };
    this.#holding = new Holding({ ...holding, report: this.#report });
    this.#ingest = new Ingest(this.queue, this.#intake, this.#holding, this.#report);
    this.#maker = new ReadingMaker(this.queue, readings, states);
    this.#bidder = prepare && new Bidder(this.queue, prepare);
    this.#signers = signersOf(members, traders);
    this.#courier = new Courier({
      queue: this.queue,
      handOver,
      signingOf: (item) => this.#signers.get(signerKey(item)),
      counters: this.counters,
      report: this.#report,
      stopped: () => this.#stopped,
      ...(probe === undefined ? {} : { probe }),
      ...(options.finished === undefined ? {} : { finished: options.finished }),
    });
  }

  /** Names of the meters that it listens to. */
  get meters(): Iterable<string> {
    return this.#options.meters.keys();
  }

  /** Starts every adapter and looks at what is due again and again. Returns at once: sources may be away for long. */
  start(): void {
    for (const adapter of this.#options.adapters) {
      void adapter.start(this.sink, this.#report).catch((error: unknown) => {
        this.#report(asServiceError(error, "LINK_DOWN", "adapter", "mend its configuration and start again."));
      });
    }
    this.#schedule(0);
  }

  /** Stops the adapters, finishes the step that is running and closes the queue. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#options.adapters.map((adapter) => adapter.stop()));
    await this.#running;
    this.queue.close();
  }

  /** Where adapters put samples; for sources of your own too. */
  readonly sink: Sink = async (sample) => {
    const { probe } = this.#options;
    this.counters.add("samples_received");
    probe?.("received");
    try {
      const kept = await this.#ingest.keep(sample);
      this.counters.add(`samples_${kept}`);
      this.#storeError = undefined;
      if (kept !== "held") {
        this.#lastSample = this.#clock();
        this.#lastSamples.set(sample.meter, sample.at);
      }
      probe?.("stored");
      return kept;
    } catch (error) {
      if (isServiceError(error) && error.retry) this.#storeError = error;
      throw error;
    }
  };

  /** Makes, signs and hands over whatever is due. Does not throw: what fails is reported and tried at the next step. */
  async step(): Promise<void> {
    const now = this.#clock();
    let made = 0;
    let gaps = 0;
    void this.#askChain(now);
    await this.#guard(undefined, () => {
      const released = this.#holding.release();
      if (released > 0) this.counters.add("samples_kept", released);
    });
    for (const member of this.#options.members) {
      if (made >= MOST_READINGS) break;
      const failed = await this.#guard(member.meter, async () => {
        const more = await this.#maker.make(member, now);
        if (more > 0) this.#made("readings_made", more);
        made += more;
      });
      if (failed?.code === "READING_HAS_GAPS") gaps += 1;
    }
    this.withGaps = gaps;
    await this.#guard(undefined, () => this.#courier.run("reading", now));
    for (const member of this.#options.traders ?? []) {
      await this.#guard(member.meter, async () => {
        const strips = (await this.#bidder?.bid(member, now)) ?? 0;
        if (strips > 0) this.#made("strips_made", strips);
      });
    }
    await this.#guard(undefined, () => this.#courier.run("strip", now));
    await this.#guard(undefined, () => {
      this.#listRefusals();
      this.#prune();
    });
  }

  /**
   * Goes on with a new meter's registers where the old one's ended.
   * @throws GatewayError
   */
  swap(swap: Swap): void {
    this.queue.transaction(() => {
      this.#intake.swap(swap);
    });
  }

  /**
   * Forgets a refused reading or strip, so that it is made again once its cause is mended.
   * @returns Whether there was one.
   */
  forgetRefused(key: Parameters<Queue["outbox"]["forget"]>[0]): boolean {
    return this.queue.transaction(() => this.queue.outbox.forget(key));
  }

  health(): Health {
    const open = this.queue.outbox.counts().filter(({ state }) => state === "made" || state === "signed");
    return {
      storeWorks: this.#storeError === undefined,
      storeError: this.#storeError,
      waiting: open.reduce((sum, { count }) => sum + count, 0n),
      lastSample: this.#lastSample,
    };
  }

  #schedule(wait: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.step().finally(() => {
        this.#schedule(this.#options.every ?? EVERY);
      });
    }, wait);
  }

  /** Beside everything else: a node that does not answer holds up nothing. */
  async #askChain(now: Seconds): Promise<void> {
    const { chainTime } = this.#options;
    if (chainTime === undefined || (now >= this.#askedChain && now < this.#askedChain + CHAIN_TIME_EVERY)) return;
    this.#askedChain = now;
    try {
      this.#time.hear(await chainTime());
    } catch {
      // Whoever needs the node says so; its time is a help.
      return;
    }
    const { behind } = this.#time;
    if (behind <= BEHIND_TOLERANCE) return;
    const text = `it is ${behind} s behind the chain's latest block. Set it: check the gateway's NTP.`;
    this.#report(new GatewayError("OWN_CLOCK_BEHIND", "the gateway's clock", this.#time.now, text));
  }

  #made(counter: "readings_made" | "strips_made", count: number): void {
    this.counters.add(counter, count);
    this.#options.probe?.("made");
  }

  /** One member's trouble is reported and stops nobody else. */
  async #guard(meter: string | undefined, work: () => void | Promise<void>): Promise<ServiceError | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      const named = asServiceError(error, "STEP_FAILED", meter ?? "queue", "it is tried again at the next step.");
      this.#report(named, meter);
      return named;
    }
  }

  readonly #report: Report = (error, meter) => {
    this.counters.add(`refused.${error.code}`);
    this.#options.report?.(error, meter);
    if (error.retry) {
      this.#storeError = error;
      return;
    }
    const { code, message } = error;
    if (this.#refusals.length === MOST_REFUSALS) return;
    this.#refusals.push({ at: this.#clock(), code, message, ...(meter === undefined ? {} : { meter }) });
  };

  /** Together, and seconds later: whoever floods the gateway with bad messages must not make it sync the disk for each. */
  #listRefusals(): void {
    const refusals = this.#refusals.splice(0);
    if (refusals.length === 0) return;
    this.queue.transaction(() => {
      for (const refusal of refusals) this.queue.refusals.add(refusal);
    });
  }

  /** By the chain's time too: a clock that is years ahead would make everything stale. */
  #prune(): void {
    const { earliest: now, hasHeard } = this.#time;
    // A clock that was never set begins in 1970: nothing is older than that.
    if (now < STALE || (this.#options.chainTime !== undefined && !hasHeard)) return;
    if (now >= this.#pruned && now < this.#pruned + PRUNE_EVERY) return;
    this.#pruned = now;
    const before = asSeconds(now - (this.#options.retention ?? RETENTION));
    const samplesBefore = asSeconds(now - SAMPLE_RETENTION);
    const stale = asSeconds(now - STALE);
    this.queue.transaction(() => {
      this.#holding.expire();
      for (const name of this.#options.meters.keys()) {
        const meter = this.queue.meters.idOf(name);
        // What no reading has used is kept for as long as a reading could still use it.
        const used = this.queue.meters.frozen(meter);
        const until = used > stale ? used : stale;
        const unused = before < until ? before : until;
        this.queue.samples.prune(meter, samplesBefore > before ? samplesBefore : before, until);
        this.queue.samples.pruneBreaks(meter, unused);
        this.queue.slots.prune(meter, unused);
      }
      this.queue.outbox.prune(KEPT_PERIODS);
    });
  }
}

function signerKey({ kind, community, member }: Pick<OutboxItem, "kind" | "community" | "member">): string {
  return `${kind} ${memberKey({ community }, member)}`;
}

function signersOf(members: readonly MeteredMember[], traders: readonly TradingMember[]): ReadonlyMap<string, Signing> {
  const keyOf = (kind: OutboxItem["kind"], { community: { community }, member }: MeteredMember) =>
    signerKey({ kind, community, member });
  return new Map([
    ...members.map((each) => [keyOf("reading", each), { community: each.community, signer: each.meterKey }] as const),
    ...traders.map((each) => [keyOf("strip", each), { community: each.community, signer: each.tradingKey }] as const),
  ]);
}
