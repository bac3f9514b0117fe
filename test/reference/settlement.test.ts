import { expect } from "chai";
import fc from "fast-check";
import { accountOf, potOf } from "./accounts.ts";
import { at, get, larger, range, sum } from "./arrays.ts";
import { claimBought, claimUnsold, slotLedger } from "./energy.ts";
import { fills } from "./fills.ts";
import { bookOf } from "./market.ts";
import { allSettled, FIRST_MEMBER, playUntilCleared, settleAll, SETTLER, wealthOf } from "./play-day.ts";
import { anyDay, type Day } from "./random-day.ts";
import { DSO, FEE_COLLECTOR, grid, PERIOD, runs, SUPPLIER } from "./samples.ts";
import { correctMember, settleMember } from "./settlement.ts";
import { solvency } from "./solvency.ts";

function everyDay(check: (day: Day) => void): void {
  fc.assert(fc.property(anyDay, check), runs(100));
}

describe("reference settlement of random days", function () {
  it("never trips a bound or the pot, in any order, and stays solvent to the unit at every step", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      const { escrow, items } = traded;
      for (const i of day.sequence) {
        const { verdicts } = settleMember(escrow, at(items, i), SETTLER);
        expect(verdicts.map(({ reason }) => reason)).to.deep.equal(verdicts.map(() => "None"));
        expect(solvency(escrow)).to.deep.equal({ liabilities: escrow.balance, broken: [] });
      }
    });
  });

  it("ends with empty pots, nothing reserved and nothing left over for the fee collector", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      settleAll(traded, day.sequence);
      const { escrow } = traded;
      expect(allSettled(escrow)).to.equal(true);
      for (const module of [0n, 1n, 2n]) {
        expect(potOf(escrow, module, PERIOD)).to.deep.equal({ outstanding: 0n, amount: 0n });
      }
      expect([...escrow.accounts.values()].every(({ reserved }) => reserved === 0n)).to.equal(true);
      expect(accountOf(escrow, FEE_COLLECTOR).free).to.equal(0n);
    });
  });

  it("costs a member at most its reserve and its metered import at retail", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      for (const [i, { leg, metered }] of settleAll(traded, day.sequence).entries()) {
        const { claims, prices } = at(traded.items, i);
        const reserve = sum(claims.flatMap(({ heads }) => heads.map((head) => head.reserve)));
        const unsecured = metered.map(({ imported, exported }, slot) => {
          return larger(0n, imported - exported) * at(prices.slots, slot).importPrice;
        });
        const cost = leg.paid + leg.networkFee - leg.received + leg.gridLeg;
        expect(cost <= reserve + sum(unsecured), `cost ${cost}`).to.equal(true);
      }
    });
  });

  it("changes everybody's wealth by exactly what the day brought", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      const { escrow, items } = traded;
      const before = new Map([...escrow.accounts.keys()].map((member) => [member, wealthOf(escrow, member)]));
      const feesBefore = escrow.fees.get(SETTLER) ?? 0n;
      const legs = settleAll(traded, day.sequence).map(({ leg }) => leg);
      const gained = (member: bigint): bigint => wealthOf(escrow, member) - get(before, member);
      for (const { member, paid, received, networkFee, settlementFee, gridLeg } of legs) {
        expect(gained(member)).to.equal(received - paid - networkFee - settlementFee - gridLeg);
      }
      expect(gained(SUPPLIER)).to.equal(sum(legs.map(({ gridLeg }) => gridLeg)));
      expect(gained(DSO)).to.equal(sum(legs.map(({ networkFee }) => networkFee)));
      const traders = items.filter(({ claims }) => claims.length > 0);
      const fees = (escrow.fees.get(SETTLER) ?? 0n) - feesBefore;
      expect(fees).to.equal(BigInt(traders.length) * grid.settlementFee);
    });
  });

  it("leaves a debt only to who has nothing free, beyond its credit line", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      settleAll(traded, day.sequence);
      for (const { member } of traded.items) {
        const { free, due, creditLine } = accountOf(traded.escrow, member);
        expect(due <= creditLine || free === 0n, `free ${free}, due ${due}, line ${creditLine}`).to.equal(true);
      }
    });
  });

  it("finds from a receipt what the whole book fills, and buys as much as it sells in every slot", function () {
    everyDay((day) => {
      const traded = playUntilCleared(day);
      const settled = settleAll(traded, day.sequence);
      for (const slot of range(grid.slotsPerPeriod)) {
        const matched = traded.results.map((results) => at(results, slot)?.lots ?? 0n);
        const ledger = slotLedger(settled, slot);
        expect(ledger).to.include({ bought: sum(matched) * grid.lotWh, sold: sum(matched) * grid.lotWh });
        for (const [i, { position }] of settled.entries()) {
          const owner = `${FIRST_MEMBER + BigInt(i)}/`;
          const bought = traded.markets.flatMap((market, m) => {
            const book = bookOf(market, slot);
            const filled = fills(book, at(at(traded.results, m), slot));
            const own = book.filter(({ id, side }) => id.startsWith(owner) && side === "buy");
            return own.map(({ id }) => get(filled, id) * grid.lotWh);
          });
          expect(at(position, slot).bought).to.equal(sum(bought));
        }
      }
    });
  });

  it("claims no more tokens than Wh were exported, each once", function () {
    everyDay((day) => {
      const settled = settleAll(playUntilCleared(day), day.sequence);
      const ledgers = range(grid.slotsPerPeriod).map((slot) => slotLedger(settled, slot));
      const delivered = sum(ledgers.map((ledger) => ledger.delivered));
      const bought = sum(settled.map(({ position }) => claimBought(position, ledgers)));
      const unsold = sum(settled.map(claimUnsold));
      expect(bought <= delivered, `${bought} of ${delivered} delivered`).to.equal(true);
      expect(delivered + unsold).to.equal(sum(ledgers.map(({ exported }) => exported)));
    });
  });

  it("ends with the same debts and energy whether a reading comes in time or corrects an estimate", function () {
    everyDay((day) => {
      const inTime = playUntilCleared(day);
      const first = settleAll(inTime, day.sequence);
      const late = playUntilCleared({ ...day, plans: day.plans.map((plan) => ({ ...plan, metered: undefined })) });
      const second = settleAll(late, day.sequence);
      for (const [i, item] of late.items.entries()) {
        const reading = at(inTime.items, i).metered;
        if (reading !== undefined) correctMember(late.escrow, item, at(second, i), reading);
        expect(solvency(late.escrow)).to.deep.equal({ liabilities: late.escrow.balance, broken: [] });
        expect(wealthOf(late.escrow, item.member)).to.equal(wealthOf(inTime.escrow, item.member));
      }
      for (const slot of range(grid.slotsPerPeriod)) {
        expect(slotLedger(second, slot)).to.deep.equal(slotLedger(first, slot));
      }
    });
  });
});
