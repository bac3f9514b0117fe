import { expect } from "chai";
import { type AcceptedEntry, asLots, asSlotOffset, asTick, clearEntries, type Side } from "@wattbook/sdk";
import { bookData } from "../../../../scripts/demo/html/book.ts";
import { amountsOf } from "../../../../scripts/demo/html/columns.ts";
import type { BookData } from "../../../../scripts/demo/html/data.ts";
import { MARKET } from "../../../../scripts/demo/market.ts";

interface Order {
  readonly side: Side;
  readonly tick: bigint;
  readonly lots: bigint;
}
const buy = (tick: bigint, lots: bigint): Order => ({ side: "buy", tick, lots });
const sell = (tick: bigint, lots: bigint): Order => ({ side: "sell", tick, lots });

/** The page's book of one slot, one home per order, cleared as the chain would. */
function book(...orders: readonly Order[]): BookData {
  const bids = orders.map(({ side, tick, lots }) => ({ side, tick: asTick(tick), lots: asLots(lots) }));
  const { clearing, prefixes } = clearEntries(BigInt(MARKET.tickCount), bids);
  const homes = bids.map((bid, i): AcceptedEntry[] => [
    { ...bid, offset: asSlotOffset(0n), prefix: prefixes[i] ?? asLots(0n) },
  ]);
  return bookData(homes, clearing);
}

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

describe("a slot on the page", function () {
  it("adds accepted orders up tick by tick, in Wh", function () {
    const data = book(buy(30n, 4n), buy(20n, 6n), sell(10n, 5n), sell(20n, 9n));
    expect(amountsOf(data.price)).to.deep.equal([100n, 140n, 180n]);
    expect(amountsOf(data.bids)).to.deep.equal([0n, 60n, 40n]);
    expect(amountsOf(data.demand)).to.deep.equal([100n, 100n, 40n]);
    expect(amountsOf(data.asks)).to.deep.equal([50n, 90n, 0n]);
    expect(amountsOf(data.supply)).to.deep.equal([50n, 140n, 140n]);
  });

  it("fills as much of the bids as of the offers, and names who was rationed at the marginal tick", function () {
    const data = book(buy(30n, 4n), buy(20n, 6n), sell(10n, 5n), sell(20n, 9n));
    expect(data.cleared).to.deep.equal({ price: "140", marginal: "140", traded: "100" });
    expect(sum(amountsOf(data.bidsFilled))).to.equal(100n);
    expect(amountsOf(data.asksFilled)).to.deep.equal([50n, 50n, 0n]);
    expect(data.rationed).to.equal("sellers");
    expect(data.sentences.join(" "))
      .to.include("sellers at the marginal tick, 14.0\u00a0ct/kWh")
      .and.to.include("50 of 90");
    expect(book(buy(20n, 6n), sell(20n, 2n)).rationed).to.equal("buyers");
  });

  it("says that nobody was rationed where the sides meet exactly", function () {
    const data = book(buy(30n, 5n), sell(10n, 5n));
    expect(data.rationed).to.equal("");
    expect(data.sentences.at(-1)).to.include("nobody was rationed");
    expect(BigInt(data.cleared?.price ?? 0)).to.equal(MARKET.floorPrice + 20n * MARKET.tickSize);
  });

  it("says why a slot had no trade", function () {
    const why = (...orders: readonly Order[]) => {
      const { cleared, sentences } = book(...orders);
      expect(cleared).to.equal(undefined);
      return sentences.at(-1);
    };
    expect(why()).to.equal("No orders, so no trade.");
    expect(why(buy(20n, 1n))).to.include("nobody offered");
    expect(why(sell(20n, 1n))).to.include("nobody wanted");
    expect(why(buy(10n, 1n), sell(20n, 1n))).to.match(/highest bid, 10.0.* below the lowest offer, 14.0/);
  });
});
