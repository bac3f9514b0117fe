/** A community that shares after the fact, whose rings are warm: whole periods joined, metered and settled. */
import { Signature } from "ethers";
import { connect, deployMarket, unpackRecords, type HomeKeys } from "../../test/helpers/market.ts";
import { Rule } from "../../test/helpers/sharing.ts";
import { BUDGET_TYPES } from "../../test/helpers/typed-data.ts";
import { countedBy } from "./homes.ts";
import { checkLength, type Counted, MAX_GAS, receiptOf, SHORT_RING, type Market, type Receipt } from "./market.ts";

const RING = 5;
const LIMIT = { gasLimit: MAX_GAS };
const DEPOSIT = 4_000_000_000n;
const BUDGET = 200_000_000n;
const SUPPLIER = { member: 3, deposit: 1_000_000_000_000n };
const CAPS = { buyCap: 125, sellCap: 125 };
/** Between a period's end and its settlement, seconds. */
const DELAY = 60;

/** A warm community, to which every measurement returns. */
export interface SharingWorld {
  readonly provider: Market["provider"];
  readonly homes: readonly HomeKeys[];
  readonly join: () => Promise<Receipt>;
  /** Both passes, in one chunk. */
  readonly inTwo: () => Promise<{ readonly meter: Receipt; readonly settle: Receipt }>;
  /** @param sunny Whether roofs give only in the middle half of the slots, and their homes take in the others. */
  readonly atOnce: (sunny: boolean) => Promise<Receipt>;
  /** Goes back to before anything was measured. */
  readonly restore: () => Promise<void>;
}

/** So many homes, every second one with a roof, share by the supply-demand ratio. */
export async function sharingWorld(count: number): Promise<SharingWorld> {
  const connection = await connect();
  const market = await deployMarket(connection, {
    terms: SHORT_RING,
    first: ({ sharing }) => Promise.resolve(sharing),
  });
  const { sharing, settlement, escrow, community, coordinator } = market;
  const homes: HomeKeys[] = [];
  while (homes.length < count) homes.push(await market.addHome({ deposit: DEPOSIT, ...CAPS }));
  await market.fund(SUPPLIER.member, SUPPLIER.deposit);
  const first = (await market.periodNow()) + 1;
  await sharing.connect(coordinator).announce(community, first, Rule.SupplyDemandRatio, 0, DELAY);
  await market.goTo(market.periodStart(first));
  const domain = { ...market.domains.settlement, verifyingContract: await sharing.getAddress() };
  const budgets = [];
  for (const { member, trading } of homes) {
    const fields = { member, budget: BUDGET, firstPeriod: first, lastPeriod: 2 ** 32 - 1, epoch: 0, sequence: 1 };
    const signed = await trading.signTypedData(domain, BUDGET_TYPES, { community, ...fields });
    const { r, yParityAndS: vs } = Signature.from(signed);
    budgets.push({ ...fields, r, vs });
  }
  await sharing.keepBudgets(community, budgets, LIMIT);

  const join = async (period: number) => {
    const members = homes.map(({ member }) => member);
    const receipt = await receiptOf(sharing.join(community, period, members, LIMIT));
    const { joined } = await sharing.roundOf(community, period);
    if (joined !== BigInt(count)) throw new Error(`${String(joined)} members joined`);
    return receipt;
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
  const inTwo = async (period: number) => {
    const all = await items(period);
    checkLength(sharing.interface.encodeFunctionData("meter", [community, period, all]));
    const meter = await receiptOf(sharing.meter(community, period, all, LIMIT));
    await market.goTo(end(period) + DELAY);
    const settled = all.map(({ member, reading, records }) => ({
      member,
      values: reading.values,
      gapLeg: 0n,
      records,
    }));
    return { meter, settle: await settledBy(sharing.settle(community, period, settled, [], 0, LIMIT), period) };
  };
  const atOnce = async (period: number, sunny: boolean) => {
    const all = await items(period, sunny ? byDay : undefined);
    checkLength(sharing.interface.encodeFunctionData("meterAndSettle", [community, period, all]));
    await market.goTo(end(period) + DELAY);
    return await settledBy(sharing.meterAndSettle(community, period, all, LIMIT), period);
  };
  /** Everybody is settled, and gets what it was counted with. */
  const settledBy = async (sent: Parameters<typeof receiptOf>[0], period: number): Promise<Receipt> => {
    const receipt = await receiptOf(sent);
    for (const log of receipt.logs) {
      const name = settlement.interface.parseLog(log)?.name;
      if (name === "RecordsVoided" || name === "ItemSkipped") throw new Error(`not what members get: ${name}`);
    }
    const { opened, settled } = await escrow.journals(community, period);
    if (opened !== BigInt(count) || settled !== opened) throw new Error("the period is not settled");
    return receipt;
  };

  // Nobody has joined the first period; every later one makes the words of its place in the ring.
  const quiet = await items(first);
  await join(first + 1);
  await market.goTo(end(first));
  await settlement.meterAndSettle(community, first, quiet, LIMIT);
  for (let period = first + 1; period <= first + RING; period++) {
    await join(period + 1);
    await market.goTo(end(period));
    await inTwo(period);
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
    inTwo: async () => {
      await over();
      return await inTwo(measured);
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

/** A roof gives in the middle half of the slots; in the others its home takes as much. */
function byDay({ values, ...registers }: Counted): Counted {
  const quarter = values.length / 4;
  const isDay = (slot: number) => slot >= quarter && slot < values.length - quarter;
  return {
    ...registers,
    values: values.map(([imported, exported], slot) => (isDay(slot) ? [imported, exported] : [imported + exported, 0])),
  };
}
