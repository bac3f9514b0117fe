import { expect } from "chai";
import { at, sum } from "../reference/arrays.ts";
import { accounts, comparison, type PccStep, type Version } from "../reference/desk.ts";
import { estimate } from "../reference/grid-leg.ts";
import type { Metered } from "../reference/readings.ts";
import type { SlotPrice } from "../reference/tariff.ts";
import { deployDesk, Finding, SUPPLIER, sumsOf, type PriceAt } from "../helpers/desk.ts";
import { connect, deployMarket, encodeValues, type Connection } from "../helpers/market.ts";
import { goBehind, HOUR, hourly, metered, missing, Registers, type Values } from "../helpers/settling.ts";

/** A small generator of one's own: a seed gives the same community everywhere. */
function dice(seed: number) {
  let state = Math.imul(seed, 2_654_435_761) ^ 0x5bd1e995;
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const GRIDS = [
  { slotDuration: 900, slotsPerPeriod: 4 },
  { slotDuration: 3600, slotsPerPeriod: 1 },
  { slotDuration: 1800, slotsPerPeriod: 3 },
  { slotDuration: 300, slotsPerPeriod: 9 },
] as const;

const DEFAULT_LOAD = 250n;
const PERIODS = 6;

const asMetered = (values: Values): Metered[] =>
  values.map(([imported, exported]) => ({ imported: BigInt(imported), exported: BigInt(exported) }));
const asPrices = (prices: readonly PriceAt[]): SlotPrice[] =>
  prices.map(([importPrice, exportPrice]) => ({ importPrice: BigInt(importPrice), exportPrice: BigInt(exportPrice) }));

describe("Comparisons and invoices equal a naive model (N2, N5)", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** What the random communities had to show: a comparison of nothing would pass too. */
  const seen = new Map<string, number>();
  const saw = (what: string, yes: boolean) => seen.set(what, (seen.get(what) ?? 0) + (yes ? 1 : 0));
  after(function () {
    for (const [what, times] of seen) expect(times, what).to.be.greaterThan(3);
  });

  for (let seed = 1; seed <= 12; seed++) {
    it(`on the random community ${seed}, period after period`, async function () {
      const roll = dice(seed);
      const grid = at(GRIDS, roll(GRIDS.length));
      const slots = grid.slotsPerPeriod;
      const m = await deployMarket(connection, { terms: { ...hourly, ...grid } });
      await m.fund(SUPPLIER, 1_000_000_000n);
      const d = await deployDesk(connection, m);
      await d.bind();
      const homes = [];
      for (let i = 0; i < 2 + roll(3); i++) homes.push(await m.addHome());
      const length = grid.slotDuration * slots;
      const first = (await m.periodNow()) + 1;
      const tolerance = [roll(60), roll(900)] as const;
      await d.byCoordinator.setTolerance(m.community, ...tolerance);

      const versions = new Map<bigint, Version>();
      for (const from of [first + roll(2), first + 2 + roll(3)]) {
        const prices = Array.from({ length: slots }, () => [roll(60_000), roll(60_000)] as const);
        await d.deliver(from, prices);
        versions.set(BigInt(from), { supplier: SUPPLIER, prices: asPrices(prices) });
      }

      const registers = new Registers(m);
      let [pccImport, pccExport] = [BigInt(roll(1_000)), BigInt(roll(1_000))];
      // Bound with registers at zero; what it counts before its first period is nobody's here.
      let gap: Metered = { imported: pccImport, exported: pccExport };
      const steps: PccStep[] = [];
      let started = false;
      let skipped = false;
      for (let period = first; period < first + PERIODS; period++) {
        await m.goTo(m.periodStart(period + 1));
        const day = (): Values =>
          Array.from({ length: slots }, () => {
            const [a, b] = [roll(4_000), roll(4_000)];
            return at(
              [
                [a, 0],
                [0, b],
                [a, b],
                [0, 0],
              ] as const,
              roll(4),
            );
          });
        const counted = homes.map(day);
        const last = period === first + PERIODS - 1;
        const items = [];
        const known: Metered[][] = [];
        for (const [i, home] of homes.entries()) {
          // Of the last period one reading is missing: an estimate stands for it.
          if (last && i === 0) continue;
          items.push(await metered(m, home, period, await registers.read(home, period, at(counted, i))));
          known.push(asMetered(at(counted, i)));
        }
        await m.settlement.meterAndSettle(m.community, period, items);

        // What the wires lose, and now and then a slot that is wrong.
        const net = (slot: number) =>
          sum(counted.map((values) => BigInt(at(values, slot)[0]) - BigInt(at(values, slot)[1])));
        const pcc: Values = Array.from({ length: slots }, (_, slot) => {
          const wh = Number(net(slot)) + roll(20) + (roll(9) === 0 ? roll(4_000) : 0);
          return wh >= 0 ? ([wh, 0] as const) : ([0, -wh] as const);
        });
        const [imported, exported] = sumsOf(pcc);
        const start = { startImport: pccImport, startExport: pccExport };
        [pccImport, pccExport] = [pccImport + imported, pccExport + exported];
        const lost = roll(4) === 0 && !last;
        saw("a period without a PCC reading", lost);
        saw("a first period without a PCC reading", lost && !started);
        if (lost) {
          gap = { imported: gap.imported + imported, exported: gap.exported + exported };
          skipped = true;
        } else {
          // The reading of the first period may start anywhere.
          const unseen = started || skipped ? gap : { imported: 0n, exported: 0n };
          await d.post(period, pcc, { ...start, closesGap: skipped });
          saw("a gap that was closed", skipped);
          let final = pcc;
          if (roll(3) === 0) {
            final = [...pcc].reverse();
            await d.correct(period, final, { ...start, revision: 1 });
            saw("a correction", encodeValues(final) !== encodeValues(pcc));
          }
          steps.push({ period: BigInt(period), gap: unseen, slots: asMetered(final) });
          [gap, skipped, started] = [{ imported: 0n, exported: 0n }, false, true];
        }
        await goBehind(m, period, Math.max(HOUR, length) + 1); // readings may still come for an hour
        if (last) {
          await m.settlement.settleEstimated(m.community, period, [await missing(m, at(homes, 0), period)]);
          const none = Array.from({ length: slots }, () => ({ bought: 0n, sold: 0n }));
          known.push(estimate(none, DEFAULT_LOAD));
        }
        const values = lost ? "0x" : encodeValues(at(steps, steps.length - 1).slots.map(pair));
        const call = d.desk.comparePcc(m.community, period, values);
        const settled = BigInt(known.length);
        if (lost) {
          const { membersNet } = comparison(asMetered(pcc), known, 0n, 0n);
          await expect(call).to.emit(d.desk, "PccMissing").withArgs(m.community, period, membersNet, settled);
          continue;
        }
        const found = comparison(at(steps, steps.length - 1).slots, known, BigInt(tolerance[0]), BigInt(tolerance[1]));
        const { pccNet, membersNet, deviation, tolerated } = found;
        const finding = deviation <= tolerated ? Finding.Balanced : Finding.Imbalance;
        saw("a balance", finding === Finding.Balanced);
        saw("an imbalance", finding === Finding.Imbalance);
        await expect(call)
          .to.emit(d.desk, finding === Finding.Balanced ? "PccBalanced" : "PccImbalance")
          .withArgs(m.community, period, pccNet, membersNet, deviation, tolerated, settled);
      }
      const owed = accounts(versions, steps).get(SUPPLIER) ?? 0n;
      expect((await d.account()).invoiced).to.equal(owed);
      expect(owed).to.not.equal(0n);
    });
  }
});

const pair = ({ imported, exported }: Metered) => [Number(imported), Number(exported)] as const;
