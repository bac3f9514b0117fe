/** Whole periods of so many homes: strips of 96 placed, slots cleared, members settled, and all of it together. */
import { BATCH, type Day } from "../day.ts";
import { SLOTS } from "../homes.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Measurement } from "../types.ts";
import type { RowSource } from "./source.ts";

/** A batch that has budgets of its own, beside the largest one. */
const SMALL_BATCH = 60;

/** Days of the sizes that are asked for. */
export const days: RowSource = {
  name: "days",
  needs: (homes) => Math.max(...homes),
  async measure({ world: { ticks }, homes, day }) {
    const rows: Measurement[] = [];
    for (const size of homes) rows.push(...rowsOf(await day(size, 1), size, ticks));
    return rows;
  },
};

/** Full batches of the two sizes that have budgets. */
export const fullBatches: RowSource = {
  name: "batches",
  needs: () => BATCH,
  async measure({ world: { ticks }, day }) {
    const small = await day(SMALL_BATCH, 1);
    const large = await day(BATCH, 1);
    const unit = (homes: number) => ({ homes, ticks, units: homes * SLOTS });
    const rows: Measurement[] = [
      { operation: OP.place60, ...unit(SMALL_BATCH), per: "entry", calls: small.place },
      { operation: OP.place100, ...unit(BATCH), per: "entry", calls: large.place },
      { operation: OP.settle60, ...unit(SMALL_BATCH), per: "household and slot", calls: small.settle },
    ];
    // What does not fit one call is no batch of that size.
    return rows.filter(({ calls }) => calls.length === 1);
  },
};

function rowsOf({ place, clear, settle }: Day, homes: number, ticks: number): Measurement[] {
  const size = { homes, ticks };
  const units = homes * SLOTS;
  return [
    { operation: OP.placeAll, ...size, per: "entry", units, calls: place },
    { operation: OP.clear48, ...size, per: "slot", units: SLOTS, calls: clear },
    { operation: OP.settleAll, ...size, per: "household and slot", units, calls: settle },
    { operation: OP.life, ...size, per: "household and slot", units, calls: [...place, ...clear, ...settle] },
  ];
}
