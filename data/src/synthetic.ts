/** `@wattbook/data/synthetic`: communities from a seed. */
export type { Battery } from "./synthetic/battery.ts";
export { type SyntheticData, syntheticCommunity, type SyntheticMeter } from "./synthetic/community.ts";
export type { SyntheticOptions } from "./synthetic/options.ts";
export type { Roof } from "./synthetic/plant.ts";
export { splitmix64 } from "./synthetic/random.ts";
