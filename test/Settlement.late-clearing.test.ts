import { expect } from "chai";
import { connect, type Connection, type HomeKeys } from "./helpers/market.ts";
import { estimate, hours, ledgerOf, skipped, type Hour } from "./helpers/hours.ts";
import { Act, answer, deployHostile } from "./helpers/modules.ts";
import {
  HOUR,
  Skip,
  State,
  Void,
  buy,
  expectSolvent,
  freeOf,
  goBehind,
  metered,
  post,
  reservedOf,
  sell,
  stateOf,
  valuesAt,
  type Values,
} from "./helpers/settling.ts";
import { FUNDS, SUPPLIER, SUPPLIER_FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

const FEE = 2_000n;
const COLLECTOR = 2;
/** The correction window of an hourly community ends; the first second from which another module would be void. */
const WINDOW = 3 * HOUR;

/** 1,000 Wh in slot 1, sold at 100 and bought at 180: 140 once it is cleared, and nobody clears it. */
async function uncleared({ m, seller, buyer, period }: Hour) {
  await post(m, period, [
    [seller, [sell(1, 10, 100)]],
    [buyer, [buy(1, 30, 100)]],
  ]);
}

const nothing = valuesAt({});
const bought = valuesAt({ 1: [1000, 0] });

/** The ways to settle some homes with what their meters counted; each may be tried again and again. */
const ways = {
  meterAndSettle: async ({ m, period }: Hour, counted: readonly (readonly [HomeKeys, Values])[]) =>
    await m.settlement.meterAndSettle(
      m.community,
      period,
      await Promise.all(
        counted.map(async ([home, values]) => metered(m, home, period, await m.signReading({ home, period, values }))),
      ),
    ),
  settle: async ({ m, period }: Hour, counted: readonly (readonly [HomeKeys, Values])[]) => {
    const readings = await Promise.all(
      counted.map(async ([home, values]) => ({ home, reading: await m.signReading({ home, period, values }) })),
    );
    const unread = [];
    for (const { home, reading } of readings) {
      if ((await stateOf(m, home, period)) === State.Open) unread.push({ member: home.member, reading, records: [] });
    }
    await m.settlement.meter(m.community, period, unread);
    return await m.settlement.settle(
      m.community,
      period,
      await Promise.all(
        readings.map(async ({ home, reading }) => ({
          member: home.member,
          values: reading.values,
          gapLeg: 0n,
          records: await m.recordsOf(home.member, period),
        })),
      ),
    );
  },
  settleEstimated: async (w: Hour, counted: readonly (readonly [HomeKeys, Values])[]) =>
    await estimate(w, w.period, ...counted.map(([home]) => home)),
};

describe("Rule 3: nobody escapes a trade by settling itself before its slot is cleared", function () {
  for (const [name, settle] of Object.entries(ways)) {
    const estimated = name === "settleEstimated";
    // An estimate imports 250 Wh in every slot at 300, or what was bought if that is more.
    const sellerPays = FEE - 140_000n + 300_000n + (estimated ? 4n * 75_000n : 0n);
    const buyerPays = FEE + 180_000n + (estimated ? 3n * 75_000n : 0n);

    it(`${name}: a seller that delivered nothing waits like everybody else, and pays its full imbalance`, async function () {
      for (const after of [HOUR, WINDOW - 1, WINDOW, WINDOW + 1, 400 * HOUR]) {
        const w = await hour();
        const { m, seller, buyer, period } = w;
        const counted = [
          [seller, nothing],
          [buyer, bought],
        ] as const;
        await uncleared(w);
        const reserved = [await reservedOf(m, seller.member), await reservedOf(m, buyer.member)];
        await goBehind(m, period, after);
        for (const order of [counted, [...counted].reverse()]) {
          const sent = settle(w, order);
          await skipped(w, sent, seller, period, Skip.NotReady);
          await skipped(w, sent, buyer, period, Skip.NotReady);
          await expect(sent).not.to.emit(m.settlement, "RecordsVoided");
          await expect(sent).not.to.emit(m.escrow, "Settled");
        }
        expect([await reservedOf(m, seller.member), await reservedOf(m, buyer.member)]).to.deep.equal(reserved);
        expect((await m.settlement.meterState(m.community, seller.member)).gapEnd).to.equal(
          BigInt(name === "settle" ? period + 1 : period),
        );
        // Anybody clears, however late.
        await expect(m.auction.connect(m.stranger).clear(m.community, [period * 4 + 1]))
          .to.emit(m.auction, "SlotCleared")
          .withArgs(m.community, period * 4 + 1, 20, 140, 100);
        const sent = settle(w, counted);
        await expect(sent).not.to.emit(m.settlement, "RecordsVoided");
        await expect(sent).not.to.emit(m.escrow, "PotSwept");
        for (const home of [seller, buyer]) {
          expect(await stateOf(m, home, period)).to.equal(estimated ? State.Estimated : State.Settled);
          expect(await reservedOf(m, home.member)).to.equal(0n);
        }
        expect(await freeOf(m, seller.member)).to.equal(FUNDS - sellerPays);
        expect(await freeOf(m, buyer.member)).to.equal(FUNDS - buyerPays);
        expect(await freeOf(m, SUPPLIER)).to.equal(SUPPLIER_FUNDS + 300_000n + (estimated ? 7n * 75_000n : 0n));
        expect(await freeOf(m, COLLECTOR)).to.equal(0n);
        expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
        const imported = estimated ? 1250n : 1000n;
        expect(await ledgerOf(w, period, 1)).to.deep.equal([0n, 1000n, 1000n, imported, 0n]);
        await expectSolvent(m);
      }
    });
  }

  it("nor does a buyer that no longer wants what it bought", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await uncleared(w);
    await goBehind(m, period, WINDOW);
    const idle = [[buyer, nothing]] as const;
    await skipped(w, ways.meterAndSettle(w, idle), buyer, period, Skip.NotReady);
    await m.clearPeriod(period);
    await ways.meterAndSettle(w, idle);
    await ways.meterAndSettle(w, [[seller, valuesAt({ 1: [0, 1000] })]]);
    // It sells the 1,000 Wh to the supplier at 80.
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - FEE - 180_000n + 80_000n);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS - FEE + 140_000n);
    expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  });

  it("and nobody waits for a slot without an accepted order of its own", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await uncleared(w);
    // One entry of the idle home in the uncleared slot is refused: it is above the cap.
    await post(m, period, [[idle, [buy(1, 30, 432), sell(2, 10, 50)]]]);
    await goBehind(m, period, WINDOW);
    await m.auction.clear(m.community, [period * 4 + 2]);
    await ways.meterAndSettle(w, [[idle, nothing]]);
    expect(await stateOf(m, idle, period)).to.equal(State.Settled);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - FEE);
    for (const home of [seller, buyer]) {
      await skipped(w, ways.meterAndSettle(w, [[home, nothing]]), home, period, Skip.NotReady);
    }
    await expectSolvent(m);
  });
});

describe("Rule 1: any other module that is not ready is void once the correction window is over", function () {
  /** Seller and buyer also have a record with a module that never gets ready. */
  async function twoModules() {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    const { hostile, append } = await deployHostile(connection.ethers, m, [seller, buyer]);
    // The seller's first record is the other module's.
    await append(seller, period, { buyWh: 500n, sellWh: 500n, reserve: 200_000n });
    await uncleared(w);
    await append(buyer, period, { buyWh: 500n, sellWh: 500n, reserve: 200_000n });
    for (const home of [seller, buyer]) await hostile.set(home.member, Act.Answer, answer({ ready: 0n }));
    return w;
  }
  const counted = ({ seller, buyer }: Hour) =>
    [
      [seller, nothing],
      [buyer, bought],
    ] as const;

  it("at the second, while the order book is still waited for", async function () {
    const w = await twoModules();
    const { m, seller, buyer, period } = w;
    // Readings may come first; settling them later takes nothing but the records.
    await goBehind(m, period, WINDOW);
    const early = ways.meterAndSettle(w, counted(w));
    for (const home of [seller, buyer]) await skipped(w, early, home, period, Skip.NotReady);
    await expect(early).not.to.emit(m.settlement, "RecordsVoided");
    await m.clearPeriod(period);
    const late = ways.meterAndSettle(w, counted(w));
    for (const home of [seller, buyer]) {
      await expect(late)
        .to.emit(m.settlement, "RecordsVoided")
        .withArgs(m.community, home.member, period, 1, Void.CallFailed);
    }
    // The trade in the order book stands, and what the other module reserved came back.
    expect(await freeOf(m, seller.member)).to.equal(FUNDS - FEE + 140_000n - 300_000n);
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - FEE - 180_000n);
    for (const module of [0, 1]) {
      expect([...(await m.escrow.pot(m.community, module, period))]).to.deep.equal([0n, 0n]);
    }
    await expectSolvent(m);
  });

  it("and not a second earlier, cleared or not", async function () {
    const w = await twoModules();
    const { m, seller, buyer, period } = w;
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    await w.exactly(period, WINDOW - 1);
    const early = ways.meterAndSettle(w, counted(w));
    for (const home of [seller, buyer]) await skipped(w, early, home, period, Skip.NotReady);
    await w.exactly(period, WINDOW);
    await ways.meterAndSettle(w, counted(w));
    for (const home of [seller, buyer]) expect(await stateOf(m, home, period)).to.equal(State.Settled);
    await expectSolvent(m);
  });
});
