/** What the tests of the SDK share: one community, its keys, arbitraries. */
import { expect } from "chai";
import fc from "fast-check";
import { Wallet } from "ethers";
import { WattbookError } from "../../sdk/src/errors.ts";
import type { WattbookErrorCode } from "../../sdk/src/errors.ts";
import type { Entry } from "../../sdk/src/entry.ts";
import type { StripHeader } from "../../sdk/src/strip.ts";
import { flatTariff } from "../../sdk/src/tariff.ts";
import { communityTerms } from "../../sdk/src/terms.ts";
import { wattbookDomain } from "../../sdk/src/typed-data.ts";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlot,
  asSlotOffset,
  asTick,
  asWh,
} from "../../sdk/src/units.ts";

/** An address that is easy to recognise. */
export function account(number: number): string {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

export const ACCOUNTS = {
  paymentToken: account(0xa1),
  coordinator: account(0xa2),
  dso: account(0xa3),
  feeCollector: account(0xa4),
};

/** The default community: 96 slots of 900 s, 10 Wh, prices 60 to 312 in steps of 4. */
export const TERMS = communityTerms(ACCOUNTS);

/** Four slots of an hour each, six periods a day: short enough to write down. */
export const SMALL = communityTerms({ ...ACCOUNTS, slotDuration: 3_600n, slotsPerPeriod: 4n });

/** Network fee 20, import 320, export 80. */
export const RETAIL = { importPrice: asPrice(320n), exportPrice: asPrice(80n) };
export const TARIFF = flatTariff(TERMS, asPrice(20n), [RETAIL]);
export const SMALL_TARIFF = flatTariff(SMALL, asPrice(20n), [RETAIL]);

export const PERIOD = asPeriod(20_000n);
export const FIRST_SLOT = asSlot(20_000n * 96n);
export const DOMAIN = wattbookDomain(100n, account(0xd0));

export const TRADER = new Wallet(`0x${"11".repeat(32)}`);
export const METER = new Wallet(`0x${"22".repeat(32)}`);

export const HEADER: StripHeader = {
  community: asCommunity(7n),
  member: asMember(42n),
  period: PERIOD,
  after: asSlotOffset(0n),
  epoch: 3n,
  deadline: asSeconds(1_750_000_000n),
  feePerEntry: asAmount(5n),
  feeTo: account(0xfe),
};

/** A slot of the test period. */
export function slotNumber(offset: number) {
  return asSlot(FIRST_SLOT + BigInt(offset));
}

/** An entry from plain numbers. */
export function entry(offset: number, side: "buy" | "sell", tick: number, lots: number): Entry {
  return {
    offset: asSlotOffset(BigInt(offset)),
    side,
    tick: asTick(BigInt(tick)),
    lots: asLots(BigInt(lots)),
  };
}

/** A meter value from plain numbers, Wh. */
export function metered(imported: number, exported: number) {
  return { imported: asWh(BigInt(imported)), exported: asWh(BigInt(exported)) };
}

/** A position from plain numbers, Wh. */
export function traded(bought: number, sold: number) {
  return { bought: asWh(BigInt(bought)), sold: asWh(BigInt(sold)) };
}

/** Expects an error of the SDK with a code and, where named, these properties; returns it. */
export function expectCode(act: () => unknown, code: WattbookErrorCode, evidence: object = {}): WattbookError {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof WattbookError)) throw new Error(`Expected ${code}, got ${String(thrown)}.`);
  expect(thrown.code).to.equal(code);
  expect(thrown).to.include(evidence);
  return thrown;
}

/** Any entry that fits its four bytes, acceptable or not. */
export const anyEntry = fc.record({
  offset: fc.bigInt(0n, 255n).map((value) => asSlotOffset(value)),
  side: fc.constantFrom("buy" as const, "sell" as const),
  tick: fc.bigInt(0n, 127n).map((value) => asTick(value)),
  lots: fc.bigInt(0n, 65_535n).map((value) => asLots(value)),
});

/** 32 bytes. */
export const anyWord = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `0x${hexDigits(bytes)}`);

/** 20 bytes, as an address in lower case. */
export const anyAddress = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => `0x${hexDigits(bytes)}`);

/** Unsigned integers of a width, its ends included often. */
export function anyUint(bits: number) {
  const most = (1n << BigInt(bits)) - 1n;
  return fc.oneof(fc.bigInt(0n, most), fc.constantFrom(0n, 1n, most - 1n, most));
}

function hexDigits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
