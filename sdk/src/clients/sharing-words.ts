/** What `EnergySharing` packs into words and bytes. */
import type { Hex } from "../hex.ts";
import { digitsOf, uintAt } from "../internal/words.ts";
import type { KeptBudget } from "../sharing/due.ts";
import { asAmount, asMember, asPeriod } from "../units.ts";
import type { MemberIndex } from "../units.ts";

/** `| budget 48 | first 32 | last 32 | epoch 32 | sequence 32 |`, low bit first. */
export function unpackBudget(word: bigint): KeptBudget {
  const field = (shift: bigint, bits: number) => BigInt.asUintN(bits, word >> shift);
  return {
    budget: asAmount(field(0n, 48)),
    firstPeriod: asPeriod(field(48n, 32)),
    lastPeriod: asPeriod(field(80n, 32)),
    epoch: field(112n, 32),
    sequence: field(144n, 32),
  };
}

const MEMBER_BYTES = 4;

/** Four bytes each. */
export function unpackMembers(bytes: Hex): MemberIndex[] {
  const digits = digitsOf(bytes);
  const count = digits.length / (2 * MEMBER_BYTES);
  return Array.from({ length: count }, (_, index) => asMember(uintAt(digits, MEMBER_BYTES * index, MEMBER_BYTES)));
}
