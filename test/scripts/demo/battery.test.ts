import { asWh } from "@wattbook/sdk";
import { expect } from "chai";
import { type BatteryReport, communityBattery, renderBattery, runBattery } from "../../../scripts/demo/battery.ts";
import { calendarOf } from "../../../scripts/demo/calendar.ts";
import type { Community } from "../../../scripts/demo/community.ts";
import { flowOf, makeHomes, netOf } from "../../../scripts/demo/homes.ts";
import { MARKET } from "../../../scripts/demo/market.ts";
import { COLUMNS, dataset } from "./factories.ts";

const DAYS = 2;
/** Evenings cost twice as much. */
const dearEvenings = (slot: number) => ({ importPrice: slot >= 17 && slot < 22 ? 600n : 300n, exportPrice: 80n });

/** Three hourly days of two homes, with sun from 9 to 15, a little less every day. */
function community(): Community {
  const hourly = (name: string, wh: (row: number) => bigint) => ({
    name,
    wh: Array.from({ length: 72 }, (_, row) => wh(row)),
  });
  const loads = [hourly("a", (row) => 300n + BigInt((row * 7) % 24) * 30n), hourly("b", () => 500n)];
  const pvs = [hourly("x_pu", (row) => (row % 24 >= 9 && row % 24 < 15 ? 4_000n - BigInt(row) * 10n : 0n))];
  const data = dataset(72, { step: 3_600, loads, pvs });
  const calendar = calendarOf(data);
  return { data, calendar, homes: makeHomes(data, calendar, 2, COLUMNS.pvKwp) };
}

describe("the demo's battery", function () {
  this.timeout(60_000);
  const homes = community();
  let flat: BatteryReport;
  let dear: BatteryReport;
  before(async function () {
    flat = await runBattery(homes, DAYS);
    dear = await runBattery(homes, DAYS, communityBattery(homes.homes.length), dearEvenings);
  });

  const netAt = (index: number) =>
    homes.homes.reduce(
      (sum, home) => sum + netOf(flowOf(home, homes.calendar, Math.floor(index / 24), index % 24)),
      0n,
    );

  it("sees at the PCC what all homes take together, and the battery", function () {
    expect(flat.slots.length).to.equal(24 * DAYS);
    for (const [index, { netWh, chargeWh, dischargeWh, importWh, exportWh }] of flat.slots.entries()) {
      expect(netWh).to.equal(netAt(index));
      expect(importWh - exportWh).to.equal(netWh + chargeWh - dischargeWh);
    }
  });

  it("expects what was metered a day before", function () {
    for (const [index, { forecastWh }] of flat.slots.entries()) {
      if (index >= 24) expect(forecastWh).to.equal(netAt(index - 24));
    }
  });

  it("costs without a battery what the retailer charges for the whole community", function () {
    const costs = flat.slots.map(({ netWh }) => netWh * (netWh > 0n ? MARKET.importPrice : MARKET.exportPrice));
    expect(flat.outcomes[0]?.cost).to.equal(costs.reduce((sum, cost) => sum + cost, 0n));
  });

  it("saves as much as a rule at a flat tariff, more at another one, and never more than foresight", function () {
    const costsOf = ({ outcomes }: BatteryReport) => outcomes.map(({ cost }) => cost);
    const [without = 0n, rule = 0n, plan = 0n, corrected = 0n, foresight = 0n] = costsOf(flat);
    expect(foresight <= corrected && corrected <= plan && plan < without).to.equal(true);
    expect((corrected - rule) * 100n <= without - rule, `${corrected} against ${rule}`).to.equal(true);
    const [, ruled = 0n, , planned = 0n, known = 0n] = costsOf(dear);
    expect(known <= planned && planned < ruled, `${planned} against ${ruled}`).to.equal(true);
  });

  it("keeps to its limits", function () {
    const { minWh, maxWh, chargeW, dischargeW } = communityBattery(2);
    for (const { storedMilliWh, powerW } of [...flat.slots, ...dear.slots]) {
      expect(1_000n * minWh <= storedMilliWh && storedMilliWh <= 1_000n * maxWh).to.equal(true);
      expect(powerW <= chargeW && -powerW <= dischargeW).to.equal(true);
    }
    expect([minWh, maxWh, chargeW]).to.deep.equal([asWh(400n), asWh(4_000n), 2_000n]);
  });

  it("is told hour by hour, with what each way comes to", function () {
    const lines = renderBattery(dear).split("\n");
    expect(lines.filter((line) => /^\d\d:00 /.test(line)).length).to.equal(24);
    const noon = dear.slots[12];
    const kwh = (wh: bigint) => (Number(wh) / 1_000).toFixed(2);
    const pcc = (noon?.importWh ?? 0n) - (noon?.exportWh ?? 0n);
    expect(lines.find((line) => line.startsWith("12:00"))?.split(/\s+/)).to.deep.equal(
      [
        "12:00",
        noon?.forecastWh,
        noon?.netWh,
        noon?.plannedW,
        noon?.powerW,
        noon && noon.storedMilliWh / 1_000n,
        pcc,
      ].map((value) => (typeof value === "string" ? value : kwh(value ?? 0n))),
    );
    for (const name of ["no battery", "by rule", "plan alone", "plan, corrected", "perfect foresight"]) {
      expect(lines.filter((line) => line.startsWith(name)).length, name).to.equal(1);
    }
  });
});
