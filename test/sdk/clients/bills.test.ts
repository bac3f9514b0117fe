import { expect } from "chai";
import type { Interface } from "ethers";
import { LogReader } from "../../../sdk/src/clients/log-reader.ts";
import type { LogSource, ScannedLog } from "../../../sdk/src/clients/scan.ts";
import { asMember, asPeriod, sumSigned } from "../../../sdk/src/units.ts";
import { buy, flatValues, sell, postArguments } from "../../helpers/market.ts";
import { reservedOf } from "../../helpers/reserves.ts";
import { rejection } from "./rejection.ts";
import { world, type World } from "./support.ts";

const DEPOSIT = 100_000_000n;
const FEE = 2_000n;

type Source = LogSource & { getBlock(block: number): Promise<{ readonly hash: string | null } | null> };

function readerOf({ community, terms, at, escrow }: World, source: Source): LogReader {
  return new LogReader({
    ...{ source, community, terms },
    ...{ market: at.market, escrow: at.escrow, settlement: at.settlement, registry: at.registry },
    journalOnChain: (member, period) => escrow.journal(community, member, period),
  });
}

/**
 * Two periods: one home misses the first reading, closes the gap in the second; one has an order that
 * fills nothing, and no energy.
 */
async function twoPeriods() {
  const w = await world();
  const { raw } = w;
  await raw.fund(3, 1_000_000_000n);
  const [seller, buyer, quiet, silent] = [
    await raw.addHome(),
    await raw.addHome(),
    await raw.addHome(),
    await raw.addHome(),
  ];
  const first = (await raw.periodNow()) + 1;
  await raw.goTo(raw.periodStart(first) + 1);
  const strip = async (home: typeof seller, after: number, slot: number) =>
    raw.auction.post(
      ...postArguments(raw.community, first, [
        await raw.signStrip({
          ...{ home, period: first, after },
          entries: [home === seller ? sell(slot, 10, 60) : buy(slot, 30, 35 + (slot % 7))],
        }),
      ]),
    );
  for (const home of [seller, buyer]) {
    await strip(home, 0, 40);
    await strip(home, 41, 50);
  }
  const idle = await raw.signStrip({ home: quiet, period: first, entries: [buy(60, 5, 10)] });
  await raw.auction.post(...postArguments(raw.community, first, [idle]));
  await raw.goTo(raw.periodStart(first + 1) + 60);
  await raw.clearPeriod(first);
  const values = { seller: flatValues(96, 0, 700), buyer: flatValues(96, 400, 0), quiet: flatValues(96, 0, 0) };
  for (const [home, read] of [
    [seller, values.seller],
    [buyer, values.buyer],
    [quiet, values.quiet],
  ] as const) {
    const reading = await raw.signReading({ home, period: first, values: read });
    const records = await raw.recordsOf(home.member, first);
    await raw.settlement.meterAndSettle(raw.community, first, [{ member: home.member, reading, records }]);
  }
  await raw.goTo(raw.periodStart(first + 1) + raw.terms.readingDeadline);
  await raw.settlement.settleEstimated(raw.community, first, [{ member: silent.member, records: [] }]);
  const reading = await raw.signReading({
    ...{ home: silent, period: first + 1, values: flatValues(96, 7, 0) },
    ...{ startImport: 96n * 250n + 900n, startExport: 300n, closesGap: true },
  });
  await raw.goTo(raw.periodStart(first + 2));
  await raw.settlement.meterAndSettle(raw.community, first + 1, [{ member: silent.member, reading, records: [] }]);
  return { ...w, first: asPeriod(BigInt(first)), second: asPeriod(BigInt(first + 1)), seller, buyer, quiet, silent };
}

describe("bills from logs", function () {
  this.timeout(60_000);

  it("equal what the chain took from each account: two strips, a fee alone, an estimate and the gap after it", async function () {
    const w = await twoPeriods();
    const reader = readerOf(w, w.provider);
    const [first, second] = [await reader.bills(w.first), await reader.bills(w.second)];
    for (const { member } of [w.seller, w.buyer, w.quiet, w.silent]) {
      const index = asMember(BigInt(member));
      const billed = sumSigned([first, second].flatMap((bills) => bills.get(index)?.total ?? []));
      const { free } = await w.escrow.account(w.community, index);
      const reserved = await reservedOf(w.raw, member);
      const { due } = await w.escrow.debt(w.community, index);
      expect(free + reserved - due, `member ${member}`).to.equal(DEPOSIT - billed);
    }
    const of = (home: { member: number }) => asMember(BigInt(home.member));
    expect(first.get(of(w.quiet))?.total).to.equal(FEE);
    expect(first.get(of(w.silent))?.total).to.equal(96n * 250n * 300n);
    const closing = second.get(of(w.silent));
    expect(closing?.gapLeg).to.equal(900n * 300n - 300n * 80n);
    expect(closing?.total).to.equal(96n * 7n * 300n + 900n * 300n - 300n * 80n);
    const traded = first.get(of(w.buyer))?.lines.filter(({ bought }) => bought > 0n);
    expect(traded?.length).to.equal(2);
  });

  it("are refused where a log is missing, doubled under another index, or changed", async function () {
    const w = await twoPeriods();
    const honest = await w.provider.getLogs({ fromBlock: 0, toBlock: "latest" });
    const contracts = [w.raw.settlement, w.raw.auction, w.raw.escrow];
    const topicOf = (name: string) =>
      new Set(contracts.map(({ interface: abi }) => (abi as Interface).getEvent(name)?.topicHash));
    /** A node that changes the last log of an event. */
    const tampered = (name: string, change: (log: ScannedLog) => ScannedLog[]): Source => {
      const bad = honest.filter((log) => topicOf(name).has(log.topics[0])).at(-1);
      if (bad === undefined) throw new Error(`no log of ${name}`);
      const same = (log: ScannedLog) => log.blockNumber === bad.blockNumber && log.index === bad.index;
      return {
        getBlockNumber: () => w.provider.getBlockNumber(),
        getBlock: (block) => w.provider.getBlock(block),
        getLogs: async (filter) => {
          const logs: ScannedLog[] = await w.provider.getLogs(filter);
          return logs.flatMap((log) => (same(log) ? change(log) : [log]));
        },
      };
    };
    const flip = (log: ScannedLog): ScannedLog[] => [
      { ...log, data: log.data.replace(/[1-9a-f](?=0*$)/, (digit) => (digit === "1" ? "2" : "1")) },
    ];
    const twice = (log: ScannedLog): ScannedLog[] => [log, { ...log, index: (log.index ?? 0) + 1_000 }];
    const [quiet, silent] = [w.quiet, w.silent].map(({ member }) => asMember(BigInt(member)));
    if (quiet === undefined || silent === undefined) throw new Error("no members");
    const cases = [
      ["Recorded", () => [], quiet, w.first],
      ["Recorded", twice, quiet, w.first],
      ["Recorded", flip, quiet, w.first],
      ["SlotCleared", () => [], quiet, w.first],
      ["Metered", () => [], silent, w.second],
      ["Metered", flip, silent, w.second],
      ["Settled", () => [], silent, w.second],
      ["Settled", twice, silent, w.second],
    ] as const;
    for (const [name, change, member, period] of cases) {
      await rejection(readerOf(w, tampered(name, change)).bill(member, period), "LOGS_INCOMPLETE");
    }
  });
});
