import { expect } from "chai";
import { dispatchInwards } from "../../../sdk/src/battery/index.ts";
import { asWh } from "../../../sdk/src/units.ts";
import { expectCode } from "../support.ts";
import { batteryOf } from "./support.ts";

describe("a battery's power as a set-point", function () {
  const battery = batteryOf(9_999n, 5_000n, { minWh: asWh(1_001n), maxWh: asWh(8_999n) });

  it("has a direction, and states of charge rounded inwards", function () {
    const soc = { minSocPermille: 101n, maxSocPermille: 899n };
    expect(dispatchInwards(battery, 300n)).to.deep.equal({ discharging: false, powerW: 300n, ...soc });
    expect(dispatchInwards(battery, -5_000n)).to.deep.equal({ discharging: true, powerW: 5_000n, ...soc });
    expect(dispatchInwards(battery, 0n)).to.deep.equal({ discharging: false, powerW: 0n, ...soc });
  });

  it("is refused beyond the battery's power, or with no whole permille between its limits", function () {
    expectCode(() => dispatchInwards(battery, 5_001n), "BATTERY_INVALID", { field: "powerW" });
    expectCode(() => dispatchInwards(battery, -5_001n), "BATTERY_INVALID", { field: "powerW" });
    const narrow = { ...battery, maxWh: asWh(1_005n) };
    expectCode(() => dispatchInwards(narrow, 0n), "BATTERY_INVALID", { field: "maxWh" });
  });
});
