/** One more entry in each slot of a strip: the difference between strips with one and with two. */
import { dayOf } from "../day.ts";
import { SLOTS } from "../homes.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { RowSource } from "./source.ts";

const HOMES = 60;

export const curve: RowSource = {
  name: "curve",
  async measure({ world, progress }) {
    const { ticks } = world;
    progress(`${String(ticks)} ticks: curves of ${String(HOMES)} homes`);
    const one = await dayOf(world, HOMES);
    const two = await dayOf(world, HOMES, { steps: 2 });
    const unit = { homes: HOMES, ticks, per: "entry", units: HOMES * SLOTS };
    return [
      { operation: OP.placeCurve, ...unit, calls: two.place, minus: one.place },
      { operation: OP.settleCurve, ...unit, calls: two.settle, minus: one.settle },
    ];
  },
};
