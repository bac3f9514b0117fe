import { expect } from "chai";
import { asMember, asPeriod } from "../../../sdk/src/units.ts";
import { flatValues, postArguments } from "../../helpers/market.ts";
import { evidence } from "../../helpers/settling.ts";
import { world } from "./support.ts";

describe("LogReader of a corrected period", function () {
  it("adds the true-up to the leg of the estimate, and says what is due after it", async function () {
    const { raw, logs, escrow, community } = await world();
    const home = await raw.addHome({ deposit: 1_000_000n });
    const { member } = home;
    await raw.fund(3, 100_000_000n);
    const period = (await raw.periodNow()) + 1;
    await raw.goTo(raw.periodStart(period) + 1);
    const strip = await raw.signStrip({
      home,
      period,
      maxReserve: 500_000n,
      entries: [{ slot: 40, side: "buy", tick: 30, lots: 1 }],
    });
    await raw.auction.post(...postArguments(raw.community, period, [strip]));
    await raw.goTo(raw.periodStart(period + 1) + raw.terms.readingDeadline);
    await raw.clearPeriod(period);
    const records = await raw.recordsOf(member, period);
    await raw.settlement.settleEstimated(raw.community, period, [{ member, records }]);
    const index = asMember(BigInt(member));
    const estimated = (await logs.settled(asPeriod(BigInt(period)))).get(index);
    expect(estimated?.gridLeg).to.equal(96n * 250n * 300n);
    expect(estimated?.settlementFee).to.equal(2_000n);

    const reading = await raw.signReading({ home, period, values: flatValues(96, 10, 0) });
    await raw.settlement.correct(raw.community, period, [{ member, reading, ...(await evidence(raw, home, period)) }]);
    const corrected = (await logs.settled(asPeriod(BigInt(period)))).get(index);
    expect(corrected).to.deep.equal({
      ...estimated,
      gridLeg: 96n * 10n * 300n,
      due: (await escrow.debt(community, index)).due,
    });
  });
});
