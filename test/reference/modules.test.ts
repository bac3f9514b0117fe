import { expect } from "chai";
import fc from "fast-check";
import { potOf, type Pot } from "./accounts.ts";
import { at, range, sum } from "./arrays.ts";
import type { Head } from "./head.ts";
import { availableOf } from "./legs.ts";
import { judge, type ModuleClaim, type Prices } from "./modules.ts";
import { playUntilCleared, settleAll } from "./play-day.ts";
import type { Answer } from "./positions.ts";
import { anyDay } from "./random-day.ts";
import { grid, PERIOD, runs } from "./samples.ts";
import { solvency } from "./solvency.ts";

const SLOTS = Number(grid.slotsPerPeriod);
const prices: Prices = {
  networkFee: 20n,
  slots: range(grid.slotsPerPeriod).map(() => ({ importPrice: 300n, exportPrice: 80n })),
};
const head: Head = { sellWh: 100n, buyWh: 100n, reserve: 40_000n, entries: 2n, module: 1n };

function answerOf(paid: bigint, received: bigint, bought: bigint, sold: bigint): Answer {
  const nothing = { bought: 0n, sold: 0n };
  return { paid, received, position: [{ bought, sold }, nothing, nothing, nothing] };
}

const claim = (answer: ModuleClaim["answer"]): ModuleClaim => ({ module: 1n, heads: [head], release: 42_000n, answer });

const pot = (): Pot => ({ outstanding: 100_000n, amount: 0n });

/** What a module answers when it lies about a member. */
const anyLie: fc.Arbitrary<ModuleClaim["answer"]> = fc.oneof(
  fc.constant("CallFailed" as const),
  fc.record({
    paid: fc.oneof(fc.bigInt(0n, 30_000n), fc.constant((1n << 88n) - 1n)),
    received: fc.oneof(fc.bigInt(0n, 200_000n), fc.constant((1n << 88n) - 1n)),
    position: fc.array(fc.record({ bought: fc.bigInt(0n, 80n), sold: fc.bigInt(0n, 80n) }), {
      minLength: SLOTS,
      maxLength: SLOTS,
    }),
  }),
);

describe("reference judgement of a module", function () {
  const reasonOf = (answer: ModuleClaim["answer"], words = pot()): string => judge(claim(answer), prices, words).reason;

  it("takes an answer within all bounds, to the last unit", function () {
    expect(reasonOf(answerOf(38_000n, 0n, 100n, 0n))).to.equal("None");
    expect(reasonOf(answerOf(38_001n, 0n, 100n, 0n))).to.equal("ChargeAboveReserve");
    expect(reasonOf(answerOf(10_000n, 0n, 0n, 100n))).to.equal("None");
    expect(reasonOf(answerOf(10_001n, 0n, 0n, 100n))).to.equal("ChargeAboveReserve");
    expect(reasonOf(answerOf(0n, 0n, 101n, 0n))).to.equal("PositionAboveReserve");
    expect(reasonOf(answerOf(0n, 0n, 0n, 101n))).to.equal("PositionAboveReserve");
    expect(reasonOf(answerOf(0n, 58_000n, 0n, 0n))).to.equal("None");
    expect(reasonOf(answerOf(0n, 58_001n, 0n, 0n))).to.equal("PotOverdrawn");
    expect(reasonOf({ paid: 0n, received: 0n, position: [] })).to.equal("BadAnswer");
    expect(reasonOf(answerOf(1n << 88n, 0n, 0n, 0n))).to.equal("BadAnswer");
    expect(reasonOf(answerOf(0n, 1n << 88n, 0n, 0n))).to.equal("BadAnswer");
    expect(reasonOf("CallFailed")).to.equal("CallFailed");
  });

  it("names the first bound of several that are broken", function () {
    const most = (1n << 88n) - 1n;
    expect(reasonOf(answerOf(most + 1n, most + 1n, 101n, 101n))).to.equal("BadAnswer");
    expect(reasonOf(answerOf(most, 0n, 101n, 101n))).to.equal("PositionAboveReserve");
    expect(reasonOf(answerOf(most, most, 0n, 101n))).to.equal("PositionAboveReserve");
    expect(reasonOf(answerOf(most, 0n, 100n, 100n))).to.equal("ChargeAboveReserve");
    expect(reasonOf(answerOf(38_001n, 0n, 100n, 0n), { outstanding: 0n, amount: 0n })).to.equal("ChargeAboveReserve");
    expect(reasonOf(answerOf(0n, most, 100n, 100n))).to.equal("PotOverdrawn");
  });

  it("takes no more Wh of a side and slot than 24 bits hold", function () {
    const wide = { ...head, buyWh: 1n << 40n, sellWh: 1n << 40n, reserve: 1n << 60n };
    const reasonOfWide = (bought: bigint, sold: bigint) =>
      judge({ ...claim(answerOf(0n, 0n, bought, sold)), heads: [wide] }, prices, pot()).reason;
    const most = (1n << 24n) - 1n;
    expect(reasonOfWide(most, most)).to.equal("None");
    expect(reasonOfWide(most + 1n, 0n)).to.equal("PositionAboveReserve");
    expect(reasonOfWide(0n, most + 1n)).to.equal("PositionAboveReserve");
  });

  it("gives the reserve back after a void as far as the pot allows; the rest stays in it", function () {
    const full = pot();
    expect(judge(claim("CallFailed"), prices, full)).to.include({ lost: 0n, paid: 0n, received: 0n });
    expect(full).to.deep.equal({ outstanding: 58_000n, amount: 0n });
    const drained = { outstanding: 42_000n, amount: -30_000n };
    expect(judge(claim("CallFailed"), prices, drained).lost).to.equal(30_000n);
    expect(drained).to.deep.equal({ outstanding: 0n, amount: 0n });
  });

  it("lets a lying module lose only what was reserved with it", function () {
    const lies = fc.array(anyLie, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(anyDay, lies, (day, answers) => {
        const traded = playUntilCleared(day);
        const { escrow, items } = traded;
        for (const [i, item] of items.entries()) {
          item.claims = item.claims.map((c) => (c.module === 1n ? { ...c, answer: at(answers, i) } : c));
        }
        for (const [i, { verdicts, leg }] of settleAll(traded, day.sequence).entries()) {
          for (const [v, { module, release }] of at(items, i).claims.entries()) {
            const { reason, lost, position } = at(verdicts, v);
            if (module !== 1n) expect(reason).to.equal("None");
            expect(lost >= 0n && lost <= (module === 1n ? release : 0n), `lost ${lost}`).to.equal(true);
            if (reason !== "None") expect(sum(position.map(({ bought, sold }) => bought + sold))).to.equal(0n);
          }
          expect(availableOf(leg) >= 0n).to.equal(true);
        }
        expect(solvency(escrow)).to.deep.equal({ liabilities: escrow.balance, broken: [] });
        for (const module of [0n, 1n, 2n]) {
          expect(potOf(escrow, module, PERIOD)).to.deep.equal({ outstanding: 0n, amount: 0n });
        }
      }),
      runs(100),
    );
  });
});
