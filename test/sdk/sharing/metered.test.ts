import { expect } from "chai";
import fc from "fast-check";
import { tradePeriod } from "../../../sdk/src/sharing/metered.ts";
import { previewMeteredAuction } from "../../../sdk/src/sharing/preview-metered.ts";
import { communityTerms } from "../../../sdk/src/terms.ts";
import { asAmount, asMember, asPeriod, asPrice, asSignedAmount, asTick, asWh } from "../../../sdk/src/units.ts";
import { at, sum } from "../../reference/arrays.ts";
import { estimate, gridLeg } from "../../reference/grid-leg.ts";
import { clearDay } from "../../reference/metered-auction.ts";
import { expectCode } from "../support.ts";

const SLOTS = 4;
const LOAD = 250n;

const wh = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(0n, 5_000n));
const readings = fc.array(fc.record({ imported: wh, exported: wh }), { minLength: SLOTS, maxLength: SLOTS });
const price = fc.record({ importPrice: fc.bigInt(150n, 400n), exportPrice: fc.bigInt(0n, 150n) });
const prices = fc.array(price, { minLength: SLOTS, maxLength: SLOTS });
const tick = fc.option(fc.oneof(fc.constantFrom(5n, 9n), fc.bigInt(0n, 31n)), { freq: 6 });
const home = fc.record({
  readings,
  tariffClass: fc.constantFrom(0n, 1n),
  limits: fc.option(
    fc.record({
      buyTick: tick,
      sellTick: tick,
      budget: fc.oneof(fc.bigInt(0n, 400_000n), fc.constant(10n ** 9n)),
    }),
    { freq: 6 },
  ),
  missing: fc.constantFrom(true, false, false, false),
});
const community = fc.record({
  floorPrice: fc.constantFrom(0n, 60n),
  tickSize: fc.bigInt(1n, 9n),
  networkFee: fc.constantFrom(0n, 40n, 100n),
  classes: fc.tuple(prices, prices),
  homes: fc.array(home, { minLength: 1, maxLength: 8 }),
});

const account = `0x${"11".repeat(20)}` as const;
const termsOf = (floorPrice: bigint, tickSize: bigint) =>
  communityTerms({
    paymentToken: account,
    coordinator: account,
    dso: account,
    feeCollector: account,
    slotsPerPeriod: BigInt(SLOTS),
    readingDeadline: 3_600n,
    correctionWindow: 10_800n,
    claimWindow: 18_000n,
    tickCount: 32n,
    floorPrice,
    tickSize,
  });
const tickOrNone = (of: bigint | null) => (of === null ? null : asTick(of));

describe("A preview of the metered auction", function () {
  it("equals the naive model, bills included", function () {
    let [traded, rationed, limited] = [0, 0, 0];
    fc.assert(
      fc.property(community, ({ floorPrice, tickSize, networkFee, classes, homes }) => {
        const terms = termsOf(floorPrice, tickSize);
        const tariff = {
          networkFee: asPrice(networkFee),
          classes: classes.map((of) =>
            of.map((p) => ({ importPrice: asPrice(p.importPrice), exportPrice: asPrice(p.exportPrice) })),
          ),
        };
        const preview = previewMeteredAuction(terms, {
          period: asPeriod(20_000n),
          tariff,
          members: homes.map(({ readings: values, tariffClass, limits, missing }, index) => ({
            member: asMember(BigInt(index)),
            tariffClass,
            metering: missing
              ? { kind: "estimated", defaultLoadWh: asWh(LOAD) }
              : {
                  kind: "metered",
                  gapLeg: asSignedAmount(0n),
                  values: values.map((v) => ({ imported: asWh(v.imported), exported: asWh(v.exported) })),
                },
            limits:
              limits === null
                ? null
                : {
                    buyTick: tickOrNone(limits.buyTick),
                    sellTick: tickOrNone(limits.sellTick),
                    budget: asAmount(limits.budget),
                  },
          })),
        });
        const trading = homes.flatMap((h) => (h.limits === null || h.missing ? [] : [{ h, limits: h.limits }]));
        const day = clearDay({
          tickCount: 32n,
          floorPrice,
          tickSize,
          tariff: { networkFee, classes },
          members: trading.map(({ h, limits: { budget, ...ticks } }) => ({
            metered: h.readings,
            order: { ...ticks, reserve: budget },
          })),
        });
        for (const [slot, { clearing, price: paid }] of day.slots.entries()) {
          const found = at(preview.slots, slot);
          expect(found.traded === (clearing?.lots ?? 0n)).to.equal(true);
          expect(found.price === (clearing ? paid : null)).to.equal(true);
          expect(found.marginalTick === (clearing?.marginalTick ?? null)).to.equal(true);
          if (clearing) traded++;
          if (clearing && clearing.bidAllotment > 0n && clearing.bidAllotment < clearing.bidVolume) rationed++;
        }
        const nothing = Array.from({ length: SLOTS }, () => ({ bought: 0n, sold: 0n }));
        for (const [index, h] of homes.entries()) {
          const { part, bill, settled } = at(preview.members, index);
          const expected = day.members[trading.findIndex((other) => other.h === h)];
          expect(settled.modules.map(({ voided }) => voided)).to.deep.equal(h.limits === null ? [] : [null]);
          expect(part === null).to.equal(expected === undefined);
          const own = expected ?? { position: nothing, paid: 0n, received: 0n, left: 0n };
          if (part) {
            expect(part.position.map((p) => `${p.bought}/${p.sold}`)).to.deep.equal(
              own.position.map((p) => `${p.bought}/${p.sold}`),
            );
            expect(part.paid === own.paid && part.received === own.received).to.equal(true);
            expect(part.beyondBudget === own.left).to.equal(true);
            if (own.left > 0n) limited++;
          }
          const metered = h.missing ? estimate(own.position, LOAD) : h.readings;
          const fees = networkFee * sum(own.position.map(({ bought }) => bought));
          const grid = gridLeg(metered, own.position, at(classes, h.tariffClass));
          const fee = h.limits === null ? 0n : terms.settlementFee;
          expect(bill.total === own.paid - own.received + fees + grid + fee, `bill of ${String(index)}`).to.equal(true);
        }
      }),
      { numRuns: 400 },
    );
    expect([traded, rationed, limited].every((times) => times > 50)).to.equal(true);
  });

  it("trades nothing without supply, without demand, without limits that meet, or without anybody", function () {
    const terms = termsOf(0n, 1n);
    const tariff = { networkFee: asPrice(0n), classes: [[{ importPrice: asPrice(200n), exportPrice: asPrice(50n) }]] };
    const of = (imported: bigint, exported: bigint, buyTick: bigint, sellTick: bigint) => ({
      values: [{ imported: asWh(imported), exported: asWh(exported) }],
      buyTick: asTick(buyTick),
      sellTick: asTick(sellTick),
      budget: asAmount(10n ** 9n),
    });
    const apart = [of(10n, 0n, 4n, 5n), of(0n, 10n, 4n, 5n)];
    for (const members of [[], [of(10n, 0n, 9n, 9n)], [of(0n, 10n, 9n, 9n)], [of(7n, 7n, 9n, 9n)], apart]) {
      const { slots, parts } = tradePeriod(terms, tariff, members);
      expect(slots.map(({ traded, price: paid }) => [traded === 0n, paid])).to.deep.equal([[true, null]]);
      for (const { paid, received, position } of parts) {
        expect([paid, received, position[0]?.bought, position[0]?.sold].every((x) => x === 0n)).to.equal(true);
      }
    }
  });

  it("names a member that is listed twice", function () {
    const tariff = { networkFee: asPrice(0n), classes: [[]] };
    const member = {
      member: asMember(7n),
      tariffClass: 0n,
      metering: { kind: "estimated", defaultLoadWh: asWh(0n) } as const,
      limits: null,
    };
    expectCode(
      () => previewMeteredAuction(termsOf(0n, 1n), { period: asPeriod(1n), tariff, members: [member, member] }),
      "REPEATED_ID",
    );
  });
});
