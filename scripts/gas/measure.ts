import {
  connect,
  deployMarket,
  postArguments,
  type Entry,
  type HomeKeys,
  type Market,
} from "../../test/helpers/market.ts";

/** Gas of one unit of an operation, as receipts tell it, everything included. */
export interface GasRow {
  readonly operation: string;
  readonly gas: number;
  readonly target?: number;
}

/** A short ring, so that a few periods warm every word of it. The ring's length does not change the cost of an entry. */
const SHORT_RING = { horizon: 1, readingDeadline: 3600, correctionWindow: 7200, claimWindow: 10_800, tariffNotice: 1 };
const SLOTS = 96;
const BATCH = 60;
/** Two periods more than the ring holds: the first of them trades nothing. */
const WARM_PERIODS = 7;

const gasOf = async (sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>): Promise<bigint> => {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error("no receipt");
  return receipt.gasUsed;
};
const per = (gas: bigint, units: number): number => Number((gas + BigInt(units) - 1n) / BigInt(units));

/** One entry per slot: even homes buy, odd ones sell, spread over the ticks so that every tick word is touched. */
const entriesOf = (home: number, slots: readonly number[]): Entry[] =>
  slots.map((slot) => ({
    slot,
    side: home % 2 === 0 ? "buy" : "sell",
    tick: (home * 7 + slot * 3) % 64,
    lots: 10 + ((home + slot) % 30),
  }));
const ALL_SLOTS = Array.from({ length: SLOTS }, (_, slot) => slot);

/** Runs whole periods with 60 homes until the rings are warm, and measures the last one. */
export async function measureGas(): Promise<GasRow[]> {
  const connection = await connect();
  const market = await deployMarket(connection, { terms: SHORT_RING });
  const homes: HomeKeys[] = [];
  while (homes.length < BATCH) homes.push(await market.addHome({ deposit: 2_000_000_000n }));
  await market.fund(3, 100_000_000_000n);
  const registers = new Map<number, [bigint, bigint]>(homes.map(({ member }) => [member, [0n, 0n]]));
  const rows: GasRow[] = [];
  const first = (await market.periodNow()) + 1;
  await market.goTo(market.periodStart(first));
  for (let period = first; period < first + WARM_PERIODS; period++) {
    rows.length = 0;
    rows.push(...(await onePeriod(market, homes, registers, period, period === first + WARM_PERIODS - 1)));
  }
  rows.push(...(await ownTransaction(market, homes[0], first + WARM_PERIODS + 1)));
  rows.push(...(await singleSlots(market, homes, first + WARM_PERIODS + 1)));
  return rows;
}

/** Posts, clears and settles `period`; trading happens in the period before it. */
async function onePeriod(
  market: Market,
  homes: readonly HomeKeys[],
  registers: Map<number, [bigint, bigint]>,
  period: number,
  warm: boolean,
): Promise<GasRow[]> {
  const { auction, settlement, community } = market;
  const trading = period + 1;
  const strips = [];
  for (const home of homes) {
    const entries = entriesOf(home.member, ALL_SLOTS);
    strips.push(await market.signStrip({ home, period: trading, entries, maxReserve: 500_000_000n, feePerEntry: 5 }));
  }
  // New words cost more than a whole batch may: the first strips come a few at a time.
  const chunk = warm ? BATCH : 4;
  let place = 0n;
  for (let i = 0; i < BATCH; i += chunk)
    place += await gasOf(auction.post(...postArguments(community, trading, strips.slice(i, i + chunk))));
  await market.goTo(market.periodStart(period + 1));
  const slots = ALL_SLOTS.map((offset) => period * SLOTS + offset);
  const half = await gasOf(auction.clear(community, slots.slice(0, 48)));
  const alone = await gasOf(auction.clear(community, slots.slice(48, 49)));
  await auction.clear(community, slots.slice(49));
  const items = [];
  for (const home of homes) items.push(await itemOf(market, home, registers, period));
  const settle = await gasOf(settlement.meterAndSettle(community, period, items));
  const voided = await settlement.queryFilter(settlement.filters.RecordsVoided());
  if (voided.length > 0) throw new Error("records were voided: what is measured is not what members get");
  const { opened, settled } = await market.escrow.journals(community, period);
  if (opened !== settled || settled !== BigInt(homes.length)) throw new Error("the measured period is not settled");
  return [
    { operation: "place: strip of 96 in a batch of 60, per entry", gas: per(place, BATCH * SLOTS), target: 1800 },
    { operation: "clear: 64 ticks, call of 48 slots, per slot", gas: per(half, 48), target: 60_000 },
    { operation: "clear: 64 ticks, one slot alone", gas: Number(alone), target: 80_000 },
    { operation: "settle: batch of 60, per member and slot", gas: per(settle, BATCH * SLOTS), target: 1600 },
  ];
}

async function itemOf(market: Market, home: HomeKeys, registers: Map<number, [bigint, bigint]>, period: number) {
  const [startImport, startExport] = registers.get(home.member) ?? [0n, 0n];
  const values = ALL_SLOTS.map((slot): [number, number] =>
    home.member % 2 === 0 ? [100 + slot, 0] : [0, 150 + ((slot * 7) % 90)],
  );
  const sum = (index: 0 | 1) => values.reduce((total, value) => total + BigInt(value[index]), 0n);
  registers.set(home.member, [startImport + sum(0), startExport + sum(1)]);
  return {
    member: home.member,
    reading: await market.signReading({ home, period, values, startImport, startExport }),
    records: await market.recordsOf(home.member, period),
  };
}

async function ownTransaction(market: Market, home: HomeKeys | undefined, period: number): Promise<GasRow[]> {
  if (!home) throw new Error("no home");
  const strip = await market.signStrip({ home, period, entries: entriesOf(home.member, [50]), maxReserve: 5_000_000n });
  const gas = await gasOf(
    market.auction.connect(home.trading.connect(market.coordinator.provider)).place(market.community, period, strip),
  );
  return [{ operation: "place: own transaction, one entry", gas: Number(gas) }];
}

async function singleSlots(market: Market, homes: readonly HomeKeys[], period: number): Promise<GasRow[]> {
  const strips = [];
  for (const home of homes.slice(1)) {
    strips.push(
      await market.signStrip({ home, period, entries: entriesOf(home.member, [50]), maxReserve: 5_000_000n }),
    );
  }
  const gas = await gasOf(market.auction.post(...postArguments(market.community, period, strips)));
  return [
    { operation: `place: single slot in a batch of ${String(strips.length)}, per order`, gas: per(gas, strips.length) },
  ];
}
