import { expect } from "chai";
import { at } from "../helpers/lists.ts";
import { connect, type Connection } from "../helpers/market.ts";
import { State, Void, expectSolvent, freeOf, journalOf, stateOf } from "../helpers/settling.ts";
import {
  METERED,
  RESERVE,
  SETTLEMENT_FEE,
  SLOTS,
  TRADES,
  freeAfter,
  sum,
  twoModules,
  type Case,
  type TwoModules,
} from "../helpers/two-modules.ts";
import { afterReading, afterSettlement } from "../reference/journal.ts";

describe("Rule 1: two hostile modules, whatever they answer, do to a batch what they do to each home alone", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  const world = async () => await twoModules(connection);
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  /** Settles in as many calls as there are batches; returns what was voided, by member and module. */
  async function settle({ m, period }: TwoModules, batches: readonly TwoModules["items"][]) {
    const voided: (readonly [bigint, bigint, bigint])[] = [];
    for (const batch of batches) {
      const sent = await m.settlement.meterAndSettle(m.community, period, batch, { gasLimit: 2 ** 24 });
      const { blockNumber } = (await sent.wait()) ?? expect.fail("not mined");
      const logs = await m.settlement.queryFilter(m.settlement.filters.RecordsVoided(), blockNumber, blockNumber);
      voided.push(...logs.map(({ args: { member, module, reason } }) => [member, module, reason] as const));
    }
    return voided.sort(([a, b], [c, d]) => Number(a - c || b - d));
  }

  async function expectLedger({ m, period, cases }: TwoModules) {
    const settled = cases.filter(({ waits }) => !waits);
    for (const slot of SLOTS) {
      const [imported, exported] = at(METERED, slot);
      const words = settled.map(({ position }) => at(position, slot));
      expect([...(await m.settlement.ledger(m.community, period * 4 + slot))]).to.deep.equal([
        sum(words, ({ sold }) => (sold < exported ? sold : exported)),
        sum(words, ({ bought }) => bought),
        sum(words, ({ sold }) => sold),
        imported * BigInt(settled.length),
        exported * BigInt(settled.length),
      ]);
    }
  }

  /** The fee stays with the module of the home's first record. */
  async function expectPots({ m, modules, period, cases }: TwoModules) {
    for (const [which, { index }] of modules.entries()) {
      const { outstanding, amount } = await m.escrow.pot(m.community, index, period);
      const trades = at(TRADES, which);
      const paid = cases.filter(({ counted }) => counted.includes(trades)).length;
      expect(paid).to.be.greaterThan(1);
      expect(amount).to.equal(BigInt(paid) * (trades.paid - trades.received));
      const waiting = cases.filter(({ waits, pair }) => waits && pair[which]);
      const feeIsHere = (each: Case) => !each.pair[1 - which] || cases.indexOf(each) % 2 === which;
      expect(waiting.filter(feeIsHere).length).to.be.within(1, waiting.length - 1);
      expect(outstanding).to.equal(sum(waiting, (each) => RESERVE + (feeIsHere(each) ? SETTLEMENT_FEE : 0n)));
    }
  }

  async function expectHomes({ m, period, cases, items }: TwoModules) {
    for (const [index, each] of cases.entries()) {
      const { home, waits, traded, position } = each;
      const what = `home ${String(index)}`;
      expect(await freeOf(m, home.member), what).to.equal(freeAfter(each));
      expect(await stateOf(m, home, period), what).to.equal(waits ? State.Open : State.Settled);
      const records = traded ? await journalOf(m, home, period) : 0n;
      const read = afterReading(records, at(items, index).reading.values, 0n);
      const { hash } = await m.escrow.journal(m.community, home.member, period);
      expect(hash, what).to.equal(waits ? records : afterSettlement(read, position));
    }
  }

  /** Why records are void: none of a home that waits. */
  const voidsOf = ({ modules, cases }: TwoModules) =>
    cases
      .filter(({ waits }) => !waits)
      .flatMap(({ home, pair }) =>
        pair.flatMap((behaviour, which) => {
          if (!behaviour || behaviour.outcome === "None" || behaviour.outcome === "Waits") return [];
          return [[BigInt(home.member), BigInt(at(modules, which).index), BigInt(Void[behaviour.outcome])] as const];
        }),
      );

  const splits: Record<string, (items: TwoModules["items"]) => TwoModules["items"][]> = {
    "in one batch, forward": (items) => [items],
    "in one batch, backward": (items) => [[...items].reverse()],
    "one by one": (items) => items.map((item) => [item]),
  };
  for (const [how, split] of Object.entries(splits)) {
    it(`settled ${how}`, async function () {
      const w = await fixture();
      expect(await settle(w, split(w.items))).to.deep.equal(voidsOf(w));
      await expectLedger(w);
      await expectPots(w);
      await expectHomes(w);
      await expectSolvent(w.m);
    });
  }
});
