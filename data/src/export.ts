/** `@wattbook/data/export`: bills, schedules and meter data as text, and back. */
export type { NamedBill } from "./export/bill-fields.ts";
export * from "./export/bills-csv.ts";
export * from "./export/bills-json.ts";
export { safe } from "./export/cells.ts";
export { greenButtonXml } from "./export/green-button.ts";
export * from "./export/intervals.ts";
export { longCsv, wideCsv } from "./export/meters.ts";
export * from "./export/schedules.ts";
