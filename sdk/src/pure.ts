/**
 * `@wattbook/sdk/pure`: units, slots, strips, readings, clearing, settlement and bills. It computes what the chain computes,
 * to the unit; no clock, no network, no floats.
 */
export * from "./bill.ts";
export * from "./bill-table.ts";
export * from "./book-answer.ts";
export * from "./book-record.ts";
export * from "./build-strip.ts";
export * from "./calendar.ts";
export * from "./charter.ts";
export { decodeChunk, encodeChunk } from "./chunk.ts";
export type { ChunkContext } from "./chunk.ts";
export * from "./clearing.ts";
export * from "./commit.ts";
export * from "./consent.ts";
export * from "./energy-token.ts";
export { checkEntries, decodeEntries, encodeEntries, MOST_LOTS } from "./entry.ts";
export type { Entry, Side } from "./entry.ts";
export * from "./errors.ts";
export * from "./grid.ts";
export * from "./grid-leg.ts";
export * from "./hex.ts";
export * from "./journal.ts";
export * from "./market-module.ts";
export * from "./orders.ts";
export * from "./orders-file.ts";
export * from "./packed-records.ts";
export * from "./packed-strips.ts";
export * from "./position.ts";
export * from "./preview.ts";
export type { PreviewEntry, PreviewStrip } from "./preview-book.ts";
export * from "./preview-posted.ts";
export * from "./preview-savings.ts";
export * from "./reading.ts";
export * from "./receipt.ts";
export * from "./reserve.ts";
export * from "./sealed.ts";
export * from "./settlement.ts";
export * from "./signature.ts";
export * from "./strip.ts";
export * from "./tariff.ts";
export { communityTerms, DEFAULT_TERMS, isSealed, ringLength, termsViolations } from "./terms.ts";
export type { CommunityTerms, Plain, Terms, TermsInput } from "./terms.ts";
export * from "./terms-word.ts";
export * from "./typed-data.ts";
export * from "./units.ts";
