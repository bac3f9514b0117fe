/** `@wattbook/data/import`: meter data from text. Pure functions: whoever has the file reads it. */
export * from "./decimal.ts";
export * from "./energy.ts";
export * from "./errors.ts";
export * from "./import/any.ts";
export { type GreenButtonOptions, importGreenButton } from "./import/green-button.ts";
export { importLong, type LongOptions } from "./import/long.ts";
export type { EnergyUnit } from "./import/units.ts";
export { importWide, type WideOptions } from "./import/wide.ts";
export { parseTable, type Row, type Table, type TableOptions } from "./import/csv.ts";
export type { Problem, ProblemCode } from "./problems.ts";
export * from "./shape.ts";
export { formatTime, parseStamp, parseTime, type Stamp } from "./time.ts";
export { instantsOf, zoneOf } from "./import/zones.ts";
