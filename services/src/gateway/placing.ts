/** Where a sample stands between its neighbours: what the meter has counted by then. */
import type { Seconds } from "@wattbook/sdk/pure";
import { checkWh } from "./energy.ts";
import { ServiceError } from "../errors.ts";
import { GatewayError } from "./errors.ts";
import type { Point } from "./intervals.ts";
import type { KeptSample } from "./queue/samples.ts";
import { advanceBetween, checkSerial } from "./registers.ts";
import type { RegisterRules, Shown } from "./registers.ts";

/** Energies of both registers, Wh. */
export type Energies = Pick<Point, "importWh" | "exportWh">;

export interface Place {
  readonly counted: Point;
  /** Whether nothing went uncounted since the sample before. */
  readonly complete: boolean;
  /** Whether what went uncounted before the next sample went so before this one. */
  readonly takesBreak: boolean;
}

/** Samples before and after; undefined where there is none. */
export interface Neighbours {
  readonly before: KeptSample | undefined;
  readonly after: KeptSample | undefined;
}

/**
 * Counts on from the sample before, and has to stay at or below the one after; where that fails, counts back from the
 * one after.
 * @param base Wh that were counted before the first sample of all.
 * @throws GatewayError of a register, or LATE_CONTRADICTS
 */
export function place(shown: Shown, { before, after }: Neighbours, rules: RegisterRules, base: Energies): Place {
  if (before === undefined && after === undefined) {
    checkSerial(shown, rules);
    return { counted: onward(base, shown.at, shown), complete: true, takesBreak: false };
  }
  if (before !== undefined && after === undefined) {
    const { complete, ...by } = advanceBetween(before.shown, shown, rules);
    return { counted: onward(before.counted, shown.at, by), complete, takesBreak: false };
  }
  return between(shown, { before, after }, rules);
}

function between(shown: Shown, { before, after }: Neighbours, rules: RegisterRules): Place {
  const forward = before && rising(before.shown, shown, rules);
  if (before !== undefined && forward !== undefined) {
    const counted = onward(before.counted, shown.at, forward);
    if (after === undefined || !isBelow(after.counted, counted)) return { counted, complete: true, takesBreak: false };
  }
  const back = after && rising(shown, after.shown, rules);
  if (after !== undefined && back !== undefined) {
    const negative = { importWh: -back.importWh, exportWh: -back.exportWh };
    const counted = onward(after.counted, shown.at, negative);
    if (before === undefined) return { counted, complete: true, takesBreak: true };
    if (!isBelow(counted, before.counted)) return { counted, complete: after.complete, takesBreak: true };
  }
  const shownWh = `${shown.importWh} and ${shown.exportWh} Wh at ${shown.at}`;
  const text = "it fits between none of the samples kept around it. Check the meter's clock and who sends for it.";
  throw new GatewayError("LATE_CONTRADICTS", "late sample", shownWh, text);
}

/** The advance where the register only rises or rolls over; undefined for anything else. */
export function rising(before: Shown, after: Shown, rules: RegisterRules): Energies | undefined {
  try {
    const { complete, ...by } = advanceBetween(before, after, { ...rules, onFall: "refuse" });
    return complete ? by : undefined;
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** Energies counted on by others. */
export function onward(from: Energies, at: Seconds, by: Energies): Point {
  return {
    at,
    importWh: checkWh(from.importWh + by.importWh, "import register"),
    exportWh: checkWh(from.exportWh + by.exportWh, "export register"),
  };
}

/** Whether either energy is less. */
export function isBelow(a: Energies, b: Energies): boolean {
  return a.importWh < b.importWh || a.exportWh < b.exportWh;
}
