import { expect } from "chai";
import fc from "fast-check";
import { asPrice, asWh, gapLegOf, gapPrices } from "../../sdk/src/index.ts";
import { SKIP_REASONS, reasonOf } from "../../sdk/src/clients/reasons.ts";
import { connect, deployMarket, type Connection, type HomeKeys, type Market } from "../helpers/market.ts";
import { HOUR, hourly } from "../helpers/settling.ts";
import { tariffOf } from "../helpers/worlds.ts";
import { periodEnd, type Grid } from "../reference/community.ts";
import { advance, bindMeter, estimatePeriod, gapEnd, gapLeg, gapOf, type Meter } from "../reference/meter.ts";
import type { Reading } from "../reference/messages.ts";
import { skipCorrection, skipReading } from "../reference/reading-checks.ts";
import { encodeValues } from "../reference/readings.ts";
import { grid as sampleGrid, runs } from "../reference/samples.ts";
import type { SlotPrice } from "../reference/tariff.ts";
import { anyHistory, CAPS, SLOTS, tour, type ReadingPlan, type Step, type Target } from "./metering.scenario.ts";
import { packed } from "../helpers/modules.ts";

const DEFAULT_LOAD = 2;
const terms = { ...hourly, lotWh: 1, correctionWindow: 6 * HOUR, claimWindow: 7 * HOUR };
const grid: Grid = {
  ...sampleGrid,
  slotsPerPeriod: BigInt(SLOTS),
  lotWh: 1n,
  readingDeadline: BigInt(terms.readingDeadline ?? 0),
  correctionWindow: BigInt(terms.correctionWindow),
  claimWindow: BigInt(terms.claimWindow),
};
/** Periods with a tariff of their own, from the meter's first one on; later ones have the last. */
const VERSIONS = 60;
const slotPrices = (version: number): (readonly [number, number])[] =>
  Array.from({ length: SLOTS }, (_, k) => [300 + ((7 * version + 11 * k) % 50), 20 + ((5 * version + 3 * k) % 60)]);

/** Everything that can come of a call. */
const REASONS = [
  ...["None", "NoMeter", "PeriodNotOver", "OverRated", "BadSignature", "AlreadyMetered", "AlreadySettled"],
  ...["EarlierMissing", "RegisterDown", "RegisterGap"],
]
  .map((reason) => `read: ${reason}`)
  .concat(
    ["None", "OverRated", "BadSignature", "AlreadyMetered", "NotEstimated", "EarlierMissing", "RegisterDown"].map(
      (reason) => `correct: ${reason}`,
    ),
    ["correct: RegisterGap", "correct: CorrectionOver"],
    ["None", "DeadlineAhead", "AlreadyMetered", "AlreadySettled", "EarlierMissing"].map(
      (reason) => `estimate: ${reason}`,
    ),
  );

interface World {
  readonly m: Market;
  readonly home: HomeKeys;
  readonly first: number;
}

/** A community whose prices change with every period, and a home whose meter counts from the first of them on. */
async function openWorld(connection: Connection): Promise<World> {
  const m = await deployMarket(connection, { terms, defaultLoadWh: DEFAULT_LOAD });
  await m.fund(3, 1_000_000_000n);
  const first = (await m.periodNow()) + 4;
  for (let version = 0; version < VERSIONS; version++) {
    const tariff = tariffOf(0, [slotPrices(version)]);
    await m.registry.connect(m.coordinator).publishTariff(m.community, first + version, tariff);
  }
  await m.goTo(m.periodStart(first - 1));
  const home = await m.addHome({ buyCap: CAPS.buy, sellCap: CAPS.sell, startImport: 1000n, startExport: 500n });
  return { m, home, first };
}

/** One meter on chain and in the model, side by side. */
class History {
  readonly seen = new Map<string, number>();
  readonly #meter: Meter;
  #now: number;

  constructor(
    readonly connection: Connection,
    readonly w: World,
    now: number,
  ) {
    this.#meter = bindMeter(BigInt(w.first), 1000n, 500n);
    this.#now = now;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === "wait") this.#now += step.seconds;
      else if (step.kind === "estimate") await this.#estimate(this.#periodOf(step.target));
      else await this.#read(step.kind, step.reading);
      await this.#compareWords();
    }
  }

  #periodOf(target: Target): bigint {
    const end = gapEnd(this.#meter);
    return { next: this.#meter.nextPeriod, end, before: end - 1n, after: end + 1n }[target];
  }

  #prices(period: bigint): SlotPrice[] {
    const version = Math.min(Number(period) - this.w.first, VERSIONS - 1);
    return slotPrices(version).map(([imported, exported]) => ({
      importPrice: BigInt(imported),
      exportPrice: BigInt(exported),
    }));
  }

  async #tick(): Promise<bigint> {
    this.#now += 1;
    await this.connection.networkHelpers.time.setNextBlockTimestamp(this.#now);
    return BigInt(this.#now);
  }

  async #estimate(period: bigint): Promise<void> {
    const { m, home } = this.w;
    const meter = this.#meter;
    const now = await this.#tick();
    const expected =
      now < periodEnd(grid, period) + grid.readingDeadline
        ? "DeadlineAhead"
        : period < meter.nextPeriod
          ? "AlreadyMetered"
          : period < gapEnd(meter)
            ? "AlreadySettled"
            : period > gapEnd(meter)
              ? "EarlierMissing"
              : "None";
    const sent = m.settlement.settleEstimated(m.community, period, [{ member: home.member, records: [] }]);
    await this.#expectSkip("estimate", sent, expected);
    if (expected === "None") estimatePeriod(meter, BigInt(SLOTS * DEFAULT_LOAD), this.#prices(period));
  }

  async #read(kind: "read" | "correct", plan: ReadingPlan): Promise<void> {
    const { m, home } = this.w;
    const meter = this.#meter;
    const reading: Reading = {
      ...{ community: BigInt(m.community), member: BigInt(home.member), period: this.#periodOf(plan.target) },
      ...{ closesGap: plan.closesGap, values: encodeValues([...plan.values]) },
      startImport: meter.importRegister + plan.start.imported,
      startExport: meter.exportRegister + plan.start.exported,
    };
    const { r, vs } = await m.signReading({
      ...{ home, period: Number(reading.period), closesGap: plan.closesGap },
      values: plan.values.map(({ imported, exported }) => [Number(imported), Number(exported)] as const),
      ...{ startImport: reading.startImport, startExport: reading.startExport },
      signer: plan.signed ? home.meter : home.owner,
    });
    const item = { member: home.member, reading: { ...reading, r, vs } };
    const now = await this.#tick();
    const context = { grid, now, signed: plan.signed, buyCap: BigInt(CAPS.buy), sellCap: BigInt(CAPS.sell) };
    const expected = (kind === "read" ? skipReading : skipCorrection)(meter, reading, context);
    const bySdk = expected === "None" && kind === "read" ? await this.#gapLegBySdk(reading) : 0n;
    const sent =
      kind === "read"
        ? m.settlement.meterAndSettle(m.community, reading.period, [{ ...item, records: [] }])
        : m.settlement.correct(m.community, reading.period, [
            { ...item, journal: 0n, position: packed(Array.from({ length: SLOTS }, () => 0n)) },
          ]);
    await this.#expectSkip(kind, sent, expected);
    if (expected !== "None") return;
    const leg = gapLeg(meter, reading, this.#prices(reading.period));
    if (kind === "read") {
      await expect(sent)
        .to.emit(m.settlement, "Metered")
        .withArgs(m.community, home.member, reading.period, leg, reading.values);
      expect(bySdk, "gapLegOf of the SDK").to.equal(leg);
    }
    if (leg !== 0n) this.#count(leg > 0n ? "billed" : "paid");
    advance(meter, reading);
  }

  /** What a client computes from the chain's own words. */
  async #gapLegBySdk(reading: Reading): Promise<bigint> {
    const { m, home } = this.w;
    const { importRegister, exportRegister, state } = await m.settlement.meterState(m.community, home.member);
    const [fresh, open] = [(state & 2n) !== 0n, (state & 4n) !== 0n];
    if (!reading.closesGap || (fresh && !open)) return 0n;
    const { estimated, dearest, cheapest } = await m.settlement.gap(m.community, home.member);
    const own = this.#prices(reading.period).map(({ importPrice, exportPrice }) => ({
      importPrice: asPrice(importPrice),
      exportPrice: asPrice(exportPrice),
    }));
    const prices = open ? { dearestImport: asPrice(dearest), cheapestExport: asPrice(cheapest) } : gapPrices([own]);
    const registers = { imported: asWh(importRegister), exported: asWh(exportRegister) };
    const start = { imported: asWh(reading.startImport), exported: asWh(reading.startExport) };
    return gapLegOf({ open, registers, estimated: asWh(estimated), ...prices }, start);
  }

  async #expectSkip(kind: string, sent: ReturnType<Market["settlement"]["correct"]>, expected: string) {
    const { settlement } = this.w.m;
    const receipt = await (await sent).wait();
    const events = (receipt?.logs ?? []).map((log) => settlement.interface.parseLog(log));
    const skips = events.filter((event) => event?.name === "ItemSkipped");
    const reasons = skips.map((event) => reasonOf(SKIP_REASONS, event?.args["reason"] as bigint));
    expect(reasons, kind).to.deep.equal(expected === "None" ? [] : [expected]);
    this.#count(`${kind}: ${expected}`);
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  async #compareWords(): Promise<void> {
    const { m, home } = this.w;
    const meter = this.#meter;
    const state = 1n | (meter.fresh ? 2n : 0n) | (meter.estimates.length > 0 ? 4n : 0n);
    expect([...(await m.settlement.meterState(m.community, home.member))]).to.deep.equal([
      ...[meter.nextPeriod, meter.importRegister, meter.exportRegister],
      ...[state, gapEnd(meter)],
    ]);
    const gap = gapOf(meter) ?? { estimated: 0n, dearest: 0n, cheapest: 0n };
    expect([...(await m.settlement.gap(m.community, home.member))]).to.deep.equal([
      gap.estimated,
      gap.dearest,
      gap.cheapest,
    ]);
  }
}

describe("A meter on chain, in the reference model and in the SDK", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const open = async () => await openWorld(connection);

  it("goes the same way through readings, estimates, corrections and gaps, with the same reasons and the same bills", async function () {
    this.timeout(600_000);
    const w = await open();
    const start = await connection.networkHelpers.takeSnapshot();
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(anyHistory, async (steps) => {
        await start.restore();
        const history = new History(connection, w, w.m.periodStart(w.first) + 1);
        await history.run(steps);
        for (const [what, count] of history.seen) seen.set(what, (seen.get(what) ?? 0) + count);
      }),
      { ...runs(40), endOnFailure: true, examples: [[[...tour]]] },
    );
    for (const what of [...REASONS, "billed", "paid"]) expect(seen.get(what) ?? 0, what).to.be.greaterThan(0);
  });
});
