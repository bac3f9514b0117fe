import { expect } from "chai";
import {
  asWh,
  billCsv,
  billTable,
  comparisonOf,
  formatSlotPrice,
  fractionOf,
  isWattbookError,
  type Bill,
  type MemberIndex,
  type MeterValue,
  reconcileWithPcc,
  SHARING_RULES,
  sharingDue,
} from "@wattbook/sdk";
import { connect, type Connection } from "../helpers/market.ts";
import { expectSolvent, HOUR } from "../helpers/settling.ts";
import { goAfter, openShared, type Shared, type SharedHome } from "../helpers/shared-day.ts";

const FEE = 2_000n;

describe("Bills of a community that shares after the fact", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Settles a period in which one meter is late, and corrects it within the window. */
  async function settled(w: Shared, homes: Readonly<Record<string, SharedHome>> = w.homes) {
    const { wattbook, community, period, terms, logs, read, recordsOf } = w;
    await wattbook.sharing.send.join(community, period, (await due(w)).join);
    await goAfter(w, connection, 1);
    const items = await Promise.all(
      Object.entries(homes)
        .flatMap(([name, home]) =>
          name === "late" ? [] : [async () => ({ ...(await read(home)), records: await recordsOf(home) })],
        )
        .map((item) => item()),
    );
    await wattbook.sharing.send.meter(community, period, items);
    await goAfter(w, connection, 2 * HOUR);
    const { chunks, settle, estimate } = await due(w);
    for (const chunk of chunks) await wattbook.sharing.send.settle(community, period, chunk);
    await wattbook.settlement.send.settle(community, period, settle);
    await wattbook.settlement.send.settleEstimated(community, period, estimate);
    return { bills: await logs.bills(period), legs: await logs.settled(period), terms };
  }

  async function due(w: Shared) {
    return sharingDue(w.terms, w.period, await w.now(), await w.logs.sharing(w.period));
  }

  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const at = (bills: ReadonlyMap<MemberIndex, Bill>, { member }: SharedHome): Bill => {
    const bill = bills.get(member);
    if (bill === undefined) throw new Error(`member ${member} has no bill`);
    return bill;
  };
  /** What a meter at the point of common coupling counts, of homes without losses. */
  const pccOf = (all: readonly (readonly MeterValue[])[]): MeterValue[] =>
    (all[0] ?? []).map((_, slot) => {
      const net = sum(all.map((values) => (values[slot]?.imported ?? 0n) - (values[slot]?.exported ?? 0n)));
      return { imported: asWh(net > 0n ? net : 0n), exported: asWh(net < 0n ? -net : 0n) };
    });

  for (const rule of SHARING_RULES) {
    it(`add up to what the chain settled, line by line (${rule})`, async function () {
      const w = await openShared(connection, { rule, compensation: rule === "sdr-comp" ? 35 : 0 });
      const { bills, legs } = await settled(w);
      expect(bills.size).to.equal(5);
      for (const [member, bill] of bills) {
        const leg = legs.get(member);
        if (leg === undefined) throw new Error("no leg");
        const column = (field: "paid" | "received" | "networkFee" | "gridLeg" | "total") =>
          sum(bill.lines.map((line) => line[field]));
        expect(column("paid")).to.equal(leg.paid);
        expect(column("received")).to.equal(leg.received);
        expect(column("networkFee")).to.equal(leg.networkFee);
        expect(column("gridLeg")).to.equal(leg.gridLeg);
        expect(bill.settlementFee).to.equal(leg.settlementFee);
        expect(bill.total).to.equal(column("total") + leg.settlementFee);
        for (const line of bill.lines) {
          expect(line.total).to.equal(line.paid - line.received + line.networkFee + line.gridLeg);
          const traded = line.bought + line.sold > 0n;
          expect(line.price !== null).to.equal(traded);
          if (line.price === null) continue;
          // The legs telescope: each is within a base unit of energy times price.
          const { num, den } = fractionOf(line.price);
          const [paid, received] = [(line.bought * num) / den, (line.sold * num) / den];
          expect(line.paid - paid >= 0n && line.paid - paid <= 1n, `${line.paid} ${paid}`).to.equal(true);
          expect(line.received - received >= 0n && line.received - received <= 1n).to.equal(true);
        }
      }
      const lines = [...bills.values()].flatMap((bill) => bill.lines);
      expect(sum(lines.map(({ paid }) => paid))).to.equal(sum(lines.map(({ received }) => received)));
      expect(sum(lines.map(({ bought }) => bought))).to.equal(sum(lines.map(({ sold }) => sold)));
      expect(sum(lines.map(({ bought }) => bought)) > 0n).to.equal(rule !== "feed-in");
      await expectSolvent(w.m);
    });
  }

  it("name the late and the poor: an estimate without a part, and what lies beyond a budget", async function () {
    const w = await openShared(connection);
    const { bills } = await settled(w);
    const { late, poor, plain, rich } = w.homes;
    expect(at(bills, late)).to.include({ estimated: true, estimate: null, settlementFee: FEE });
    expect(sum(at(bills, late).lines.map(({ bought }) => bought))).to.equal(0n);
    // 100,000 base units at 0.26 a Wh: 384 Wh, from the first slot on.
    const parts = (await w.logs.shared(w.period)).parts;
    expect(parts.get(poor.member)?.beyondBudget).to.equal(2_150n - 384n);
    expect(parts.get(rich.member)?.beyondBudget).to.equal(0n);
    // A plain customer pays its supplier alone, and no settlement fee.
    expect(at(bills, plain)).to.include({ saving: 0n, settlementFee: 0n });
  });

  it("agree with the meter at the point of common coupling once the late reading is in", async function () {
    const w = await openShared(connection);
    const { wattbook, community, period, logs, homes, read, recordsOf, terms } = w;
    const { bills } = await settled(w);
    const pcc = pccOf(Object.values(homes).map(({ values }) => values));
    const before = reconcileWithPcc([...bills.values()], pcc);
    // The estimate of the late home is another energy than its meter counted.
    expect(before.slots.map(({ difference }) => difference)).to.deep.equal([-160n, -190n, -750n, -240n]);

    const { late } = homes;
    const { journalOf, noPart } = await import("@wattbook/sdk");
    const { tariff } = await logs.sharing(period);
    const item = {
      ...(await read(late)),
      journal: journalOf(await recordsOf(late)),
      position: noPart(tariff).position,
    };
    await wattbook.settlement.send.correct(community, period, [item]);
    const corrected = await logs.bills(period);
    const after = reconcileWithPcc([...corrected.values()], pcc);
    expect(after).to.include({ difference: 0n, missing: 0 });
    expect(after.slots.every(({ difference }) => difference === 0n)).to.equal(true);
    expect(at(corrected, late)).to.include({
      estimated: false,
      estimate: sum(at(bills, late).lines.map(({ gridLeg }) => gridLeg)),
    });
    for (const home of Object.values(homes)) {
      if (home !== late) expect(at(corrected, home)).to.deep.equal(at(bills, home));
    }
    const gaps = reconcileWithPcc([...corrected.values()], [null, ...pcc.slice(1)]);
    expect(gaps).to.include({ difference: 0n, missing: 1 });
    expect(gaps.slots[0]).to.include({ pcc: null, difference: null });
    expect(terms.slotsPerPeriod).to.equal(BigInt(after.slots.length));
    await expectSolvent(w.m);
  });

  it("compare the retailer alone, feed-in and the community; nobody of SDR is worse off", async function () {
    const w = await openShared(connection);
    const { bills } = await settled(w);
    for (const bill of bills.values()) {
      const { retailer, feedIn, community } = comparisonOf(bill);
      expect(feedIn <= retailer).to.equal(true);
      expect(community - bill.settlementFee <= feedIn).to.equal(true);
    }
    // The roof is of the first class: 300 in slot 3, 80 for what it feeds in.
    const { retailer, feedIn } = comparisonOf(at(bills, w.homes.roof));
    expect(retailer).to.equal(300n * 300n);
    expect(feedIn).to.equal(300n * 300n - 80n * (1_003n + 1_988n + 777n));
  });

  it("are the same as CSV and JSON, with the community's columns", async function () {
    const w = await openShared(connection);
    const { bills } = await settled(w);
    const { slots } = await w.logs.shared(w.period);
    const bill = at(bills, w.homes.rich);
    const table = billTable(bill, slots);
    const [head, first] = billCsv(table).split("\n");
    expect(head).to.equal(
      "start,slot,bought,sold,price,imported,exported,imbalance,paid,received,networkFee,gridLeg,total,supply,demand,shared",
    );
    const line = bill.lines[0];
    const slot = slots[0];
    if (line === undefined || line.price === null || slot === undefined) throw new Error("nothing was shared");
    expect(first?.endsWith(`,${slot.supply},${slot.demand},${slot.shared}`)).to.equal(true);
    expect(first).to.include(`,${formatSlotPrice(line.price)},`);
    expect(formatSlotPrice(line.price)).to.match(/^\d+(\.\d{6})?$/);
    expect(JSON.parse(JSON.stringify(table))).to.deep.equal(table);
  });

  it("are refused against the PCC where some are missing", async function () {
    const w = await openShared(connection);
    const { bills } = await settled(w);
    const pcc = pccOf(Object.values(w.homes).map(({ values }) => values));
    const some = [...bills].filter(([member]) => member !== w.homes.roof.member).map(([, bill]) => bill);
    for (const [wrong, values, code] of [
      [some, pcc, "BILL_MISMATCH"],
      [[...bills.values()], pcc.slice(1), "BAD_LENGTH"],
    ] as const) {
      let thrown: unknown;
      try {
        reconcileWithPcc(wrong, values);
      } catch (error) {
        thrown = error;
      }
      expect(isWattbookError(thrown) && thrown.code).to.equal(code);
    }
  });
});
