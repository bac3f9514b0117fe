import { expect } from "chai";
import { flowData } from "../../../../scripts/demo/html/flow-data.ts";
import type { SlotOutcome } from "../../../../scripts/demo/kpis.ts";
import { homeOutcome, slotOutcome } from "../factories.ts";

/** Links of homes that had one slot each: "from>to: Wh". */
function links(...slots: readonly Partial<SlotOutcome>[]): string[] {
  const homes = slots.map((slot) => homeOutcome([slotOutcome(slot)]));
  return flowData(homes).links.map(({ from, to, wh }) => `${from}>${to}: ${wh}`);
}

describe("energy flows on the page", function () {
  it("part PV into own use, neighbours and grid, and use into roof and grid", function () {
    const roof = { loadWh: 100n, pvWh: 400n, soldWh: 250n };
    const flat = { loadWh: 200n, boughtWh: 250n };
    expect(links(roof, flat)).to.deep.equal(["pv>use: 100", "pv>use: 200", "pv>feed-in: 100"]);
  });

  it("show what batteries took and gave, whatever was lost between", function () {
    const charging = { loadWh: 100n, pvWh: 400n, chargeWh: 250n };
    const discharging = { loadWh: 300n, dischargeWh: 200n };
    expect(links(charging, discharging)).to.deep.equal([
      "pv>use: 100",
      "pv>feed-in: 50",
      "pv>battery: 250",
      "battery>use: 200",
      "grid>use: 100",
    ]);
  });

  it("leave out what nothing flowed along", function () {
    expect(links({ loadWh: 10n })).to.deep.equal(["grid>use: 10"]);
    expect(links({})).to.deep.equal([]);
  });
});
