import { Signature, type BaseWallet } from "ethers";
import { deployMarket, type Connection, type HomeKeys, type Market, type MarketOptions } from "./market.ts";
import { hourly, HOUR, type Registers, type Values } from "./settling.ts";
import { BUDGET_TYPES } from "./typed-data.ts";

/** `IEnergySharing.Rule`. */
export const Rule = { Unset: 0, SupplyDemandRatio: 1, MidMarketRate: 2, BillSharing: 3, FeedInOnly: 4 } as const;

/** `IMeteredModule.Skip`. */
export const ShareSkip = {
  None: 0,
  BadSignature: 1,
  OldSequence: 2,
  NoBudget: 3,
  EpochMismatch: 4,
  ModuleOff: 5,
  NotActive: 6,
  InDebt: 7,
  AlreadyJoined: 8,
  NoFunds: 9,
  AlreadyCounted: 10,
  NotMetered: 11,
  OffGrid: 12,
} as const;

export interface SchemeInput {
  readonly rule?: number;
  readonly compensation?: number;
  readonly settlementDelay?: number;
}

export interface BudgetInput {
  readonly home: HomeKeys;
  readonly budget?: bigint;
  readonly firstPeriod?: number;
  readonly lastPeriod?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly signer?: BaseWallet;
}

/** A community that shares after the fact, and what tests do with it. */
export type SharingMarket = Awaited<ReturnType<typeof deploySharing>>;

/** Tariff of the published tables: 0.20 and 0.05 EUR/kWh, no network fee. */
export const TABLE_TARIFF = { networkFee: 0, classes: [{ importPrice: 200, exportPrice: 50 }] };

/** Periods of four slots; readings for three hours, so that a settlement delay of one leaves time. */
export async function deploySharing(connection: Connection, scheme: SchemeInput = {}, options: MarketOptions = {}) {
  const m = await deployMarket(connection, {
    tariff: TABLE_TARIFF,
    ...options,
    terms: { ...hourly, readingDeadline: 2 * HOUR, ...options.terms },
    first: ({ sharing }) => Promise.resolve(sharing),
  });
  const { sharing } = m;
  const { rule = Rule.SupplyDemandRatio, compensation = 0, settlementDelay = HOUR } = scheme;
  const from = (await m.periodNow()) + 1;
  await sharing.connect(m.coordinator).announce(m.community, from, rule, compensation, settlementDelay);
  const domain = { ...m.domains.settlement, verifyingContract: await sharing.getAddress() };

  /** A budget as the contract takes it, signed by the home's trading key. */
  async function signBudget(input: BudgetInput) {
    const fields = {
      member: input.home.member,
      budget: input.budget ?? 10_000_000n,
      firstPeriod: input.firstPeriod ?? 0,
      lastPeriod: input.lastPeriod ?? 2 ** 32 - 1,
      epoch: input.epoch ?? 0,
      sequence: input.sequence ?? 1,
    };
    const signer = input.signer ?? input.home.trading;
    const message = { community: m.community, ...fields };
    const { r, yParityAndS: vs } = Signature.from(await signer.signTypedData(domain, BUDGET_TYPES, message));
    return { ...fields, r, vs };
  }

  /** Lets homes join a period. */
  const join = async (period: number, homes: readonly HomeKeys[]) =>
    await sharing.join(
      m.community,
      period,
      homes.map(({ member }) => member),
    );

  return { ...m, domain, from, signBudget, join };
}

/** Items of `meter`, `meterAndSettle` for homes with their values. */
export async function itemsOf(
  m: Market,
  registers: Registers,
  period: number,
  homes: readonly (readonly [HomeKeys, Values])[],
) {
  const items = [];
  for (const [home, values] of homes) {
    const reading = await registers.read(home, period, values);
    items.push({ member: home.member, reading, records: await m.recordsOf(home.member, period) });
  }
  return items;
}

/** The same as items of `settle` and `count`. */
export const settleItems = (items: Awaited<ReturnType<typeof itemsOf>>) =>
  items.map(({ member, reading, records }) => ({ member, values: reading.values, gapLeg: 0n, records }));
