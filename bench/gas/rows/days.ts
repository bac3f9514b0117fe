/** Whole periods of so many homes: strips of 96 placed, slots cleared, members settled, and all of it together. */
import { BATCH, dayOf, type Day } from "../day.ts";
import { SLOTS } from "../homes.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Measurement } from "../types.ts";
import type { RowSource } from "./source.ts";

export const daysOf = (sizes: readonly number[]): RowSource => ({
  name: "days",
  async measure({ world, progress }) {
    const rows: Measurement[] = [];
    for (const homes of sizes) {
      progress(`${String(world.ticks)} ticks: a day of ${String(homes)} homes`);
      rows.push(...rowsOf(await dayOf(world, homes), homes, world.ticks));
    }
    return rows;
  },
});

function rowsOf({ place, clear, settle }: Day, homes: number, ticks: number): Measurement[] {
  const size = { homes, ticks };
  const units = homes * SLOTS;
  const entries = { ...size, per: "entry", units };
  const slots = { ...size, per: "household and slot", units };
  const rows: Measurement[] = [
    { operation: OP.placeAll, ...entries, calls: place },
    { operation: OP.clear48, ...size, per: "slot", units: SLOTS, calls: clear },
    { operation: OP.settleAll, ...slots, calls: settle },
    { operation: OP.life, ...slots, calls: [...place, ...clear, ...settle] },
  ];
  if (homes === 60) rows.push({ operation: OP.place60, ...entries, calls: place });
  if (homes === 60) rows.push({ operation: OP.settle60, ...slots, calls: settle });
  if (homes === BATCH) rows.push({ operation: OP.place100, ...entries, calls: place });
  return rows;
}
