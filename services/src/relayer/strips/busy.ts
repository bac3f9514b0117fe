/** Slots whose place in the ring of books an older period still needs: `contracts/types/SlotGroup.sol` says how they share it. */
import { asPeriod, asSlot, type Period, type Terms } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import type { Facts } from "../store/facts.ts";
import type { Volumes } from "./volumes.ts";

/** Bits that a group has for its slots, beside its period. */
const GROUP_BITS = 224n;

/** Periods that books are kept for. */
export function bookRing({ horizon }: Pick<Terms, "horizon">): bigint {
  return horizon + 1n;
}

/** Slots in a row that share a word, and are taken over together. */
export function slotsInGroup({ tickCount, wideTicks }: Pick<Terms, "tickCount" | "wideTicks">): bigint {
  const ticksPerWord = wideTicks ? 8n : 16n;
  const words = 2n * ((tickCount + ticksPerWord - 1n) / ticksPerWord);
  return GROUP_BITS / (words + 1n);
}

/** Tells which slots take no orders until an older one was cleared; looked up once per block. */
export class BusySlots {
  readonly #view: CommunityView;
  readonly #facts: Facts;
  readonly #posted: Volumes;
  readonly #groups = new Map<Period, ReadonlySet<bigint>>();
  #block = -1;

  constructor(view: CommunityView, facts: Facts, posted: Volumes) {
    this.#view = view;
    this.#facts = facts;
    this.#posted = posted;
  }

  /** Whether a slot's place is taken. */
  has(period: Period, offset: bigint): boolean {
    if (this.#block !== this.#view.block) {
      this.#groups.clear();
      this.#block = this.#view.block;
    }
    const known = this.#groups.get(period) ?? this.#look(period);
    this.#groups.set(period, known);
    return known.has(offset / slotsInGroup(this.#view.terms));
  }

  #look(period: Period): ReadonlySet<bigint> {
    const { terms, community } = this.#view;
    const ring = bookRing(terms);
    if (period < ring) return new Set();
    const older = asPeriod(period - ring);
    const first = asSlot(older * terms.slotsPerPeriod);
    const cleared = this.#facts.clearedBetween(community, first, asSlot(first + terms.slotsPerPeriod));
    const waiting = [...this.#posted.offsets(older)].filter((offset) => !cleared.has(first + offset));
    return new Set(waiting.map((offset) => offset / slotsInGroup(terms)));
  }
}
