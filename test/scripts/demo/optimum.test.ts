import { expect } from "chai";
import fc from "fast-check";
import { MARKET, priceOf } from "../../../scripts/demo/market.ts";
import { type Offer, Optimum } from "../../../scripts/demo/optimum.ts";

const offers = fc.array(
  fc.record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    valueTick: fc.integer({ min: 0, max: 63 }),
    lots: fc.integer({ min: 0, max: 300 }),
  }),
  { maxLength: 40 },
);

/** Merit order: the dearest bid meets the cheapest ask, lot by lot, as long as both gain. */
function greedy(book: readonly Offer[]): bigint {
  const lotByLot = (side: Offer["side"]) =>
    book
      .filter((offer) => offer.side === side)
      .flatMap(({ lots, valueTick }) => Array.from({ length: lots }, () => priceOf(valueTick)));
  const bids = lotByLot("buy").sort((a, b) => Number(b - a));
  const asks = lotByLot("sell").sort((a, b) => Number(a - b));
  const gains = bids.map((bid, i) => bid - (asks[i] ?? bid)).filter((gain) => gain > 0n);
  return gains.reduce((sum, gain) => sum + gain, 0n) * MARKET.lotWh;
}

describe("demo welfare optimum", function () {
  let optimum: Optimum;
  before(async function () {
    optimum = await Optimum.load();
  });

  it("equals the greedy merit order", function () {
    fc.assert(
      fc.property(offers, (book) => {
        expect(optimum.slotWelfare(book)).to.equal(greedy(book));
      }),
      { numRuns: 150 },
    );
  });

  it("is zero without two sides", function () {
    expect(optimum.slotWelfare([])).to.equal(0n);
    expect(optimum.slotWelfare([{ side: "buy", valueTick: 9, lots: 3 }])).to.equal(0n);
    const dear = { side: "sell", valueTick: 20, lots: 3 } as const;
    expect(optimum.slotWelfare([{ side: "buy", valueTick: 9, lots: 3 }, dear])).to.equal(0n);
  });
});
