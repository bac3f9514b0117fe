import { expect } from "chai";
import { AbiCoder } from "ethers";
import { at } from "./helpers/lists.ts";
import { buy, connect, deployMarket, sell, type Connection, type HomeKeys, type Market } from "./helpers/market.ts";
import { Act, answer, deployHostile, traded } from "./helpers/modules.ts";
import { HOUR, Registers, books, expectSolvent, hourly, metered, post } from "./helpers/settling.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});

/** Periods of an odd number of slots, and of even ones: a loop takes several slots a turn. */
const grids = [
  { slotDuration: 3600, slotsPerPeriod: 1 },
  { slotDuration: 1800, slotsPerPeriod: 2 },
  { slotDuration: 1800, slotsPerPeriod: 3 },
  { slotDuration: 900, slotsPerPeriod: 6 },
  { slotDuration: 300, slotsPerPeriod: 9 },
] as const;

const HOMES = 10;
const [SELLER, BUYER, IDLE, BOTH, WAITING, LIAR, REFUSED, ALONE, FORGED, LAST] = Array.from(
  { length: HOMES },
  (_, index) => index,
) as [number, number, number, number, number, number, number, number, number, number];

/** What every slot of a home's reading says, in Wh. */
const readingOf = (home: number, slots: number) =>
  Array.from({ length: slots }, (_, slot) => [(97 * home + 31 * slot) % 400, (53 * home + 71 * slot) % 300] as const);

/** A community with homes in the order book, in a second module, in both and in none, behind the end of a period. */
async function open(grid: (typeof grids)[number]) {
  const m = await deployMarket(connection, {
    terms: { ...hourly, correctionWindow: 9 * HOUR, claimWindow: 10 * HOUR, ...grid },
  });
  await m.fund(3, 1_000_000_000n);
  const homes: HomeKeys[] = [];
  for (let index = 0; index < HOMES; index++) homes.push(await m.addHome());
  const others = [BOTH, WAITING, LIAR, REFUSED, ALONE].map((index) => at(homes, index));
  const { hostile, append } = await deployHostile(connection.ethers, m, others);
  const slots = grid.slotsPerPeriod;
  const every = Array.from({ length: slots }, (_, slot) => slot);
  const words = Array.from({ length: 2 * slots }, (_, i) => 2n ** 256n - BigInt(i) - 1n);
  await hostile.setContext(Act.Answer, AbiCoder.defaultAbiCoder().encode(["uint256[]"], [words]));
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  const open = period + 1; // no gate of it has passed
  await post(m, open, [
    [at(homes, SELLER), every.map((slot) => sell(slot, 3, 10 + slot))],
    [at(homes, BUYER), every.map((slot) => buy(slot, 20, 8 + slot))],
    [at(homes, BOTH), every.map((slot) => buy(slot, 30, 5))],
    [at(homes, LIAR), every.map((slot) => sell(slot, 1, 2))],
  ]);
  const positions = new Map([
    [BOTH, every.map((slot) => traded(BigInt(7 + slot), BigInt(3 * slot)))],
    [WAITING, every.map(() => 2n ** 64n - 1n)],
    [LIAR, every.map(() => 2n ** 64n - 1n)],
    [ALONE, every.map((slot) => traded(BigInt(slot), 11n))],
  ]);
  for (const home of others) {
    await append(home, open, { entries: 120, buyWh: 5000n, sellWh: 5000n, reserve: 2_000_000n }, "0x0102030405");
    const index = homes.indexOf(home);
    const position = positions.get(index);
    const act = index === REFUSED ? Act.RevertWithBomb : Act.Answer;
    const said = { ready: index === WAITING ? 0n : 1n, paid: 9n };
    await hostile.set(home.member, act, answer(position === undefined ? said : { ...said, position }));
  }
  await m.goTo(m.periodStart(open + 1));
  await m.clearPeriod(open);
  const registers = new Registers(m);
  const items = [];
  for (const [index, home] of homes.entries()) {
    const before = await registers.read(
      home,
      period,
      every.map(() => [0, 0] as const),
    );
    await m.settlement.meter(m.community, period, [{ member: home.member, reading: before, records: [] }]);
    const signer = index === FORGED ? home.trading : home.meter;
    const reading = await registers.read(home, open, readingOf(index, slots), { signer });
    items.push(await metered(m, home, open, reading));
  }
  return { m, homes, items, period: open };
}
type World = Awaited<ReturnType<typeof open>>;

/** Everything that settlement wrote: money, journals, and the energy of every slot. */
async function state(m: Market, homes: readonly HomeKeys[], period: number) {
  const slots = m.terms.slotsPerPeriod;
  const journals = [];
  for (const { member } of homes) journals.push([...(await m.escrow.journal(m.community, member, period))]);
  const ledger = [];
  // The slots beside the period are nobody's.
  for (let slot = period * slots - 1; slot <= (period + 1) * slots; slot++) {
    ledger.push([...(await m.settlement.ledger(m.community, slot))]);
  }
  return { ...(await books(m)), journals, ledger };
}

/** What was skipped comes first, in between and last, and so do homes without a record. */
const orders = [
  [FORGED, IDLE, BUYER, WAITING, LAST, SELLER, BOTH, REFUSED, LIAR, ALONE],
  [WAITING, LAST, LIAR, FORGED, ALONE, IDLE, BOTH, BUYER, REFUSED, SELLER],
  [REFUSED, WAITING, IDLE, ALONE, SELLER, LIAR, WAITING, LAST, BOTH, FORGED, BUYER, SELLER],
] as const;

async function batched({ m, items, period }: World, order: readonly number[]) {
  return await m.settlement.meterAndSettle(
    m.community,
    period,
    order.map((index) => at(items, index)),
  );
}

/** The liar and the one whose call fails lose their records with the second module, nobody with the order book. */
async function expectVoid({ m, homes }: World, sent: Awaited<ReturnType<typeof batched>>) {
  const receipt = await sent.wait();
  const logs = (receipt?.logs ?? []).map((log) => m.settlement.interface.parseLog(log));
  const voided = logs
    .filter((log) => log?.name === "RecordsVoided")
    .map((log) => `${String(log?.args[1])},${String(log?.args[3])}`);
  const expected = [REFUSED, LIAR].map((index) => `${String(at(homes, index).member)},1`);
  expect(new Set(voided)).to.deep.equal(new Set(expected));
}

/** The readings of all homes that were settled, and some energy was traded in every slot. */
function expectEnergy(ledger: readonly (readonly unknown[])[], settled: readonly number[], slots: number) {
  const readings = settled.map((home) => readingOf(home, slots));
  for (const [slot, words] of ledger.entries()) {
    const [, bought, , imported, exported] = words;
    const counts = slot > 0 && slot <= slots;
    const sum = (side: 0 | 1) =>
      readings.reduce((total, reading) => total + BigInt(reading[slot - 1]?.[side] ?? 0), 0n);
    expect([imported, exported]).to.deep.equal(counts ? [sum(0), sum(1)] : [0n, 0n]);
    expect(bought !== 0n).to.equal(counts);
  }
}

async function oneByOne({ m, items, period }: World, order: readonly number[]) {
  for (const index of order) await m.settlement.meterAndSettle(m.community, period, [at(items, index)]);
}

async function inTwoSteps({ m, items, period }: World, order: readonly number[]) {
  const both = order.map((index) => at(items, index));
  const settled = both.map(({ member, reading: { values }, records }) => ({ member, values, gapLeg: 0n, records }));
  await m.settlement.meter(m.community, period, both);
  await m.settlement.settle(m.community, period, settled);
}

describe("Rule 7: what an item of a batch leaves behind in memory reaches no other item", function () {
  for (const grid of grids) {
    const fixture = { [grid.slotsPerPeriod]: async () => await open(grid) };
    it(`with ${String(grid.slotsPerPeriod)} slots a period`, async function () {
      this.timeout(60_000);
      const world = await connection.networkHelpers.loadFixture(fixture[grid.slotsPerPeriod] ?? expect.fail());
      const { m, homes, period } = world;
      const snapshot = await connection.networkHelpers.takeSnapshot();
      for (const order of orders) {
        await oneByOne(world, order);
        const alone = await state(m, homes, period);
        await expectSolvent(m);
        await snapshot.restore();
        await expectVoid(world, await batched(world, order));
        const together = await state(m, homes, period);
        expect(together).to.deep.equal(alone);
        const settled = Array.from({ length: HOMES }, (_, index) => index).filter((i) => i !== WAITING && i !== FORGED);
        expectEnergy(together.ledger, settled, grid.slotsPerPeriod);
        await snapshot.restore();
      }
    });

    it(`in two steps with ${String(grid.slotsPerPeriod)} slots a period`, async function () {
      this.timeout(60_000);
      const world = await connection.networkHelpers.loadFixture(fixture[grid.slotsPerPeriod] ?? expect.fail());
      const { m, homes, period } = world;
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await inTwoSteps(world, orders[0]);
      await expectSolvent(m);
      const { accounts, ledger } = await state(m, homes, period);
      await snapshot.restore();
      await batched(world, orders[0]);
      const one = await state(m, homes, period);
      expect(accounts).to.deep.equal(one.accounts);
      expect(ledger).to.deep.equal(one.ledger);
    });
  }
});
