/** A community that trades after the fact, whose rings are warm: whole periods joined, metered and settled. */
import { type ContractTransactionResponse, Signature } from "ethers";
import { connect, deployMarket, unpackRecords, type HomeKeys } from "../../test/helpers/market.ts";
import { NO_TICK } from "../../test/helpers/metered.ts";
import { Rule } from "../../test/helpers/sharing.ts";
import { BUDGET_TYPES, STANDING_ORDER_TYPES } from "../../test/helpers/typed-data.ts";
import { countedBy } from "./homes.ts";
import { type Counted, MAX_GAS, receiptOf, SHORT_RING, type Market, type Receipt } from "./market.ts";

const RING = 5;
const LIMIT = { gasLimit: MAX_GAS };
const DEPOSIT = 4_000_000_000n;
const BUDGET = 200_000_000n;
const SUPPLIER = { member: 3, deposit: 1_000_000_000_000n };
const CAPS = { buyCap: 125, sellCap: 125 };
/** Between a period's end and its settlement, seconds. */
const DELAY = 60;
/** Members of a call that joins, or signs. */
export const JOINED_AT_ONCE = 60;

/** A warm community, to which every measurement returns. */
export interface MeteredWorld {
  readonly provider: Market["provider"];
  readonly homes: readonly HomeKeys[];
  /** So many at once. */
  readonly join: () => Promise<readonly Receipt[]>;
  /** Both passes, in chunks of so many members. */
  readonly inTwo: (
    size: number,
  ) => Promise<{ readonly meter: readonly Receipt[]; readonly settle: readonly Receipt[] }>;
  /** @param sunny Whether roofs give only in the middle half of the slots, and their homes take in the others. */
  readonly atOnce: (sunny: boolean) => Promise<Receipt>;
  /** Goes back to before anything was measured. */
  readonly restore: () => Promise<void>;
}

type Deployed = Awaited<ReturnType<typeof deployMarket>>;
type Items = Parameters<Deployed["sharing"]["meter"]>[2];
type Settled = Parameters<Deployed["sharing"]["settle"]>[2];
type Sent = Promise<ContractTransactionResponse>;

/** What a module is asked. */
interface Module {
  readonly announce: (first: number) => Sent;
  /** What members sign, from the first period on. */
  readonly keep: (homes: readonly HomeKeys[], first: number) => Sent;
  readonly meter: (period: number, items: Items) => Sent;
  /** Of a chunk; the totals before it follow from those of the chunks. */
  readonly settle: (period: number, items: Settled, chunk: number) => Sent;
}

/** By the supply-demand ratio. */
function sharing({ sharing: module, community, coordinator, domains }: Deployed, address: string): Module {
  const domain = { ...domains.settlement, verifyingContract: address };
  return {
    announce: (first) => module.connect(coordinator).announce(community, first, Rule.SupplyDemandRatio, 0, DELAY),
    keep: async (homes, first) => {
      const budgets = [];
      for (const { member, trading } of homes) {
        const fields = { member, ...mandateFrom(first) };
        const signed = await trading.signTypedData(domain, BUDGET_TYPES, { community, ...fields });
        const { r, yParityAndS: vs } = Signature.from(signed);
        budgets.push({ ...fields, r, vs });
      }
      return module.keepBudgets(community, budgets, LIMIT);
    },
    meter: (period, items) => module.meter(community, period, items, LIMIT),
    settle: async (period, items, chunk) => {
      if (chunk > 0) throw new Error("one chunk: the totals before another are not kept here");
      return module.settle(community, period, items, [], chunk, LIMIT);
    },
  };
}

/** Within standing orders: a handful of limits a side, all of which cross. */
function auction(
  { meteredAuction: module, community, coordinator, domains, terms: { tickCount } }: Deployed,
  address: string,
): Module {
  const ticks = (of64: number) => Math.floor((of64 * tickCount) / 64);
  const domain = { ...domains.settlement, verifyingContract: address };
  const totals = async (period: number): Promise<(readonly bigint[])[]> => {
    const logs = await module.queryFilter(module.filters.Tallied(community, period));
    return logs.map(({ args }) => [...args.totals]);
  };
  return {
    announce: (first) => module.connect(coordinator).announce(community, first, DELAY),
    keep: async (homes, first) => {
      const orders = [];
      for (const { member, trading } of homes) {
        const limits = {
          buyTick: ticks(30) + ticks(3) * (member % 7),
          sellTick: member % 2 === 0 ? NO_TICK : ticks(10) + ticks(4) * (member % 5),
        };
        const fields = { member, ...limits, ...mandateFrom(first) };
        const signed = await trading.signTypedData(domain, STANDING_ORDER_TYPES, { community, ...fields });
        const { r, yParityAndS: vs } = Signature.from(signed);
        orders.push({ ...fields, r, vs });
      }
      return module.keepOrders(community, orders, LIMIT);
    },
    meter: async (period, items) => {
      const latest = (await totals(period)).at(-1) ?? [];
      return module.meter(community, period, items, [...latest], LIMIT);
    },
    settle: async (period, items, chunk) => {
      const all = await totals(period);
      const [start, frozen] = [all[chunk - 1] ?? [], all.at(-1) ?? []];
      return module.settle(community, period, items, [...start], [...frozen], chunk, LIMIT);
    },
  };
}

const mandateFrom = (firstPeriod: number) => ({
  ...{ budget: BUDGET, firstPeriod, lastPeriod: 2 ** 32 - 1, epoch: 0, sequence: 1 },
});

/** Of so many homes every second one has a roof. @param ticks Of the community's grid. */
export async function meteredWorld(count: number, kind: "sharing" | "auction", ticks: number): Promise<MeteredWorld> {
  const connection = await connect();
  const market = await deployMarket(connection, {
    terms: { ...SHORT_RING, tickCount: ticks },
    first: (all) => Promise.resolve(kind === "sharing" ? all.sharing : all.meteredAuction),
  });
  const { settlement, escrow, community } = market;
  const contract = kind === "sharing" ? market.sharing : market.meteredAuction;
  const module = (kind === "sharing" ? sharing : auction)(market, await contract.getAddress());
  const homes: HomeKeys[] = [];
  while (homes.length < count) homes.push(await market.addHome({ deposit: DEPOSIT, ...CAPS }));
  await market.fund(SUPPLIER.member, SUPPLIER.deposit);
  const first = (await market.periodNow()) + 1;
  await module.announce(first);
  await market.goTo(market.periodStart(first));
  for (const batch of chunksOf(homes, JOINED_AT_ONCE)) await module.keep(batch, first);

  const join = async (period: number): Promise<Receipt[]> => {
    const receipts = [];
    for (const batch of chunksOf(homes, JOINED_AT_ONCE)) {
      const members = batch.map(({ member }) => member);
      receipts.push(await receiptOf(contract.join(community, period, members, LIMIT)));
    }
    const { joined } = await contract.roundOf(community, period);
    if (joined !== BigInt(count)) throw new Error(`${String(joined)} members joined`);
    return receipts;
  };
  const items = async (period: number, change: (counted: Counted) => Counted = (counted) => counted) => {
    const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
    const records = logs.flatMap(({ args }) => unpackRecords(args.module, args.records));
    const made = [];
    for (const home of homes) {
      const reading = await market.signReading({ home, period, ...change(countedBy(home, period - first)) });
      made.push({ member: home.member, reading, records: records.filter(({ member }) => member === home.member) });
    }
    return made;
  };
  const end = (period: number) => market.periodStart(period + 1);
  const inTwo = async (period: number, size: number) => {
    const chunks = chunksOf(await items(period), size);
    const meter = [];
    for (const chunk of chunks) meter.push(await receiptOf(module.meter(period, chunk)));
    await market.goTo(end(period) + DELAY);
    const settle = [];
    for (const [index, chunk] of chunks.entries()) {
      const settled = chunk.map(({ member, reading: { values }, records }) => ({
        member,
        values,
        gapLeg: 0n,
        records,
      }));
      settle.push(await receiptOf(module.settle(period, settled, index)));
    }
    await check(period, settle);
    return { meter, settle };
  };
  const atOnce = async (period: number, sunny: boolean) => {
    const all = await items(period, sunny ? byDay : undefined);
    await market.goTo(end(period) + DELAY);
    const receipt = await receiptOf(contract.meterAndSettle(community, period, all, LIMIT));
    await check(period, [receipt]);
    return receipt;
  };
  /** Everybody is settled, and got what it was counted with. */
  const check = async (period: number, receipts: readonly Receipt[]): Promise<void> => {
    for (const log of receipts.flatMap(({ logs }) => logs)) {
      const name = settlement.interface.parseLog(log)?.name;
      if (name === "RecordsVoided" || name === "ItemSkipped") throw new Error(`not what members get: ${name}`);
    }
    const { opened, settled } = await escrow.journals(community, period);
    if (opened !== BigInt(count) || settled !== opened) throw new Error("the period is not settled");
  };

  // Nobody has joined the first period; every later one makes the words of its place in the ring.
  const quiet = await items(first);
  await join(first + 1);
  await market.goTo(end(first));
  for (const chunk of chunksOf(quiet, JOINED_AT_ONCE)) await settlement.meterAndSettle(community, first, chunk, LIMIT);
  for (let period = first + 1; period <= first + RING; period++) {
    await join(period + 1);
    await market.goTo(end(period));
    await inTwo(period, JOINED_AT_ONCE);
  }
  // Joined already: what is measured joins the period behind it.
  const measured = first + RING + 1;
  await market.goTo(market.periodStart(measured));
  const snapshot = await connection.networkHelpers.takeSnapshot();
  const over = async () => {
    await market.goTo(end(measured));
  };
  return {
    provider: connection.provider,
    homes,
    join: async () => await join(measured + 1),
    inTwo: async (size) => {
      await over();
      return await inTwo(measured, size);
    },
    atOnce: async (sunny) => {
      await over();
      return await atOnce(measured, sunny);
    },
    restore: async () => {
      await snapshot.restore();
    },
  };
}

/** Pieces of so many, the last one smaller. */
export function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(size * index, size * (index + 1)),
  );
}

/** A roof gives in the middle half of the slots; in the others its home takes as much. */
function byDay({ values, ...registers }: Counted): Counted {
  const quarter = values.length / 4;
  const isDay = (slot: number) => slot >= quarter && slot < values.length - quarter;
  return {
    ...registers,
    values: values.map(([imported, exported], slot) => (isDay(slot) ? [imported, exported] : [imported + exported, 0])),
  };
}
