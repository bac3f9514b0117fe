import { expect } from "chai";
import fc from "fast-check";
import { billOf } from "../../sdk/src/bill.ts";
import type { Bill } from "../../sdk/src/bill.ts";
import { BILL_COLUMNS, billCsv, billTable } from "../../sdk/src/bill-table.ts";
import { positionOf } from "../../sdk/src/book-answer.ts";
import { bookRecord } from "../../sdk/src/book-record.ts";
import type { BookEntry } from "../../sdk/src/book-record.ts";
import { slotsOf } from "../../sdk/src/calendar.ts";
import { clearEntries } from "../../sdk/src/clearing.ts";
import type { JournalRecord } from "../../sdk/src/journal.ts";
import type { ModuleAnswer } from "../../sdk/src/market-module.ts";
import { settleMember } from "../../sdk/src/settlement.ts";
import type { MemberSettlement } from "../../sdk/src/settlement.ts";
import {
  asAmount,
  asLots,
  asPeriod,
  asSignedAmount,
  asSlotOffset,
  asTick,
  asWh,
  sumSigned,
} from "../../sdk/src/units.ts";
import { expectCode, metered, PERIOD, SMALL, SMALL_TARIFF, TARIFF, TERMS, traded } from "./support.ts";

const DIGEST = `0x${"ab".repeat(32)}`;
const CONTEXT = { tariff: TARIFF, tariffClass: 0n };

interface Choice {
  sells: boolean;
  tick: number;
  lots: number;
  rival: number;
  imported: number;
  exported: number;
}

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  sells: fc.boolean(),
  tick: fc.nat({ max: 63 }),
  lots: fc.integer({ min: 1, max: 60 }),
  rival: fc.nat({ max: 63 }),
  imported: fc.nat({ max: 800 }),
  exported: fc.nat({ max: 800 }),
});
const IDLE_CHOICE: Choice = { sells: true, tick: 0, lots: 1, rival: 0, imported: 0, exported: 0 };
const anyDay = fc.array(anyChoice, { minLength: 96, maxLength: 96 });

/** A member's day: one order per slot against one rival of the other side. */
function settleDay(choices: readonly Choice[], gapLeg = 0n): MemberSettlement {
  const slots = slotsOf(TERMS, PERIOD);
  const entries: BookEntry[] = [];
  const results = new Map(
    slots.map((slot, index) => {
      const { sells, tick, lots, rival } = choices[index] ?? IDLE_CHOICE;
      const own = { side: sells ? "sell" : "buy", tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) } as const;
      const other = { side: sells ? "buy" : "sell", tick: asTick(BigInt(rival)), lots: asLots(30n) } as const;
      entries.push({ ...own, offset: asSlotOffset(BigInt(index)), prefix: asLots(0n) });
      return [slot, clearEntries(64n, [own, other]).clearing] as const;
    }),
  );
  const records = [bookRecord(TERMS, 0n, DIGEST, entries, CONTEXT)];
  const answers = new Map([[0n, positionOf(TERMS, PERIOD, records, results)]]);
  const values = choices.map(({ imported, exported }) => metered(imported, exported));
  const metering = { kind: "metered", values, gapLeg: asSignedAmount(gapLeg) } as const;
  return settleMember(TERMS, { ...CONTEXT, records, answers, metering });
}

function column(bill: Bill, name: "paid" | "received" | "networkFee" | "gridLeg"): bigint {
  return sumSigned(bill.lines.map((line) => line[name]));
}

describe("bill", function () {
  it("adds up to the settled legs, to the unit", function () {
    fc.assert(
      fc.property(anyDay, fc.bigInt(-9_999n, 9_999n), (choices, gapLeg) => {
        const settled = settleDay(choices, gapLeg);
        const bill = billOf(TERMS, PERIOD, settled);
        expect(bill.lines).to.have.length(96);
        expect(column(bill, "paid")).to.equal(settled.paid);
        expect(column(bill, "received")).to.equal(settled.received);
        expect(column(bill, "networkFee")).to.equal(settled.networkFee);
        expect(column(bill, "gridLeg") + bill.gapLeg).to.equal(settled.gridLeg);
        const { paid, received, networkFee, settlementFee, gridLeg } = settled;
        expect(bill.total).to.equal(paid - received + networkFee + settlementFee + gridLeg);
        expect(bill.saving).to.equal(bill.retailOnly - bill.total);
      }),
      { numRuns: 40 },
    );
  });

  it("shows what each line is made of", function () {
    const choice = { sells: false, tick: 20, lots: 10, rival: 10, imported: 120, exported: 0 };
    const bill = billOf(TERMS, PERIOD, settleDay(Array.from({ length: 96 }, () => choice)));
    expect(bill.lines[1]).to.deep.equal({
      slot: PERIOD * 96n + 1n,
      start: PERIOD * 86_400n + 900n,
      bought: 100n,
      sold: 0n,
      price: 100n,
      imported: 120n,
      exported: 0n,
      imbalance: 20n,
      paid: 10_000n,
      received: 0n,
      networkFee: 2_000n,
      gridLeg: 6_400n,
      total: 18_400n,
    });
    expect(bill.retailOnly).to.equal(96n * 120n * 320n);
    expect(bill.saving).to.equal(96n * (120n * 320n - 18_400n) - 2_000n);
  });

  it("costs nothing but the settlement fee to take part in vain", function () {
    const choice = { sells: true, tick: 63, lots: 10, rival: 0, imported: 50, exported: 90 };
    const bill = billOf(TERMS, PERIOD, settleDay(Array.from({ length: 96 }, () => choice)));
    expect(bill.saving).to.equal(-2_000n);
    expect(bill.lines[0]?.price).to.equal(null);
  });

  it("names payments of modules without detail, and what a void cost", function () {
    const head = { buyWh: asWh(20n), sellWh: asWh(0n), reserve: asAmount(3_000n), entries: 1n, module: 3n };
    const records: JournalRecord[] = [3n, 4n].map((module) => ({
      head: { ...head, module },
      digest: DIGEST,
      payload: "0x",
    }));
    const idle = traded(0, 0);
    const answer: ModuleAnswer = {
      paid: asAmount(1_000n),
      received: asAmount(0n),
      position: [traded(20, 0), idle, idle, idle],
    };
    const pots = new Map([[4n, { outstanding: asAmount(3_000n), amount: asSignedAmount(-500n) }]]);
    const answers = new Map<bigint, ModuleAnswer | null>([
      [3n, answer],
      [4n, null],
    ]);
    const values = [metered(20, 0), metered(0, 0), metered(0, 0), metered(0, 0)];
    const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
    const settled = settleMember(SMALL, { tariff: SMALL_TARIFF, tariffClass: 0n, records, answers, pots, metering });
    const bill = billOf(SMALL, asPeriod(120_000n), settled);
    expect(bill).to.include({ otherPaid: 1_000n, otherReceived: 0n, lost: 500n, settlementFee: 2_000n });
    expect(bill.total).to.equal(1_000n + 20n * 20n + 500n + 2_000n);
    expect(bill.lines[0]).to.include({ bought: 20n, paid: 0n, price: null });
  });

  it("refuses payments per slot that do not add up", function () {
    const settled = settleDay(Array.from({ length: 96 }, () => IDLE_CHOICE));
    const modules = settled.modules.map((module) => ({
      ...module,
      trades: module.trades?.map((trade) => ({ ...trade, paid: asAmount(trade.paid + 1n) })) ?? null,
    }));
    expectCode(() => billOf(TERMS, PERIOD, { ...settled, modules }), "BILL_MISMATCH", { field: "paid" });
    expectCode(() => billOf(SMALL, PERIOD, settled), "BAD_LENGTH", { field: "settled.slots" });
  });
});

describe("bill table", function () {
  const choice = { sells: false, tick: 20, lots: 10, rival: 10, imported: 0, exported: 120 };
  const bill = billOf(TERMS, PERIOD, settleDay(Array.from({ length: 96 }, () => choice)));
  const table = billTable(bill);

  it("survives JSON", function () {
    expect(JSON.parse(JSON.stringify(table))).to.deep.equal({ ...table, columns: [...BILL_COLUMNS] });
    expect(table.totals.saving).to.equal(bill.saving.toString());
    expect(table.rows[0]).to.include({ start: "2024-10-04T00:00:00Z", price: "100", imbalance: "-220" });
  });

  it("adds up in text as it does in units", function () {
    const sum = table.rows.reduce((all, row) => all + BigInt(row.total), 0n);
    expect(sum + BigInt(table.totals.settlementFee)).to.equal(BigInt(table.totals.total));
  });

  it("writes a header and a line per slot", function () {
    const lines = billCsv(table).trimEnd().split("\n");
    expect(lines).to.have.length(97);
    expect(lines[0]).to.equal(BILL_COLUMNS.join(","));
    expect(lines.every((line) => line.split(",").length === BILL_COLUMNS.length)).to.equal(true);
  });
});
