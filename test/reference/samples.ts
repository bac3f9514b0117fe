import fc from "fast-check";
import { newEscrow, openAccount, type Account, type Escrow } from "./accounts.ts";
import { range } from "./arrays.ts";
import type { Order } from "./book.ts";
import type { CommunityTerms, Grid } from "./community.ts";
import { newJournal, type Trader } from "./market.ts";
import type { Tariff } from "./tariff.ts";

/** How often a property is tried; FUZZ=100 tries a hundred times as often, FUZZ=0.01 at least once. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * Number(process.env["FUZZ"] ?? "1")) };
}

export const PERIOD = 20_000n;

/** Four slots in a period, so that a test shows all of them. */
export const grid: Grid = {
  slotDuration: 900n,
  slotsPerPeriod: 4n,
  lotWh: 10n,
  floorPrice: 60n,
  tickSize: 4n,
  tickCount: 32n,
  wideTicks: false,
  gateClosure: 300n,
  horizon: 2n,
  readingDeadline: 86_400n,
  correctionWindow: 259_200n,
  claimWindow: 604_800n,
  settlementFee: 2_000n,
  revealWindow: 0n,
};

export function address(seed: bigint): string {
  return `0x${(0xabcdef00n + seed).toString(16).padStart(40, "0")}`;
}

export const terms: CommunityTerms = {
  ...grid,
  paymentToken: address(1n),
  coordinator: address(2n),
  dso: address(3n),
  feeCollector: address(4n),
  tariffNotice: 2n,
  maxImport: 600n,
  maxNetworkFee: 100n,
  bond: 0n,
};

/** One class, the same prices in every slot. */
export function flatTariff(networkFee: bigint, importPrice: bigint, exportPrice: bigint): Tariff {
  return { networkFee, classes: [range(grid.slotsPerPeriod).map(() => ({ importPrice, exportPrice }))] };
}

export const domain = { chainId: 31337n, verifyingContract: address(9n) };

export const DSO = 1n;
export const FEE_COLLECTOR = 2n;
export const SUPPLIER = 3n;

export function escrowWithServices(): Escrow {
  const escrow = newEscrow(DSO, FEE_COLLECTOR);
  for (const member of [DSO, FEE_COLLECTOR, SUPPLIER]) openAccount(escrow, member);
  return escrow;
}

export function traderOn(account: Account): Trader {
  const caps = { buyCap: 1_000n, sellCap: 1_000n };
  return { active: true, moduleOn: true, epoch: 0n, ...caps, tariffClass: 0n, account, journal: newJournal() };
}

/** Few ticks and few lots, so that orders meet. */
export const anyBook: fc.Arbitrary<Order[]> = fc
  .array(
    fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      tick: fc.bigInt(0n, 12n),
      lots: fc.bigInt(1n, 30n),
    }),
    { maxLength: 14 },
  )
  .map((orders) => orders.map((order, i) => ({ id: String(i), ...order })));
