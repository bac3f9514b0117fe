/** Every file of rows. A new row is a file of its own and a line here. */
import { clearAlone } from "./clear-alone.ts";
import { curve } from "./curve.ts";
import { days, fullBatches } from "./days.ts";
import { auction, sharing } from "./metered.ts";
import { once } from "./once.ts";
import { sealed } from "./sealed.ts";
import { singles } from "./singles.ts";
import type { RowSource } from "./source.ts";
import { warmUp } from "./warm-up.ts";

export const SOURCES: readonly RowSource[] = [
  fullBatches,
  days,
  curve,
  sealed,
  sharing,
  auction,
  singles,
  clearAlone,
  once,
  warmUp,
];
