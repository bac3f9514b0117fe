import { deployMarket, type Connection, type HomeKeys } from "../helpers/market.ts";
import { deployHostile } from "../helpers/modules.ts";
import { hourly } from "../helpers/settling.ts";
import { newEscrow, openAccount, type Escrow } from "../reference/accounts.ts";
import { newJournal, type Market as Book, type Trader } from "../reference/market.ts";
import { decodeTariff, type Tariff } from "../reference/tariff.ts";
import { tariffOf } from "../helpers/worlds.ts";
import { gridOf } from "./grid.ts";
import { HOMES } from "./settlement.scenario.ts";

export const [DSO, FEE_COLLECTOR, SUPPLIER] = [1n, 2n, 3n];

/** Every slot has its own prices, on and off the price grid; the second class differs from the first. */
const PRICES = tariffOf(37, [
  [
    [300, 80],
    [90, 60],
    [120, 0],
    [77, 70],
  ],
  [
    [280, 81],
    [130, 50],
    [95, 94],
    [200, 10],
  ],
]);

/** A community in the first period of its second tariff version, with five homes without money in two classes. */
export async function openChain(connection: Connection) {
  const flat = { importPrice: 300, exportPrice: 80 };
  const m = await deployMarket(connection, {
    terms: { ...hourly, tickCount: 32, correctionWindow: 9 * 3600, claimWindow: 10 * 3600 },
    tariff: { networkFee: 37, classes: [flat, flat] },
  });
  const period = (await m.periodNow()) + 4;
  await m.registry.connect(m.coordinator).publishTariff(m.community, period, PRICES);
  await m.goTo(m.periodStart(period - 1));
  const homes: HomeKeys[] = [];
  for (let index = 0; index < HOMES; index++) homes.push(await m.addHome({ deposit: 0n, tariffClass: index % 2 }));
  const { hostile } = await deployHostile(connection.ethers, m, homes);
  await m.goTo(m.periodStart(period));
  return { m, period, homes, hostile, provider: connection.ethers.provider };
}
export type Chain = Awaited<ReturnType<typeof openChain>>;

/** The same community in the reference model. */
export interface Model {
  readonly escrow: Escrow;
  readonly book: Book;
  readonly tariff: Tariff;
}

export function openModel({ m, period, homes }: Chain): Model {
  const escrow = newEscrow(DSO, FEE_COLLECTOR);
  for (const member of [0n, DSO, FEE_COLLECTOR, SUPPLIER]) openAccount(escrow, member);
  const traders = new Map<bigint, Trader>();
  for (const [index, { member }] of homes.entries()) {
    const account = openAccount(escrow, BigInt(member), SUPPLIER);
    const caps = { buyCap: 431n, sellCap: 431n };
    const tariffClass = BigInt(index % 2);
    const rest = { active: true, moduleOn: true, epoch: 0n, ...caps, tariffClass, account, journal: newJournal() };
    traders.set(BigInt(member), rest);
  }
  const tariff = decodeTariff(PRICES, 4n);
  const book: Book = {
    domain: { chainId: m.domains.auction.chainId, verifyingContract: m.domains.auction.verifyingContract },
    grid: gridOf(m.terms),
    tariff,
    module: 0n,
    period: BigInt(period),
    now: BigInt(m.periodStart(period)),
    traders,
    books: new Map(),
    busySlots: new Set(),
  };
  return { escrow, book, tariff };
}
