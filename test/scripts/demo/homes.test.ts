import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { greenButtonXml, longCsv, type Meter, type MeterData } from "@wattbook/data";
import { expect } from "chai";
import { calendarOf, requireDays, rowOf } from "../../../scripts/demo/calendar.ts";
import { datasetOf } from "../../../scripts/demo/dataset.ts";
import { DemoError } from "../../../scripts/demo/errors.ts";
import { forecastOf } from "../../../scripts/demo/forecast.ts";
import { flowOf, makeHomes, netOf } from "../../../scripts/demo/homes.ts";
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

  it("are refused with a code where the generator makes none of that size or number", function () {
    const tiny = { digits: 1n, scale: 6 };
    expect(() => syntheticDataset(1n, 2, 1, tiny))
      .to.throw(DemoError)
      .with.property("code", "OPTION_INVALID");
    expect(() => syntheticDataset(1n, 2_000, 366, pvKwp))
      .to.throw(DemoError)
      .with.property("code", "OPTION_INVALID");
  });

  it("say that they are synthetic, bring their past, and have sun by day only", function () {
    const data = syntheticDataset(1n, 2, 2, pvKwp);
    expect(data.synthetic).to.equal(true);
    expect(calendarOf(data)).to.include({ firstRow: 192, fullDays: 2 });
    const roof = data.homes?.[1]?.pv;
    expect(roof?.wh[0]).to.equal(0n);
    expect((roof?.wh[48] ?? 0n) > 100n).to.equal(true);
  });

  it("have plants, some of them batteries, and cars, and net them all", function () {
    const data = syntheticDataset(1n, 8, 1, pvKwp);
    const calendar = calendarOf(data);
    const homes = makeHomes(data, calendar, 8, pvKwp);
    const owners = (of: (home: (typeof homes)[number]) => unknown) =>
      homes.flatMap((home, i) => (of(home) ? [i + 1] : []));
    expect(owners(({ pv }) => pv)).to.deep.equal([2, 4, 6, 8]);
    expect(owners(({ charge }) => charge)).to.deep.equal([4, 8]);
    expect(owners(({ ev }) => ev)).to.deep.equal([4, 7]);
    for (const home of homes) {
      for (let slot = 0; slot < 96; slot += 1) {
        const flow = flowOf(home, calendar, 0, slot);
        expect(netOf(flow)).to.equal(flow.loadWh + flow.chargeWh - flow.dischargeWh - flow.pvWh);
        expect(flow.chargeWh === 0n || netOf(flow) <= 0n, "charges from surplus only").to.equal(true);
        expect(flow.dischargeWh === 0n || netOf(flow) >= 0n, "discharges for the home only").to.equal(true);
        expect(flow.evWh <= flow.loadWh).to.equal(true);
      }
    }
  });
});

describe("demo input files", function () {
  const net = (name: string, imported: (bigint | null)[], exported: bigint[]): Meter => ({
    ...{ name, kind: "net", imported, exported },
    quality: imported.map((wh) => (wh === null ? "missing" : "measured")),
  });
  const two = Array.from({ length: 2 * 96 }, (_, row) => BigInt(row));
  const data: MeterData = {
    provenance: {
      format: "long",
      source: "x.csv",
      unit: "Wh",
      values: "interval",
      clockChanges: [],
      rounding: "running total, down",
    },
    slotDuration: 900,
    start: MIDNIGHT,
    slots: two.length,
    meters: [
      net(
        "a",
        two,
        two.map(() => 0n),
      ),
      net(
        "b",
        two,
        two.map((wh) => wh * 2n),
      ),
      net("c", [null, ...two.slice(1)], two),
    ],
    problems: [],
  };

  it("of meters at the grid trade what each meter imports and exports, and leave out meters with gaps", function () {
    const set = datasetOf(data);
    const calendar = calendarOf(set);
    const homes = makeHomes(set, calendar, 3, pvKwp);
    expect(homes.map(({ name, pv, sellCap }) => [name, pv?.name, sellCap])).to.deep.equal([
      ["a", undefined, 0],
      ["b", "b export", 48],
      ["a (copy 1, +1 d)", undefined, 0],
    ]);
    expect(homes.map((home) => netOf(flowOf(home, calendar, 0, 10)))).to.deep.equal([10n, -10n, 106n]);
    expect(set.notes?.some((note) => note.startsWith('meter "c" has slots without a value'))).to.equal(true);
  });

  it("shift a whole meter where it is repeated, its exports too", function () {
    const set = datasetOf(data);
    const calendar = calendarOf(set);
    const copy = makeHomes(set, calendar, 4, pvKwp)[3];
    if (copy === undefined) throw new Error("no copy");
    expect(flowOf(copy, calendar, 0, 10)).to.include({ loadWh: 106n, pvWh: 212n });
    expect(forecastOf(copy, calendar, 1, 10)).to.equal(-106n);
  });

  it("without a complete meter are refused with METER_INCOMPLETE", function () {
    const broken = { ...data, meters: data.meters.slice(2) };
    expect(() => datasetOf(broken))
      .to.throw(DemoError)
      .with.property("code", "METER_INCOMPLETE");
  });

  it("are read in every format by what they hold", async function () {
    const folder = await mkdtemp(join(tmpdir(), "wattbook-"));
    try {
      const whole = { ...data, meters: data.meters.slice(0, 2) };
      for (const [name, text] of Object.entries({ "a.csv": longCsv(whole), "a.xml": greenButtonXml(whole) })) {
        const path = join(folder, name);
        await writeFile(path, text);
        const set = await readDataset(path, { wide: COLUMNS });
        expect(
          set.homes?.map(({ load }) => load.wh),
          name,
        ).to.deep.equal([two, two]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

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
