import { expect } from "chai";
import {
  asSlot,
  asWh,
  journalOf,
  noPart,
  type Bill,
  type MemberIndex,
  type MeterValue,
  type SettledLeg,
} from "@wattbook/sdk";
import { connect, type Connection } from "../helpers/market.ts";
import { books, dueOf, expectSolvent, HOUR, State, stateOf } from "../helpers/settling.ts";
import { LATE_DAYS, type LateDay } from "../helpers/late-day.ts";
import { goAfter } from "../helpers/shared-day.ts";

const DEADLINE = 2 * HOUR;
const WINDOW = 3 * HOUR;
/** What a class imports where nobody knows, Wh per slot. */
const DEFAULT_LOAD = 250n;
const IMPORT_PRICE = 260n;
const EXPORT_PRICE = 60n;

for (const { what, open, without } of LATE_DAYS)
  describe(`Late, missing and corrected meters of a community that ${what}`, function () {
    let connection: Connection;
    before(async function () {
      connection = await connect();
    });

    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

    /** A day, with what the escrow held when it was opened: nothing is deposited or withdrawn from then on. */
    interface Opened extends LateDay {
      readonly held: bigint;
    }

    /** Everybody joins. */
    async function joined(): Promise<Opened> {
      const day = await open(connection);
      const w = { ...day, held: (await books(day.m)).held };
      await w.join((await w.due()).join);
      await expectZeroSums(w);
      await goAfter(w, connection, 1);
      return w;
    }

    /** All readings but that of `late` come in time, and the period is settled behind the deadline. */
    async function estimated() {
      const w = await joined();
      await w.meterInTime();
      await expectZeroSums(w);
      await goAfter(w, connection, DEADLINE);
      await settleAll(w);
      return w;
    }

    /**
     * After any step: the escrow owes what it held from the start, so all changes of accounts, pots, fees and debts add up to zero; peers
     * paid what peers received; and in each slot as much is bought as is sold.
     */
    async function expectZeroSums(w: Opened) {
      const { m, community, period, terms, logs, wattbook, held } = w;
      await expectSolvent(m);
      expect((await books(m)).held, "held").to.equal(held);
      const legs = [...(await logs.settled(period)).values()];
      expect(sum(legs.map(({ paid, received }) => paid - received)), "paid by peers = received").to.equal(0n);
      const first = period * terms.slotsPerPeriod;
      for (let slot = first; slot < first + terms.slotsPerPeriod; slot++) {
        const { bought, sold } = await wattbook.settlement.ledger(community, asSlot(slot));
        expect(bought, `bought = sold in ${String(slot)}`).to.equal(sold);
      }
    }

    async function settleAll(w: Opened) {
      const { chunks, settle, estimate } = await w.due();
      for (const settleChunk of chunks) await settleChunk();
      if (settle.length > 0) await w.wattbook.settlement.send.settle(w.community, w.period, settle);
      if (estimate.length > 0) await w.wattbook.settlement.send.settleEstimated(w.community, w.period, estimate);
      await expectZeroSums(w);
    }

    async function correct(w: Opened) {
      const { late } = w.homes;
      const item = {
        ...(await w.read(late)),
        journal: journalOf(await w.recordsOf(late)),
        position: noPart(await w.tariff()).position,
      };
      await w.wattbook.settlement.send.correct(w.community, w.period, [item]);
      await expectZeroSums(w);
    }

    const legOf = async (w: LateDay, name: "roof" | "late"): Promise<SettledLeg> => {
      const leg = (await w.logs.settled(w.period)).get(w.homes[name].member);
      if (leg === undefined) throw new Error(`${name} is not settled`);
      return leg;
    };
    const billOf = (bills: ReadonlyMap<MemberIndex, Bill>, w: LateDay, name: "roof" | "late"): Bill => {
      const bill = bills.get(w.homes[name].member);
      if (bill === undefined) throw new Error(`${name} has no bill`);
      return bill;
    };
    const legOfValues = (values: readonly MeterValue[]) =>
      sum(
        values.map(({ imported, exported }) => {
          const net = imported - exported;
          return net > 0n ? net * IMPORT_PRICE : net * EXPORT_PRICE;
        }),
      );

    it("one meter missing: it is estimated without a part, and the others share as if it were not there", async function () {
      const w = await estimated();
      const { m, homes, period } = w;
      expect(await stateOf(m, homes.late.keys, Number(period))).to.equal(State.Estimated);
      expect(await legOf(w, "late")).to.include({
        ...{ paid: 0n, received: 0n, networkFee: 0n, settlementFee: 2_000n },
        gridLeg: 4n * DEFAULT_LOAD * IMPORT_PRICE,
      });
      const ledger = await w.wattbook.settlement.ledger(
        w.community,
        asSlot(period * w.terms.slotsPerPeriod + BigInt(without.slot)),
      );
      expect(ledger.bought).to.equal(without.wh);
      const { parts, slots } = await w.traded();
      expect(parts.has(homes.late.member)).to.equal(false);
      expect(slots[without.slot]).to.equal(without.wh);
    });

    it("a late reading trues up the grid leg alone: parts, totals and peers' money stay as frozen, and both values are kept", async function () {
      const w = await estimated();
      const { m, homes, logs, period, community } = w;
      const before = {
        legs: await logs.settled(period),
        traded: await w.traded(),
        totals: await w.totals(),
        bills: await logs.bills(period),
      };
      const supplier = async () => (await m.escrow.account(community, 3)).free;
      const [paidBefore, owedBefore] = [await supplier(), await dueOf(m, Number(homes.late.member))];
      await correct(w);

      const change = legOfValues(homes.late.values) - 4n * DEFAULT_LOAD * IMPORT_PRICE;
      expect((await legOf(w, "late")).gridLeg).to.equal(legOfValues(homes.late.values));
      // What the member gets is what its supplier loses, to the base unit.
      expect((await supplier()) - paidBefore).to.equal(change);
      expect(await dueOf(m, Number(homes.late.member))).to.equal(owedBefore);
      const after = {
        legs: await logs.settled(period),
        traded: await w.traded(),
        totals: await w.totals(),
        bills: await logs.bills(period),
      };
      expect(before.traded.parts.size).to.be.greaterThan(2);
      expect([after.traded, after.totals]).to.deep.equal([before.traded, before.totals]);
      for (const [member, leg] of after.legs) {
        const { paid, received, networkFee, settlementFee } = before.legs.get(member) ?? leg;
        expect(leg).to.include({ paid, received, networkFee, settlementFee });
        if (member !== homes.late.member) expect(leg).to.deep.equal(before.legs.get(member));
      }
      const [was, now] = [billOf(before.bills, w, "late"), billOf(after.bills, w, "late")];
      expect(was).to.include({ estimated: true, estimate: null });
      expect(now).to.include({ estimated: false, estimate: 4n * DEFAULT_LOAD * IMPORT_PRICE });
      expect(sum(now.lines.map(({ gridLeg }) => gridLeg))).to.equal(legOfValues(homes.late.values));
      expect(await stateOf(m, homes.late.keys, Number(period))).to.equal(State.Settled);
      // The public balance of the slots follows the reading.
      const ledger = await m.settlement.ledger(community, period * 4n + 2n);
      expect(ledger.exported).to.equal(sum(Object.values(homes).map(({ values }) => values[2]?.exported ?? asWh(0n))));
    });

    it("a correction counts once, and not behind its window: then a reading that closes the gap bills what is unexplained", async function () {
      const once = await estimated();
      await correct(once);
      const leg = await legOf(once, "late");
      await correct(once);
      expect(await once.logs.skipped(once.period)).to.deep.include({
        ...{ stage: "settlement", member: once.homes.late.member, reason: "AlreadyMetered" },
      });
      expect(await legOf(once, "late")).to.deep.equal(leg);

      const w = await estimated();
      const { m, homes, logs, period, wattbook, community, read } = w;
      await goAfter(w, connection, WINDOW);
      await correct(w);
      expect(await logs.skipped(period)).to.deep.include({
        ...{ stage: "settlement", member: homes.late.member, reason: "CorrectionOver" },
      });
      expect((await legOf(w, "late")).gridLeg).to.equal(4n * DEFAULT_LOAD * IMPORT_PRICE);
      // The next reading says where the registers stand: 160 Wh imported of 1,000 estimated, and 500 Wh exported.
      const next = { ...w, period: (period + 1n) as typeof period };
      const values = homes.late.values.map(() => ({ imported: asWh(10n), exported: asWh(0n) }));
      const [imported, exported] = [160n, 500n];
      const closing = await read(homes.late, {
        ...{ period: next.period, values, closesGap: true },
        ...{ startImport: asWh(imported), startExport: asWh(exported) },
      });
      await m.goTo(m.periodStart(Number(next.period) + 1));
      await wattbook.settlement.send.meterAndSettle(community, next.period, [{ ...closing, records: [] }]);
      const bill = (await logs.bills(next.period)).get(homes.late.member);
      // Nothing is left of the import that was estimated; what was fed in is paid at the cheapest export price.
      expect(bill?.gapLeg).to.equal(-exported * EXPORT_PRICE);
      await expectSolvent(m);
    });

    it("a reading that settlement took and nobody counted in time is settled without a part, as metered", async function () {
      const w = await joined();
      const { wattbook, community, period, homes, read, logs } = w;
      await w.meterInTime();
      await wattbook.settlement.send.meter(community, period, [await read(homes.late)]);
      expect((await w.due()).count.map(({ member }) => member)).to.deep.equal([homes.late.member]);
      await goAfter(w, connection, DEADLINE);
      const now = await w.due();
      expect([now.count, now.estimate]).to.deep.equal([[], []]);
      expect(now.settle.map(({ member }) => member)).to.include(homes.late.member);
      await settleAll(w);
      expect(await legOf(w, "late")).to.include({ paid: 0n, received: 0n, gridLeg: legOfValues(homes.late.values) });
      expect(billOf(await logs.bills(period), w, "late")).to.include({ estimated: false, estimate: null });
    });

    it("all meters missing: everybody is estimated at the retailer's price, and corrected one by one", async function () {
      const w = await joined();
      const { period, logs } = w;
      await goAfter(w, connection, DEADLINE);
      const { chunks, estimate } = await w.due();
      expect([chunks, estimate.length]).to.deep.equal([[], Object.keys(w.homes).length - 1]);
      await settleAll(w);
      const bills = await logs.bills(period);
      for (const bill of bills.values()) {
        expect(bill).to.include({ estimated: true, settlementFee: 2_000n });
        expect(bill.total).to.equal(bill.retailOnly + 2_000n);
      }
      expect(await w.traded()).to.deep.equal({ slots: [], parts: new Map() });
      await correct(w);
      expect((await legOf(w, "late")).gridLeg).to.equal(legOfValues(w.homes.late.values));
    });
  });
