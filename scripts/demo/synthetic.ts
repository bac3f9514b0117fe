/** A small community for a run without any file: from the generator of the data package, with a past to forecast from. */

import { type Decimal, pow10 } from "@wattbook/data/import";
import { syntheticCommunity } from "@wattbook/data/synthetic";
import { type Dataset, datasetOf } from "./dataset.ts";
import { coded } from "./read.ts";

/** Homes of a run without `--input` and `--homes`. */
export const SYNTHETIC_HOMES = 8;

/** Days before day 1, for its forecast. */
const HISTORY = 2;

/**
 * Makes homes for `days` days from 1 June 2025 and the two days before them, at 48 degrees north. Every second home has a plant
 * of `pvKwp`, every fourth a battery too, three in ten charge a car.
 * @throws DemoError OPTION_INVALID for a size or number of homes that the generator does not make
 */
export function syntheticDataset(seed: bigint, homes: number, days: number, pvKwp: Decimal): Dataset {
  const plantWatts = (Number(pvKwp.digits) * 1000) / Number(pow10(pvKwp.scale));
  return coded(() => datasetOf(syntheticCommunity({ seed, homes, days: days + HISTORY, plantWatts }), HISTORY));
}
