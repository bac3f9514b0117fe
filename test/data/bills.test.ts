import { expect } from "chai";
import fc from "fast-check";
import {
  billLinesCsv,
  billsFromCsv,
  billsFromJson,
  billsJson,
  billTotalsCsv,
  formatInterval,
  type NamedBill,
  parseInterval,
  type Schedule,
  scheduleCsv,
  scheduleFromCsv,
  scheduleFromJson,
  scheduleJson,
  scheduleOf,
} from "@wattbook/data/export";
import {
  asAmount,
  asPeriod,
  asPrice,
  asSeconds,
  asSignedAmount,
  asSignedWh,
  asSlot,
  asWh,
  type SlotPrice,
} from "@wattbook/sdk";

const big = (1n << 100n) - 1n;
const wh = fc.bigInt(0n, big).map((value) => asWh(value));
const money = fc.bigInt(0n, big).map((value) => asAmount(value));
const signed = fc.bigInt(-big, big).map((value) => asSignedAmount(value));
const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@a",
    "'quoted",
    "''",
    'a "b", c',
    "two\nlines",
    "\tTab",
    "\rCr",
  ),
);

const none = asSignedAmount(0n);
const EMPTY: NamedBill["bill"] = {
  period: asPeriod(1n),
  estimated: false,
  lines: [],
  gapLeg: none,
  settlementFee: asAmount(0n),
  otherPaid: asAmount(0n),
  otherReceived: asAmount(0n),
  lost: asAmount(0n),
  total: none,
  retailOnly: none,
  withoutFeedIn: none,
  saving: none,
  estimate: null,
};

const line = (slot: number) =>
  fc.record({
    slot: fc.constant(asSlot(BigInt(slot))),
    start: fc.constant(asSeconds(BigInt(slot) * 900n)),
    bought: wh,
    sold: wh,
    price: fc.option(
      fc.oneof(
        fc.bigInt(0n, 65_535n).map((value): SlotPrice => asPrice(value)),
        fc.record({ num: fc.bigInt(0n, 2n ** 128n), den: fc.bigInt(1n, 2n ** 112n) }),
      ),
      { nil: null },
    ),
    imported: wh,
    exported: wh,
    imbalance: fc.bigInt(-big, big).map((value) => asSignedWh(value)),
    paid: money,
    received: money,
    networkFee: money,
    gridLeg: signed,
    total: signed,
  });

const bill = (period: number) =>
  fc.record({
    period: fc.constant(asPeriod(BigInt(period))),
    estimated: fc.boolean(),
    lines: fc.tuple(line(period * 3), line(period * 3 + 1), line(period * 3 + 2)),
    gapLeg: signed,
    settlementFee: money,
    otherPaid: money,
    otherReceived: money,
    lost: money,
    total: signed,
    retailOnly: signed,
    withoutFeedIn: signed,
    saving: signed,
    estimate: fc.option(signed, { nil: null }),
  });

const bills: fc.Arbitrary<NamedBill[]> = fc
  .uniqueArray(name, { maxLength: 4 })
  .chain((names) => fc.tuple(...names.map((member, i) => bill(20_000 + i).map((each) => ({ member, bill: each })))));

describe("bills as files", function () {
  it("are the same when read back from JSON", function () {
    fc.assert(
      fc.property(bills, (all) => {
        expect(billsFromJson(billsJson(all, 900))).to.deep.equal(all);
      }),
    );
  });

  it("are the same when read back from their two CSV tables", function () {
    fc.assert(
      fc.property(bills, (all) => {
        expect(billsFromCsv(billLinesCsv(all, 900), billTotalsCsv(all))).to.deep.equal(all);
      }),
    );
  });

  it("name units in every column and the interval in ISO 8601", function () {
    const [one] = fc.sample(bill(20_000), 1);
    if (one === undefined) throw new Error("no bill");
    const [head = "", first = ""] = billLinesCsv([{ member: "Ada", bill: one }], 900).split("\n");
    const columns = head.split(",");
    expect(columns.slice(0, 4)).to.deep.equal(["member", "period", "interval", "slot"]);
    for (const column of columns.slice(4)) expect(column).to.match(/_(wh|base_units|base_units_per_wh)$/);
    expect(first).to.match(/^Ada,20000,1971-09-18T00:00:00Z\/PT15M,60000,/);
  });

  it("hold no cell that a spreadsheet would compute", function () {
    const risky = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"];
    const positions = [{ bought: asWh(0n), sold: asWh(0n) }];
    const entries = risky.flatMap((member) => scheduleOf(member, asSlot(0n), positions));
    const text = scheduleCsv({ slotDuration: 900, entries });
    for (const member of risky) expect(text).to.include(`'${member}`);
    for (const row of text.split("\n")) expect(row).not.to.match(/(^|,)"?[=+@\t\r-]/);
  });

  it("are refused with a code where something is wrong in them", function () {
    const lines = "member,period,interval,slot\n";
    expect(() => billsFromCsv(lines, lines))
      .to.throw()
      .with.property("code", "COLUMN_MISSING");
    for (const text of ["", "[]", "{}", '{"format":"wattbook-bills","version":1}']) {
      expect(() => billsFromJson(text), text)
        .to.throw()
        .with.property("code", "RECORD_INVALID");
    }
    const huge =
      '{"format":"wattbook-schedule","version":1,"slotDuration":900,"entries":[{"member":"a","interval":"1970-01-01T00:00Z/PT15M","slot":"0","bought_wh":"-1","sold_wh":"0"}]}';
    expect(() => scheduleFromJson(huge))
      .to.throw()
      .with.property("code", "RECORD_INVALID");
  });

  it("are refused where a schedule's slots and times do not agree", function () {
    const entries = scheduleOf("a", asSlot(3n), [{ bought: asWh(1n), sold: asWh(0n) }]);
    const text = scheduleJson({ slotDuration: 900, entries });
    const csv = scheduleCsv({ slotDuration: 900, entries });
    const wrong = [
      () => scheduleFromJson(text.replace('"slotDuration": 900', '"slotDuration": "x"')),
      () => scheduleFromJson(text.replace('"slotDuration": 900', '"slotDuration": 300')),
      () => scheduleFromJson(text.replace('"slot": "3"', '"slot": "4"')),
      () => scheduleFromCsv(`${csv}a,1970-01-01T00:00:00Z/PT30M,0,1,0\n`),
    ];
    for (const act of wrong) expect(act).to.throw().with.property("code", "RECORD_INVALID");
  });

  it("are refused where a member has two totals of a period", function () {
    const lines = billLinesCsv([], 900);
    const [head = "", row = ""] = billTotalsCsv([{ member: "a", bill: EMPTY }]).split("\n");
    expect(billsFromCsv(lines, [head, row, ""].join("\n"))).to.have.length(1);
    expect(() => billsFromCsv(lines, [head, row, row, ""].join("\n")))
      .to.throw()
      .with.property("code", "RECORD_INVALID");
  });
});

describe("schedules as files", function () {
  const entry = fc.record({
    member: name,
    slot: fc.bigInt(0n, 2n ** 24n).map((value) => asSlot(value)),
    bought: wh,
    sold: wh,
  });
  const schedules: fc.Arbitrary<Schedule> = fc.record({
    slotDuration: fc.constantFrom(300, 900, 1800, 3600),
    entries: fc.array(entry, { minLength: 1, maxLength: 6 }),
  });

  it("are the same when read back from CSV and from JSON", function () {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(scheduleFromCsv(scheduleCsv(schedule))).to.deep.equal(schedule);
        expect(scheduleFromJson(scheduleJson(schedule))).to.deep.equal(schedule);
      }),
    );
  });

  it("write intervals of every length and read them", function () {
    expect(formatInterval({ start: 1_795_342_500, duration: 900 })).to.equal("2026-11-22T10:15:00Z/PT15M");
    expect(
      [300, 1800, 3600, 5400, 1].map((duration) => formatInterval({ start: 0, duration }).split("/")[1]),
    ).to.deep.equal(["PT5M", "PT30M", "PT1H", "PT1H30M", "PT1S"]);
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.integer({ min: 1, max: 86_400 }), (start, duration) => {
        expect(parseInterval(formatInterval({ start, duration }))).to.deep.equal({ start, duration });
      }),
    );
  });
});
