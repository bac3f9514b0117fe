import { expect } from "chai";
import fc from "fast-check";
import { positionOf } from "../../sdk/src/book-answer.ts";
import type { SlotResults } from "../../sdk/src/book-answer.ts";
import { bookRecord } from "../../sdk/src/book-record.ts";
import type { BookEntry } from "../../sdk/src/book-record.ts";
import { clearEntries } from "../../sdk/src/clearing.ts";
import type { Clearing } from "../../sdk/src/clearing.ts";
import {
  estimatedValues,
  gapLegOf,
  gapPrices,
  gridCostOf,
  gridLegs,
  imbalanceOf,
  trueUpOf,
} from "../../sdk/src/grid-leg.ts";
import type { Head, JournalRecord } from "../../sdk/src/journal.ts";
import { networkFeeOf, releasedByVoid, voidReasonOf } from "../../sdk/src/market-module.ts";
import type { ModuleAnswer } from "../../sdk/src/market-module.ts";
import { availableForGrid, settleMember } from "../../sdk/src/settlement.ts";
import type { Metering, SettlementInput } from "../../sdk/src/settlement.ts";
import { pricesOf } from "../../sdk/src/tariff.ts";
import {
  asAmount,
  asLots,
  asPeriod,
  asPrice,
  asSignedAmount,
  asSignedWh,
  asSlot,
  asTick,
  asWh,
  sumSigned,
} from "../../sdk/src/units.ts";
import type { Slot } from "../../sdk/src/units.ts";
import { entry, expectCode, metered, RETAIL, SMALL, SMALL_TARIFF, traded } from "./support.ts";

const PERIOD = asPeriod(120_000n);
const CONTEXT = { tariff: SMALL_TARIFF, tariffClass: 0n };
const DIGEST = `0x${"ab".repeat(32)}`;
const IDLE = traded(0, 0);
const NOTHING = metered(0, 0);

function slot(offset: number): Slot {
  return asSlot(PERIOD * 4n + BigInt(offset));
}

function accepted(prefix: number, ...[offset, side, tick, lots]: Parameters<typeof entry>): BookEntry {
  return { ...entry(offset, side, tick, lots), prefix: asLots(BigInt(prefix)) };
}

function refused(...[offset, side, tick, lots]: Parameters<typeof entry>): BookEntry {
  return { ...entry(offset, side, tick, lots), prefix: null };
}

function record(...entries: BookEntry[]): JournalRecord {
  return bookRecord(SMALL, 0n, DIGEST, entries, CONTEXT);
}

/** 60 lots trade at tick 10 (100 per Wh), 30 of 40 bids at it. */
const RATIONED: Clearing = {
  marginalTick: asTick(10n),
  priceTick: asTick(10n),
  lots: asLots(60n),
  rationed: { side: "buy", allotment: asLots(30n), volume: asLots(40n) },
};

function readingOf(...values: ReturnType<typeof metered>[]): Metering {
  return { kind: "metered", values, gapLeg: asSignedAmount(0n) };
}

function bookInput(records: JournalRecord[], results: SlotResults, metering: Metering): SettlementInput {
  const answers = new Map([[0n, positionOf(SMALL, PERIOD, records, results)]]);
  return { ...CONTEXT, records, answers, metering };
}

describe("positionOf", function () {
  it("pays every fill at the slot's price, over all records", function () {
    const records = [
      record(accepted(0, 0, "buy", 10, 4), accepted(0, 0, "buy", 20, 5)),
      record(accepted(9, 1, "sell", 10, 7), accepted(0, 1, "sell", 4, 3)),
    ];
    const results: SlotResults = new Map([
      [slot(0), RATIONED],
      [slot(1), RATIONED],
    ]);
    const answer = positionOf(SMALL, PERIOD, records, results);
    expect(answer.position).to.deep.equal([traded(80, 0), traded(0, 100), IDLE, IDLE]);
    expect(answer).to.include({ paid: 8_000n, received: 10_000n });
    expect(answer.trades[0]).to.deep.equal({ paid: 8_000n, received: 0n, price: 100n });
    expect(answer.trades[2]).to.deep.equal({ paid: 0n, received: 0n, price: null });
  });

  it("keeps both sides of a slot apart", function () {
    const records = [record(accepted(0, 0, "buy", 20, 5), accepted(0, 0, "sell", 4, 2))];
    const answer = positionOf(SMALL, PERIOD, records, new Map([[slot(0), RATIONED]]));
    expect(answer.position[0]).to.deep.equal(traded(50, 20));
  });

  it("gives nothing to refused entries, whose slots need no result", function () {
    const records = [record(refused(0, "buy", 20, 5), accepted(0, 1, "buy", 20, 5))];
    const answer = positionOf(SMALL, PERIOD, records, new Map([[slot(1), null]]));
    expect(answer).to.include({ paid: 0n, received: 0n });
    expect(answer.position).to.deep.equal([IDLE, IDLE, IDLE, IDLE]);
  });

  it("waits for every slot with an accepted entry", function () {
    const records = [record(accepted(0, 3, "buy", 20, 5))];
    expectCode(() => positionOf(SMALL, PERIOD, records, new Map()), "SLOT_NOT_CLEARED", { slot: slot(3) });
  });
});

describe("grid leg", function () {
  const IMBALANCES: [string, ReturnType<typeof traded>, ReturnType<typeof metered>, bigint, bigint][] = [
    ["a consumer without trades", IDLE, metered(250, 0), 250n, 80_000n],
    ["a producer without trades", IDLE, metered(0, 250), -250n, -20_000n],
    ["a buyer served to the Wh", traded(250, 0), metered(250, 0), 0n, 0n],
    ["a buyer who used less", traded(250, 0), metered(200, 0), -50n, -4_000n],
    ["a seller who did not deliver", traded(0, 250), metered(0, 200), 50n, 16_000n],
    ["a seller who delivered more", traded(0, 250), metered(0, 300), -50n, -4_000n],
    ["both registers in one slot", IDLE, metered(300, 100), 200n, 64_000n],
  ];
  for (const [name, position, value, imbalance, cost] of IMBALANCES) {
    it(`${name}: ${imbalance} Wh`, function () {
      expect(imbalanceOf(position, value)).to.equal(imbalance);
      expect(gridCostOf(asSignedWh(imbalance), RETAIL)).to.equal(cost);
    });
  }

  it("adds up slot by slot, each at its own price", function () {
    const prices = [RETAIL, { importPrice: asPrice(100n), exportPrice: asPrice(0n) }];
    expect(gridLegs(prices, [IDLE, IDLE], [metered(10, 0), metered(10, 0)])).to.deep.equal([3_200n, 1_000n]);
  });

  it("estimates the larger of what was bought and the default load, and no export", function () {
    expect(estimatedValues([IDLE, traded(400, 100)], asWh(250n))).to.deep.equal([metered(250, 0), metered(400, 0)]);
  });

  it("trues an estimate up to a late reading", function () {
    const prices = [RETAIL, RETAIL];
    const position = [traded(100, 0), traded(0, 100)];
    expect(trueUpOf(prices, position, asWh(250n), [metered(250, 0), metered(250, 0)])).to.equal(0n);
    const trueUp = trueUpOf(prices, position, asWh(250n), [metered(150, 0), metered(0, 100)]);
    expect(trueUp).to.equal(-100n * 320n - 350n * 320n);
  });

  describe("gaps", function () {
    const gap = {
      open: true,
      registers: metered(1_000, 500),
      estimated: asWh(300n),
      dearestImport: asPrice(320n),
      cheapestExport: asPrice(80n),
    };

    it("bill unexplained import dear and pay unexplained export cheap", function () {
      expect(gapLegOf(gap, metered(1_500, 500))).to.equal(200n * 320n);
      expect(gapLegOf(gap, metered(1_500, 510))).to.equal(200n * 320n - 10n * 80n);
    });

    it("never pay back an estimate", function () {
      expect(gapLegOf(gap, metered(1_200, 500))).to.equal(0n);
      expect(gapLegOf(gap, metered(1_000, 600))).to.equal(-8_000n);
    });

    it("that are only a slip of the registers bill import and pay no export", function () {
      const slip = { ...gap, open: false, estimated: asWh(0n) };
      expect(gapLegOf(slip, metered(1_200, 800))).to.equal(200n * 320n);
      expect(gapLegOf(slip, metered(1_000, 800))).to.equal(0n);
    });

    it("refuse registers that went down", function () {
      expectCode(() => gapLegOf(gap, metered(999, 500)), "REGISTER_DOWN", { field: "startImport" });
      expectCode(() => gapLegOf(gap, metered(1_000, 499)), "REGISTER_DOWN", { field: "startExport" });
    });

    it("take the dearest import and the cheapest export of all their periods", function () {
      const price = (importPrice: bigint, exportPrice: bigint) => ({
        importPrice: asPrice(importPrice),
        exportPrice: asPrice(exportPrice),
      });
      const periods = [[price(200n, 90n), price(320n, 80n)], [price(310n, 70n)]];
      expect(gapPrices(periods)).to.deep.equal({ dearestImport: 320n, cheapestExport: 70n });
      expect(gapPrices([])).to.deep.equal({ dearestImport: 0n, cheapestExport: 0n });
    });
  });
});

describe("bounds of a module", function () {
  const head: Head = { buyWh: asWh(100n), sellWh: asWh(100n), reserve: asAmount(10_000n), entries: 1n, module: 1n };
  const context = { ...CONTEXT, heads: [head], release: asAmount(10_000n) };
  const answer = (change: Partial<ModuleAnswer>): ModuleAnswer => ({
    paid: asAmount(0n),
    received: asAmount(0n),
    position: [IDLE, IDLE, IDLE, IDLE],
    ...change,
  });
  const at = (position: ReturnType<typeof traded>) => [IDLE, position, IDLE, IDLE];
  const MOST_WH = asWh((1n << 128n) - 1n);

  it("take an answer at its bounds", function () {
    expect(voidReasonOf(answer({ paid: asAmount(8_000n), position: at(traded(100, 0)) }), context)).to.equal(null);
    expect(voidReasonOf(answer({ received: asAmount(22_000n), position: at(traded(0, 100)) }), context)).to.equal(null);
  });

  const WRONG: [string, Partial<ModuleAnswer>, string][] = [
    ["one unit above the reserve", { paid: asAmount(8_001n), position: at(traded(100, 0)) }, "ChargeAboveReserve"],
    [
      "a sale paid too little to be replaced",
      { received: asAmount(21_999n), position: at(traded(0, 100)) },
      "ChargeAboveReserve",
    ],
    ["one Wh bought too much", { position: at(traded(101, 0)) }, "PositionAboveReserve"],
    ["one Wh sold too much", { received: asAmount(0n), position: at(traded(0, 101)) }, "PositionAboveReserve"],
    ["payments beyond 88 bits", { paid: asAmount(1n << 88n) }, "BadAnswer"],
    ["receipts beyond 88 bits", { received: asAmount(1n << 88n) }, "BadAnswer"],
    ["more Wh than any sum holds", { position: at({ bought: MOST_WH, sold: MOST_WH }) }, "PositionAboveReserve"],
    ["a slot missing", { position: [IDLE, IDLE, IDLE] }, "BadAnswer"],
  ];
  for (const [name, change, reason] of WRONG) {
    it(`void ${name}: ${reason}`, function () {
      expect(voidReasonOf(answer(change), context)).to.equal(reason);
    });
  }

  it("void more Wh than a slot holds, whatever was reserved", function () {
    const wide = { ...head, buyWh: asWh(1n << 40n), reserve: asAmount(1n << 40n) };
    const reasonOf = (bought: number) =>
      voidReasonOf(answer({ position: at(traded(bought, 0)) }), { ...context, heads: [wide] });
    expect(reasonOf(2 ** 24 - 1)).to.equal(null);
    expect(reasonOf(2 ** 24)).to.equal("PositionAboveReserve");
  });

  it("void a failed call", function () {
    expect(voidReasonOf(null, context)).to.equal("CallFailed");
  });

  it("void an answer that overdraws the pot", function () {
    const pot = { outstanding: asAmount(10_500n), amount: asSignedAmount(-300n) };
    const within = answer({ received: asAmount(200n) });
    const beyond = answer({ received: asAmount(201n) });
    expect(voidReasonOf(within, { ...context, pot })).to.equal(null);
    expect(voidReasonOf(beyond, { ...context, pot })).to.equal("PotOverdrawn");
    expect(voidReasonOf(beyond, context)).to.equal(null);
  });

  it("return of a void's reserve what the pot can bear", function () {
    const pot = { outstanding: asAmount(1_000n), amount: asSignedAmount(-300n) };
    expect(releasedByVoid(asAmount(600n), pot)).to.equal(600n);
    expect(releasedByVoid(asAmount(900n), pot)).to.equal(700n);
  });
});

describe("settleMember", function () {
  it("settles a buyer", function () {
    const records = [record(accepted(0, 0, "buy", 10, 4), accepted(0, 0, "buy", 20, 5))];
    const input = bookInput(
      records,
      new Map([[slot(0), RATIONED]]),
      readingOf(metered(100, 0), NOTHING, NOTHING, NOTHING),
    );
    const settled = settleMember(SMALL, input);
    expect(settled).to.include({
      reserved: 40n * 120n + 50n * 160n + 2_000n,
      lost: 0n,
      paid: 8_000n,
      received: 0n,
      networkFee: 1_600n,
      settlementFee: 2_000n,
      gridLeg: 20n * 320n,
      gapLeg: 0n,
      estimated: false,
    });
    expect(settled.slots[0]).to.include({ bought: 80n, imported: 100n, imbalance: 20n, networkFee: 1_600n });
    expect(availableForGrid(settled)).to.equal(14_800n - 8_000n - 1_600n - 2_000n);
  });

  it("settles a seller who does not deliver", function () {
    const records = [record(accepted(0, 1, "sell", 4, 3))];
    const input = bookInput(
      records,
      new Map([[slot(1), RATIONED]]),
      readingOf(NOTHING, metered(0, 10), NOTHING, NOTHING),
    );
    expect(settleMember(SMALL, input)).to.include({ received: 3_000n, gridLeg: 20n * 320n, networkFee: 0n });
  });

  it("settles a member without records: no fee, the meter alone", function () {
    const metering = {
      kind: "metered",
      values: [metered(1, 0), NOTHING, NOTHING, metered(0, 2)],
      gapLeg: asSignedAmount(-7n),
    } as const;
    const settled = settleMember(SMALL, { ...CONTEXT, records: [], answers: new Map(), metering });
    expect(settled).to.include({ reserved: 0n, settlementFee: 0n, gridLeg: 320n - 160n - 7n, gapLeg: -7n });
    expect(settled.modules).to.deep.equal([]);
  });

  it("estimates where there is no reading", function () {
    const records = [record(accepted(0, 0, "buy", 20, 5))];
    const input = bookInput(records, new Map([[slot(0), RATIONED]]), { kind: "estimated", defaultLoadWh: asWh(30n) });
    const settled = settleMember(SMALL, input);
    expect(settled.estimated).to.equal(true);
    expect(settled.slots.map((each) => each.imported)).to.deep.equal([50n, 30n, 30n, 30n]);
    expect(settled.gridLeg).to.equal(90n * 320n);
  });

  it("adds up modules and gives the settlement fee to the first record's", function () {
    const book = record(accepted(0, 0, "buy", 20, 5));
    const pool: JournalRecord = {
      head: { buyWh: asWh(20n), sellWh: asWh(0n), reserve: asAmount(3_000n), entries: 1n, module: 3n },
      digest: DIGEST,
      payload: "0x",
    };
    const poolAnswer: ModuleAnswer = {
      paid: asAmount(1_000n),
      received: asAmount(0n),
      position: [traded(20, 0), IDLE, IDLE, IDLE],
    };
    const answers = new Map<bigint, ModuleAnswer>([
      [0n, positionOf(SMALL, PERIOD, [book], new Map([[slot(0), RATIONED]]))],
      [3n, poolAnswer],
    ]);
    const metering = readingOf(metered(70, 0), NOTHING, NOTHING, NOTHING);
    const settled = settleMember(SMALL, { ...CONTEXT, records: [pool, book], answers, metering });
    expect(settled).to.include({ paid: 6_000n, networkFee: 70n * 20n, gridLeg: 0n });
    expect(settled.modules.map(({ module, reserved }) => [module, reserved])).to.deep.equal([
      [0n, 8_000n],
      [3n, 5_000n],
    ]);
  });

  it("voids a module that breaks its bounds and settles the rest", function () {
    const pool: JournalRecord = {
      head: { buyWh: asWh(20n), sellWh: asWh(0n), reserve: asAmount(3_000n), entries: 1n, module: 3n },
      digest: DIGEST,
      payload: "0x",
    };
    const greedy = { paid: asAmount(3_001n), received: asAmount(0n), position: [IDLE, IDLE, IDLE, IDLE] };
    const input = { ...CONTEXT, records: [pool], metering: readingOf(metered(10, 0), NOTHING, NOTHING, NOTHING) };
    const settled = settleMember(SMALL, { ...input, answers: new Map([[3n, greedy]]) });
    expect(settled).to.include({ reserved: 5_000n, lost: 0n, paid: 0n, settlementFee: 2_000n, gridLeg: 3_200n });
    expect(settled.modules[0]?.voided).to.equal("ChargeAboveReserve");

    const pots = new Map([[3n, { outstanding: asAmount(5_000n), amount: asSignedAmount(-4_000n) }]]);
    const drained = settleMember(SMALL, { ...input, answers: new Map([[3n, null]]), pots });
    expect(drained).to.include({ reserved: 5_000n, lost: 4_000n, settlementFee: 1_000n });
    expect(availableForGrid(drained)).to.equal(0n);
  });

  it("refuses missing answers and values of another length", function () {
    const input = { ...CONTEXT, records: [record(accepted(0, 0, "buy", 20, 5))], metering: readingOf(NOTHING) };
    expectCode(() => settleMember(SMALL, { ...input, answers: new Map() }), "MISSING_ANSWER", { module: 0n });
    expectCode(() => settleMember(SMALL, { ...input, records: [], answers: new Map() }), "BAD_LENGTH", {
      field: "values",
    });
  });
});

const anyOrders = fc.array(
  fc.record({
    offset: fc.nat({ max: 3 }),
    side: fc.constantFrom("buy" as const, "sell" as const),
    tick: fc.nat({ max: 63 }),
    lots: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 24 },
);
const anyMeter = fc.array(
  fc.tuple(fc.nat({ max: 600 }), fc.nat({ max: 600 })).map(([imported, exported]) => metered(imported, exported)),
  { minLength: 4, maxLength: 4 },
);

interface PlainOrder {
  offset: number;
  side: "buy" | "sell";
  tick: number;
  lots: number;
}

/** Orders of one member against everybody else's, slot by slot. */
function play(own: readonly PlainOrder[], others: readonly PlainOrder[]) {
  const entries: BookEntry[] = [];
  const results = new Map<Slot, Clearing | null>();
  for (let offset = 0; offset < 4; offset++) {
    const here = [...others, ...own].filter((order) => order.offset === offset);
    const bids = here.map(({ side, tick, lots }) => ({ side, tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) }));
    const { clearing, prefixes } = clearEntries(64n, bids);
    results.set(slot(offset), clearing);
    for (const [index, order] of here.entries()) {
      if (own.includes(order)) {
        entries.push(accepted(Number(prefixes[index]), offset, order.side, order.tick, order.lots));
      }
    }
  }
  return { records: [record(...entries)], results };
}

describe("any settlement", function () {
  it("is covered: cost <= reserve + own metered import at retail", function () {
    fc.assert(
      fc.property(anyOrders, anyOrders, anyMeter, (own, others, values) => {
        const { records, results } = play(own, others);
        const settled = settleMember(SMALL, bookInput(records, results, readingOf(...values)));
        expect(settled.modules[0]?.voided).to.equal(null);
        const cost = settled.paid + settled.networkFee - settled.received + settled.gridLeg + settled.settlementFee;
        const retail = values.reduce((sum, { imported, exported }) => {
          return imported > exported ? sum + (imported - exported) * RETAIL.importPrice : sum;
        }, 0n);
        expect(cost <= settled.reserved + retail).to.equal(true);
        expect(availableForGrid(settled) >= 0n).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it("never charges a buyer above its limit nor pays a seller below it", function () {
    fc.assert(
      fc.property(anyOrders, anyOrders, (own, others) => {
        const { records, results } = play(own, others);
        const answer = positionOf(SMALL, PERIOD, records, results);
        const buyers = own.every(({ side }) => side === "buy");
        const dearest = 60n + 4n * BigInt(Math.max(...own.map(({ tick }) => tick)));
        const bought = answer.position.reduce((sum, each) => sum + each.bought, 0n);
        if (buyers) expect(answer.paid <= bought * dearest).to.equal(true);
        expect(networkFeeOf(SMALL_TARIFF, answer.position)).to.equal(bought * 20n);
      }),
    );
  });

  it("balances: everybody's payments and energies cancel out", function () {
    fc.assert(
      fc.property(anyOrders, (orders) => {
        const half = Math.ceil(orders.length / 2);
        const [mine, theirs] = [orders.slice(0, half), orders.slice(half)];
        const all = play(orders, []);
        const answer = positionOf(SMALL, PERIOD, all.records, all.results);
        expect(answer.paid).to.equal(answer.received);
        for (const { bought, sold } of answer.position) expect(bought).to.equal(sold);
        if (theirs.length === 0) return;
        const part = positionOf(SMALL, PERIOD, play(mine, theirs).records, play(mine, theirs).results);
        expect(part.paid <= answer.paid && part.received <= answer.received).to.equal(true);
      }),
    );
  });

  it("nets grid legs per slot", function () {
    fc.assert(
      fc.property(anyMeter, (values) => {
        const input = { ...CONTEXT, records: [], answers: new Map(), metering: readingOf(...values) };
        const legs = gridLegs(pricesOf(SMALL_TARIFF, 0n), [IDLE, IDLE, IDLE, IDLE], values);
        expect(settleMember(SMALL, input).gridLeg).to.equal(sumSigned(legs));
      }),
    );
  });
});
