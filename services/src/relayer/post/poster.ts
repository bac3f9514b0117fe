/** Brings strips on chain before their gates close. */
import {
  asCommunity,
  asPeriod,
  type ChunkLimits,
  isWattbookError,
  type MarketClient,
  type UnsignedCall,
} from "@wattbook/sdk";
import type { Node, Sender } from "../../chain/index.ts";
import { isServiceError } from "../../errors.ts";
import { atOnce, type Store } from "../../store/open.ts";
import { Refusal } from "../refusal.ts";
import type { CommunityView } from "../chain/view.ts";
import type { Batches } from "../store/batches.ts";
import type { Facts } from "../store/facts.ts";
import { signedOf, type StripRow, type Strips } from "../store/strips.ts";
import type { StripDesk } from "../strips/desk.ts";
import { estimated, type Fitting, fitting, TARGET_GAS } from "./fit.ts";
import { byPeriod, callsOf, firstOfMembers, limitsOf, measured } from "./plan.ts";

/** A community that is served. */
export interface Served {
  readonly view: CommunityView;
  readonly desk: StripDesk;
}

/** What posting needs. */
export interface PosterParts {
  readonly node: Node;
  readonly account: string;
  readonly store: Store;
  readonly sender: Sender;
  readonly strips: Strips;
  readonly batches: Batches;
  readonly facts: Facts;
  readonly market: MarketClient;
  readonly served: ReadonlyMap<number, Served>;
  /** Seconds before a strip's first gate from which on it is posted. */
  readonly lead: number;
  /** Told of a strip that cannot be posted at the moment. */
  readonly late: (row: StripRow, reason: string) => void;
  /** A call is on disk. */
  readonly planned: (key: string) => void;
}

/** Milliseconds before a period is planned again whose calls were refused. */
const AGAIN = 5_000;

/** Calls whose gas is estimated at the same time. */
const AT_ONCE = 8;

/** Plans calls for strips whose gate is near. */
export class Poster {
  readonly #parts: PosterParts;
  /** When to plan again what was refused, milliseconds of this process, by community and period. */
  readonly #again = new Map<string, number>();

  constructor(parts: PosterParts) {
    this.#parts = parts;
  }

  /** Plans what is due. @throws Faults of the node, and of the file */
  async plan(): Promise<void> {
    for (const rows of byPeriod(this.#due())) {
      const [{ community, period } = { community: 0, period: 0 }] = rows;
      const name = `${community}:${period}`;
      if ((this.#again.get(name) ?? 0) > performance.now()) continue;
      try {
        await this.#planPeriod(community, period, rows);
        this.#again.delete(name);
      } catch (error) {
        if (!isWattbookError(error, "CONTRACT_REVERTED")) throw error;
        this.#again.set(name, performance.now() + AGAIN);
        for (const row of rows) this.#parts.late(row, error.message);
      }
    }
  }

  #due(): StripRow[] {
    const { served, strips, lead } = this.#parts;
    return [...served].flatMap(([community, { view }]) => {
      const now = Number(view.now());
      return firstOfMembers(strips.due(community, now + lead, now));
    });
  }

  async #planPeriod(community: number, period: number, rows: readonly StripRow[]): Promise<void> {
    const { node, account, facts, served, market } = this.#parts;
    const { view, desk } = served.get(community) as Served;
    const ready = await this.#ready(desk, rows);
    const planned = limitsOf(view.terms, period, facts.firstPeriod(view.community));
    const build = (some: readonly StripRow[]): UnsignedCall =>
      market.calls.post(asCommunity(BigInt(community)), asPeriod(BigInt(period)), some.map(signedOf));
    const unfit = (row: StripRow) => {
      this.#parts.late(row, "No transaction can hold it: hand in shorter strips.");
    };
    const calls = callsOf(ready, await this.#measured(ready, planned, build));
    for (let from = 0; from < calls.length; from += AT_ONCE) {
      const some = calls.slice(from, from + AT_ONCE);
      const fits = await Promise.all(some.map((each) => fitting(node, each, { from: account, build, unfit })));
      for (const fit of fits.flat()) this.#keep(community, period, fit);
    }
  }

  /** Where there is more than one call the first one tells how much they can really hold. */
  async #measured(
    rows: readonly StripRow[],
    limits: ChunkLimits,
    build: (some: readonly StripRow[]) => UnsignedCall,
  ): Promise<ChunkLimits> {
    const { node, account } = this.#parts;
    const [first, second] = callsOf(rows, limits);
    if (first === undefined || second === undefined) return limits;
    const gas = await estimated(node, account, build(first));
    return gas === null ? limits : measured(limits, gas, TARGET_GAS);
  }

  /** Those that the contract would take now. The others wait: a deposit may still come. */
  async #ready(desk: StripDesk, rows: readonly StripRow[]): Promise<StripRow[]> {
    const checked = await Promise.all(
      rows.map(async (row) => {
        try {
          await desk.recheck(row);
          return [row];
        } catch (error) {
          if (!isServiceError(error)) throw error;
          // Its member can ask why, and mend it before the gate.
          if (error instanceof Refusal) this.#parts.strips.waits(row.digest, error.detail.reason);
          this.#parts.late(row, error.message);
          return [];
        }
      }),
    );
    return checked.flat();
  }

  /** Writes a call down, and that these strips are in it. */
  #keep(community: number, period: number, { items, call, gas }: Fitting<StripRow>): void {
    const { store, batches, strips, sender, planned } = this.#parts;
    const expires = Math.max(...items.map(({ closes }) => closes));
    const key = batches.nextKey({ kind: "post", community, period }, (taken) => sender.job(taken) !== undefined);
    const batch = {
      key,
      kind: "post",
      community,
      period,
      expires,
      gas: String(gas),
      target: call.to,
      data: call.data,
    } as const;
    const keep = () => {
      // One may have been withdrawn, or posted by somebody else, since it was looked at: then all are planned anew.
      if (items.some(({ digest }) => !strips.isFree(digest))) return false;
      batches.add(batch, items);
      for (const { digest } of items) strips.assign(digest, key);
      return true;
    };
    if (atOnce(store, keep)) planned(key);
  }
}
