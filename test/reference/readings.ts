import { at } from "./arrays.ts";
import { join, numbers, uint, type Hex } from "./bytes.ts";

/** What a meter counted in one slot, Wh. */
export interface Metered {
  imported: bigint;
  exported: bigint;
}

/** Import and export per slot, 3 bytes each. */
export function encodeValues(slots: readonly Metered[]): Hex {
  return join(slots.flatMap(({ imported, exported }) => [uint(imported, 3), uint(exported, 3)]));
}

export function decodeValues(values: Hex): Metered[] {
  const registers = numbers(values, 3);
  const slots: Metered[] = [];
  for (let i = 0; i < registers.length; i += 2) {
    slots.push({ imported: at(registers, i), exported: at(registers, i + 1) });
  }
  return slots;
}
