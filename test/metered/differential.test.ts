import { expect } from "chai";
import { at, sum } from "../reference/arrays.ts";
import { estimate, gridLeg } from "../reference/grid-leg.ts";
import { clearDay, type StandingOrder } from "../reference/metered-auction.ts";
import { drawFrom } from "../../bench/lib/random.ts";
import { connect, type Connection, type HomeKeys } from "../helpers/market.ts";
import { deployMetered, NO_TICK } from "../helpers/metered.ts";
import { Registers, expectSolvent, freeOf, goBehind, HOUR, type Values } from "../helpers/settling.ts";
import { itemsOf, settleItems } from "../helpers/sharing.ts";

const GRIDS = [
  { slotDuration: 900, slotsPerPeriod: 4 },
  { slotDuration: 3600, slotsPerPeriod: 1 },
  { slotDuration: 1800, slotsPerPeriod: 3 },
  { slotDuration: 300, slotsPerPeriod: 9 },
  { slotDuration: 300, slotsPerPeriod: 12 },
] as const;

const FUNDS = 100_000_000n;
const FEE = 2_000n;
const DEFAULT_LOAD = 250n;

/** What is special about a home of a random community. */
type Kind = "trades" | "poor" | "customer" | "missing";

/** What the meters of a community say, all of them. */
type Mood = "anything" | "no supply" | "no demand" | "ties";

describe("The metered auction equals a naive model", function () {
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

  /** A community out of a seed, at the end of a period that it trades. */
  async function community(seed: number) {
    const draw = drawFrom(seed);
    const roll = (sides: number) => Number(draw(0, sides - 1));
    const grid = at(GRIDS, seed % GRIDS.length);
    const tickCount = at([32, 64, 128], roll(3));
    const terms = { ...grid, tickCount, floorPrice: roll(2) === 0 ? 0 : roll(80), tickSize: 1 + roll(6) };
    const classes = Array.from({ length: 1 + roll(2) }, () => ({
      importPrice: 150 + roll(200),
      exportPrice: roll(4) === 0 ? 0 : roll(150),
    }));
    const networkFee = roll(2) === 0 ? 0 : roll(100);
    const m = await deployMetered(connection, { terms, tariff: { networkFee, classes } });
    await m.fund(3, 1_000_000_000n);
    const mood = at<Mood>(["anything", "anything", "anything", "no supply", "no demand", "ties", "ties"], roll(7));
    const kinds: Kind[] = [];
    const homes: HomeKeys[] = [];
    const of: number[] = [];
    const count = roll(8) === 0 ? 1 : 2 + roll(8);
    for (let i = 0; i < count; i++) {
      kinds.push(at<Kind>(["trades", "trades", "trades", "poor", "customer", "missing"], roll(6)));
      of.push(roll(classes.length));
      homes.push(await m.addHome({ tariffClass: at(of, i) }));
    }
    // Few ticks, so that several members meet at one; often those of both sides. With ties, the sides are apart.
    const ticks = Array.from({ length: 3 }, () => roll(tickCount));
    const tick = (from: number) => BigInt(mood === "ties" ? from + roll(tickCount / 2) : at(ticks, roll(3)));
    const orders = kinds.map((kind): StandingOrder => {
      const buyTick = roll(6) === 0 ? null : tick(tickCount / 2);
      const sellTick = roll(8) === 0 ? null : roll(3) > 0 ? tick(0) : BigInt(roll(tickCount));
      return { buyTick, sellTick, reserve: kind === "poor" ? BigInt(roll(400_000)) : 30_000_000n };
    });
    const tickOf = (tick: bigint | null) => (tick === null ? NO_TICK : Number(tick));
    const signed = await Promise.all(
      homes.map(async (home, i) => {
        const { buyTick, sellTick, reserve } = at(orders, i);
        return await m.signOrder({ home, budget: reserve, buyTick: tickOf(buyTick), sellTick: tickOf(sellTick) });
      }),
    );
    await m.metered.keepOrders(
      m.community,
      signed.filter((_, i) => kinds[i] !== "customer"),
    );
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.join(period, homes); // names those without an order and goes on
    const { joined } = await m.metered.roundOf(m.community, period);
    expect(joined).to.equal(BigInt(kinds.filter((kind) => kind !== "customer").length));
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
        const [a, b] = mood === "ties" ? [1, 1] : [roll(4_000), roll(4_000)];
        if (mood === "no supply") return [a, 0] as const;
        if (mood === "no demand") return [0, b] as const;
        return at([[a, 0] as const, [0, b] as const, [0, a] as const, [a, b] as const, [0, 0] as const], roll(5));
      });
    const values = homes.map(day);
    const items = await itemsOf(
      m,
      registers,
      period,
      homes.map((home, i) => [home, at(values, i)] as const),
    );
    return { m, roll, terms, networkFee, classes, kinds, homes, of, orders, period, values, items, slots, mood };
  }
  type World = Awaited<ReturnType<typeof community>>;

  /** Meters in random chunks, in any order; settles them in any order. Returns the homes in the order they were counted. */
  async function settleInChunks({ m, roll, kinds, period, items }: World): Promise<number[]> {
    const present = items.map((_, i) => i).filter((i) => kinds[i] !== "missing");
    present.sort(() => roll(3) - 1);
    const starts: bigint[][] = [];
    const counted: number[][] = [];
    for (let i = 0; i < present.length;) {
      const chunk = present.slice(i, (i += 1 + roll(3)));
      const start = await m.totalsOf(period);
      await m.metered.meter(
        m.community,
        period,
        chunk.map((k) => at(items, k)),
        start,
      );
      if (chunk.every((k) => kinds[k] === "customer")) {
        await m.settlement.settle(m.community, period, settleItems(chunk.map((k) => at(items, k))));
        continue;
      }
      counted.push(chunk);
      starts.push(start);
    }
    saw("several chunks", counted.length > 1);
    await goBehind(m, period, 2 * HOUR);
    const frozen = await m.totalsOf(period);
    const order = counted.map((_, i) => i).sort(() => roll(3) - 1);
    for (const i of order) {
      const settling = settleItems(at(counted, i).map((k) => at(items, k)));
      await m.metered.settle(m.community, period, settling, at(starts, i), frozen, i);
    }
    const missing = items.filter((_, i) => kinds[i] === "missing");
    const estimates = missing.map(({ member, records }) => ({ member, records }));
    await m.settlement.settleEstimated(m.community, period, estimates);
    return counted.flat().filter((i) => kinds[i] !== "customer");
  }

  async function settleAtOnce({ m, kinds, period, items }: World): Promise<number[]> {
    await goBehind(m, period, HOUR);
    await m.metered.meterAndSettle(m.community, period, items);
    saw("one call", true);
    return items.map((_, i) => i).filter((i) => kinds[i] !== "customer");
  }

  async function compare(w: World, order: readonly number[]) {
    const { m, kinds, homes, of, classes, orders, values, slots, period, terms, mood } = w;
    const networkFee = BigInt(w.networkFee);
    const priced = classes.map(({ importPrice, exportPrice }) =>
      Array.from({ length: slots }, () => ({ importPrice: BigInt(importPrice), exportPrice: BigInt(exportPrice) })),
    );
    const metered = values.map((all) => all.map(([i, e]) => ({ imported: BigInt(i), exported: BigInt(e) })));
    const day = clearDay({
      tickCount: BigInt(terms.tickCount),
      floorPrice: BigInt(terms.floorPrice),
      tickSize: BigInt(terms.tickSize),
      tariff: { networkFee, classes: priced },
      members: order.map((i) => ({ metered: at(metered, i), order: at(orders, i) })),
    });
    const traded = day.slots.filter(({ clearing }) => clearing !== undefined);
    const clearings = traded.flatMap(({ clearing }) => clearing ?? []);
    saw("energy changed hands", traded.length > 0);
    saw(
      "bids were rationed",
      clearings.some((c) => c.bidAllotment > 0n && c.bidAllotment < c.bidVolume),
    );
    saw(
      "asks were rationed",
      clearings.some((c) => c.askAllotment > 0n && c.askAllotment < c.askVolume),
    );
    saw(
      "a price was between ticks with orders",
      clearings.some((c) => c.priceTick > c.marginalTick),
    );
    saw(
      "a budget was reached",
      day.members.some(({ left }) => left > 0n),
    );
    saw("a reading was missing", kinds.includes("missing"));
    saw("somebody had no order", kinds.includes("customer"));
    saw("one member alone", order.length === 1);
    saw("two classes", classes.length > 1);
    saw("a network fee", networkFee > 0n);
    saw("no supply or no demand", mood === "no supply" || mood === "no demand");
    const cleared = await m.clearedOf(period);
    for (const [slot, { clearing, price }] of day.slots.entries()) {
      const wh = clearing?.lots ?? 0n;
      const found = at(cleared, slot);
      expect(found, `slot ${String(slot)}`).to.deep.equal({
        marginalTick: clearing?.marginalTick ?? 0n,
        price,
        wh,
      });
    }
    const nothing = Array.from({ length: slots }, () => ({ bought: 0n, sold: 0n }));
    for (const [i, home] of homes.entries()) {
      const place = order.indexOf(i);
      const own = place === -1 ? { position: nothing, paid: 0n, received: 0n } : at(day.members, place);
      const reading = kinds[i] === "missing" ? estimate(own.position, DEFAULT_LOAD) : at(metered, i);
      const grid = gridLeg(reading, own.position, at(priced, at(of, i)));
      const fees = networkFee * sum(own.position.map(({ bought }) => bought));
      const settlementFee = kinds[i] === "customer" ? 0n : FEE;
      const bill = own.paid - own.received + fees + grid;
      expect(await freeOf(m, home.member), `home ${String(i)} (${kinds[i] ?? ""})`).to.equal(
        FUNDS - settlementFee - bill,
      );
    }
    for (let slot = 0; slot < slots; slot++) {
      const ledger = await m.settlement.ledger(m.community, period * slots + slot);
      expect(ledger.bought, `slot ${String(slot)}`).to.equal(ledger.sold);
      expect(ledger.bought).to.equal(at(day.slots, slot).clearing?.lots ?? 0n);
    }
    const { outstanding, amount } = await m.escrow.pot(m.community, 0, period);
    expect([outstanding, amount]).to.deep.equal([0n, 0n]);
    const voided = await m.settlement.queryFilter(m.settlement.filters.RecordsVoided(m.community));
    expect(voided.length).to.equal(0);
    await expectSolvent(m);
  }

  for (let seed = 1; seed <= 48; seed++) {
    it(`seed ${String(seed)}`, async function () {
      const w = await community(seed);
      const everybody = !w.kinds.includes("missing") && seed % 2 === 0;
      const anybody = w.kinds.some((kind) => kind !== "customer");
      if (!anybody) return;
      await compare(w, everybody ? await settleAtOnce(w) : await settleInChunks(w));
    });
  }
});
