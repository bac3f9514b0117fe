/** What a member pays or gets of a slot, exact to the base unit whatever the fraction. */
import type { Fraction } from "./fraction.ts";

/**
 * A member's share of a slot's money: floor((C + q) p) - floor(C p) for q Wh behind C Wh of members before it. Over all members
 * the shares telescope to floor(total p): no dust, and none is more than a unit from q p.
 * @param before Wh of members before it, on the same side of the slot.
 * @param energy Wh.
 * @param price Base units per Wh.
 * @example shareDown(2n, 1n, { num: 1n, den: 3n }) // 1n: floor(3/3) - floor(2/3)
 */
export function shareDown(before: bigint, energy: bigint, { num, den }: Fraction): bigint {
  return ((before + energy) * num) / den - (before * num) / den;
}
