import { expect } from "chai";
import { gapLegOf } from "../../../sdk/src/index.ts";
import { asMember, asWh } from "../../../sdk/src/units.ts";
import { flatValues } from "../../helpers/market.ts";
import { world } from "./support.ts";

/** Estimated in a period of 96 slots at the default load. */
const ESTIMATED = 96n * 250n;

describe("SettlementClient.gap", function () {
  it("is what the leg of the reading that closes the gap is made of", async function () {
    const { raw, settlement, community } = await world();
    const home = await raw.addHome({ startImport: 1_000n, startExport: 2_000n });
    const member = asMember(BigInt(home.member));
    const none = { estimated: 0n, dearestImport: 0n, cheapestExport: 0n };
    expect(await settlement.gap(community, member)).to.deep.equal(none);

    const period = (await raw.periodNow()) + 1;
    await raw.goTo(raw.periodStart(period + 1) + raw.terms.readingDeadline);
    await raw.settlement.settleEstimated(raw.community, period, [{ member: home.member, records: [] }]);
    const gap = await settlement.gap(community, member);
    expect(gap).to.deep.equal({ estimated: ESTIMATED, dearestImport: 300n, cheapestExport: 80n });

    const { gap: open, importRegister, exportRegister } = await settlement.meter(community, member);
    expect([open, importRegister, exportRegister]).to.deep.equal([true, 1_000n, 2_000n]);
    const start = { imported: asWh(1_000n + ESTIMATED + 700n), exported: asWh(2_500n) };
    const leg = gapLegOf({ open, registers: { imported: importRegister, exported: exportRegister }, ...gap }, start);
    expect(leg).to.equal(700n * 300n - 500n * 80n);

    await raw.goTo(raw.periodStart(period + 2));
    const reading = await raw.signReading({
      home,
      period: period + 1,
      values: flatValues(96, 1, 0),
      startImport: start.imported,
      startExport: start.exported,
      closesGap: true,
    });
    await expect(raw.settlement.meter(raw.community, period + 1, [{ member: home.member, reading, records: [] }]))
      .to.emit(raw.settlement, "Metered")
      .withArgs(raw.community, home.member, period + 1, leg, reading.values);
    expect(await settlement.gap(community, member)).to.deep.equal(none);
  });
});
