/** What a reset or a swap of a meter means for a register that was not shown with it, or that is back a moment later. */
import type { Seconds } from "@wattbook/sdk/pure";
import { rising } from "./placing.ts";
import type { Carried, KeptSample, SampleTable } from "./queue/samples.ts";
import type { RegisterRules, Shown } from "./registers.ts";

/** A sample to count on from. */
export interface Before extends KeptSample {
  /** Whether energy after it went uncounted, whatever the next sample shows. */
  readonly breaks?: boolean;
}

const SIDES = { import: "importWh", export: "exportWh" } as const;

/**
 * The sample before one that shows a register which was carried on until then. Where the other register fell meanwhile,
 * this one was reset too, and may be above its old height again; where the serial number changed, its old height is
 * that of another meter.
 */
export function carriedOver(
  samples: SampleTable,
  meter: bigint,
  before: Before,
  { shown, carried }: { readonly shown: Shown; readonly carried: Carried },
): Before {
  let known = before;
  for (const side of ["import", "export"] as const) {
    if (carried[side] || !before.carried[side]) continue;
    const last = samples.lastShown(meter, side, before.shown.at);
    if (last === undefined) continue;
    const serial = shown.serial ?? before.shown.serial;
    const swapped = last.shown.serial !== undefined && serial !== undefined && last.shown.serial !== serial;
    if (swapped) known = { ...known, shown: { ...known.shown, [SIDES[side]]: shown[SIDES[side]] } };
    if (swapped || samples.breaks(meter, last.shown.at, before.shown.at).length > 0) known = { ...known, breaks: true };
  }
  return known;
}

/** Registers may fall one after the other, and again before they are back. */
const MOST_FALLS = 8;

/** A fall that was none. */
export interface Regained {
  /** The sample before it. */
  readonly prior: KeptSample;
  /** When the register showed fallen first. */
  readonly fallen: Seconds;
  /** Whether the meter's power allows nothing else; else it may have been reset, and have counted as much since. */
  readonly certain: boolean;
}

/**
 * Finds out that a meter shows a register where it was before it fell: a sensor that starts says 0 for a moment. Counting
 * from that 0 would count all of the register once more.
 */
export function regained(
  samples: SampleTable,
  meter: bigint,
  before: KeptSample,
  shown: Shown,
  rules: RegisterRules,
): Regained | undefined {
  if (rules.onFall !== "reset") return undefined;
  const certain = isAbove(shown, before.shown) && rising(before.shown, shown, rules) === undefined;
  let fall = before.complete ? undefined : before;
  if (certain) fall = samples.lastBreak(meter, before.shown.at);
  for (let tries = 0; fall !== undefined && tries < MOST_FALLS; tries++) {
    const prior = samples.before(meter, fall.shown.at);
    if (prior === undefined || prior.shown.serial !== fall.shown.serial || isAbove(fall.shown, prior.shown)) break;
    const back = isAbove(shown, prior.shown) && rising(prior.shown, shown, rules) !== undefined;
    if (back) return { prior, fallen: fall.shown.at, certain };
    fall = certain ? samples.lastBreak(meter, prior.shown.at) : undefined;
  }
  return undefined;
}

/** Whether no register is lower. */
function isAbove(a: Shown, b: Shown): boolean {
  return a.importWh >= b.importWh && a.exportWh >= b.exportWh;
}
