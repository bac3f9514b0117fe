/** How much of its load a home or a community meets itself, and how much of what it generates it uses itself. */
import { OutOfRangeError } from "./errors.ts";
import { sumWh } from "./units.ts";
import type { Wh } from "./units.ts";

/** What happened at and behind the meters of a home over any slots, or of many homes together: Wh, summed slot by slot. */
export interface EnergyUse {
  /** All that was used, cars included. */
  readonly load: Wh;
  readonly generated: Wh;
  /** Over the meters, in slots that imported. */
  readonly imported: Wh;
  readonly exported: Wh;
  /** The part of `imported` that came from members of the same community; 0 for a home by itself. */
  readonly fromMembers: Wh;
  /** The part of `exported` that members of the same community took. */
  readonly toMembers: Wh;
}

const MILLION = 1_000_000n;

/**
 * The use of a community: that of its members together. What one gave the other leaves import and export.
 * @example energyUseOf([]).load // 0n
 */
export function energyUseOf(members: readonly EnergyUse[]): EnergyUse {
  const sum = (of: (use: EnergyUse) => Wh) => sumWh(members.map(of));
  return {
    load: sum(({ load }) => load),
    generated: sum(({ generated }) => generated),
    imported: sum(({ imported }) => imported),
    exported: sum(({ exported }) => exported),
    fromMembers: sum(({ fromMembers }) => fromMembers),
    toMembers: sum(({ toMembers }) => toMembers),
  };
}

/**
 * Self-sufficiency: the share of the load that did not come from outside, in millionths, rounded down; null without a load. What a battery
 * gives counts, and 0 is the least, where it charges from outside.
 * @throws OutOfRangeError where more came from members than was imported
 * @example selfSufficiencyPpmDown({ load: asWh(300n), imported: asWh(200n), fromMembers: asWh(100n) }) // 666_666n
 */
export function selfSufficiencyPpmDown(use: Pick<EnergyUse, "load" | "imported" | "fromMembers">): bigint | null {
  return shareDown(use.load, use.imported, use.fromMembers, "fromMembers");
}

/**
 * Self-consumption: the share of the generation that did not leave, in millionths, rounded down; null without generation. What went into a
 * battery counts, its losses included, and 0 is the least, where it feeds in what it stored before.
 * @throws OutOfRangeError where members took more than was exported
 * @example selfConsumptionPpmDown({ generated: asWh(800n), exported: asWh(600n), toMembers: asWh(100n) }) // 375_000n
 */
export function selfConsumptionPpmDown(use: Pick<EnergyUse, "generated" | "exported" | "toMembers">): bigint | null {
  return shareDown(use.generated, use.exported, use.toMembers, "toMembers");
}

/** (whole - crossed + inside) / whole. What stays inside is part of what crossed the meters, so this is at most 1. */
function shareDown(whole: Wh, crossed: Wh, inside: Wh, field: string): bigint | null {
  if (inside > crossed) throw new OutOfRangeError(field, inside, 0n, crossed);
  if (whole === 0n) return null;
  const outside = crossed - inside;
  return outside >= whole ? 0n : ((whole - outside) * MILLION) / whole;
}
