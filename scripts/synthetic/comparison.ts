/** A community's figures beside a measured one's. */

import type { MeterData } from "@wattbook/data/import";
import { type Axis, type Figure, homeFigures, plantFigures, togetherFigures } from "@wattbook/data/statistics";
import type { SyntheticData } from "@wattbook/data/synthetic";

/** A figure of both; `measured` is absent where there is nothing to compare with. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly synthetic: Figure;
  readonly measured: Figure | undefined;
}

/** Figures of synthetic homes: their loads without cars, and their plants per kW. */
export function syntheticFigures(data: SyntheticData, zone: string): Figure[] {
  const axis = { start: data.start, slotDuration: data.slotDuration, zone };
  const loads = data.meters.map(({ parts }) => parts.load);
  const plants = data.meters.flatMap(({ parts, roof }) => (roof ? [{ wh: parts.pv, peakWatts: roof.watts }] : []));
  return figures(loads, plants, axis);
}

/** Figures of a wide file that was read with plants of `peakWatts`. */
export function measuredFigures(data: MeterData, zone: string, peakWatts: number): Figure[] {
  const axis = { start: data.start, slotDuration: data.slotDuration, zone };
  const of = (kind: "load" | "plant") => data.meters.filter((meter) => meter.kind === kind);
  const loads = of("load").map(({ imported }) => imported.map((wh) => wh ?? 0n));
  const plants = of("plant").map(({ exported }) => ({ wh: exported.map((wh) => wh ?? 0n), peakWatts }));
  return figures(loads, plants, axis);
}

function figures(loads: readonly (readonly bigint[])[], plants: Plants, axis: Axis): Figure[] {
  const sun = plants.length === 0 ? [] : plantFigures(plants, axis);
  return [...homeFigures(loads, axis), ...togetherFigures(loads, axis), ...sun];
}

type Plants = readonly { readonly wh: readonly bigint[]; readonly peakWatts: number }[];

/** Both, figure by figure. */
export function compared(synthetic: readonly Figure[], measured: readonly Figure[]): Row[] {
  return synthetic.map((figure) => ({
    name: figure.name,
    unit: figure.unit,
    synthetic: figure,
    measured: measured.find(({ name }) => name === figure.name),
  }));
}
