import { concat, toBeHex } from "ethers";
import { deployMarket, type Connection, type MarketOptions } from "./market.ts";
import { Registers, hourly } from "./settling.ts";

/** What a home has on its account at first, base units. */
export const FUNDS = 100_000_000n;
export const DSO = 1;
export const SUPPLIER = 3;
export const SUPPLIER_FUNDS = 1_000_000_000n;

/** Tariff bytes with prices per class and slot: `[import, export]`. */
export function tariffOf(networkFee: number, classes: readonly (readonly (readonly [number, number])[])[]): string {
  const prices = classes.flat().map(([imported, exported]) => concat([toBeHex(imported, 2), toBeHex(exported, 2)]));
  return concat([toBeHex(networkFee, 2), ...prices]);
}

/** A community of hourly periods with a funded supplier, a seller, a buyer and a home that does not trade. */
export async function openHour(
  connection: Connection,
  options: MarketOptions & { readonly supplierFunds?: bigint } = {},
) {
  const m = await deployMarket(connection, { terms: hourly, ...options });
  if (options.supplierFunds !== 0n) await m.fund(SUPPLIER, options.supplierFunds ?? SUPPLIER_FUNDS);
  const seller = await m.addHome();
  const buyer = await m.addHome();
  const idle = await m.addHome();
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  const { provider } = connection.ethers;
  const { time } = connection.networkHelpers;
  /** The next transaction is mined in the given second behind the end of a period. */
  const exactly = async (of: number, after: number) => {
    await time.setNextBlockTimestamp(m.periodStart(of + 1) + after);
  };
  return { m, seller, buyer, idle, period, provider, exactly, registers: new Registers(m) };
}
