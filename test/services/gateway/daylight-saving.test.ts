import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asSeconds, communityTerms, type Reading } from "@wattbook/sdk/pure";
import { readGatewayConfig } from "../../../services/src/gateway/config/read.ts";
import { CsvReplayAdapter } from "../../../services/src/gateway/csv/replay.ts";
import { readTelegram } from "../../../services/src/gateway/p1/telegram.ts";
import { readingOf, ReadingBody } from "../../../services/src/wire.ts";
import { Secrets } from "../../../services/src/operation/index.ts";
import { COMMUNITY, FakeRelayer, gatewayOf, MEMBER, TERMS } from "./gateway-support.ts";
import { RULES } from "./queue-support.ts";
import { Memory, telegram, temporaryFolder } from "./support.ts";

const DAY = 86_400;
const QUARTER = 900;

/** Local days in Amsterdam, and how its clocks show them. */
const DAYS = [
  {
    name: "2026-03-29, of 23 hours",
    start: Date.UTC(2026, 2, 28, 23) / 1_000,
    quarters: 92,
    changes: 8,
    before: 1,
    after: 2,
  },
  {
    name: "2026-10-25, of 25 hours",
    start: Date.UTC(2026, 9, 24, 22) / 1_000,
    quarters: 100,
    changes: 12,
    before: 2,
    after: 1,
  },
] as const;
type LocalDay = (typeof DAYS)[number];

/** What a wall clock shows so many quarters of an hour after midnight, without its season. */
function wallClock({ start, changes, before, after }: LocalDay, quarter: number): string {
  const hours = quarter < changes ? before : after;
  return new Date((start + quarter * QUARTER + hours * 3_600) * 1_000).toISOString().slice(0, 19);
}

function p1Stamp(day: LocalDay, quarter: number): string {
  const season = (quarter < day.changes ? day.before : day.after) === 2 ? "S" : "W";
  return `${wallClock(day, quarter).slice(2).replace(/[-T:]/g, "")}${season}`;
}

/** Registers after so many quarters from the beginning: every quarter has an energy of its own. */
const importedAt = (quarter: number) => 100_000 + (quarter * (quarter + 1)) / 2;
const kwh = (wh: number) => `${String(wh).padStart(9, "0").slice(0, 6)}.${String(wh).padStart(9, "0").slice(6)}`;

/** A community of days. */
const terms = communityTerms({
  ...{ paymentToken: TERMS.paymentToken, coordinator: TERMS.coordinator, dso: TERMS.dso },
  feeCollector: TERMS.feeCollector,
});
const community = { ...COMMUNITY, terms };

for (const day of DAYS) {
  describe(`A gateway on ${day.name}`, function () {
    it("signs readings of 96 slots of UTC, each with its own energy, from telegrams with S and W", async function () {
      const relayer = new FakeRelayer();
      const { gateway, world, codes } = gatewayOf({
        meters: new Map([["m", { ...RULES, slotDuration: asSeconds(900n) }]]),
        ...{ members: [{ ...MEMBER, community }], handOver: relayer },
      });
      // From the midnight of UTC before the local day to the one after it.
      const first = Math.floor(day.start / DAY) * DAY;
      const quarters = (3 * DAY) / QUARTER;
      const shift = (day.start - first) / QUARTER;
      for (let quarter = 0; quarter <= quarters; quarter++) {
        const at = p1Stamp(day, quarter - shift);
        const text = telegram({ at, import: [kwh(importedAt(quarter)), "000000.000"] });
        const sample = readTelegram(Buffer.from(text.trimEnd(), "latin1"));
        expect(sample.at, at).to.equal(BigInt(first + quarter * QUARTER));
        world.now = sample.at;
        expect(await gateway.sink({ meter: "m", live: true, ...sample })).to.equal("kept");
      }
      world.now += 61n;
      for (let period = 0; period < 3; period++) await gateway.step(); // one after the other
      await gateway.stop();
      expect(codes).to.deep.equal([]);
      const readings = readingsOf(relayer);
      expect(readings.map(({ period }) => Number(period) * DAY)).to.deep.equal([first, first + DAY, first + 2 * DAY]);
      for (const [index, { values }] of readings.entries()) {
        const expected = Array.from({ length: 96 }, (_, slot) => BigInt(index * 96 + slot + 1));
        expect(values.map(({ imported }) => imported)).to.deep.equal(expected);
      }
    });

    const files = {
      register: (quarter: number) => importedAt(quarter),
      interval: (quarter: number) => quarter + 1,
    } as const;
    for (const [values, shown] of Object.entries(files) as [keyof typeof files, (quarter: number) => number][]) {
      it(`reads a file of ${values}s in local time, the hour that clocks show twice by the order of its rows`, async function () {
        const folder = temporaryFolder();
        const path = join(folder.path, "day.csv");
        const count = values === "register" ? day.quarters + 1 : day.quarters;
        const rows = Array.from({ length: count }, (_, quarter) => `m,${wallClock(day, quarter)},${shown(quarter)},0`);
        writeFileSync(path, ["meter,time,import_Wh,export_Wh", ...rows].join("\n"));
        const memory = new Memory();
        await new CsvReplayAdapter({ path, values, zone: "Europe/Amsterdam" }).start(memory.sink, memory.report);
        folder.remove();
        expect(memory.errors.map(({ message }) => message)).to.deep.equal([]);
        const times = Array.from({ length: day.quarters + 1 }, (_, quarter) => BigInt(day.start + quarter * QUARTER));
        expect(memory.samples.map(({ at }) => at)).to.deep.equal(times);
        const begin = values === "register" ? 100_000 : 0;
        const registers = times.map((_, quarter) => BigInt(importedAt(quarter) - 100_000 + begin));
        expect(memory.samples.map(({ importWh }) => importWh)).to.deep.equal(registers);
      });
    }
  });
}

function readingsOf(relayer: FakeRelayer): Reading[] {
  return [...relayer.kept.values()].map(({ body }) =>
    readingOf(terms, community.community, ReadingBody.parse(JSON.parse(body))),
  );
}

describe("Local times in files", function () {
  async function replayed(values: "register" | "interval", rows: readonly string[], zone?: string) {
    const folder = temporaryFolder();
    const path = join(folder.path, "day.csv");
    writeFileSync(path, ["meter,time,import_Wh,export_Wh", ...rows].join("\n"));
    const memory = new Memory();
    await new CsvReplayAdapter({ path, values, zone }).start(memory.sink, memory.report);
    folder.remove();
    return memory;
  }

  it("are refused where only one of two hours is there, by line", async function () {
    const rows = [0, 1, 2, 3, 4, 5].map((hour) => `m,2026-10-25T0${hour}:00:00,${hour},0`);
    for (const values of ["register", "interval"] as const) {
      const { errors, samples } = await replayed(values, rows, "Europe/Amsterdam");
      expect(errors.map(({ message }) => message).join("\n"), values)
        .to.match(/line 4\b/)
        .and.to.match(/rite the offset/);
      expect(samples.length, values).to.be.greaterThan(3);
    }
  });

  it("of the hour that clocks show twice are told apart in files that begin with the latest row as well", async function () {
    const rows = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"].map(
      (time, row) => `m,2026-10-25T${time}:00,${row + 1},0`,
    );
    const read = async (values: "register" | "interval", of: readonly string[]) => {
      const { samples, errors } = await replayed(values, of, "Europe/Amsterdam");
      expect(errors.map(({ message }) => message)).to.deep.equal([]);
      return samples.map(({ at, importWh }) => [at, importWh]).sort(([a = 0n], [b = 0n]) => Number(a - b));
    };
    for (const values of ["register", "interval"] as const) {
      expect(await read(values, [...rows].reverse()), values).to.deep.equal(await read(values, rows));
    }
  });

  it("are refused where clocks never showed them", async function () {
    const rows = ["m,2026-03-29T01:00:00,1,0", "m,2026-03-29T02:30:00,2,0", "m,2026-03-29T03:00:00,3,0"];
    const { errors, samples } = await replayed("register", rows, "Europe/Amsterdam");
    expect(errors.map(({ code }) => code)).to.deep.equal(["NOT_A_TIME"]);
    expect(errors[0]?.message).to.include("line 3").and.to.include("Europe/Amsterdam never showed it");
    expect(samples.map(({ at }) => Number(at) - Date.UTC(2026, 2, 29) / 1_000)).to.deep.equal([0, 3_600]);
  });

  it("are refused by line without a zone, and nothing else is", async function () {
    const rows = [0, 1, 2, 3, 4].map((hour) => `m,2026-03-28T0${hour}:00:00${hour === 1 ? "" : "Z"},${hour},0`);
    for (const values of ["register", "interval"] as const) {
      const { errors, samples } = await replayed(values, rows);
      expect(errors.map(({ message }) => message).join("\n"), values).to.match(/line 3\b.*2026-03-28T01:00:00/);
      expect(samples.length, values).to.be.greaterThan(1);
    }
  });

  it("need a zone that there is", function () {
    const folder = temporaryFolder();
    const path = join(folder.path, "gateway.json");
    const csv = { type: "csv", path: "day.csv", values: "register" };
    writeFileSync(
      path,
      JSON.stringify({
        adapters: [
          { ...csv, zone: "Europe/Amsterdam" },
          { ...csv, zone: "CEST+" },
        ],
      }),
    );
    const read = () => readGatewayConfig({ path, env: {} }, new Secrets());
    expect(read)
      .to.throw(/adapters\[1\]\.zone is "CEST\+": pass an IANA zone/)
      .and.to.satisfy(({ message }: Error) => !message.includes("adapters[0]"));
    folder.remove();
  });
});
