/** `@wattbook/data/statistics`: what loads and plants look like, measured or made. */
export * from "./statistics/community.ts";
export * from "./statistics/moments.ts";
export * from "./statistics/series.ts";
