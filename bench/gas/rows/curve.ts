/** One more entry in each slot of a strip: the difference between strips with one and with two. */
import { SLOTS } from "../homes.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { RowSource } from "./source.ts";

/** So that both fit one call, and all tick words are in use already. */
const HOMES = 40;

export const curve: RowSource = {
  name: "curve",
  needs: () => HOMES,
  async measure({ world: { ticks }, day }) {
    const one = await day(HOMES, 1);
    const two = await day(HOMES, 2);
    // Otherwise the difference would be of calls, too.
    if (one.place.length !== two.place.length || one.settle.length !== two.settle.length) return [];
    const unit = { homes: HOMES, ticks, per: "entry", units: HOMES * SLOTS };
    return [
      { operation: OP.placeCurve, ...unit, calls: two.place, minus: one.place },
      { operation: OP.settleCurve, ...unit, calls: two.settle, minus: one.settle },
    ];
  },
};
