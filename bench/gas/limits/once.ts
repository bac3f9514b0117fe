/** What a member does now and then, or once: the words that each of these calls has to read, write or make. */
import type { Call, Measured } from "../types.ts";
import { hashed, part, sentParts } from "./parts.ts";

/** The consent with the owner's signature, its number used once, and the member's words. */
export const enrolled = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("escrow", "account", 1),
    part("coordinator, terms hash, classes", "read", 3),
    part("member count and sums of caps", "rewrite", 1),
    part("metering point, nonce, member, owner, hash, account", "create", 6),
    part("signature", "signature", 1),
    ...hashed("consent", 15 * 32, 1),
    ...hashed("digest", 66, 1),
  ],
});

/** Consent of the owner and proof of the meter key. */
export const bound = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("settlement", "account", 1),
    part("coordinator, terms", "read", 2),
    part("member, nonce", "rewrite", 2),
    part("meter key, its use, meter", "create", 3),
    part("signatures", "signature", 2),
    ...hashed("binding", 8 * 32, 1),
    ...hashed("digest", 66, 1),
  ],
});

/** From a wallet with a standing allowance, to an account that has money. */
export const deposited = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("payment token", "account", 1),
    part("payment token, allowance", "read", 2),
    part("both balances, total, account", "rewrite", 4),
  ],
});

/** To a wallet that has some of the token. */
export const withdrawn = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("registry, payment token", "account", 2),
    part("owner, payment token", "read", 2),
    part("both balances, total, account", "rewrite", 4),
  ],
});

/** What a buyer bought in `slots` slots, as the first of its tokens of that vintage. */
export const claimed = (call: Call, slots: number, period: number): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("registry, escrow, energy token", "account", 3),
    part("owner, terms, journal counts, member", "read", 4),
    part("slot ledger", "read", slots),
    part("journal, supply of the kind, supply of all", "rewrite", 3),
    part("balance", "create", 1),
    ...hashed("values", 6 * period, 1),
    ...hashed("position", 8 * period, 1),
    ...hashed("journal", 3 * 32, 2),
  ],
});
