import { existsSync } from "node:fs";
import { expect } from "chai";
import { calendarOf, requireDays, rowOf } from "../../../scripts/demo/calendar.ts";
import { DemoError } from "../../../scripts/demo/errors.ts";
import { flowOf, makeHomes } from "../../../scripts/demo/homes.ts";
import { readDataset } from "../../../scripts/demo/read.ts";
import { syntheticDataset } from "../../../scripts/demo/synthetic.ts";
import { COLUMNS, dataset, MIDNIGHT } from "./factories.ts";

const REAL_FILE = new URL("../../../../shared/data/households-16.csv", import.meta.url).pathname;
const { pvKwp } = COLUMNS;

describe("demo calendar", function () {
  it("starts day 1 with the first full period", function () {
    const late = calendarOf(dataset(300, { start: MIDNIGHT - 4 * 900 }));
    expect(late).to.include({
      firstRow: 4,
      firstSlot: MIDNIGHT / 900,
      slotsPerDay: 96,
      slotsPerPeriod: 96,
      fullDays: 3,
    });
    expect(calendarOf(dataset(96))).to.include({ firstRow: 0, fullDays: 1 });
    expect(calendarOf(dataset(95))).to.include({ firstRow: 0, fullDays: 0 });
  });

  it("halves the period where a day has more slots than a period may hold", function () {
    const calendar = calendarOf(dataset(600, { step: 300, start: MIDNIGHT + 300 }));
    expect(calendar).to.include({ slotsPerPeriod: 144, slotsPerDay: 288, firstRow: 143, fullDays: 1 });
  });

  it("refuses more days than the input holds", function () {
    const calendar = calendarOf(dataset(200));
    expect(() => {
      requireDays(calendar, 2);
    }).not.to.throw();
    expect(() => {
      requireDays(calendar, 3);
    }).to.throw(/2 whole day\(s\) from 2021-02-15T00:00Z/);
  });

  it("starts over past the last whole day", function () {
    const calendar = calendarOf(dataset(200));
    expect([rowOf(calendar, 0, 5, 1), rowOf(calendar, 1, 5, 1), rowOf(calendar, 0, 5, 0)]).to.deep.equal([101, 5, 5]);
  });
});

describe("demo homes", function () {
  const data = dataset(300);
  const calendar = calendarOf(data);
  const homes = makeHomes(data, calendar, 6, pvKwp);

  it("gives every second home PV", function () {
    expect(homes.map(({ pv }) => pv?.name)).to.deep.equal([undefined, "x_pu", undefined, "x_pu", undefined, "x_pu"]);
  });

  it("deals out the PV series in turn", function () {
    const pvs = ["p", "q", "r"].map((name) => ({ name, wh: data.pvs[0]?.wh ?? [] }));
    const dealt = makeHomes({ ...data, pvs }, calendar, 9, pvKwp).flatMap(({ pv }) => pv?.name ?? []);
    expect(dealt).to.deep.equal(["p", "q", "r", "p"]);
  });

  it("repeats the loads with a shift of days, says so, and leaves the sun alone", function () {
    expect(homes.map(({ name }) => name)).to.deep.equal([
      "a",
      "b",
      "a (copy 1, +1 d)",
      "b (copy 1, +1 d)",
      "a (copy 2, +2 d)",
      "b (copy 2, +2 d)",
    ]);
    const flows = homes.map((home) => flowOf(home, calendar, 0, 10));
    expect(flows.map(({ loadWh }) => loadWh)).to.deep.equal([10n, 20n, 106n, 212n, 202n, 404n]);
    expect(flows.map(({ pvWh }) => pvWh)).to.deep.equal([0n, 10n, 0n, 10n, 0n, 10n]);
  });

  it("rates a home above all it ever drew, and its plant at its peak", function () {
    expect(homes.slice(0, 2).map(({ buyCap, sellCap }) => [buyCap, sellCap])).to.deep.equal([
      [38, 0],
      [75, 125],
    ]);
  });
});

describe("demo synthetic homes", function () {
  it("depend on the seed alone", function () {
    expect(syntheticDataset(7n, 3, 1, pvKwp)).to.deep.equal(syntheticDataset(7n, 3, 1, pvKwp));
    expect(syntheticDataset(7n, 3, 1, pvKwp)).not.to.deep.equal(syntheticDataset(8n, 3, 1, pvKwp));
    expect(syntheticDataset(7n, 5, 1, pvKwp).loads.slice(0, 3)).to.deep.equal(syntheticDataset(7n, 3, 1, pvKwp).loads);
  });

  it("say that they are synthetic, bring their past, and have sun by day only", function () {
    const data = syntheticDataset(1n, 2, 2, pvKwp);
    expect(data.synthetic).to.equal(true);
    expect(calendarOf(data)).to.include({ firstRow: 192, fullDays: 2 });
    const [roof] = data.pvs;
    expect(roof?.wh[0]).to.equal(0n);
    expect((roof?.wh[48] ?? 0n) > 100n).to.equal(true);
  });
});

describe("demo input files", function () {
  it("are refused with FILE_UNREADABLE where there is none", async function () {
    const error: unknown = await readDataset("/nowhere/at/all.csv", { wide: COLUMNS }).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(DemoError).and.to.have.property("code", "FILE_UNREADABLE");
  });
});

describe("demo reference households", function () {
  before(function () {
    if (existsSync(REAL_FILE)) return;
    console.log("    skipped: ../shared/data/households-16.csv is not here");
    this.skip();
  });

  it("runs as it is: 16 homes, 44 whole days from 15 February 2021", async function () {
    const data = await readDataset(REAL_FILE, { wide: COLUMNS });
    expect([data.loads.length, data.pvs.length, data.step]).to.deep.equal([16, 3, 900]);
    expect(calendarOf(data)).to.include({ firstRow: 4, firstSlot: MIDNIGHT / 900, fullDays: 44 });
  });
});
