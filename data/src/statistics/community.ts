/** What the loads and plants of a community look like together, to be put beside another one. */

import { mean } from "./moments.ts";
import { type Axis, type LoadStatistics, loadStatistics, type PlantStatistics, plantStatistics } from "./series.ts";

/** A figure over the members of a community. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** A named figure; `unit` is empty for plain numbers. */
export interface Figure extends Spread {
  readonly name: string;
  readonly unit: string;
}

/** A plant with its size. */
export interface PlantSeries {
  readonly wh: readonly (bigint | number)[];
  /** Peak power, W. */
  readonly peakWatts: number;
}

const LOAD_FIGURES: readonly {
  readonly name: string;
  readonly unit: string;
  readonly of: (load: LoadStatistics) => number;
}[] = [
  { name: "daily energy, mean", unit: "Wh", of: ({ daily }) => daily.mean },
  { name: "daily energy, 10 % quantile", unit: "Wh", of: ({ daily }) => daily.q10 },
  { name: "daily energy, median", unit: "Wh", of: ({ daily }) => daily.q50 },
  { name: "daily energy, 90 % quantile", unit: "Wh", of: ({ daily }) => daily.q90 },
  { name: "daily energy, deviation / mean", unit: "", of: ({ dailyVariation }) => dailyVariation },
  { name: "peak", unit: "W", of: ({ peakWatts }) => peakWatts },
  { name: "load factor", unit: "", of: ({ loadFactor }) => loadFactor },
  { name: "likeness to the slot before", unit: "", of: ({ autocorrelation }) => autocorrelation.slot },
  { name: "likeness to the day before", unit: "", of: ({ autocorrelation }) => autocorrelation.day },
  { name: "share used from 0 to 6 o'clock", unit: "", of: ({ nightShare }) => nightShare },
];

const PLANT_FIGURES: readonly {
  readonly name: string;
  readonly unit: string;
  readonly of: (plant: PlantStatistics) => number;
}[] = [
  { name: "PV, daily energy per kW, mean", unit: "Wh", of: ({ daily }) => daily.mean },
  { name: "PV, daily energy, deviation / mean", unit: "", of: ({ dailyVariation }) => dailyVariation },
  { name: "PV, highest power / peak power", unit: "", of: ({ peakShare }) => peakShare },
  { name: "PV, likeness to the slot before", unit: "", of: ({ autocorrelation }) => autocorrelation.slot },
  { name: "PV, likeness to the day before", unit: "", of: ({ autocorrelation }) => autocorrelation.day },
  { name: "PV, change from slot to slot at noon", unit: "", of: ({ flicker }) => flicker },
];

/** Figures of homes: each with its mean, least and most over them. */
export function homeFigures(loads: readonly (readonly (bigint | number)[])[], axis: Axis): Figure[] {
  const all = loads.map((wh) => loadStatistics(wh, axis));
  return LOAD_FIGURES.map(({ name, unit, of }) => ({ name, unit, ...spreadOf(all.map(of)) }));
}

/** Figures of plants. */
export function plantFigures(plants: readonly PlantSeries[], axis: Axis): Figure[] {
  const all = plants.map(({ wh, peakWatts }) => plantStatistics(wh, axis, peakWatts));
  return PLANT_FIGURES.map(({ name, unit, of }) => ({ name, unit, ...spreadOf(all.map(of)) }));
}

/** Figures of the sum of all homes: peaks that do not coincide flatten each other. */
export function togetherFigures(loads: readonly (readonly (bigint | number)[])[], axis: Axis): Figure[] {
  const [first = []] = loads;
  const sum = first.map((_, k) => loads.reduce((total, wh) => total + Number(wh[k] ?? 0), 0));
  const all = loadStatistics(sum, axis);
  const one = (name: string, unit: string, value: number) => ({ name, unit, mean: value, least: value, most: value });
  return [
    one("all homes, peak per home", "W", loads.length === 0 ? 0 : all.peakWatts / loads.length),
    one("all homes, load factor", "", all.loadFactor),
    one("all homes, likeness to the slot before", "", all.autocorrelation.slot),
    one("all homes, likeness to the day before", "", all.autocorrelation.day),
  ];
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { mean: 0, least: 0, most: 0 };
  return { mean: mean(values), least: Math.min(...values), most: Math.max(...values) };
}
