import { expect } from "chai";
import fc from "fast-check";
import { asAmount, asMember, asPeriod, asPrice, asSignedAmount, asWh } from "../../../sdk/src/units.ts";
import { communityTerms } from "../../../sdk/src/terms.ts";
import { sharePeriod } from "../../../sdk/src/sharing/parts.ts";
import { previewSharing } from "../../../sdk/src/sharing/preview-sharing.ts";
import type { SharingRule } from "../../../sdk/src/sharing/rules.ts";
import { at, sum } from "../../reference/arrays.ts";
import { estimate, gridLeg } from "../../reference/grid-leg.ts";
import { shareDay, type SharingRuleName } from "../../reference/sharing-day.ts";
import { expectCode } from "../support.ts";

const SLOTS = 4;
const LOAD = 250n;

const RULES: readonly (readonly [SharingRule, SharingRuleName])[] = [
  ["sdr", "sdr"],
  ["sdr-comp", "sdr"],
  ["mmr", "mmr"],
  ["bill-sharing", "bill-sharing"],
  ["feed-in", "feed-in"],
];

const wh = fc.oneof(fc.bigInt(0n, 12n), fc.bigInt(0n, 5_000n));
const readings = fc.array(fc.record({ imported: wh, exported: wh }), { minLength: SLOTS, maxLength: SLOTS });
const price = fc.record({ importPrice: fc.bigInt(150n, 400n), exportPrice: fc.bigInt(0n, 150n) });
const prices = fc.array(price, { minLength: SLOTS, maxLength: SLOTS });
const home = fc.record({
  readings,
  tariffClass: fc.constantFrom(0n, 1n),
  budget: fc.option(fc.oneof(fc.bigInt(0n, 400_000n), fc.constant(10n ** 9n)), { freq: 5 }),
  missing: fc.boolean().map((yes) => yes),
});
const community = fc.record({
  rule: fc.constantFrom(...RULES),
  compensation: fc.bigInt(0n, 300n),
  networkFee: fc.constantFrom(0n, 40n, 100n),
  classes: fc.tuple(prices, prices),
  homes: fc.array(home, { minLength: 1, maxLength: 7 }),
});

const account = `0x${"11".repeat(20)}` as const;
const terms = communityTerms({
  paymentToken: account,
  coordinator: account,
  dso: account,
  feeCollector: account,
  slotsPerPeriod: BigInt(SLOTS),
  readingDeadline: 3_600n,
  correctionWindow: 10_800n,
  claimWindow: 18_000n,
});

describe("A preview of energy shared after the fact", function () {
  it("equals the naive model, bills included", function () {
    let shared = 0;
    fc.assert(
      fc.property(community, ({ rule: [rule, name], compensation, networkFee, classes, homes }) => {
        const scheme = { rule, compensation: asPrice(compensation) };
        const tariff = {
          networkFee: asPrice(networkFee),
          classes: classes.map((of) =>
            of.map((p) => ({ importPrice: asPrice(p.importPrice), exportPrice: asPrice(p.exportPrice) })),
          ),
        };
        const preview = previewSharing(terms, {
          period: asPeriod(20_000n),
          tariff,
          scheme,
          members: homes.map(({ readings: values, tariffClass, budget, missing }, index) => ({
            member: asMember(BigInt(index)),
            tariffClass,
            metering: missing
              ? { kind: "estimated", defaultLoadWh: asWh(LOAD) }
              : {
                  kind: "metered",
                  gapLeg: asSignedAmount(0n),
                  values: values.map((v) => ({ imported: asWh(v.imported), exported: asWh(v.exported) })),
                },
            budget: budget === null ? null : asAmount(budget),
          })),
        });
        const sharing = homes.filter(({ budget, missing }) => budget !== null && !missing);
        const parts = shareDay({
          rule: name,
          compensation: rule === "sdr-comp" ? compensation : 0n,
          tariff: { networkFee, classes },
          members: sharing.map((h) => ({ metered: h.readings, reserve: h.budget ?? 0n })),
        });
        const nothing = Array.from({ length: SLOTS }, () => ({ bought: 0n, sold: 0n }));
        for (const [index, h] of homes.entries()) {
          const { part, bill, settled } = at(preview.members, index);
          const expected = parts[sharing.indexOf(h)];
          expect(settled.modules.map(({ voided }) => voided)).to.deep.equal(h.budget === null ? [] : [null]);
          expect(part === null).to.equal(expected === undefined);
          const own = expected ?? { position: nothing, paid: 0n, received: 0n, left: 0n };
          if (part) {
            expect(part.position.map((p) => `${p.bought}/${p.sold}`)).to.deep.equal(
              own.position.map((p) => `${p.bought}/${p.sold}`),
            );
            expect(part.paid === own.paid && part.received === own.received).to.equal(true);
            expect(part.beyondBudget === own.left).to.equal(true);
            if (part.paid > 0n) shared++;
          }
          const metered = h.missing ? estimate(own.position, LOAD) : h.readings;
          const fees = networkFee * sum(own.position.map(({ bought }) => bought));
          const grid = gridLeg(metered, own.position, at(classes, h.tariffClass));
          const fee = h.budget === null ? 0n : terms.settlementFee;
          expect(bill.total === own.paid - own.received + fees + grid + fee, `bill of ${String(index)}`).to.equal(true);
        }
        // Budget identity of every slot: bought is sold, paid is received.
        for (let slot = 0; slot < SLOTS; slot++) {
          const of = preview.members.flatMap(({ part }) => (part ? [part] : []));
          expect(
            sum(of.map((p) => at(p.position, slot).bought)) === sum(of.map((p) => at(p.position, slot).sold)),
          ).to.equal(true);
          expect(
            sum(of.map((p) => at(p.trades, slot).paid)) === sum(of.map((p) => at(p.trades, slot).received)),
          ).to.equal(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(shared).to.be.greaterThan(100);
  });

  it("shares nothing without supply, without demand, or without anybody", function () {
    const tariff = { networkFee: asPrice(0n), classes: [[{ importPrice: asPrice(200n), exportPrice: asPrice(50n) }]] };
    const scheme = { rule: "sdr", compensation: asPrice(0n) } as const;
    const of = (imported: bigint, exported: bigint) => ({
      values: [{ imported: asWh(imported), exported: asWh(exported) }],
      budget: asAmount(10n ** 9n),
    });
    for (const members of [[], [of(10n, 0n)], [of(0n, 10n), of(0n, 20n)], [of(7n, 7n)]]) {
      const { slots, parts } = sharePeriod(scheme, tariff, members);
      expect(slots.map(({ shared, price: paid }) => [shared === 0n, paid])).to.deep.equal([[true, null]]);
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
      budget: null,
    };
    const scheme = { rule: "mmr", compensation: asPrice(0n) } as const;
    expectCode(
      () => previewSharing(terms, { period: asPeriod(1n), tariff, scheme, members: [member, member] }),
      "REPEATED_ID",
    );
  });
});
