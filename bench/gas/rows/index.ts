/** Every file of rows. A new row is a file of its own and a line here. */
import { clearAlone } from "./clear-alone.ts";
import { curve } from "./curve.ts";
import { days, fullBatches } from "./days.ts";
import { once } from "./once.ts";
import { sealed } from "./sealed.ts";
import { sharing } from "./sharing.ts";
import { singles } from "./singles.ts";
import type { RowSource } from "./source.ts";
import { warmUp } from "./warm-up.ts";

export const SOURCES: readonly RowSource[] = [
  fullBatches,
  days,
  curve,
  sealed,
  sharing,
  singles,
  clearAlone,
  once,
  warmUp,
];
