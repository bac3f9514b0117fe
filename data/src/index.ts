/** `@wattbook/data`: meter data from files and from a generator, bills and schedules to files. */
export * from "./import.ts";
export * from "./export.ts";
export * from "./synthetic.ts";
export * from "./statistics.ts";
