import { expect } from "chai";
import { connect, encodeValues, type Connection } from "./helpers/market.ts";
import { estimate, hours, skipped, type Hour } from "./helpers/hours.ts";
import { at } from "./helpers/lists.ts";
import { HOUR, Skip, State, expectSolvent, goBehind, missing, stateOf, valuesAt } from "./helpers/settling.ts";
import { openSecondHour, truth, word } from "./helpers/second-hour.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

const secondHour = async () => await openSecondHour(hour);

describe("Rule 7: records that are not the journal are skipped, and the right ones settle afterwards", function () {
  type Records = Awaited<ReturnType<Hour["m"]["recordsOf"]>>;
  const mangled: readonly (readonly [string, (records: Records, other: Records) => Records])[] = [
    ["none", () => []],
    ["only the first", (records) => records.slice(0, 1)],
    ["only the second", (records) => records.slice(1)],
    ["one twice", (records) => [...records, at(records, 1)]],
    ["swapped", (records) => [...records].reverse()],
    ["another member's", (_, other) => other],
    ["one more", (records, other) => [...records, at(other, 0)]],
    ["another reserve", (records) => records.map((record) => ({ ...record, head: record.head - (1n << 96n) }))],
    ["more bought Wh", (records) => records.map((record) => ({ ...record, head: record.head + (1n << 48n) }))],
    ["another module", (records) => records.map((record) => ({ ...record, head: record.head | (1n << 208n) }))],
    ["a bit above the head", (records) => records.map((record) => ({ ...record, head: record.head | (1n << 255n) }))],
    ["another digest", (records) => records.map((record) => ({ ...record, digest: word(1n) }))],
    ["a shorter payload", (records) => records.map((record) => ({ ...record, payload: record.payload.slice(0, -2) }))],
    ["a longer payload", (records) => records.map((record) => ({ ...record, payload: `${record.payload}00` }))],
    [
      "another lot in the payload",
      (records) => records.map((record) => ({ ...record, payload: record.payload.replace("0x01", "0x02") })),
    ],
  ];
  for (const [what, mangle] of mangled) {
    it(`with ${what}`, async function () {
      const w = await secondHour();
      const { m, seller, buyer, idle, period } = w;
      const right = await m.recordsOf(buyer.member, period);
      const records = mangle(right, await m.recordsOf(seller.member, period));
      const reading = await m.signReading(truth(w));
      const settlement = m.settlement;
      const one = settlement.meterAndSettle(m.community, period, [{ member: buyer.member, reading, records }]);
      await skipped(w, one, buyer, period, Skip.JournalMismatch);
      expect((await settlement.meterState(m.community, buyer.member)).nextPeriod).to.equal(BigInt(period));

      const snapshot = await connection.networkHelpers.takeSnapshot();
      await settlement.meter(m.community, period, [{ member: buyer.member, reading, records: [] }]);
      const item = { member: buyer.member, values: reading.values, gapLeg: 0n };
      const two = settlement.settle(m.community, period, [{ ...item, records }]);
      await skipped(w, two, buyer, period, Skip.JournalMismatch);
      await settlement.settle(m.community, period, [{ ...item, records: right }]);
      expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
      await snapshot.restore();

      await goBehind(m, period, HOUR);
      const three = settlement.settleEstimated(m.community, period, [
        { member: buyer.member, records },
        await missing(m, idle, period),
      ]);
      await skipped(w, three, buyer, period, Skip.JournalMismatch);
      expect(await stateOf(m, idle, period)).to.equal(State.Estimated);
      await estimate(w, period, buyer);
      expect(await stateOf(m, buyer, period)).to.equal(State.Estimated);
      await expectSolvent(m);
    });
  }

  it("with records for a member who has none", async function () {
    const w = await secondHour();
    const { m, seller, idle, period } = w;
    const reading = await m.signReading({ ...truth(w), home: idle });
    const records = await m.recordsOf(seller.member, period);
    const sent = m.settlement.meterAndSettle(m.community, period, [{ member: idle.member, reading, records }]);
    await skipped(w, sent, idle, period, Skip.JournalMismatch);
  });

  it("with other values or another gap leg than were metered", async function () {
    const w = await secondHour();
    const { m, buyer, period } = w;
    const reading = await m.signReading(truth(w));
    const records = await m.recordsOf(buyer.member, period);
    await m.settlement.meter(m.community, period, [{ member: buyer.member, reading, records: [] }]);
    const item = { member: buyer.member, values: reading.values, gapLeg: 0n, records };
    for (const [wrong, reason] of [
      [{ ...item, values: encodeValues(valuesAt({ 1: [999, 0] })) }, Skip.JournalMismatch],
      [{ ...item, values: reading.values.slice(0, -2) }, Skip.BadLength],
      [{ ...item, values: "0x" }, Skip.BadLength],
      [{ ...item, gapLeg: 1n }, Skip.JournalMismatch],
      [{ ...item, gapLeg: -(2n ** 127n) }, Skip.JournalMismatch],
    ] as const) {
      await skipped(w, m.settlement.settle(m.community, period, [wrong]), buyer, period, reason);
    }
    await m.settlement.settle(m.community, period, [item]);
    expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
  });
});
