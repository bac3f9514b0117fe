import { Signature, type BaseWallet } from "ethers";
import { deployMarket, type Connection, type HomeKeys, type MarketOptions } from "./market.ts";
import { hourly, HOUR } from "./settling.ts";
import { STANDING_ORDER_TYPES } from "./typed-data.ts";

/** A side that a standing order leaves out. */
export const NO_TICK = 255;

export interface OrderInput {
  readonly home: HomeKeys;
  readonly budget?: bigint;
  readonly buyTick?: number;
  readonly sellTick?: number;
  readonly firstPeriod?: number;
  readonly lastPeriod?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly signer?: BaseWallet;
}

/** A community that trades what its meters say, and what tests do with it. */
export type MeteredMarket = Awaited<ReturnType<typeof deployMetered>>;

/** Periods of four slots and 32 ticks of 10 base units; readings for three hours, so that a settlement delay of one leaves time. */
export async function deployMetered(connection: Connection, options: MarketOptions = {}, settlementDelay = HOUR) {
  const m = await deployMarket(connection, {
    tariff: { networkFee: 0, classes: [{ importPrice: 300, exportPrice: 50 }] },
    ...options,
    terms: {
      ...{ ...hourly, readingDeadline: 2 * HOUR, floorPrice: 0, tickSize: 10, tickCount: 32 },
      ...options.terms,
    },
    first: ({ meteredAuction }) => Promise.resolve(meteredAuction),
  });
  const metered = m.meteredAuction;
  const from = (await m.periodNow()) + 1;
  await metered.connect(m.coordinator).announce(m.community, from, settlementDelay);
  const domain = { ...m.domains.settlement, verifyingContract: await metered.getAddress() };

  /** A standing order as the contract takes it, signed by the home's trading key. */
  async function signOrder(input: OrderInput) {
    const fields = {
      member: input.home.member,
      budget: input.budget ?? 10_000_000n,
      buyTick: input.buyTick ?? NO_TICK,
      sellTick: input.sellTick ?? NO_TICK,
      firstPeriod: input.firstPeriod ?? 0,
      lastPeriod: input.lastPeriod ?? 2 ** 32 - 1,
      epoch: input.epoch ?? 0,
      sequence: input.sequence ?? 1,
    };
    const signer = input.signer ?? input.home.trading;
    const message = { community: m.community, ...fields };
    const { r, yParityAndS: vs } = Signature.from(await signer.signTypedData(domain, STANDING_ORDER_TYPES, message));
    return { ...fields, r, vs };
  }

  /** Lets homes join a period. */
  const join = async (period: number, homes: readonly HomeKeys[]) =>
    await metered.join(
      m.community,
      period,
      homes.map(({ member }) => member),
    );

  /** The totals that the next chunk of a period is counted with, out of the logs. */
  async function totalsOf(period: number): Promise<bigint[]> {
    const logs = await metered.queryFilter(metered.filters.Tallied(m.community, period));
    return [...(logs.at(-1)?.args.totals ?? [])];
  }

  /** What each slot of a period came to, out of the logs. */
  async function clearedOf(period: number) {
    const logs = await metered.queryFilter(metered.filters.Cleared(m.community, period));
    const words = logs.at(-1)?.args.slots ?? [];
    return Array.from({ length: m.terms.slotsPerPeriod }, (_, slot) => {
      const lane = ((words[slot >> 2] ?? 0n) >> BigInt(192 - 64 * (slot & 3))) & (2n ** 64n - 1n);
      return { marginalTick: lane & 0xffn, price: (lane >> 8n) & 0xffffn, wh: lane >> 24n };
    });
  }

  return { ...m, metered, domain, from, signOrder, join, totalsOf, clearedOf };
}
