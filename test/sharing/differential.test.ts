import { expect } from "chai";
import { at, sum } from "../reference/arrays.ts";
import { estimate, gridLeg } from "../reference/grid-leg.ts";
import { shareDay, type SharingRuleName } from "../reference/sharing-day.ts";
import { connect, type Connection, type HomeKeys } from "../helpers/market.ts";
import { Registers, expectSolvent, freeOf, goBehind, HOUR, type Values } from "../helpers/settling.ts";
import { deploySharing, itemsOf, Rule, settleItems } from "../helpers/sharing.ts";

/** A small generator of one's own: a seed gives the same community everywhere. */
function dice(seed: number) {
  let state = Math.imul(seed, 2_654_435_761) ^ 0x5bd1e995;
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const RULES: readonly (readonly [SharingRuleName, number])[] = [
  ["sdr", Rule.SupplyDemandRatio],
  ["mmr", Rule.MidMarketRate],
  ["bill-sharing", Rule.BillSharing],
  ["feed-in", Rule.FeedInOnly],
];

const GRIDS = [
  { slotDuration: 900, slotsPerPeriod: 4 },
  { slotDuration: 3600, slotsPerPeriod: 1 },
  { slotDuration: 1800, slotsPerPeriod: 3 },
  { slotDuration: 300, slotsPerPeriod: 9 },
] as const;

const FUNDS = 100_000_000n;
const FEE = 2_000n;
const DEFAULT_LOAD = 250n;

/** What is special about a home of a random community. */
type Kind = "shares" | "poor" | "customer" | "missing";

describe("Sharing after the fact equals a naive model", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** What the random communities had to show: a comparison of nothing would pass too. */
  const seen = new Map<string, number>();
  const saw = (what: string, yes: boolean) => seen.set(what, (seen.get(what) ?? 0) + (yes ? 1 : 0));
  after(function () {
    for (const [what, times] of seen) expect(times, what).to.be.greaterThan(3);
  });

  /** A community out of a seed, at the end of a period that it shares. */
  async function community(seed: number) {
    const roll = dice(seed);
    const [rule, number] = at(RULES, seed % RULES.length);
    const grid = at(GRIDS, roll(GRIDS.length));
    const compensation = roll(3) === 0 ? roll(200) : 0;
    const networkFee = roll(2) === 0 ? 0 : roll(120);
    const classes = Array.from({ length: 1 + roll(2) }, () => ({
      importPrice: 150 + roll(200),
      exportPrice: roll(4) === 0 ? 0 : roll(150),
    }));
    const m = await deploySharing(
      connection,
      { rule: number, compensation },
      { terms: grid, tariff: { networkFee: Math.min(networkFee, 100), classes } },
    );
    await m.fund(3, 1_000_000_000n);
    const kinds: Kind[] = [];
    const homes: HomeKeys[] = [];
    const of: number[] = [];
    for (let i = 0; i < 3 + roll(6); i++) {
      kinds.push(at(["shares", "shares", "shares", "poor", "customer", "missing"] as const, roll(6)));
      of.push(roll(classes.length));
      homes.push(await m.addHome({ tariffClass: at(of, i) }));
    }
    const budgets = kinds.map((kind) => (kind === "poor" ? BigInt(roll(300_000)) : 30_000_000n));
    const signed = await Promise.all(
      homes.map(async (home, i) => await m.signBudget({ home, budget: at(budgets, i) })),
    );
    await m.sharing.keepBudgets(
      m.community,
      signed.filter((_, i) => kinds[i] !== "customer"),
    );
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    const joined = await m.sharing.join.staticCall(
      m.community,
      period,
      homes.map(({ member }) => member),
    );
    await m.join(period, homes); // names those without a budget and goes on
    expect(joined).to.equal(kinds.filter((kind) => kind !== "customer").length);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const slots = grid.slotsPerPeriod;
    const quiet: Values = Array.from({ length: slots }, () => [0, 0] as const);
    const before = await itemsOf(
      m,
      registers,
      period - 1,
      homes.map((home) => [home, quiet] as const),
    );
    await m.settlement.meterAndSettle(m.community, period - 1, before);
    await m.goTo(m.periodStart(period + 1));
    const day = (): Values =>
      Array.from({ length: slots }, () => {
        const [a, b] = [roll(4_000), roll(4_000)];
        return at(
          [
            [a, 0],
            [0, b],
            [a, b],
            [0, 0],
            [a % 7, 0],
            [0, b % 5],
          ] as const,
          roll(6),
        );
      });
    const values = homes.map(day);
    const items = await itemsOf(
      m,
      registers,
      period,
      homes.map((home, i) => [home, at(values, i)] as const),
    );
    return {
      m,
      roll,
      rule,
      compensation,
      networkFee,
      classes,
      kinds,
      homes,
      of,
      budgets,
      period,
      values,
      items,
      slots,
    };
  }
  type World = Awaited<ReturnType<typeof community>>;

  /** Meters in random chunks, in any order; settles them in any order. Returns the homes in the order they were counted. */
  async function settleInChunks({ m, roll, kinds, period, items }: World): Promise<number[]> {
    const present = items.map((_, i) => i).filter((i) => kinds[i] !== "missing");
    present.sort(() => roll(3) - 1);
    const chunks: number[][] = [];
    for (let i = 0; i < present.length;) {
      const size = 1 + roll(3);
      chunks.push(present.slice(i, (i += size)));
    }
    const starts: bigint[][] = [];
    const counted: number[][] = [];
    for (const chunk of chunks) {
      const words = [...(await m.sharing.totals(m.community, period))];
      await m.sharing.meter(
        m.community,
        period,
        chunk.map((i) => at(items, i)),
      );
      const sharing = chunk.filter((i) => kinds[i] !== "customer");
      if (sharing.length === 0) {
        await m.settlement.settle(m.community, period, settleItems(chunk.map((i) => at(items, i))));
        continue;
      }
      counted.push(chunk);
      starts.push(words);
    }
    saw("several chunks", counted.length > 1);
    await goBehind(m, period, 2 * HOUR);
    const order = counted.map((_, i) => i).sort(() => roll(3) - 1);
    for (const i of order) {
      const settling = settleItems(at(counted, i).map((k) => at(items, k)));
      await m.sharing.settle(m.community, period, settling, at(starts, i), i);
    }
    const missing = items.filter((_, i) => kinds[i] === "missing");
    const estimates = missing.map(({ member, records }) => ({ member, records }));
    await m.settlement.settleEstimated(m.community, period, estimates);
    return counted.flat().filter((i) => kinds[i] !== "customer");
  }

  async function settleAtOnce({ m, kinds, period, items }: World): Promise<number[]> {
    await goBehind(m, period, HOUR);
    await m.sharing.meterAndSettle(m.community, period, items);
    saw("one call", true);
    return items.map((_, i) => i).filter((i) => kinds[i] !== "customer");
  }

  async function compare(w: World, order: readonly number[]) {
    const { m, kinds, homes, of, classes, rule, compensation, budgets, values, slots, period } = w;
    const networkFee = BigInt(m.tariff.networkFee);
    const priced = classes.map(({ importPrice, exportPrice }) =>
      Array.from({ length: slots }, () => ({ importPrice: BigInt(importPrice), exportPrice: BigInt(exportPrice) })),
    );
    const metered = values.map((of) => of.map(([i, e]) => ({ imported: BigInt(i), exported: BigInt(e) })));
    const parts = shareDay({
      rule,
      compensation: BigInt(compensation),
      tariff: { networkFee, classes: priced },
      members: order.map((i) => ({ metered: at(metered, i), reserve: at(budgets, i) })),
    });
    saw(
      "energy was shared",
      parts.some(({ paid }) => paid > 0n),
    );
    saw(
      "a price was a fraction",
      parts.some(({ paid, position }) => paid % (sum(position.map((p) => p.bought)) || 1n) > 0n),
    );
    saw(
      "a budget was reached",
      parts.some(({ left }) => left > 0n),
    );
    saw("a reading was missing", kinds.includes("missing"));
    saw("somebody had no budget", kinds.includes("customer"));
    saw("two classes", classes.length > 1);
    saw("a network fee", networkFee > 0n);
    const nothing = Array.from({ length: slots }, () => ({ bought: 0n, sold: 0n }));
    for (const [i, home] of homes.entries()) {
      const place = order.indexOf(i);
      const own = place === -1 ? { position: nothing, paid: 0n, received: 0n } : at(parts, place);
      const reading = kinds[i] === "missing" ? estimate(own.position, DEFAULT_LOAD) : at(metered, i);
      const prices = at(priced, at(of, i));
      const grid = gridLeg(reading, own.position, prices);
      const fees = networkFee * sum(own.position.map(({ bought }) => bought));
      const settlementFee = kinds[i] === "customer" ? 0n : FEE;
      const bill = own.paid - own.received + fees + grid;
      expect(await freeOf(m, home.member), `home ${String(i)} (${kinds[i] ?? ""})`).to.equal(
        FUNDS - settlementFee - bill,
      );
      // Nobody is worse off than with its supplier alone, but for the sellers of bill sharing.
      if (rule !== "bill-sharing") expect(bill <= gridLeg(reading, nothing, prices)).to.equal(true);
    }
    for (let slot = 0; slot < slots; slot++) {
      const ledger = await m.settlement.ledger(m.community, period * slots + slot);
      expect(ledger.bought, `slot ${String(slot)}`).to.equal(ledger.sold);
      expect(ledger.bought).to.equal(sum(parts.map(({ position }) => at(position, slot).bought)));
    }
    const { outstanding, amount } = await m.escrow.pot(m.community, 0, period);
    expect([outstanding, amount]).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  }

  for (let seed = 1; seed <= 40; seed++) {
    it(`seed ${String(seed)}`, async function () {
      const w = await community(seed);
      const everybody = !w.kinds.includes("missing") && seed % 2 === 0;
      const anybody = w.kinds.some((kind) => kind !== "customer");
      if (!anybody) return;
      await compare(w, everybody ? await settleAtOnce(w) : await settleInChunks(w));
    });
  }
});
