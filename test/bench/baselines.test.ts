import { expect } from "chai";
import { compileAuctions } from "../../bench/baselines/auctions.ts";
import { openChain, read, type Chain } from "../../bench/baselines/chain.ts";
import { reference, referencePrice } from "../../bench/baselines/checks.ts";
import { LOT_WH, priceOf } from "../../bench/baselines/grid.ts";
import { hintsOf } from "../../bench/baselines/hints.ts";
import { nextSlot, openMarket, play, type Market } from "../../bench/baselines/market.ts";
import { compileSamWitch, openSamWitch, play as playSamWitch } from "../../bench/baselines/samwitch/book.ts";
import { isInstalled } from "../../bench/baselines/samwitch/install.ts";
import type { BaselineOrder, BaselineOrders } from "../../bench/baselines/types.ts";
import { drawFrom } from "../../bench/lib/random.ts";

const TICKS = 8;
const HOMES = 12;
const BOOKS = 24;

/** "buy 3@7" is a bid of 3 lots at tick 7; homes in order. */
function book(...orders: string[]): BaselineOrders {
  const parse = (order: string, home: number): BaselineOrder => {
    const [side, lots, tick] = order.split(/[ @]/);
    return { home, side: side === "buy" ? "buy" : "sell", lots: Number(lots), tick: Number(tick) };
  };
  return { tickCount: TICKS, orders: orders.map(parse) };
}

/** Many orders share a tick, so that the order of arrival counts. */
function randomBook(seed: number): BaselineOrders {
  const draw = drawFrom(seed);
  const orders = Array.from({ length: Number(draw(1, HOMES)) }, (_, home): BaselineOrder => {
    const side = draw(0, 1) === 0n ? "buy" : "sell";
    return { home, side, tick: Number(draw(0, TICKS - 1)), lots: Number(draw(1, 9)) };
  });
  return { tickCount: TICKS, orders };
}

/** What each home gets (or pays, below 0): the best orders trade first, at equal prices the older ones. */
function expectedChanges(book: BaselineOrders): bigint[] {
  const lots = reference(book)?.lots ?? 0n;
  const price = referencePrice(book);
  const changes = new Array<bigint>(HOMES).fill(0n);
  for (const [side, sign] of [
    ["buy", -1],
    ["sell", 1],
  ] as const) {
    const own = book.orders.filter((order) => order.side === side).sort((a, b) => sign * (a.tick - b.tick));
    let left = Number(lots);
    for (const order of own) {
      const fill = Math.min(left, order.lots);
      left -= fill;
      changes[order.home] = BigInt(sign * fill * LOT_WH * price);
    }
  }
  return changes;
}

async function freeOf({ contract, homes }: Market): Promise<bigint[]> {
  const free = [];
  for (const home of homes) free.push(((await read(contract, "accounts", home)) as { free: bigint }).free);
  return free;
}

describe("the order books that the benchmark compares with", function () {
  // The compiler alone takes most of a minute on a busy machine.
  this.timeout(180_000);

  let chain: Chain;
  let auctions: ReturnType<typeof compileAuctions>;
  before(async function () {
    chain = await openChain();
    auctions = compileAuctions();
  });

  /** Plays books, one after the other in the same storage, and compares what every home paid. */
  async function playAll(market: Market, books: readonly BaselineOrders[], hints?: readonly number[]): Promise<void> {
    let slot = await nextSlot(chain, market);
    for (const played of books) {
      const before = await freeOf(market);
      await play(chain, market, [slot], played, hints);
      const after = await freeOf(market);
      const changes = after.map((free, home) => free - (before[home] ?? 0n));
      expect(changes, JSON.stringify(played)).to.deep.equal(expectedChanges(played));
      slot += market.ring;
    }
  }
  const randomBooks = Array.from({ length: BOOKS }, (_, seed) => randomBook(seed));
  const oddBooks = [book("buy 5@3"), book("sell 5@3"), book("buy 5@3", "sell 5@4"), book("buy 5@3", "sell 5@3")];

  it("hint at the last order that is at least as good", function () {
    const { orders } = book("buy 1@3", "buy 1@5", "buy 1@3", "sell 1@4", "sell 1@4", "sell 1@2", "buy 1@4");
    expect(hintsOf(orders)).to.deep.equal([0, 0, 1, 0, 1, 0, 2]);
  });

  it("clear, pay and release like a call auction: the sorted list, with hints", async function () {
    await playAll(await openMarket(chain, auctions.list, HOMES), [...oddBooks, ...randomBooks]);
  });

  it("clear, pay and release like a call auction: the sorted list, without hints", async function () {
    await playAll(await openMarket(chain, auctions.list, HOMES), [...oddBooks, ...randomBooks], []);
  });

  it("clear, pay and release like a call auction: the auction that sorts on chain", async function () {
    await playAll(await openMarket(chain, auctions.naive, HOMES), [...oddBooks, ...randomBooks]);
  });

  for (const kind of ["list", "naive"] as const) {
    it(`take the orders of many slots in one call: ${kind}`, async function () {
      const market = await openMarket(chain, auctions[kind], HOMES);
      const first = await nextSlot(chain, market);
      const before = await freeOf(market);
      const played = randomBook(3);
      await play(chain, market, [first, first + 1, first + 2], played);
      const changes = (await freeOf(market)).map((free, home) => free - (before[home] ?? 0n));
      expect(changes).to.deep.equal(expectedChanges(played).map((change) => 3n * change));
    });

    it(`keep gates, limits and the storage of unsettled slots: ${kind}`, async function () {
      const market = await openMarket(chain, auctions[kind], 1);
      const { contract, homes, slotDuration, ring } = market;
      const [home = ""] = homes;
      const own = await chain.as(home, contract);
      const place = (slot: number, lots = 1, price = 60) =>
        own.getFunction("place").send([slot, 0, price, lots, ...(kind === "list" ? [0] : [])]);
      const run = (method: string, ...args: unknown[]) => own.getFunction(method).send(...args);
      const { free } = (await read(contract, "accounts", home)) as { free: bigint };
      const refused = async (sent: Promise<unknown>, error: string, ...args: unknown[]) => {
        await expect(sent)
          .to.be.revertedWithCustomError(contract, error)
          .withArgs(...args);
      };

      const now = Math.floor((await chain.now()) / slotDuration);
      const slot = await nextSlot(chain, market);
      await refused(place(now), "GateClosed", now);
      await refused(place(now + ring), "BeyondHorizon", now + ring);
      await refused(place(slot, 0), "NoLots");
      const [lots, price] = [2 ** 24 - 1, 2 ** 32 - 1];
      const needed = BigInt(lots) * BigInt(price) * BigInt(LOT_WH);
      await refused(place(slot, lots, price), "InsufficientBalance", home, free, needed);
      await place(slot);
      await refused(run("withdraw", free), "InsufficientBalance", home, free - 600n, free);
      await refused(run("clear", slot), "GateOpen", slot);

      await chain.goTo(slot * slotDuration);
      await refused(place(slot + ring), "BeyondHorizon", slot + ring);
      await chain.goTo((slot + 1) * slotDuration);
      await refused(place(slot + ring), "Unsettled", slot);
      await refused(run("clear", slot - 1), "NothingToClear", slot - 1);
      if (kind === "list") await refused(run("settle", slot, 1), "NotCleared", slot);
      await run("clear", slot);
      await refused(run("clear", slot), "NothingToClear", slot);
      if (kind === "list") {
        await refused(place(slot + ring), "Unsettled", slot);
        await run("settle", slot, 1);
      }
      await place(slot + ring);
    });

    it(`pay out to the last base unit: ${kind}`, async function () {
      const market = await openMarket(chain, auctions[kind], HOMES);
      await play(chain, market, [await nextSlot(chain, market)], randomBook(3));
      const token = await chain.euroOf(market.contract);
      const held = (await read(token, "balanceOf", await market.contract.getAddress())) as bigint;
      const free = await freeOf(market);
      expect(held)
        .to.equal(free.reduce((sum, one) => sum + one, 0n))
        .and.to.be.greaterThan(0n);
      for (const [home, account] of market.homes.entries())
        await chain.send(account, market.contract, "withdraw", free[home] ?? 0n);
      expect(await read(token, "balanceOf", await market.contract.getAddress())).to.equal(0n);
    });
  }

  describe("the sorted list", function () {
    const LAST = 2 ** 16 - 1;
    let market: Market;
    let slot: number;
    beforeEach(async function () {
      market = await openMarket(chain, auctions.list, HOMES);
      slot = await nextSlot(chain, market);
    });

    const place = async (side: 0 | 1, tick: number, hint: number, at = slot) => {
      const [home = ""] = market.homes;
      return await (
        await chain.as(home, market.contract)
      )
        .getFunction("place")
        .send([at, side, priceOf(tick), 1, hint]);
    };

    /** Ids from the best order to the worst. */
    async function listOf(side: 0 | 1): Promise<bigint[]> {
      const head = (await read(market.contract, "headOf", slot)) as { bestBid: bigint; bestAsk: bigint };
      const ids: bigint[] = [];
      for (let id = side === 0 ? head.bestBid : head.bestAsk; id !== 0n;) {
        ids.push(id);
        id = ((await read(market.contract, "orderOf", slot, side, id)) as { next: bigint }).next;
      }
      return ids;
    }

    it("stays sorted, older orders first, whatever hint it takes", async function () {
      const draw = drawFrom(7);
      const own = { 0: [] as { id: bigint; tick: number }[], 1: [] as { id: bigint; tick: number }[] };
      let refusals = 0;
      for (let i = 0; i < 80; i++) {
        const side = i % 2 === 0 ? 0 : 1;
        const [tick, hint] = [Number(draw(0, TICKS - 1)), Number(draw(0, own[side].length + 1))];
        const other = own[side][hint - 1];
        const fits = hint === 0 || (other !== undefined && (side === 0 ? other.tick >= tick : other.tick <= tick));
        if (fits) {
          await place(side, tick, hint);
          own[side].push({ id: BigInt(own[side].length + 1), tick });
        } else {
          refusals++;
          await expect(place(side, tick, hint))
            .to.be.revertedWithCustomError(market.contract, "BadHint")
            .withArgs(hint);
        }
      }
      expect(refusals).to.be.greaterThan(10).and.lessThan(60);
      for (const side of [0, 1] as const) {
        const sorted = own[side].sort((a, b) => (side === 0 ? b.tick - a.tick : a.tick - b.tick));
        expect(await listOf(side)).to.deep.equal(sorted.map(({ id }) => id));
      }
    });

    it("takes no hint at an order of the slot that had its storage before", async function () {
      await play(chain, market, [slot], book("buy 1@3", "buy 1@3", "buy 1@3"));
      slot += market.ring;
      await chain.goTo((slot - 1) * market.slotDuration);
      await place(0, 3, 0);
      for (const hint of [2, 3, LAST])
        await expect(place(0, 3, hint))
          .to.be.revertedWithCustomError(market.contract, "BadHint")
          .withArgs(hint);
      await place(0, 3, 1);
      expect(await listOf(0)).to.deep.equal([1n, 2n]);
    });

    it("settles in as many calls as one likes", async function () {
      const played = randomBook(3);
      const whole = await openMarket(chain, auctions.list, HOMES);
      await play(chain, whole, [slot], played);
      slot += 1;
      const hints = hintsOf(played.orders);
      for (const [index, { home, side, tick, lots }] of played.orders.entries()) {
        const order = [slot, side === "buy" ? 0 : 1, priceOf(tick), lots, hints[index] ?? 0];
        await chain.send(market.homes[home] ?? "", market.contract, "place", order);
      }
      await chain.goTo(slot * market.slotDuration);
      await chain.send(chain.deployer, market.contract, "clear", slot);
      for (let call = 0; call <= played.orders.length; call++)
        await chain.send(chain.deployer, market.contract, "settle", slot, 1);
      expect(await freeOf(market)).to.deep.equal(await freeOf(whole));
    });
  });

  const itInstalled = (title: string, body: Mocha.AsyncFunc) =>
    isInstalled()
      ? it(title, body)
      : it.skip(`${title} (left out: run npm ci in bench/baselines/samwitch first)`, body);

  itInstalled("match at once in SamWitch's book, and leave nothing behind", async function () {
    const code = { ...compileSamWitch(), EnergyUnits: auctions.EnergyUnits };
    const orders = book("sell 5@2", "buy 3@4", "sell 4@6", "buy 7@6", "buy 2@0");
    const market = await openSamWitch(chain, code, orders, [1, 2, 3]);
    for (const slots of [[1], [2, 3]]) {
      const { place, match, claim, cancel, lots } = await playSamWitch(chain, market, slots, orders);
      // 3 at tick 2, 2 at tick 2, 4 at tick 6: one lot of the fourth order rests, and the whole fifth.
      expect(lots).to.equal(9n);
      expect([place, match, claim, cancel].map(({ length }) => length)).to.deep.equal([3, 2, 2, 2]);
    }
    const units = [];
    for (const home of market.homes.slice(0, 5)) units.push(await read(market.energy, "balanceOf", home, 1));
    expect(units).to.deep.equal([0n, 3n, 0n, 6n, 0n]);
  });
});
