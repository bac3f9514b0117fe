/** What homes order and what their meters count: the same in every run. */
import type { Entry, HomeKeys } from "../../test/helpers/market.ts";
import type { Counted } from "./market.ts";

export const SLOTS = 96;
export const ALL_SLOTS = Array.from({ length: SLOTS }, (_, slot) => slot);

const CAP = { own: 125, other: 5 };

/** A further entry lies so many ticks from the one before, all around the grid. */
const CURVE_STEP = 5;
/** Lots of an entry: from the least, over so many. */
const LOTS = { least: 10, span: 30 };

/**
 * Even members buy, odd ones sell, `steps` entries per slot, spread over the ticks so that sixty homes touch every tick word of
 * every slot; in every slot there is something to trade. Lots differ from day to day: a word that is written with what it holds
 * already would cost less.
 */
export function entriesOf(
  { member }: Pick<HomeKeys, "member">,
  day: number,
  ticks: number,
  slots = ALL_SLOTS,
  steps = 1,
): Entry[] {
  const side = member % 2 === 0 ? "buy" : "sell";
  return slots.flatMap((slot) =>
    Array.from({ length: steps }, (_, step) => (member * 7 + slot * 3 + step * CURVE_STEP) % ticks)
      .sort((a, b) => a - b)
      .map((tick) => ({ slot, side, tick, lots: LOTS.least + ((member + slot + day) % LOTS.span) })),
  );
}

/** Lots per slot and side; a thousand homes together fit a tick of 16 bits. */
export const capsOf = (member: number) =>
  member % 2 === 0 ? { buyCap: CAP.own, sellCap: CAP.other } : { buyCap: CAP.other, sellCap: CAP.own };

/** Wh of a member in each slot of any period. */
function valuesOf({ member }: HomeKeys): [imported: number, exported: number][] {
  return ALL_SLOTS.map((slot) => (member % 2 === 0 ? [100 + slot, 0] : [0, 150 + ((slot * 7) % 90)]));
}

/** A reading after `periods` earlier ones. */
export function countedBy(home: HomeKeys, periods: number): Counted {
  const values = valuesOf(home);
  const before = (index: 0 | 1) => BigInt(periods) * values.reduce((sum, value) => sum + BigInt(value[index]), 0n);
  return { values, startImport: before(0), startExport: before(1) };
}
