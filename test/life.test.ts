import { expect } from "chai";
import { connect, deployMarket, flatValues, postArguments } from "./helpers/market.ts";

describe("One day, from signed order to settled money", function () {
  it("trades, meters, settles, claims and pays out to the unit", async function () {
    const connection = await connect();
    const m = await deployMarket(connection);
    const { auction, settlement, escrow, community } = m;
    const seller = await m.addHome();
    const buyer = await m.addHome({ sellCap: 0 });
    await m.fund(3, 1_000_000_000n); // the supplier
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const strips = [
      await m.signStrip({ home: seller, period, entries: [{ slot: 40, side: "sell", tick: 10, lots: 100 }] }),
      await m.signStrip({ home: buyer, period, entries: [{ slot: 40, side: "buy", tick: 30, lots: 80 }] }),
    ];
    await auction.post(...postArguments(community, period, strips));
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    const slot = period * 96 + 40;
    const result = await m.resultAt(slot);
    expect(result.lots).to.equal(80n);
    expect(result.price).to.equal(100n); // rationed on the seller's side: the price is the ask at tick 10
    const values = flatValues(96, 0, 0);
    values[40] = [0, 1000];
    const bought = flatValues(96, 0, 0);
    bought[40] = [900, 0];
    await settlement.meterAndSettle(community, period, [
      {
        member: seller.member,
        reading: await m.signReading({ home: seller, period, values }),
        records: await m.recordsOf(seller.member, period),
      },
      {
        member: buyer.member,
        reading: await m.signReading({ home: buyer, period, values: bought }),
        records: await m.recordsOf(buyer.member, period),
      },
    ]);
    // Seller: 800 Wh at 100, 200 Wh fed in at 80, settlement fee 2,000.
    const sellerAccount = await escrow.account(community, seller.member);
    expect(sellerAccount.free).to.equal(100_000_000n + 80_000n + 16_000n - 2_000n);
    // Buyer: 800 Wh at 100 + 40, 100 Wh imported at 300, settlement fee.
    const buyerAccount = await escrow.account(community, buyer.member);
    expect(buyerAccount.free).to.equal(100_000_000n - 112_000n - 30_000n - 2_000n);
    expect((await escrow.account(community, 1)).free).to.equal(32_000n);
    expect((await escrow.account(community, 3)).free).to.equal(1_000_000_000n - 16_000n + 30_000n);
    expect((await escrow.pot(community, 0, period)).amount).to.equal(0n);
  });
});
