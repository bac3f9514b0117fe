import type { Hex } from "./bytes.ts";
import type { Field } from "./typed-data.ts";

/** A member's orders in one period; its trading key signs them for the order book. */
export interface Strip {
  community: bigint;
  member: bigint;
  period: bigint;
  after: bigint;
  epoch: bigint;
  deadline: bigint;
  maxReserve: bigint;
  feePerEntry: bigint;
  feeTo: Hex;
  entries: Hex;
}

/** A member's meter in one period; its meter key signs it for settlement. */
export interface Reading {
  community: bigint;
  member: bigint;
  period: bigint;
  closesGap: boolean;
  startImport: bigint;
  startExport: bigint;
  values: Hex;
}

export function stripFields(strip: Strip): Field[] {
  return [
    ["uint32", "community", strip.community],
    ["uint32", "member", strip.member],
    ["uint32", "period", strip.period],
    ["uint8", "after", strip.after],
    ["uint32", "epoch", strip.epoch],
    ["uint40", "deadline", strip.deadline],
    ["uint96", "maxReserve", strip.maxReserve],
    ["uint32", "feePerEntry", strip.feePerEntry],
    ["address", "feeTo", strip.feeTo],
    ["bytes", "entries", strip.entries],
  ];
}

export function readingFields(reading: Reading): Field[] {
  return [
    ["uint32", "community", reading.community],
    ["uint32", "member", reading.member],
    ["uint32", "period", reading.period],
    ["bool", "closesGap", reading.closesGap],
    ["uint96", "startImport", reading.startImport],
    ["uint96", "startExport", reading.startExport],
    ["bytes", "values", reading.values],
  ];
}
