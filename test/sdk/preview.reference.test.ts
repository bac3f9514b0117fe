import { expect } from "chai";
import fc from "fast-check";
import { previewPeriod } from "../../sdk/src/preview.ts";
import type { PreviewMember } from "../../sdk/src/preview.ts";
import type { PreviewStrip } from "../../sdk/src/preview-book.ts";
import { savingsOf } from "../../sdk/src/preview-savings.ts";
import type { Tariff } from "../../sdk/src/tariff.ts";
import { brandTerms } from "../../sdk/src/terms.ts";
import {
  asAmount,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSignedAmount,
  asSlotOffset,
  asTick,
  asWh,
} from "../../sdk/src/units.ts";
import { slotResultOf } from "../reference/clearing.ts";
import { at, get, range, sum } from "../reference/arrays.ts";
import { fills } from "../reference/fills.ts";
import { bookOf } from "../reference/market.ts";
import { FIRST_MEMBER, playUntilCleared, settleAll, wealthOf } from "../reference/play-day.ts";
import { anyDay, type Day, type Plan } from "../reference/random-day.ts";
import { grid, PERIOD, runs } from "../reference/samples.ts";

const TERMS = { ...grid, ...brandTerms(grid) };
/** What the reference's strips pay per accepted entry. */
const FEE = asAmount(10n);
const RICH = 10n ** 12n;

/** Days of the order book alone, whose members can afford everything they order. */
const anyAffordableDay = anyDay.map((day): Day => {
  const plans = day.plans.map((plan) => ({ ...plan, deposit: RICH, strips: [at(plan.strips, 0), [], []] }));
  return { ...day, plans };
});

function memberOf(plan: Plan, index: number): PreviewMember {
  const member = asMember(FIRST_MEMBER + BigInt(index));
  const { metered, tariffClass } = plan;
  if (metered === undefined) {
    return { member, tariffClass, metering: { kind: "estimated", defaultLoadWh: asWh(25n) } };
  }
  const values = metered.map(({ imported, exported }) => ({ imported: asWh(imported), exported: asWh(exported) }));
  return { member, tariffClass, metering: { kind: "metered", values, gapLeg: asSignedAmount(0n) } };
}

function stripsOf({ plans }: Day): PreviewStrip[] {
  return plans.flatMap(({ strips }, index) => {
    const entries = at(strips, 0).map(({ slot, side, tick, lots }) => {
      return { offset: asSlotOffset(slot), side, tick: asTick(tick), lots: asLots(lots) };
    });
    if (entries.length === 0) return [];
    return [{ member: asMember(FIRST_MEMBER + BigInt(index)), entries, feePerEntry: FEE }];
  });
}

function tariffOf({ networkFee, classes }: Day["tariff"]): Tariff {
  const branded = classes.map((slots) =>
    slots.map(({ importPrice, exportPrice }) => {
      return { importPrice: asPrice(importPrice), exportPrice: asPrice(exportPrice) };
    }),
  );
  return { networkFee: asPrice(networkFee), classes: branded };
}

function previewOf(day: Day) {
  return previewPeriod(TERMS, {
    period: asPeriod(PERIOD),
    tariff: tariffOf(day.tariff),
    members: day.plans.map(memberOf),
    strips: stripsOf(day),
  });
}

function everyDay(check: (day: Day, preview: ReturnType<typeof previewOf>) => void): void {
  const property = fc.property(anyAffordableDay, (day) => {
    check(day, previewOf(day));
  });
  fc.assert(property, runs(150));
}

describe("previews of the reference model's random days", function () {
  it("clear every slot as the model does, and fill every order to the lot", function () {
    everyDay((day, { slots, members }) => {
      const { markets, results } = playUntilCleared(day);
      expect(slots.map(({ clearing }) => clearing ?? undefined)).to.deep.equal(
        results[0]?.map((clearing) => clearing && slotResultOf(clearing)),
      );
      const filled = range(grid.slotsPerPeriod).flatMap((slot) => {
        const book = bookOf(at(markets, 0), slot);
        return [...fills(book, at(at(results, 0), slot))];
      });
      const expected = new Map(filled);
      for (const { member, fills: own } of members) {
        for (const [index, each] of own.entries()) {
          expect(each.filled).to.equal(get(expected, `${member}/0/${index}`) * grid.lotWh);
        }
      }
      expect(sum(members.map(({ fills: own }) => BigInt(own.length)))).to.equal(BigInt(expected.size));
    });
  });

  it("settle every member with the model's legs and position", function () {
    everyDay((day, { members }) => {
      for (const [index, { leg, position, metered, verdicts }] of settleAll(
        playUntilCleared(day),
        day.sequence,
      ).entries()) {
        const { settled } = at(members, index);
        const { reserved, lost, paid, received, networkFee, settlementFee, gridLeg } = settled;
        const { member, ...expected } = leg;
        expect(at(members, index).member).to.equal(member);
        expect({ reserved, lost, paid, received, networkFee, settlementFee, gridLeg }).to.deep.equal(expected);
        expect(settled.slots.map(({ bought, sold }) => ({ bought, sold }))).to.deep.equal(position);
        expect(settled.slots.map(({ imported, exported }) => ({ imported, exported }))).to.deep.equal(metered);
        expect(verdicts.every(({ reason }) => reason === "None")).to.equal(true);
      }
    });
  });

  it("bill what the day changes in every member's wealth, relayer fees beside it", function () {
    everyDay((day, preview) => {
      const traded = playUntilCleared(day);
      settleAll(traded, day.sequence);
      for (const { member, community } of savingsOf(preview).members) {
        expect(RICH - wealthOf(traded.escrow, member)).to.equal(community);
      }
    });
  });
});
