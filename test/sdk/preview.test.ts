import { expect } from "chai";
import fc from "fast-check";
import type { Entry } from "../../sdk/src/entry.ts";
import { previewPeriod } from "../../sdk/src/preview.ts";
import type { PreviewInput, PreviewMember } from "../../sdk/src/preview.ts";
import type { PreviewStrip } from "../../sdk/src/preview-book.ts";
import { savingsOf } from "../../sdk/src/preview-savings.ts";
import type { Metering } from "../../sdk/src/settlement.ts";
import { flatTariff } from "../../sdk/src/tariff.ts";
import { communityTerms } from "../../sdk/src/terms.ts";
import { asAmount, asLots, asMember, asPeriod, asPrice, asSignedAmount, asWh } from "../../sdk/src/units.ts";
import { ACCOUNTS, entry, expectCode, metered, PERIOD, RETAIL, SMALL, slotNumber, TARIFF, TERMS } from "./support.ts";

const ROOF = asMember(4n);
const OVEN = asMember(5n);
const IDLE = asMember(6n);
const NONE = asSignedAmount(0n);

/** 96 slots of nothing but the given one. */
function reading(slot: number, imported: number, exported: number): Metering {
  const values = Array.from({ length: 96 }, (_, each) => (each === slot ? metered(imported, exported) : metered(0, 0)));
  return { kind: "metered", values, gapLeg: NONE };
}

function member(index: typeof ROOF, metering: Metering): PreviewMember {
  return { member: index, tariffClass: 0n, metering };
}

function strip(index: typeof ROOF, ...entries: Entry[]): PreviewStrip {
  return { member: index, entries };
}

/** 800 Wh at 140 in slot 48: 1,000 Wh exported, 900 imported, an idle member beside. */
const TRADE: PreviewInput = {
  period: PERIOD,
  tariff: TARIFF,
  members: [member(ROOF, reading(48, 0, 1_000)), member(OVEN, reading(48, 900, 0)), member(IDLE, reading(7, 50, 0))],
  strips: [strip(ROOF, entry(48, "sell", 10, 80)), strip(OVEN, entry(48, "buy", 30, 80))],
};

function totals(input: PreviewInput) {
  return previewPeriod(TERMS, input).members.map(({ bill }) => bill.total);
}

/** Two classes, members with forecasts, strips of all lengths; few ticks, so that orders meet. */
const anyInput: fc.Arbitrary<PreviewInput> = fc
  .array(
    fc.uniqueArray(
      fc.record({ slot: fc.nat(3), sells: fc.boolean(), tick: fc.nat(9), lots: fc.integer({ min: 1, max: 40 }) }),
      {
        maxLength: 8,
        selector: ({ slot, sells, tick }) => 1_000 * slot + (sells ? 100 : 0) + tick,
      },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((plans) => {
    const members = plans.map((_, i) => member(asMember(BigInt(i)), { kind: "estimated", defaultLoadWh: asWh(250n) }));
    const strips = plans.flatMap((plan, i) => {
      const key = ({ slot, sells, tick }: (typeof plan)[number]) => 1_000 * slot + (sells ? 100 : 0) + tick;
      const sorted = [...plan].sort((a, b) => key(a) - key(b));
      const entries = sorted.map(({ slot, sells, tick, lots }) => entry(slot, sells ? "sell" : "buy", tick, lots));
      return entries.length === 0 ? [] : [strip(asMember(BigInt(i)), ...entries)];
    });
    return { period: asPeriod(100_000n), tariff: flatTariff(SMALL, asPrice(20n), [RETAIL]), members, strips };
  });

describe("previews", function () {
  it("clear every slot and settle every member, in base units", function () {
    const { period, slots, members } = previewPeriod(TERMS, TRADE);
    expect(period).to.equal(PERIOD);
    expect(slots).to.have.length(96);
    expect(slots[48]).to.deep.include({ slot: slotNumber(48), price: 140n, volume: 800n });
    expect(slots[47]).to.deep.equal({ slot: slotNumber(47), clearing: null, price: null, volume: 0n });
    const [roof, oven, idle] = members;
    // 200 Wh fed in at 80; 800 Wh at 140 less the settlement fee.
    expect(roof?.bill.total).to.equal(-112_000n - 16_000n + 2_000n);
    // 800 Wh at 140 + 20, 100 Wh imported at 320.
    expect(oven?.bill.total).to.equal(128_000n + 32_000n + 2_000n);
    expect(oven?.settled).to.include({ paid: 112_000n, networkFee: 16_000n, settlementFee: 2_000n, gridLeg: 32_000n });
    expect(oven?.settled.reserved).to.equal(800n * (180n + 20n) + 2_000n);
    const fill = { slot: slotNumber(48), ordered: 800n, filled: 800n, prefix: 0n };
    expect(oven?.fills).to.deep.equal([{ ...entry(48, "buy", 30, 80), ...fill }]);
    // No record, no settlement fee.
    expect(idle?.fills).to.deep.equal([]);
    expect(idle?.bill.total).to.equal(50n * 320n);
  });

  it("take orders of members whose meters nobody knows", function () {
    const alone = { ...TRADE, members: TRADE.members.slice(1, 2) };
    expect(totals(alone)).to.deep.equal(totals(TRADE).slice(1, 2));
  });

  it("estimate a member without a reading", function () {
    const [roof, , idle] = TRADE.members;
    if (!roof || !idle) throw new Error("no members");
    const estimated = member(OVEN, { kind: "estimated", defaultLoadWh: asWh(10n) });
    const preview = previewPeriod(TERMS, { ...TRADE, members: [roof, estimated, idle] });
    const [, oven] = preview.members;
    expect(oven?.bill.estimated).to.equal(true);
    expect(oven?.settled.gridLeg).to.equal(95n * 10n * 320n);
  });

  it("put entries behind those that are posted", function () {
    const posted = { ...entry(48, "sell", 10, 30), prefix: asLots(0n) };
    const strips = [
      strip(ROOF, entry(48, "sell", 10, 30)),
      { member: IDLE, entries: [posted] },
      strip(OVEN, entry(48, "buy", 10, 30)),
    ];
    const { members } = previewPeriod(TERMS, { ...TRADE, strips });
    expect(members.flatMap(({ fills }) => fills.map(({ prefix, filled }) => [prefix, filled]))).to.deep.equal([
      [30n, 150n],
      [0n, 300n],
      [0n, 150n],
    ]);
  });

  it("leave out what the chain refused: it trades nothing, pays no fee and opens no journal", function () {
    const refused = { ...entry(48, "sell", 10, 80), prefix: null };
    const fees = { feePerEntry: asAmount(7n) };
    const strips: PreviewStrip[] = [
      { member: ROOF, entries: [refused], ...fees },
      {
        member: OVEN,
        entries: [
          { ...refused, side: "buy" },
          { ...entry(49, "buy", 30, 80), prefix: asLots(0n) },
        ],
        ...fees,
      },
    ];
    const [roof, oven] = previewPeriod(TERMS, { ...TRADE, strips }).members;
    expect([roof?.relayerFees, roof?.settled.settlementFee, roof?.fills.length]).to.deep.equal([0n, 0n, 0]);
    expect([oven?.relayerFees, oven?.settled.settlementFee, oven?.fills.length]).to.deep.equal([7n, 2_000n, 1]);
  });

  it("come out the same from the strips as signed and from the records as posted, in whatever sequence", function () {
    const anyCase = anyInput.chain((input) => {
      const places = [...input.strips.keys()];
      return fc.record({
        input: fc.constant(input),
        places: fc.shuffledSubarray(places, { minLength: places.length }),
      });
    });
    fc.assert(
      fc.property(anyCase, ({ input, places }) => {
        const preview = previewPeriod(SMALL, input);
        const strips = input.strips.map(({ member }) => {
          const fills = preview.members.find((each) => each.member === member)?.fills ?? [];
          return { member, entries: fills };
        });
        const posted = places.flatMap((place) => strips[place] ?? []);
        const again = previewPeriod(SMALL, { ...input, strips: posted });
        expect(again.members.map(({ settled }) => settled)).to.deep.equal(
          preview.members.map(({ settled }) => settled),
        );
      }),
    );
  });

  it("balance: what is bought is sold, what is paid is received", function () {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { slots, members } = previewPeriod(SMALL, input);
        const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
        expect(sum(members.map(({ settled }) => settled.paid - settled.received))).to.equal(0n);
        for (const [index, { volume }] of slots.entries()) {
          expect(sum(members.map(({ settled }) => settled.slots[index]?.bought ?? -1n))).to.equal(volume);
          expect(sum(members.map(({ settled }) => settled.slots[index]?.sold ?? -1n))).to.equal(volume);
        }
        for (const { fills, settled, bill } of members) {
          const moved = sum(settled.slots.map(({ bought, sold }) => bought + sold));
          expect(sum(fills.map(({ filled }) => filled))).to.equal(moved);
          const { paid, received, networkFee, settlementFee, gridLeg } = settled;
          expect(bill.total).to.equal(paid - received + networkFee + settlementFee + gridLeg);
        }
      }),
    );
  });

  describe("refuse", function () {
    const withStrips =
      (...strips: PreviewStrip[]) =>
      () =>
        previewPeriod(TERMS, { ...TRADE, strips });

    it("a member that is listed twice", function () {
      const twice = { ...TRADE, members: [...TRADE.members, member(OVEN, reading(1, 0, 0))] };
      expectCode(() => previewPeriod(TERMS, twice), "REPEATED_ID", { kind: "member", id: "5" });
    });

    it("entries that the chain would refuse whatever its state", function () {
      expectCode(withStrips(strip(ROOF)), "EMPTY_STRIP");
      expectCode(withStrips(strip(ROOF, entry(96, "sell", 1, 1))), "OUT_OF_RANGE", { field: "entries[0].offset" });
      expectCode(withStrips(strip(ROOF, entry(9, "sell", 64, 1))), "OUT_OF_RANGE", { field: "entries[0].tick" });
      expectCode(withStrips(strip(ROOF, entry(9, "sell", 1, 0))), "OFF_LOT_QUANTITY");
      expectCode(withStrips(strip(ROOF, entry(9, "sell", 1, 1), entry(8, "sell", 1, 1))), "NOT_ASCENDING");
    });

    it("a strip for a slot that an earlier one of the member covers", function () {
      const evidence = { offset: 48n, after: 49n };
      expectCode(withStrips(...TRADE.strips, strip(ROOF, entry(48, "sell", 11, 1))), "BEHIND_FRONTIER", evidence);
      expect(withStrips(...TRADE.strips, strip(ROOF, entry(49, "sell", 11, 1)))).not.to.throw();
    });

    it("more lots than a tick holds, but for wide ticks", function () {
      const strips = [ROOF, OVEN].map((each) => strip(each, entry(48, "sell", 10, 40_000)));
      expectCode(withStrips(...strips), "OUT_OF_RANGE", { value: 80_000n, most: 65_535n });
      const wide = communityTerms({ ...ACCOUNTS, wideTicks: true });
      expect(previewPeriod(wide, { ...TRADE, strips }).members[1]?.fills[0]?.prefix).to.equal(40_000n);
    });

    it("posted entries with a gap in the queue", function () {
      const posted = { ...entry(48, "sell", 10, 30), prefix: asLots(5n) };
      expectCode(withStrips({ member: ROOF, entries: [posted] }), "LOGS_INCOMPLETE");
    });

    it("posted entries twice in the queue, or two on one gap: fills would not add up to the trade", function () {
      const at = (prefix: bigint) => ({ ...entry(1, "buy", 3, 5), prefix: asLots(prefix) });
      const both = (one: bigint, other: bigint) =>
        withStrips({ member: ROOF, entries: [at(one)] }, { member: OVEN, entries: [at(other)] });
      expectCode(both(0n, 0n), "LOGS_INCOMPLETE");
      expectCode(both(5n, 5n), "LOGS_INCOMPLETE");
      expect(both(5n, 0n)).not.to.throw();
    });

    it("values of another number of slots, and classes that the tariff does not hold", function () {
      const short = member(ROOF, { kind: "metered", values: [metered(0, 0)], gapLeg: NONE });
      expectCode(() => previewPeriod(TERMS, { ...TRADE, members: [short] }), "BAD_LENGTH", { field: "values" });
      const other = { ...member(ROOF, reading(1, 0, 0)), tariffClass: 1n };
      expectCode(() => previewPeriod(TERMS, { ...TRADE, members: [other] }), "UNKNOWN_TARIFF_CLASS");
    });
  });
});

describe("savings", function () {
  it("compare the community with the supplier alone, member by member and in total", function () {
    const savings = savingsOf(previewPeriod(TERMS, TRADE));
    const [roof, oven, idle] = savings.members;
    expect(roof).to.deep.equal({ member: ROOF, retailOnly: -80_000n, community: -126_000n, saving: 46_000n });
    expect(oven).to.deep.equal({ member: OVEN, retailOnly: 288_000n, community: 162_000n, saving: 126_000n });
    expect(idle).to.deep.equal({ member: IDLE, retailOnly: 16_000n, community: 16_000n, saving: 0n });
    expect(savings).to.include({ retailOnly: 224_000n, community: 52_000n, saving: 172_000n });
  });

  it("count relayer fees, which no bill shows", function () {
    const strips = TRADE.strips.map((each) => ({ ...each, feePerEntry: asAmount(500n) }));
    const [roof] = savingsOf(previewPeriod(TERMS, { ...TRADE, strips })).members;
    expect(roof).to.include({ community: -125_500n, saving: 45_500n });
  });

  it("are negative where trading cost more than it brought", function () {
    const strips = [strip(ROOF, entry(3, "sell", 10, 1))];
    expect(savingsOf(previewPeriod(TERMS, { ...TRADE, strips })).members[0]).to.include({ saving: -2_000n });
  });
});
