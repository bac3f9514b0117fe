/** How readings of a community that does not bid come on chain: through its module, which counts them on the way where it can. */
import {
  asCommunity,
  asPeriod,
  estimatesFrom,
  type MemberIndex,
  type Period,
  periodEnd,
  type Seconds,
} from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import type { Facts } from "../store/facts.ts";
import { type Candidate, whoseOf } from "./items.ts";
import type { MeterModule } from "./meter-module.ts";

/** What to do with the readings of a period now. */
export interface MeterPlan {
  /** Plain customers, and everybody who is too late for the totals: settlement needs nobody else's reading for them. */
  readonly plain: readonly Candidate[];
  /** Everybody who joined, where one call can meter, count and settle them all. */
  readonly together: readonly Candidate[];
  /** To be metered, and counted where the module does both; settling chunks is left to keepers. */
  readonly apart: readonly Candidate[];
  /** For the settlement delay, or for readings of others. */
  readonly waiting: readonly Candidate[];
}

const NOTHING: MeterPlan = { plain: [], together: [], apart: [], waiting: [] };

/** Decides when and how. */
export class MeterPlans {
  readonly #facts: Facts;
  /** Settlement delays by community and period: one that somebody joined keeps its own. */
  readonly #delays = new Map<string, Promise<Seconds>>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /**
   * @param due Whether readings have to be on chain now, before their members are estimated.
   * @throws Faults of the node
   */
  async of(
    view: CommunityView,
    module: MeterModule,
    candidates: readonly Candidate[],
    due: boolean,
  ): Promise<MeterPlan> {
    const [first] = candidates;
    if (first === undefined) return NOTHING;
    const { period } = whoseOf(first.row);
    // Who is not in the totals by then has no part, and the module counts nobody any more.
    if (isFrozen(view, period)) return { ...NOTHING, plain: candidates };
    const joined = this.#facts.traders(asCommunity(view.community), period);
    const isJoined = new Set<MemberIndex>(joined);
    const plain = candidates.filter(({ row }) => !isJoined.has(whoseOf(row).member));
    const traders = candidates.filter((candidate) => !plain.includes(candidate));
    const rest = { ...NOTHING, plain };
    if (traders.length === 0) return rest;
    const metered = joined.filter((member) => this.#isMetered(view, period, member));
    const complete = traders.length + metered.length === joined.length;
    const fits = joined.length <= module.mostTogether;
    if (!complete || metered.length > 0 || !fits) {
      // Nobody else is waited for, or there is no time left to wait.
      return complete || due ? { ...rest, apart: traders } : { ...rest, waiting: traders };
    }
    const over = periodEnd(view.terms, period) + (await this.#delayOf(view, module, period));
    if (view.now() >= over) return { ...rest, together: traders };
    return due ? { ...rest, apart: traders } : { ...rest, waiting: traders };
  }

  #isMetered({ community }: CommunityView, period: Period, member: MemberIndex): boolean {
    return this.#facts.meteredOf({ community, period, member }) !== undefined;
  }

  async #delayOf({ community }: CommunityView, module: MeterModule, period: Period): Promise<Seconds> {
    const name = (of: Period) => `${community}:${of}`;
    const known = this.#delays.get(name(period));
    if (known !== undefined) return known;
    const asked = module.delay(period);
    this.#delays.set(name(period), asked);
    asked.catch(() => this.#delays.delete(name(period)));
    this.#delays.delete(name(asPeriod(period - KEPT < 0n ? 0n : period - KEPT)));
    return asked;
  }
}

/** Whether no reading enters the totals of a period any more. */
export function isFrozen(view: CommunityView, period: Period): boolean {
  return view.now() >= estimatesFrom(view.terms, period) + MARGIN;
}

/** Seconds that the block which a call is tried on may be older than the chain's clock: it would be tried as one that is skipped. */
const MARGIN = 60n;

/** Periods whose delay is remembered. */
const KEPT = 64n;
