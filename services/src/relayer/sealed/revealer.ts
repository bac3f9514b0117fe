/** Reveals the chunks of a commit in its turn, one behind the other, and clears the period where nobody comes behind. */
import {
  asPeriod,
  asSlot,
  chunkAt,
  type SealedMarketClient,
  type SealedTimes,
  turnAt,
  type UnsignedCall,
} from "@wattbook/sdk";
import { MOST_GAS } from "../post/fit.ts";
import type { CommunityView } from "../chain/view.ts";
import type { Facts } from "../store/facts.ts";
import type { Volumes } from "../strips/volumes.ts";
import type { Bundle, Bundles } from "./bundles.ts";
import { type Calls, NEVER } from "./calls.ts";
import type { CommitRow } from "./rounds.ts";

/** What revealing needs. */
export interface RevealerParts {
  readonly view: CommunityView;
  readonly bundles: Bundles;
  readonly facts: Facts;
  /** What the order book holds. */
  readonly posted: Volumes;
  readonly market: SealedMarketClient;
  readonly calls: Calls;
}

/** The relayer's commit among those of its period. */
export interface Turn {
  readonly bundle: Bundle;
  readonly own: CommitRow;
  readonly round: readonly CommitRow[];
  readonly times: SealedTimes;
}

/** Chunks on their way at the same time. */
const AHEAD = 8;
/** Slots per call that clears. */
const SLOTS = 48;

/** Reveals for one community. */
export class Revealer {
  readonly #parts: RevealerParts;

  constructor(parts: RevealerParts) {
    this.#parts = parts;
  }

  /** Plans what is due at the gate and behind it. @throws Faults of the node, and of the file */
  async plan(turn: Turn): Promise<void> {
    const { own, round, times } = turn;
    const now = this.#parts.view.now();
    if (now < times.gate) return;
    const revealed = round.map((commit) => commit.revealed === commit.chunks);
    const place = turnAt(times, revealed, now);
    if (place === own.place) await this.#reveal(turn);
    // Whoever was the last to reveal clears what it left; anyone else may too, and keepers do.
    else if (place === undefined && revealed.lastIndexOf(true) === own.place) await this.#clear(turn);
  }

  async #reveal({ bundle, own, round, times }: Turn): Promise<void> {
    const { bundles, calls, market } = this.#parts;
    const { community, period } = bundle;
    const expires = Number(times.turnEnds[own.place]);
    const commit = bundles.commitOf(bundle);
    const clears = own.place === round.length - 1;
    for (let index = own.revealed; index < Math.min(own.chunks, own.revealed + AHEAD); index++) {
      const purpose = { kind: "reveal", community, period, of: index, expires } as const;
      const last = index === own.chunks - 1;
      const call = (clearing: boolean): UnsignedCall =>
        market.calls.reveal(commit, BigInt(own.place), chunkAt(commit, index), clearing);
      if (index === own.revealed) {
        if (calls.isBusy(purpose)) continue;
        // What the chain does not take now it does not take behind this one either.
        if (!(await calls.try(purpose, ...(last && clears ? [call(true)] : []), call(false)))) return;
        continue;
      }
      // Only once those before it are in an estimate can tell whether clearing fits; but the turn must not end over that.
      if (last && clears && !this.#isLate(own, times)) return;
      if (!calls.isBusy(purpose)) calls.keep(purpose, call(false), MOST_GAS);
    }
  }

  /** Whether half of a turn is over. */
  #isLate({ place }: CommitRow, { gate, turnEnds }: SealedTimes): boolean {
    const [start, end] = [turnEnds[place - 1] ?? gate, turnEnds[place] ?? gate];
    return this.#parts.view.now() >= (start + end) / 2n;
  }

  async #clear({ bundle }: Turn): Promise<void> {
    const { view, facts, posted, calls, market } = this.#parts;
    const { community, period } = bundle;
    const of = asPeriod(BigInt(period));
    const first = asSlot(of * view.terms.slotsPerPeriod);
    const cleared = facts.clearedBetween(view.community, first, asSlot(first + view.terms.slotsPerPeriod));
    const left = [...posted.offsets(of)].map((offset) => first + offset).filter((slot) => !cleared.has(slot));
    const slots = left.sort((a, b) => (a < b ? -1 : 1)).map((slot) => asSlot(slot));
    for (let from = 0; from < slots.length; from += SLOTS) {
      const some = slots.slice(from, from + SLOTS);
      const purpose = { kind: "clear", community, period, of: String(some[0]), expires: NEVER } as const;
      if (calls.isBusy(purpose)) continue;
      await calls.try(purpose, market.calls.clear(view.community, some));
    }
  }
}
