/** What trading after the fact cannot do without, by a rule or within standing orders. */
import type { Call, Measured } from "../types.ts";
import { accountWords, hashed, part, sentParts } from "./parts.ts";

/** Members of a call, by their index. */
export interface SharedItem {
  readonly member: number;
}

const READING_BYTES = 9 * 32;
const DIGEST_BYTES = 66;
const RECORD_BYTES = 4 * 32;
/** Import and export in a slot. */
const VALUE_BYTES = 6;
/** Wh bought and sold in a slot. */
const POSITION_BYTES = 8;

/** In what the two kinds differ. */
export interface Format {
  /** A record's payload: the budget, and price limits. */
  readonly payloadBytes: number;
  /** Of totals, that storage holds between calls. */
  readonly totalWords: (slots: number) => number;
}

/** Supply and demand of three slots in a word. */
const SLOTS_PER_WORD = 3;

export const BY_RULE: Format = { payloadBytes: 6, totalWords: (slots) => Math.ceil(slots / SLOTS_PER_WORD) };
/** Only a hash of the totals is stored. */
export const WITHIN_ORDERS: Format = { payloadBytes: 8, totalWords: () => 1 };

const TERMS = part("terms, class, module, tariff version, payment token", "read", 5);
const CONTRACTS = part("settlement, registry, escrow, tariff", "account", 4);

/** Per member its own and its budget's word are read, its journal is rewritten; per pair of neighbours their account. */
export function joined(call: Call, items: readonly SharedItem[], { payloadBytes }: Format): Measured {
  const parts = [
    ...sentParts(call),
    part("registry, escrow", "account", 2),
    part("terms, escrow's copy of the terms, scheme", "read", 3),
    part("members, budgets", "read", 2 * items.length),
    part("accounts", "rewrite", accountsOf(items)),
    part("journals", "rewrite", items.length),
    part("pot, round", "rewrite", 2),
    ...hashed("payloads", payloadBytes, items.length),
    ...hashed("journals", RECORD_BYTES, items.length),
  ];
  return { call, parts };
}

/** Readings are accepted and counted: per call the round, the chunk and the totals are rewritten, and the flags of its members. */
export function counted(call: Call, slots: number, items: readonly SharedItem[], format: Format): Measured {
  const parts = [
    ...sentParts(call),
    CONTRACTS,
    TERMS,
    ...readings(slots, items.length),
    part("totals", "rewrite", format.totalWords(slots)),
    part("round, chunk, flags", "rewrite", 3),
  ];
  return { call, parts };
}

/** A chunk of members that were counted is settled. */
export function shared(call: Call, slots: number, items: readonly SharedItem[], format: Format): Measured {
  const parts = [
    ...sentParts(call),
    CONTRACTS,
    TERMS,
    ...legs(slots, items, format),
    part("journals", "rewrite", items.length),
    ...hashed("values", slots * VALUE_BYTES, items.length),
    part("totals", "read", format.totalWords(slots)),
    part("round, chunk", "read", 2),
  ];
  return { call, parts };
}

/** Everything at once, out of memory: no totals are stored. */
export function sharedAtOnce(call: Call, slots: number, items: readonly SharedItem[], format: Format): Measured {
  const parts = [
    ...sentParts(call),
    CONTRACTS,
    TERMS,
    ...readings(slots, items.length),
    ...legs(slots, items, format),
    part("round", "rewrite", 1),
  ];
  return { call, parts };
}

function readings(slots: number, members: number) {
  return [
    part("members, meter keys", "read", 2 * members),
    part("journals, meters", "rewrite", 2 * members),
    part("signatures", "signature", members),
    ...hashed("values", slots * VALUE_BYTES, members),
    ...hashed("readings", READING_BYTES, members),
    ...hashed("digests", DIGEST_BYTES, members),
  ];
}

function legs(slots: number, items: readonly SharedItem[], { payloadBytes }: Format) {
  return [
    part("slot ledger", "rewrite", slots),
    part("pot, supplier, DSO, settler's fees", "rewrite", 4),
    part("accounts", "rewrite", accountsOf(items)),
    ...hashed("payloads", payloadBytes, items.length),
    ...hashed("journals", RECORD_BYTES, items.length),
    ...hashed("positions", slots * POSITION_BYTES, items.length),
  ];
}

const accountsOf = (items: readonly SharedItem[]): number => accountWords(items.map(({ member }) => member));
