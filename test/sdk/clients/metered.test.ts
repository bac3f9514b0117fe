import { expect } from "chai";
import {
  asAmount,
  asPeriod,
  asSignedAmount,
  asTick,
  auctionDue,
  eventsOf,
  isWattbookError,
  limitsIn,
  LogReader,
  parseDeployment,
  previewMeteredAuction,
  topicsOf,
  type AuctionDue,
  type EventName,
  type JournalRecord,
  type ScannedLog,
  type WattbookErrorCode,
} from "@wattbook/sdk";
import { connect, type Connection } from "../../helpers/market.ts";
import { FUNDS, openMetered, type TradingDay, type TradingHome } from "../../helpers/metered-day.ts";
import { HOUR } from "../../helpers/settling.ts";
import { goAfter } from "../../helpers/shared-day.ts";

async function rejection(work: Promise<unknown>, code: WattbookErrorCode): Promise<Error> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!isWattbookError(thrown, code)) throw new Error(`Expected ${code}, got ${String(thrown)}.`, { cause: thrown });
  return thrown;
}

const NOTHING = { join: [], count: [], chunks: [], settle: [], estimate: [] };

describe("MeteredAuctionClient and the logs of a community of standing orders", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const open = async () => await openMetered(connection);
  const fixture = async (): Promise<TradingDay> => {
    const w = await connection.networkHelpers.loadFixture(open);
    // Nothing that was read in another test.
    return { ...w, logs: await w.wattbook.logs(w.community) };
  };

  const due = async (w: TradingDay): Promise<AuctionDue> =>
    auctionDue(w.terms, w.period, await w.now(), await w.logs.auction(w.period));
  const membersIn = (items: readonly { readonly member: bigint }[]) => items.map(({ member }) => member);

  /** Those with an order, but for some, join. */
  async function joined(w: TradingDay, without: readonly TradingHome[] = []) {
    const absent = new Set(membersIn(without));
    const members = (await due(w)).join.filter((member) => !absent.has(member));
    await w.wattbook.meteredAuction.send.join(w.community, w.period, members);
    return w;
  }

  const items = async (w: TradingDay, homes: readonly TradingHome[]) =>
    Promise.all(homes.map(async (home) => ({ ...(await w.read(home)), records: await w.recordsOf(home) })));

  /** What the escrow's own events say of a member: its account, from the deposit to the settled leg. */
  async function expectBills(w: TradingDay, members: readonly bigint[]) {
    const { m, logs, period, community } = w;
    const bills = await logs.bills(period);
    expect([...bills.keys()].sort()).to.deep.equal([...members].sort());
    const settled = await m.escrow.queryFilter(m.escrow.filters.Settled(community, undefined, period));
    expect(settled.map(({ args }) => args.member).sort()).to.deep.equal([...members].sort());
    for (const { args } of settled) {
      const bill = bills.get(args.member as never);
      if (bill === undefined) throw new Error(`no bill of ${args.member}`);
      const sum = (field: "paid" | "received" | "networkFee" | "gridLeg") =>
        bill.lines.reduce((total, line) => total + line[field], 0n);
      const fields = [sum("paid"), sum("received"), sum("networkFee"), bill.settlementFee, sum("gridLeg")];
      const of = [args.paid, args.received, args.networkFee, args.settlementFee, args.gridLeg];
      expect(fields, `member ${args.member}`).to.deep.equal(of);
      expect((await w.wattbook.escrow.account(community, args.member as never)).free).to.equal(FUNDS - bill.total);
    }
    return bills;
  }

  it("keeps orders and lets members join, as the logs say", async function () {
    const w = await fixture();
    const { wattbook, community, period, homes, logs } = w;
    const { roof, low, rich, twin, poor, late } = homes;
    expect([logs.mode, logs.market]).to.deep.equal(["metered", wattbook.meteredAuction.address]);
    const facts = await logs.auction(period);
    expect(facts.settlementDelay).to.equal(BigInt(HOUR));
    expect(facts.settlementDelay).to.equal(await wattbook.meteredAuction.settlementDelay(community, period));
    expect(facts.budgets.get(low.member)).to.deep.equal(await wattbook.meteredAuction.order(community, low.member));
    const all = membersIn([roof, low, rich, twin, poor, late]);
    expect((await due(w)).join).to.deep.equal(all);
    await joined(w);
    expect(await due(w)).to.deep.equal(NOTHING);
    for (const home of [roof, low, rich, twin, poor, late]) {
      expect(limitsIn(await w.recordsOf(home))).to.deep.equal(home.limits);
    }
    expect(limitsIn(await w.recordsOf(homes.plain))).to.equal(null);
    expect(await logs.traded(period)).to.deep.equal({ slots: [], parts: new Map() });
    expect((await rejection(logs.sharing(period), "RUNNER_UNFIT")).message).to.include('mode: "sharing"');
    expect((await logs.reserved()).get(poor.member)).to.equal(100_000n + w.terms.settlementFee);
  });

  it("names what is not kept", async function () {
    const w = await fixture();
    const { wattbook, community, homes, signOrder, deployment } = w;
    const sent = await wattbook.meteredAuction.send.keepOrders(community, [
      await signOrder(homes.rich),
      await signOrder(homes.rich, { buyTick: asTick(w.terms.tickCount), sequence: 2n }),
    ]);
    const events = eventsOf(await sent.wait(), parseDeployment(deployment));
    expect(events.map((event) => event.name === "Skipped" && event.reason)).to.deep.equal(["OldSequence", "OffGrid"]);
    const skipped = await w.logs.skipped(asPeriod(w.period - 1n));
    expect(skipped.map(({ reason }) => reason)).to.deep.equal(["OldSequence", "OffGrid"]);
  });

  it("settles in chunks whose totals are those of the logs, and bills as the escrow settled", async function () {
    const w = await joined(await fixture());
    const { wattbook, community, period, homes, logs } = w;
    const { roof, low, rich, twin, poor, plain, late } = homes;
    const { meteredAuction, settlement } = wattbook;
    await goAfter(w, connection, 1);
    const latest = async () => (await logs.auction(period)).totals.at(-1) ?? [];
    await meteredAuction.send.meter(community, period, await items(w, [twin, roof]), await latest());
    // Accepted by settlement without being counted.
    await settlement.send.meter(community, period, await items(w, [low, plain]));
    let now = await due(w);
    expect(membersIn(now.count)).to.deep.equal([low.member]);
    // A plain customer waits for nobody.
    expect([membersIn(now.settle), now.chunks]).to.deep.equal([[plain.member], []]);
    await meteredAuction.send.count(community, period, now.count, await latest());
    await meteredAuction.send.meter(community, period, await items(w, [rich, poor]), await latest());
    expect(await meteredAuction.round(community, period)).to.deep.equal({ joined: 6n, counted: 5n, chunks: 3n });

    // One meter is missing: totals freeze at the reading deadline.
    await goAfter(w, connection, 2 * HOUR);
    now = await due(w);
    expect(membersIn(now.estimate)).to.deep.equal([late.member]);
    const chunks = [membersIn([twin, roof]), [low.member], membersIn([rich, poor])];
    expect(now.chunks.map((chunk) => membersIn(chunk.items))).to.deep.equal(chunks);
    for (const chunk of [...now.chunks].reverse()) {
      await meteredAuction.send.settle(community, period, chunk);
      now = await due(w);
    }
    expect(now.chunks).to.deep.equal([]);
    await settlement.send.settle(community, period, now.settle);
    await settlement.send.settleEstimated(community, period, now.estimate);
    expect(await due(w)).to.deep.equal(NOTHING);

    const { slots, parts } = await logs.traded(period);
    expect([...parts.keys()]).to.deep.equal(chunks.flat());
    const [first] = slots;
    // Both want 2301 Wh at one tick, of the 1503 there are.
    expect(first).to.deep.equal({ traded: 1_503n, price: 240n, marginalTick: 24n });
    const bought = [rich, twin].map(({ member }) => parts.get(member)?.position[0]?.bought ?? 0n);
    expect(bought.reduce((sum: bigint, wh) => sum + wh, 0n)).to.equal(1_503n);
    for (const [index, wanted] of [1_400n, 901n].entries()) {
      const share = (1_503n * wanted) / 2_301n;
      expect(Number((bought[index] ?? 0n) - share)).to.be.within(0, 1);
    }
    expect(Number(parts.get(poor.member)?.beyondBudget)).to.be.greaterThan(0);
    const bills = await expectBills(w, membersIn(Object.values(homes)));
    expect(bills.get(late.member)?.lines.every((line) => line.bought === 0n && line.sold === 0n)).to.equal(true);
  });

  /** All but `late`, in one call. */
  async function settledAtOnce() {
    const w = await fixture();
    const { late, ...homes } = w.homes;
    await joined(w, [late]);
    await goAfter(w, connection, HOUR + 1);
    const all = Object.values(homes);
    await w.wattbook.meteredAuction.send.meterAndSettle(w.community, w.period, await items(w, all));
    return { ...w, all };
  }

  it("settles everybody in one call as previewed", async function () {
    const w = await settledAtOnce();
    const { logs, period, terms, all } = w;
    expect((await logs.auction(period)).totals).to.deep.equal([]);
    expect(await due(w)).to.deep.equal(NOTHING);
    const { tariff } = await logs.auction(period);
    const preview = previewMeteredAuction(terms, {
      ...{ period, tariff },
      members: all.map(({ member, tariffClass, limits, values }) => ({
        ...{ member, tariffClass, limits },
        metering: { kind: "metered", values, gapLeg: asSignedAmount(0n) },
      })),
    });
    expect((await logs.traded(period)).slots).to.deep.equal(preview.slots);
    const bills = await expectBills(w, membersIn(all));
    expect(bills).to.deep.equal(new Map(preview.members.map(({ member, bill }) => [member, bill])));
  });

  it("finds logs that differ from what the chain said of a period", async function () {
    const w = await settledAtOnce();
    const { wattbook, community, logs, period, terms } = w;
    await logs.traded(period);
    const { provider } = wattbook;
    /** A node that answers other logs of an event. */
    const readerWhere = (name: EventName, change: (log: ScannedLog) => ScannedLog[]) => {
      const [topic] = topicsOf(name);
      const source = {
        getBlockNumber: () => provider.getBlockNumber(),
        getLogs: async (filter: Parameters<typeof provider.getLogs>[0]) =>
          (await provider.getLogs(filter)).flatMap((log) => (log.topics[0] === topic ? change(log) : [log])),
      };
      const { meteredAuction: market, escrow, settlement, registry } = wattbook;
      return new LogReader({
        ...{ source, community, terms, mode: "metered", fromBlock: 0, market: market.address },
        ...{ escrow: escrow.address, settlement: settlement.address, registry: registry.address },
      });
    };
    const silent = readerWhere("BudgetReached", () => []);
    expect((await rejection(silent.traded(period), "LOGS_INCOMPLETE")).message).to.include("beyond its budget");
    // The last Wh of the first slot: the lowest bit of its 40, which are the word's highest.
    const bit = 1n << 216n;
    const otherVolume = readerWhere("Cleared", (log) => {
      const word = BigInt(`0x${log.data.slice(2 + 128, 2 + 192)}`) ^ bit;
      const data = log.data.slice(0, 2 + 128) + word.toString(16).padStart(64, "0") + log.data.slice(2 + 192);
      return [{ ...log, data }];
    });
    expect((await rejection(otherVolume.traded(period), "LOGS_INCOMPLETE")).message).to.include(
      `how slot 0 of period ${period} cleared`,
    );
  });

  it("reads limits of a record of eight bytes alone", function () {
    const head = { module: 0n, entries: 1n, reserve: asAmount(7n), buyWh: 0n, sellWh: 0n };
    const of = (payload: JournalRecord["payload"]) => limitsIn([{ head, payload } as JournalRecord]);
    // What was reserved, not what the budget says; 255 is no side.
    expect(of("0x0000000000ff10ff")).to.deep.equal({ budget: 7n, buyTick: 16n, sellTick: null });
    expect(() => of("0x0000000000ff")).to.throw("8 bytes: budget 6, buy tick 1, sell tick 1");
  });
});
