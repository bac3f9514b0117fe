/** Tells listeners of gates that are about to close. */
import {
  type CommunityIndex,
  gateOf,
  periodAt,
  type Seconds,
  type Slot,
  slotAt,
  slotsOf,
  type Terms,
} from "@wattbook/sdk";
import type { Bus } from "./bus.ts";

/** Watches the gates of one community. */
export class Gates {
  readonly #bus: Bus;
  readonly #lead: bigint;
  #told: Seconds | null = null;

  /** @param lead Seconds before a gate at which listeners are told. */
  constructor(bus: Bus, lead: number) {
    this.#bus = bus;
    this.#lead = BigInt(lead);
  }

  /** Tells of each gate once. */
  look(community: CommunityIndex, terms: Terms, now: Seconds): void {
    const from = this.#told ?? now;
    this.#told = now;
    if (now <= from) return;
    for (const slot of slotsBetween(terms, from, now, this.#lead)) {
      const gate = gateOf(terms, slot);
      if (gate - this.#lead <= from || gate - this.#lead > now) continue;
      this.#bus.tell({ type: "closing", community: String(community), slot: String(slot), gate: String(gate) });
    }
  }
}

/** Slots whose gates may lie `lead` seconds behind a time between `from` and `to`; the first of each period where all share a gate. */
function slotsBetween(terms: Terms, from: Seconds, to: Seconds, lead: bigint): Slot[] {
  const first = (from + lead + terms.gateClosure) as Seconds;
  const last = (to + lead + terms.gateClosure) as Seconds;
  if (terms.revealWindow !== 0n) {
    return [periodAt(terms, first), periodAt(terms, last)].flatMap((period) => slotsOf(terms, period).slice(0, 1));
  }
  const slots: Slot[] = [];
  for (let slot = slotAt(terms, first); slot <= slotAt(terms, last); slot++) slots.push(slot);
  return slots;
}
