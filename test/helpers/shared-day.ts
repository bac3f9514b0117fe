/** A period of a community of mixed classes that shares after the fact, driven through the SDK's clients. */
import {
  asAmount,
  asCommunity,
  asMember,
  asPeriod,
  asSeconds,
  asWh,
  connect as connectSdk,
  signReading,
  sharingRuleNumber,
  signSharingBudget,
  type CommunityIndex,
  type JournalRecord,
  type MemberIndex,
  type MeterValue,
  type Period,
  type Reading,
  type SharingBudget,
  type SharingRule,
  type Wattbook,
} from "@wattbook/sdk";
import { deploymentOf } from "../sdk/clients/deployment-of.ts";
import { addressesOf } from "./addresses.ts";
import type { Connection, HomeKeys, Market, MarketOptions } from "./market.ts";
import { deploySharing } from "./sharing.ts";

/** [import, export] in Wh, per slot of an hour. */
export type Hour = readonly (readonly [number, number])[];

/** What a home's meter counts. */
export interface MeteredHome {
  readonly keys: HomeKeys;
  readonly member: MemberIndex;
  readonly values: readonly MeterValue[];
}

/** A home that may share. */
export interface SharedHome extends MeteredHome {
  /** Base units; null for a plain customer. */
  readonly budget: bigint | null;
}

/** Two classes with different prices, a network fee, and a settlement delay within the reading deadline. */
const OPTIONS: MarketOptions = {
  tariff: {
    networkFee: 20,
    classes: [
      { importPrice: 300, exportPrice: 80 },
      { importPrice: 260, exportPrice: 60 },
    ],
  },
};

/** By name: class, budget and meter. `late` joins, and its reading comes behind the deadline; `poor` reaches its budget. */
export const HOMES = {
  roof: {
    tariffClass: 0,
    budget: 1_000_000n,
    hour: [
      [0, 1_003],
      [12, 2_000],
      [0, 777],
      [300, 0],
    ],
  },
  rich: {
    tariffClass: 0,
    budget: 5_000_000n,
    hour: [
      [400, 0],
      [811, 0],
      [1_900, 0],
      [50, 0],
    ],
  },
  poor: {
    tariffClass: 1,
    budget: 100_000n,
    hour: [
      [350, 0],
      [500, 0],
      [600, 0],
      [700, 0],
    ],
  },
  plain: {
    tariffClass: 1,
    budget: null,
    hour: [
      [100, 0],
      [0, 250],
      [40, 0],
      [0, 0],
    ],
  },
  late: {
    tariffClass: 1,
    budget: 900_000n,
    hour: [
      [90, 0],
      [60, 0],
      [0, 500],
      [10, 0],
    ],
  },
} as const satisfies Record<string, { tariffClass: number; budget: bigint | null; hour: Hour }>;
export type HomeName = keyof typeof HOMES;

/** A world in which budgets are kept; the period to come is open for joining. */
export async function openShared(
  connection: Connection,
  { rule = "sdr", compensation = 0 }: { readonly rule?: SharingRule; readonly compensation?: number } = {},
  options: MarketOptions = {},
) {
  const scheme = { rule: Number(sharingRuleNumber(rule)), compensation };
  const m = await deploySharing(connection, scheme, { ...OPTIONS, ...options });
  const { provider } = connection.ethers;
  const at = await addressesOf(m);
  const deployment = await deploymentOf({ at, provider } as unknown as Parameters<typeof deploymentOf>[0]);
  const wattbook = await connectSdk(m.stranger, deployment);
  const { sharing, registry, domains } = wattbook;
  const community = asCommunity(BigInt(m.community));
  const terms = await registry.terms(community);
  await m.fund(3, 1_000_000_000n);
  const homes = {} as Record<HomeName, SharedHome>;
  for (const [name, { tariffClass, budget, hour }] of Object.entries(HOMES)) {
    const keys = await m.addHome({ tariffClass, buyCap: 600, sellCap: 600 });
    const values = hour.map(([imported, exported]) => ({
      imported: asWh(BigInt(imported)),
      exported: asWh(BigInt(exported)),
    }));
    homes[name as HomeName] = { keys, member: asMember(BigInt(keys.member)), budget, values };
  }
  // Homes are active from the next period on, and can join the one behind it then.
  const period = asPeriod(BigInt(m.from) + 1n);
  await m.goTo(m.periodStart(m.from));

  /** Signed by the home's trading key. */
  async function signBudget({ keys, member, budget }: SharedHome, sequence = 1n) {
    const fields: SharingBudget = {
      ...{ community, member, budget: asAmount(budget ?? 0n), firstPeriod: period },
      ...{ lastPeriod: asPeriod(period + 100n), epoch: 0n, sequence },
    };
    return { budget: fields, signature: await signSharingBudget(domains.sharing, fields, keys.trading) };
  }

  const budgets = Object.values(homes).filter(({ budget }) => budget !== null);
  await sharing.send.keepBudgets(community, await Promise.all(budgets.map((home) => signBudget(home))));

  const logs = await wattbook.logs(community);
  const read = readerOf(wattbook, community, period);
  const recordsOf = async (home: MeteredHome): Promise<JournalRecord[]> =>
    (await logs.journals(period)).get(home.member) ?? [];
  const now = async () => asSeconds(BigInt(await connection.networkHelpers.time.latest()));

  return { m, wattbook, deployment, community, terms, period, homes, logs, read, recordsOf, signBudget, now };
}
export type Shared = Awaited<ReturnType<typeof openShared>>;

/** What a home's meter signs for a period; its registers start where the readings before it ended. */
export function readerOf(wattbook: Wattbook, community: CommunityIndex, period: Period) {
  return async (home: MeteredHome, changes: Partial<Reading> = {}) => {
    const { importRegister, exportRegister } = await wattbook.settlement.meter(community, home.member);
    const reading: Reading = {
      ...{ community, member: home.member, period, closesGap: false, values: home.values },
      ...{ startImport: importRegister, startExport: exportRegister, ...changes },
    };
    return { reading, signature: await signReading(wattbook.domains.settlement, reading, home.keys.meter) };
  };
}

/** A period of homes whose meters are read. */
export interface MeteredDay {
  readonly m: Pick<Market, "goTo" | "periodStart">;
  readonly wattbook: Wattbook;
  readonly community: CommunityIndex;
  readonly period: Period;
  readonly homes: Readonly<Record<string, MeteredHome>>;
  readonly read: ReturnType<typeof readerOf>;
}

/** Moves to the second `after` seconds behind the period's end, and mines a block there. The period before it was a quiet one. */
export async function goAfter(w: MeteredDay, connection: Connection, after: number) {
  const { m, wattbook, community, homes, read } = w;
  const before = asPeriod(w.period - 1n);
  await m.goTo(m.periodStart(Number(w.period) + 1) + after - 1);
  const open = await Promise.all(
    Object.values(homes).map(async (home) => {
      const { nextPeriod } = await wattbook.settlement.meter(community, home.member);
      if (nextPeriod > before) return [];
      const values = home.values.map(() => ({ imported: asWh(0n), exported: asWh(0n) }));
      return [{ ...(await read(home, { period: before, values })), records: [] }];
    }),
  );
  if (open.flat().length > 0) await wattbook.settlement.send.meterAndSettle(community, before, open.flat());
  await m.goTo(m.periodStart(Number(w.period) + 1) + after);
  await connection.networkHelpers.mine();
}
