/** What `EnergySharing` packs into words and bytes. */
import type { Hex } from "../hex.ts";
import { NO_TICK } from "../sharing/standing-order.ts";
import { digitsOf, uintAt } from "../internal/words.ts";
import type { KeptBudget } from "../sharing/meter-due.ts";
import { asAmount, asMember, asPeriod, asPrice, asTick, asWh } from "../units.ts";
import type { MemberIndex, PricePerWh, Tick, Wh } from "../units.ts";

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

/** A standing order as it stands for a member of a metered auction; see `StandingOrder`. */
export interface KeptOrder extends KeptBudget {
  readonly buyTick: Tick | null;
  readonly sellTick: Tick | null;
}

/** The same, and behind it `| sell tick 8 | buy tick 8 |`. */
export function unpackStandingOrder(word: bigint): KeptOrder {
  const tickAt = (shift: bigint): Tick | null => {
    const tick = (word >> shift) & 0xffn;
    return tick === NO_TICK ? null : asTick(tick);
  };
  return { ...unpackBudget(word), sellTick: tickAt(176n), buyTick: tickAt(184n) };
}

/** A slot of a metered auction; null where nothing changed hands. */
export interface ClearedMeters {
  readonly marginalTick: Tick;
  readonly price: PricePerWh;
  readonly energy: Wh;
}

/** `| marginal tick 8 | price 16 | Wh 40 |`, low bit first, four slots a word, the first one highest. */
export function unpackClearedMeters(words: readonly bigint[]): (ClearedMeters | null)[] {
  return words.flatMap((word) =>
    [192n, 128n, 64n, 0n].map((shift) => {
      const slot = BigInt.asUintN(64, word >> shift);
      if (slot === 0n) return null;
      return {
        marginalTick: asTick(slot & 0xffn),
        price: asPrice((slot >> 8n) & 0xffffn),
        energy: asWh(slot >> 24n),
      };
    }),
  );
}

const MEMBER_BYTES = 4;

/** Four bytes each. */
export function unpackMembers(bytes: Hex): MemberIndex[] {
  const digits = digitsOf(bytes);
  const count = digits.length / (2 * MEMBER_BYTES);
  return Array.from({ length: count }, (_, index) => asMember(uintAt(digits, MEMBER_BYTES * index, MEMBER_BYTES)));
}
