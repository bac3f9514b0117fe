import { at, sum } from "./arrays.ts";
import type { Hex } from "./bytes.ts";
import type { Clearing } from "./clearing.ts";
import { priceOf, type Grid } from "./community.ts";
import { fillOf } from "./fills.ts";
import type { Position } from "./journal.ts";
import { decodePayload } from "./payload.ts";

/** What a module says became of a member's records. Money in base units. */
export interface Answer {
  paid: bigint;
  received: bigint;
  position: Position[];
}

/** The order book's answer: `results[slot offset]` is undefined where the slot cleared without a trade. */
export function orderBookAnswer(
  grid: Grid,
  payloads: readonly Hex[],
  results: readonly (Clearing | undefined)[],
): Answer {
  const answer: Answer = { paid: 0n, received: 0n, position: results.map(() => ({ bought: 0n, sold: 0n })) };
  for (const { entry, prefix } of payloads.flatMap((payload) => decodePayload(payload, grid.wideTicks))) {
    const result = at(results, entry.slot);
    if (prefix === undefined || result === undefined) continue;
    const filledWh = fillOf(result, entry, prefix) * grid.lotWh;
    const amount = filledWh * priceOf(grid, result.priceTick);
    const position = at(answer.position, entry.slot);
    if (entry.side === "buy") {
      answer.paid += amount;
      position.bought += filledWh;
    } else {
      answer.received += amount;
      position.sold += filledWh;
    }
  }
  return answer;
}

/** Positions of several modules, added up slot by slot. */
export function addPositions(positions: readonly (readonly Position[])[], slots: bigint): Position[] {
  return Array.from({ length: Number(slots) }, (_, slot) => ({
    bought: sum(positions.map((position) => at(position, slot).bought)),
    sold: sum(positions.map((position) => at(position, slot).sold)),
  }));
}
