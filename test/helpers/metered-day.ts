/** A period of a community of mixed classes whose members keep standing orders, driven through the SDK's clients. */
import {
  asAmount,
  asCommunity,
  asMember,
  asPeriod,
  asSeconds,
  asTick,
  asWh,
  connect as connectSdk,
  signStandingOrder,
  type JournalRecord,
  type StandingOrder,
} from "@wattbook/sdk";
import { deploymentOf } from "../sdk/clients/deployment-of.ts";
import { addressesOf } from "./addresses.ts";
import type { Connection } from "./market.ts";
import { deployMetered } from "./metered.ts";
import { readerOf, type Hour, type MeteredHome } from "./shared-day.ts";

/** A home with its limits; null for a plain customer. */
export interface TradingHome extends MeteredHome {
  readonly tariffClass: bigint;
  readonly limits: Pick<StandingOrder, "budget" | "buyTick" | "sellTick"> | null;
}

const limits = (budget: bigint, buyTick: bigint | null, sellTick: bigint | null) => ({
  budget: asAmount(budget),
  buyTick: buyTick === null ? null : asTick(buyTick),
  sellTick: sellTick === null ? null : asTick(sellTick),
});

/** What each home deposits, base units. */
export const FUNDS = 100_000_000n;

/**
 * By name: class, limits and meter. In the first slot `rich` and `twin` want more at one tick than there is. `poor` reaches its budget
 * in the second. `low` sells below the export price of the other class. `late` joins, and no reading of it comes.
 */
const HOMES = {
  roof: {
    tariffClass: 0,
    limits: limits(0n, null, 8n),
    hour: [
      [0, 1_003],
      [12, 2_000],
      [0, 777],
      [300, 0],
    ],
  },
  low: {
    tariffClass: 1,
    limits: limits(2_000_000n, 22n, 6n),
    hour: [
      [0, 500],
      [0, 40],
      [90, 0],
      [0, 333],
    ],
  },
  rich: {
    tariffClass: 0,
    limits: limits(5_000_000n, 24n, null),
    hour: [
      [1_400, 0],
      [300, 0],
      [501, 0],
      [50, 0],
    ],
  },
  twin: {
    tariffClass: 1,
    limits: limits(5_000_000n, 24n, 30n),
    hour: [
      [901, 0],
      [200, 0],
      [500, 0],
      [0, 70],
    ],
  },
  poor: {
    tariffClass: 1,
    limits: limits(100_000n, 20n, null),
    hour: [
      [0, 0],
      [700, 0],
      [600, 0],
      [10, 0],
    ],
  },
  plain: {
    tariffClass: 1,
    limits: null,
    hour: [
      [100, 0],
      [0, 250],
      [40, 0],
      [0, 0],
    ],
  },
  late: {
    tariffClass: 1,
    limits: limits(900_000n, 25n, null),
    hour: [
      [90, 0],
      [60, 0],
      [0, 500],
      [10, 0],
    ],
  },
} as const satisfies Record<string, { tariffClass: number; limits: TradingHome["limits"]; hour: Hour }>;
type HomeName = keyof typeof HOMES;

/** A world in which orders are kept; the period to come is open for joining. */
export async function openMetered(connection: Connection) {
  const m = await deployMetered(connection, {
    tariff: {
      networkFee: 20,
      classes: [
        { importPrice: 300, exportPrice: 80 },
        { importPrice: 260, exportPrice: 60 },
      ],
    },
  });
  const { provider } = connection.ethers;
  const at = await addressesOf(m);
  const deployment = await deploymentOf({ at, provider } as unknown as Parameters<typeof deploymentOf>[0]);
  const wattbook = await connectSdk(m.stranger, deployment);
  const { meteredAuction, registry, domains } = wattbook;
  const community = asCommunity(BigInt(m.community));
  const terms = await registry.terms(community);
  await m.fund(3, 1_000_000_000n);
  const homes = {} as Record<HomeName, TradingHome>;
  for (const [name, { tariffClass, limits: of, hour }] of Object.entries(HOMES)) {
    const keys = await m.addHome({ tariffClass, buyCap: 600, sellCap: 600, deposit: FUNDS });
    const values = hour.map(([imported, exported]) => ({
      imported: asWh(BigInt(imported)),
      exported: asWh(BigInt(exported)),
    }));
    const member = asMember(BigInt(keys.member));
    homes[name as HomeName] = { keys, member, values, tariffClass: BigInt(tariffClass), limits: of };
  }
  // Homes are active from the next period on, and can join the one behind it then.
  const period = asPeriod(BigInt(m.from) + 1n);
  await m.goTo(m.periodStart(m.from));

  /** Signed by the home's trading key. */
  async function signOrder({ keys, member, limits: of }: TradingHome, changes: Partial<StandingOrder> = {}) {
    if (of === null) throw new Error("a plain customer");
    const order: StandingOrder = {
      ...{
        ...of,
        community,
        member,
        firstPeriod: period,
        lastPeriod: asPeriod(period + 100n),
        epoch: 0n,
        sequence: 1n,
      },
      ...changes,
    };
    return { order, signature: await signStandingOrder(domains.meteredAuction, order, keys.trading) };
  }

  const traders = Object.values(homes).filter((home) => home.limits !== null);
  await meteredAuction.send.keepOrders(community, await Promise.all(traders.map((home) => signOrder(home))));

  const logs = await wattbook.logs(community);
  const recordsOf = async (home: MeteredHome): Promise<JournalRecord[]> =>
    (await logs.journals(period)).get(home.member) ?? [];
  const now = async () => asSeconds(BigInt(await connection.networkHelpers.time.latest()));
  const read = readerOf(wattbook, community, period);
  return { m, wattbook, deployment, community, terms, period, homes, logs, read, recordsOf, signOrder, now };
}
export type TradingDay = Awaited<ReturnType<typeof openMetered>>;
