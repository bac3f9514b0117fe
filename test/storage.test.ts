import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { connect, deployMarket, type Connection, type HomeKeys, type Market, postArguments } from "./helpers/market.ts";
import { Registers, buy, evidence, goBehind, hourly, metered, missing, sell, valuesAt } from "./helpers/settling.ts";
import { freshWrites } from "./helpers/writes.ts";

/** A ring of three periods. */
const shortest = { ...hourly, horizon: 0, readingDeadline: 1, correctionWindow: 2, claimWindow: 3, tariffNotice: 0 };
const RING = 3;
/** The same with time for estimates and corrections. */
const patient = { ...shortest, readingDeadline: 60, correctionWindow: 600, claimWindow: 900 };
/** What a word costs more that is zero before it is written. */
const NEW_WORD = 17_100n;

describe("Rule 11: no new storage word per order, once the rings are warm", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  const writes = async (sent: ContractTransactionResponse) => await freshWrites(connection, sent);

  const layouts = {
    "an hour": { terms: {}, slots: [1, 2], words: 1 + 1 },
    "four hours in three groups": {
      terms: { slotsPerPeriod: 16, tickCount: 128, wideTicks: true },
      slots: [5, 14],
      words: 2 + 2,
    },
  } as const;
  for (const [length, { terms, slots, words }] of Object.entries(layouts)) {
    it(`accepting, clearing and settling rewrite the words of three periods of ${length} ago`, async function () {
      await rewrite(await deployMarket(connection, { terms: { ...shortest, ...terms } }), slots, words);
    });
  }

  async function rewrite(m: Awaited<ReturnType<typeof deployMarket>>, offsets: readonly number[], words: number) {
    const count = m.terms.slotsPerPeriod;
    const each = <T>(of: (offset: number, index: number) => T) => offsets.map(of);
    const values = (wh: (index: number) => readonly [number, number]) =>
      valuesAt(Object.fromEntries(each((offset, index) => [offset, wh(index)])), count);
    await m.fund(3, 1_000_000_000n);
    const [seller, buyer, idle] = [await m.addHome(), await m.addHome(), await m.addHome()];
    const first = (await m.periodNow()) + 1;
    const registers = new Registers(m);
    for (let turn = 0; turn < 3 * RING; turn++) {
      const period = first + turn;
      await m.goTo(m.periodStart(period));
      const strips = [
        await m.signStrip({
          home: seller,
          period,
          entries: each((slot, index) => sell(slot, 10 + 10 * index, 10 + turn)),
          feePerEntry: 3,
        }),
        await m.signStrip({
          home: buyer,
          period,
          entries: each((slot, index) => buy(slot, 30 - 6 * index, 9 + turn)),
          feePerEntry: 3,
        }),
      ];
      const posted = await writes(await m.auction.post(...postArguments(m.community, period, strips)));
      await m.goTo(m.periodStart(period + 1));
      const slots = each((offset) => period * count + offset);
      const cleared = await writes(await m.auction.clear(m.community, slots));
      const items = [
        await metered(
          m,
          seller,
          period,
          await registers.read(
            seller,
            period,
            values((index) => [0, 90 - 40 * index]),
          ),
        ),
        await metered(
          m,
          buyer,
          period,
          await registers.read(
            buyer,
            period,
            values((index) => [90 - 20 * index, 0]),
          ),
        ),
        await metered(
          m,
          idle,
          period,
          await registers.read(idle, period, valuesAt({ 0: [11, 0], [count - 1]: [0, 7] }, count)),
        ),
      ];
      const settled = await writes(await m.settlement.meterAndSettle(m.community, period, items));
      const fresh = { posted: posted.fresh, cleared: cleared.fresh, settled: settled.fresh };
      expect(Math.min(posted.all, settled.all)).to.be.greaterThan(3);
      // Groups and results. The first call also keeps the terms.
      expect(cleared.all).to.equal(words + (turn === 0 ? 1 : 0));
      if (turn >= RING) expect(fresh, `turn ${turn}`).to.deep.equal({ posted: 0, cleared: 0, settled: 0 });
      else expect(Math.min(fresh.posted, fresh.cleared, fresh.settled), `turn ${turn}`).to.be.greaterThan(0);
    }
  }

  it("nor do own transactions, readings and settlement apart, estimates and corrections", async function () {
    const m = await deployMarket(connection, { terms: { ...shortest, ...patient } });
    await m.fund(3, 1_000_000_000n);
    const homes = { seller: await m.addHome(), buyer: await m.addHome(), late: await m.addHome() };
    const registers = new Registers(m);
    const first = (await m.periodNow()) + 1;
    for (let turn = 0; turn < 3 * RING; turn++) {
      const fresh = await everyWay(m, homes, registers, first + turn, turn);
      const sum = Object.values(fresh).reduce((a, b) => a + b, 0);
      if (turn === 0) expect(sum).to.be.greaterThan(10);
      const none = { placed: 0, cleared: 0, metered: 0, settled: 0, estimated: 0, corrected: 0 };
      if (turn >= RING) expect(fresh, `turn ${turn}`).to.deep.equal(none);
    }
  });

  /** A period in which each call is a kind of its own; words that each of them makes. */
  async function everyWay(
    m: Market,
    { seller, buyer, late }: Readonly<Record<"seller" | "buyer" | "late", HomeKeys>>,
    registers: Registers,
    period: number,
    turn: number,
  ) {
    const { community, settlement } = m;
    await m.goTo(m.periodStart(period));
    let placed = 0;
    for (const [home, entry] of [
      [seller, sell(1, 10, 10 + turn)],
      [buyer, buy(1, 30, 9 + turn)],
      [late, buy(2, 20, 3 + turn)],
    ] as const) {
      const strip = await m.signStrip({ home, period, entries: [entry], feePerEntry: 3 });
      const own = m.auction.connect(home.owner.connect(connection.ethers.provider));
      placed += (await writes(await own.place(community, period, strip))).fresh;
    }
    await m.goTo(m.periodStart(period + 1));
    const slots = [1, 2].map((offset) => period * m.terms.slotsPerPeriod + offset);
    const cleared = await writes(await m.auction.clear(community, slots));
    const items = [
      await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 90] }))),
      await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [80, 0] }))),
    ];
    const read = await writes(await settlement.meter(community, period, items));
    const apart = items.map(({ member, reading: { values }, records }) => ({ member, values, gapLeg: 0n, records }));
    const settled = await writes(await settlement.settle(community, period, apart));
    await goBehind(m, period, m.terms.readingDeadline);
    const estimate = [await missing(m, late, period)];
    const estimated = await writes(await settlement.settleEstimated(community, period, estimate));
    const reading = await registers.read(late, period, valuesAt({ 2: [70, 0] }));
    const correction = [{ member: late.member, reading, ...(await evidence(m, late, period)) }];
    const corrected = await writes(await settlement.correct(community, period, correction));
    for (const { all } of [cleared, read, settled, estimated, corrected]) expect(all).to.be.greaterThan(0);
    expect([...(await m.escrow.journals(community, period))]).to.deep.equal([3n, 3n]);
    expect((await settlement.meterState(community, late.member)).nextPeriod).to.equal(BigInt(period + 1));
    return {
      ...{ placed, cleared: cleared.fresh, metered: read.fresh, settled: settled.fresh },
      ...{ estimated: estimated.fresh, corrected: corrected.fresh },
    };
  }

  it("but for the word of fees, once, after they were withdrawn: posting or settling makes it anew", async function () {
    const m = await deployMarket(connection, { terms: shortest });
    const { community, escrow, stranger } = m;
    await m.fund(3, 1_000_000_000n);
    const home = await m.addHome();
    const registers = new Registers(m);
    const first = (await m.periodNow()) + 1;
    const withdraw = async () => {
      await escrow.connect(stranger).withdrawFees(m.euro, stranger.address);
      expect(await escrow.fees(m.euro, stranger.address)).to.equal(0n);
    };
    /** What a call makes and costs now, and what it makes and costs once its fees were withdrawn. */
    const withAndWithout = async (send: () => Promise<ContractTransactionResponse>) => {
      const measured = [];
      for (const emptied of [false, true]) {
        const snapshot = await connection.networkHelpers.takeSnapshot();
        if (emptied) await withdraw();
        const sent = await send();
        const receipt = await sent.wait();
        measured.push({ fresh: (await writes(sent)).fresh, gas: receipt?.gasUsed ?? 0n });
        // The last one stays, so that later calls find the word made anew.
        if (!emptied) await snapshot.restore();
      }
      return measured;
    };
    for (let turn = 0; turn <= 2 * RING; turn++) {
      const period = first + turn;
      await m.goTo(m.periodStart(period));
      const entries = [sell(1, 10, 10 + turn)];
      const strip = await m.signStrip({ home, period, entries, feePerEntry: 3, feeTo: stranger.address });
      const post = async () => await m.auction.connect(stranger).post(...postArguments(community, period, [strip]));
      const posted = turn < 2 * RING ? undefined : await withAndWithout(post);
      if (!posted) await post();
      await m.goTo(m.periodStart(period + 1));
      await m.auction.clear(community, [period * m.terms.slotsPerPeriod + 1]);
      const item = await metered(m, home, period, await registers.read(home, period, valuesAt({ 1: [0, 90] })));
      const settle = async () => await m.settlement.connect(stranger).meterAndSettle(community, period, [item]);
      const settled = turn < 2 * RING ? undefined : await withAndWithout(settle);
      if (!settled) await settle();
      for (const [before, after] of [posted, settled].filter((each) => each !== undefined)) {
        expect([before?.fresh, after?.fresh]).to.deep.equal([0, 1]);
        expect((after?.gas ?? 0n) - (before?.gas ?? 0n)).to.equal(NEW_WORD);
      }
    }
  });
});
