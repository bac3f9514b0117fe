/** Settles periods that are over, with the readings that the relayer has. */
import {
  asCommunity,
  asPeriod,
  asSlot,
  correctionsUntil,
  estimatesFrom,
  isWattbookError,
  periodEnd,
  type SettlementClient,
  type Terms,
  type UnsignedCall,
} from "@wattbook/sdk";
import type { Node, Sender } from "../../chain/index.ts";
import { atOnce, type Store } from "../../store/open.ts";
import type { CommunityView } from "../chain/view.ts";
import { fitting, gasFor } from "../post/fit.ts";
import { byPeriod } from "../post/plan.ts";
import type { Batches, BatchKind } from "../store/batches.ts";
import type { Facts } from "../store/facts.ts";
import type { ReadingRow, Readings } from "../store/readings.ts";
import type { Correction, Corrections } from "./corrections.ts";
import { type Candidate, candidateOf, entriesOf, meteredItem, settleItem, whoseOf } from "./items.ts";
import type { MeterModule } from "./meter-module.ts";
import { isFrozen, MeterPlans } from "./meter-plans.ts";

/** What settling needs. */
export interface SettlerParts {
  readonly node: Node;
  readonly account: string;
  readonly store: Store;
  readonly sender: Sender;
  readonly readings: Readings;
  readonly batches: Batches;
  readonly facts: Facts;
  readonly settlement: SettlementClient;
  readonly corrections: Corrections;
  readonly served: ReadonlyMap<number, { readonly view: CommunityView }>;
  /** Seconds after a period's end from which on readings are handed in without settling where slots are not clear. */
  readonly patience: number;
  /** A call is on disk. */
  readonly planned: (key: string) => void;
  /** Told of what cannot be sent at the moment. */
  readonly late: (row: ReadingRow, reason: string) => void;
}

/** Members per call: 75 with a strip each fit. */
const MOST_MEMBERS = 60;
/** Entries per call; a member with 2,048 takes half of the gas. */
const MOST_ENTRIES = 5_760;
/** Milliseconds before a period is planned again whose calls were refused. */
const AGAIN = 5_000;

/** Plans calls for readings. */
export class Settler {
  readonly #parts: SettlerParts;
  readonly #plans: MeterPlans;
  readonly #again = new Map<string, number>();

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    this.#plans = new MeterPlans(parts.facts);
  }

  /** Plans what is due. @throws Faults of the node, and of the file */
  async plan(): Promise<void> {
    for (const rows of byPeriod(this.#parts.readings.next())) {
      const late = rows.filter((row) => this.#parts.facts.isEstimated(whoseOf(row)));
      await this.#planPeriod(
        rows.filter((row) => !late.includes(row)),
        "settle",
      );
      await this.#planPeriod(late, "correct");
    }
    for (const rows of byPeriod(this.#parts.readings.toClose())) await this.#planPeriod(rows, "close");
  }

  async #planPeriod(rows: readonly ReadingRow[], kind: "settle" | "close" | "correct"): Promise<void> {
    const [{ community, period } = { community: -1, period: 0 }] = rows;
    const view = this.#parts.served.get(community)?.view;
    const name = `${kind}:${community}:${period}`;
    if (view === undefined || (this.#again.get(name) ?? 0) > performance.now()) return;
    try {
      const candidates = this.#candidates(view, rows);
      if (view.module !== null && kind !== "correct") {
        // A chunk is settled by whoever has all of it: keepers close what was metered.
        if (kind === "settle") await this.#trade(view, view.module, candidates);
        return;
      }
      if (kind === "correct") {
        await this.#correct(view, candidates);
        return;
      }
      const clear = candidates.filter((candidate) => candidate.clear);
      await this.#send(view.terms, kind, clear);
      if (kind === "settle" && this.#mustMeter(view, period)) {
        await this.#send(
          view.terms,
          "meter",
          candidates.filter((candidate) => !candidate.clear),
        );
      }
      this.#again.delete(name);
    } catch (error) {
      if (!isWattbookError(error, "CONTRACT_REVERTED")) throw error;
      this.#again.set(name, performance.now() + AGAIN);
      for (const row of rows) this.#parts.late(row, error.message);
    }
  }

  /** Readings of a community that does not bid, through its module. */
  async #trade(view: CommunityView, module: MeterModule, candidates: readonly Candidate[]): Promise<void> {
    const { node, account, late } = this.#parts;
    const [{ row } = { row: undefined }] = candidates;
    if (row === undefined) return;
    const { terms } = view;
    const period = asPeriod(BigInt(row.period));
    const due = this.#mustMeter(view, row.period);
    const { plain, together, apart, waiting } = await this.#plans.of(view, module, candidates, due);
    for (const each of waiting) late(each.row, "It waits for readings of others, or for the settlement delay.");
    await this.#send(terms, "settle", plain);
    await this.#send(terms, "meter", apart, module);
    if (together.length === 0) return;
    const items = together.map((candidate) => meteredItem(terms, candidate));
    const call = module.meterAndSettle(period, items);
    const gas = await gasFor(node, account, call).catch((error: unknown) => {
      // One that is refused keeps the others from being settled like this: so does what comes too early.
      if (due && isWattbookError(error, "CONTRACT_REVERTED")) return null;
      throw error;
    });
    if (gas !== null) this.#keep("settle", together, { call, gas, expires: NEVER });
    else if (isFrozen(view, period)) await this.#send(terms, "settle", together);
    // No transaction holds them all, or it is refused and there is no time left: nobody is waited for.
    else await this.#send(terms, "meter", together, module);
  }

  #candidates({ terms, module }: CommunityView, rows: readonly ReadingRow[]): Candidate[] {
    const { facts } = this.#parts;
    if (module !== null) return rows.map((row) => ({ row, records: facts.records(whoseOf(row)), clear: true }));
    const [{ community, period } = { community: 0, period: 0 }] = rows;
    const from = asSlot(BigInt(period) * terms.slotsPerPeriod);
    const to = asSlot(from + terms.slotsPerPeriod);
    const cleared = facts.clearedBetween(asCommunity(BigInt(community)), from, to);
    return rows.map((row) => candidateOf(terms, facts, row, cleared));
  }

  /** Whether a reading should be on chain even if it cannot be settled yet: before it would be estimated. */
  #mustMeter(view: CommunityView, period: number): boolean {
    const { terms } = view;
    const over = periodEnd(terms, asPeriod(BigInt(period)));
    const estimated = estimatesFrom(terms, asPeriod(BigInt(period)));
    const half = over + (estimated - over) / 2n;
    const due = over + BigInt(this.#parts.patience);
    return view.now() >= (due < half ? due : half);
  }

  /** Late readings take the place of estimates until the correction window ends. */
  async #correct(view: CommunityView, candidates: readonly Candidate[]): Promise<void> {
    const { node, account, settlement, readings, late, corrections } = this.#parts;
    const [{ row } = { row: undefined }] = candidates;
    if (row === undefined) return;
    const period = asPeriod(BigInt(row.period));
    const until = correctionsUntil(view.terms, period);
    if (view.now() >= until) {
      const { number } = await node.head();
      for (const each of candidates) readings.refuse(each.row.digest, "CorrectionOver", number);
      return;
    }
    const items = await corrections.of(view, candidates, late);
    const build = (some: readonly Correction[]): UnsignedCall =>
      settlement.calls.correct(
        view.community,
        period,
        some.map(({ item }) => item),
      );
    const unfit = ({ candidate }: Correction) => {
      late(candidate.row, "No transaction can hold it.");
    };
    for (let from = 0; from < items.length; from += MOST_MEMBERS) {
      const some = items.slice(from, from + MOST_MEMBERS);
      for (const { items: fits, call, gas } of await fitting(node, some, { from: account, build, unfit })) {
        this.#keep(
          "correct",
          fits.map(({ candidate }) => candidate),
          { call, gas, expires: Number(until) },
        );
      }
    }
  }

  /** @param module The module that readings go through, where they do not go to settlement. */
  async #send(
    terms: Terms,
    kind: BatchKind,
    candidates: readonly Candidate[],
    module: MeterModule | null = null,
  ): Promise<void> {
    const { node, account } = this.#parts;
    const build = (part: readonly Candidate[]) => this.#call(terms, kind, part, module);
    const unfit = ({ row }: Candidate) => {
      this.#parts.late(row, "No transaction can hold it with the member's records.");
    };
    for (const some of groupsOf(candidates)) {
      for (const { items, call, gas } of await fitting(node, some, { from: account, build, unfit })) {
        // A reading is of use however late it comes.
        this.#keep(kind, items, { call, gas, expires: NEVER });
      }
    }
  }

  #call(terms: Terms, kind: BatchKind, candidates: readonly Candidate[], module: MeterModule | null): UnsignedCall {
    const { settlement, facts } = this.#parts;
    const [{ row } = { row: undefined }] = candidates;
    const community = asCommunity(BigInt(row?.community ?? 0));
    const period = asPeriod(BigInt(row?.period ?? 0));
    if (kind === "close") {
      const items = candidates.map((candidate) => settleItem(terms, facts, candidate)).filter((item) => item !== null);
      return settlement.calls.settle(community, period, items);
    }
    const items = candidates.map((candidate) => meteredItem(terms, candidate));
    if (kind !== "meter") return settlement.calls.meterAndSettle(community, period, items);
    return module?.meter?.(period, items) ?? settlement.calls.meter(community, period, items);
  }

  #keep(
    kind: BatchKind,
    candidates: readonly Candidate[],
    { call, gas, expires }: { readonly call: UnsignedCall; readonly gas: bigint; readonly expires: number },
  ): void {
    const { store, batches, readings, sender, planned } = this.#parts;
    const rows = candidates.map(({ row }) => row);
    const [{ community, period } = { community: 0, period: 0 }] = rows;
    const key = batches.nextKey({ kind, community, period }, (taken) => sender.job(taken) !== undefined);
    const batch = { key, kind, community, period, target: call.to, data: call.data, gas: String(gas), expires };
    atOnce(store, () => {
      batches.add(batch, rows);
      for (const { digest } of rows) readings.assign(digest, key);
    });
    planned(key);
  }
}

/** Unix seconds that no chain reaches. */
const NEVER = 2 ** 40;

function groupsOf(candidates: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = [];
  let entries = MOST_ENTRIES;
  for (const candidate of candidates) {
    entries += entriesOf(candidate);
    const group = groups.at(-1);
    if (group === undefined || entries > MOST_ENTRIES || group.length === MOST_MEMBERS) {
      groups.push([candidate]);
      entries = entriesOf(candidate);
    } else group.push(candidate);
  }
  return groups;
}
