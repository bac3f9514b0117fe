/** Clears, shares and settles what is due, from chain data alone: anyone can run one, and any number of them. */
import {
  asPeriod,
  asSeconds,
  faultOf,
  isRevert,
  isWattbookError,
  periodAt,
  ringLength,
  type CommunityIndex,
  type EstimateItem,
  type LogReader,
  type Period,
  type Seconds,
  type Terms,
  type UnsignedCall,
  type Wattbook,
} from "@wattbook/sdk";
import { isFinal, type Sender } from "../chain/sender.ts";
import { dueIn, type PeriodFacts } from "./due.ts";
import { partsOf, type CallLimits, type Part } from "./parts.ts";
import { sharingParts, type SharingTask } from "./sharing.ts";

/** What a keeper needs. */
export interface KeeperOptions {
  readonly wattbook: Wattbook;
  readonly community: CommunityIndex;
  readonly sender: Sender;
  /** The account that sends: calls are tried in its name first. */
  readonly account: string;
  /** The community's logs, kept between passes. */
  readonly logs: LogReader;
  /** Seconds to leave what is due to others first; 0 if left out. Several keepers with different ones rarely send the same. */
  readonly delay?: bigint;
  readonly limits?: Partial<Record<Task, CallLimits>>;
}

/** What a keeper does: clear where members order, join, count and share where their meters decide; settle and estimate in both. */
export type Task = "clear" | SharingTask;

/** Items per call as in `docs/how-it-works.md`, "What fits a call". */
const LIMITS: Readonly<Record<Task, CallLimits>> = {
  clear: { items: 48, bytes: 120_000 },
  join: { items: 200, bytes: 120_000 },
  count: { items: 60, bytes: 100_000 },
  share: { items: 60, bytes: 120_000 },
  settle: { items: 60, bytes: 120_000 },
  estimate: { items: 60, bytes: 120_000 },
};

/** What a pass found. */
export interface Pass {
  /** Keys of the jobs that it submitted. */
  readonly submitted: readonly string[];
  /** Items that are due and of which the chain would take none now, by task and period: something else has to come first. */
  readonly waiting: readonly { readonly task: Task; readonly period: Period; readonly items: number }[];
}

/**
 * Looks at the chain and submits what is due. Nothing is kept but what the logs and the outbox say: a keeper that starts anew goes on
 * where another stopped. What others do meanwhile is passed over by the contracts, and mostly found out beforehand.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #terms: Terms | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** One look. Jobs that it submits are sent by the sender's next `tick`. */
  async pass(): Promise<Pass> {
    const { wattbook, community, delay = 0n } = this.#options;
    this.#terms ??= await wattbook.registry.terms(community);
    const terms = this.#terms;
    const block = await wattbook.provider.getBlock("latest");
    const now = BigInt(block?.timestamp ?? 0) - delay;
    const logs = await this.#options.logs.snapshot();
    const submitted: string[] = [];
    const waiting: Pass["waiting"][number][] = [];
    for (const period of periodsFrom(terms, now)) {
      const { parts, estimate } = await this.#workIn(terms, period, asSeconds(now), logs);
      for (const task of TASKS) {
        const { keys, idle } = await this.#submit(task, period, parts[task] ?? []);
        submitted.push(...keys);
        if (idle > 0) waiting.push({ task, period, items: idle });
        // In the outbox they belong to the period that waits for them: an earlier one may have left the ring.
        if (task === "estimate" && idle > 0 && keys.length === 0) {
          const before = await this.#earlierParts(period, estimate);
          submitted.push(...(await this.#submit(task, period, before)).keys);
        }
      }
    }
    this.#forget(periodsFrom(terms, now)[0] ?? asPeriod(0n));
    return { submitted, waiting };
  }

  /** Jobs of periods that have left the ring are of no use any more. */
  #forget(oldest: Period): void {
    const { community, sender } = this.#options;
    for (const task of TASKS) {
      const prefix = `${task}:${community}:`;
      const old = sender.jobs(prefix).filter(({ key }) => BigInt(key.slice(prefix.length).split(":")[0] ?? 0) < oldest);
      if (old.length > 0) sender.forget(old.map(({ key }) => key));
    }
  }

  /** What is due in a period, as calls, and the estimates among it. */
  async #workIn(
    terms: Terms,
    period: Period,
    now: Seconds,
    logs: LogReader,
  ): Promise<{ parts: Partial<Record<Task, Part[]>>; estimate: readonly EstimateItem[] }> {
    const { wattbook, community, limits } = this.#options;
    if (logs.mode !== "orders") {
      return sharingParts({ wattbook, community, terms, period, now }, logs, { ...LIMITS, ...limits });
    }
    const due = dueIn(terms, period, now, await factsOf(logs, period));
    return { parts: this.#partsOf(period, due), estimate: due.estimate };
  }

  #partsOf(period: Period, due: ReturnType<typeof dueIn>): Partial<Record<Task, Part[]>> {
    const { wattbook, community, limits } = this.#options;
    const { calls } = wattbook.settlement;
    const { clear } = wattbook.market.calls; // the same call in both order books
    const book = this.#options.logs.market;
    const fit = { ...LIMITS, ...limits };
    return {
      clear: partsOf(due.clear, (slots) => ({ ...clear(community, slots), to: book }), fit.clear),
      settle: partsOf(due.settle, (items) => calls.settle(community, period, items), fit.settle),
      estimate: partsOf(due.estimate, (items) => calls.settleEstimated(community, period, items), fit.estimate),
    };
  }

  /**
   * Estimates that have to come first, of members without orders in those periods: each one's first period that is neither read nor
   * estimated. Left alone, it would keep the later period from being settled, and in the end its place in the ring from everybody.
   */
  async #earlierParts(period: Period, items: readonly EstimateItem[]): Promise<Part[]> {
    const { wattbook, community, limits } = this.#options;
    const { settlement } = wattbook;
    const fit = { ...LIMITS.estimate, ...limits?.estimate };
    const missing = new Map<Period, EstimateItem[]>();
    for (const { member } of items) {
      const { gapEnd } = await settlement.meter(community, member);
      if (gapEnd < period) missing.set(gapEnd, [...(missing.get(gapEnd) ?? []), { member, records: [] }]);
    }
    return [...missing].flatMap(([each, some]) =>
      partsOf(some, (part) => settlement.calls.settleEstimated(community, each, part), fit),
    );
  }

  /** Submits the calls of which the chain would take something, unless earlier ones of the kind are on their way. */
  async #submit(task: Task, period: Period, parts: readonly Part[]): Promise<{ keys: string[]; idle: number }> {
    const prefix = `${task}:${this.#options.community}:${period}:`;
    const earlier = this.#options.sender.jobs(prefix);
    if (parts.length === 0 || earlier.some((job) => !isFinal(job))) return { keys: [], idle: 0 };
    const keys: string[] = [];
    let idle = 0;
    const left = [...parts];
    for (let part = left.shift(); part !== undefined; part = left.shift()) {
      const { call, items } = part;
      const answer = await this.#wouldTake(call);
      if (answer === "too large") left.unshift(...part.halves());
      if (answer === "nothing" || (answer === "too large" && items === 1)) idle += items;
      if (answer !== "something") continue;
      const key = `${prefix}${earlier.length + keys.length}`;
      this.#options.sender.submit({ key, call });
      keys.push(key);
    }
    return { keys, idle };
  }

  /** What the chain would make of a call now. One that it refuses must not keep others from being sent. */
  async #wouldTake({ to, data }: UnsignedCall): Promise<"something" | "nothing" | "too large"> {
    const { wattbook, account: from } = this.#options;
    try {
      const taken = await wattbook.provider.call({ from, to, data });
      // What answers nothing at all, such as the settlement of a chunk, does it or reverts.
      if (taken !== "0x" && BigInt(taken) === 0n) return "nothing";
      return (await wattbook.provider.estimateGas({ from, to, data })) > MOST_ESTIMATE ? "too large" : "something";
    } catch (thrown) {
      const fault = faultOf(thrown);
      // Nodes say that a call needs more than a transaction has in many ways, but refuse it all.
      if (isWattbookError(fault, "RPC_REFUSED") || isRevert(fault, "ChunkTooDear")) return "too large";
      if (isWattbookError(fault, "CONTRACT_REVERTED")) return "nothing";
      throw thrown;
    }
  }
}

/** Gas that a call may take as estimated: an eighth below the largest limit of a transaction (EIP-7825). */
const MOST_ESTIMATE = ((1n << 24n) * 7n) / 8n;

const TASKS: readonly Task[] = ["clear", "join", "count", "share", "settle", "estimate"];

/** Periods that can have something due: those in the ring, and those that are traded ahead. */
function periodsFrom(terms: Terms, now: bigint): Period[] {
  const current = periodAt(terms, asSeconds(now));
  const oldest = current - ringLength(terms);
  const first = oldest < 0n ? 0n : oldest;
  return Array.from({ length: Number(current + terms.horizon - first + 1n) }, (_, k) => asPeriod(first + BigInt(k)));
}

async function factsOf(logs: LogReader, period: Period): Promise<PeriodFacts> {
  return {
    journals: await logs.journals(period),
    readings: await logs.readings(period),
    settled: await logs.settled(period),
    cleared: await logs.cleared(period),
  };
}
