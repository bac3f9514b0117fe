import { expect } from "chai";
import { deployMarket, type Connection, type HomeKeys } from "./market.ts";
import { Act, answer, deployHostile } from "./modules.ts";
import {
  Registers,
  State,
  buy,
  expectSolvent,
  freeOf,
  hourly,
  metered,
  post,
  reservedOf,
  sell,
  stateOf,
  valuesAt,
} from "./settling.ts";

/** What each home reserves with the hostile module, and what it has. */
export const RESERVE = 200_000n;
export const FUNDS = 100_000_000n;

/** A seller and two buyers in the order book; the second buyer and a fourth home also have a record with the hostile module. */
export async function hostileDay(connection: Connection) {
  const m = await deployMarket(connection, { terms: hourly });
  await m.fund(3, 1_000_000_000n);
  const seller = await m.addHome();
  const buyer = await m.addHome();
  const victim = await m.addHome();
  const friend = await m.addHome();
  const { hostile, append } = await deployHostile(connection.ethers, m, [victim, friend]);
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  await post(m, period, [
    [seller, [sell(1, 10, 100)]],
    [buyer, [buy(1, 30, 60)]],
    [victim, [buy(1, 30, 40)]],
  ]);
  // So many entries that the module is due enough gas for whatever it is up to.
  await append(victim, period, { entries: 240, buyWh: 1000n, sellWh: 500n, reserve: RESERVE });
  await append(friend, period, { entries: 240, buyWh: 1000n, sellWh: 1000n, reserve: RESERVE });
  await hostile.set(victim.member, Act.Answer, answer());
  await hostile.set(friend.member, Act.Answer, answer());
  await m.goTo(m.periodStart(period + 1));
  await m.clearPeriod(period);
  const registers = new Registers(m);
  const readings = new Map([
    [seller, await registers.read(seller, period, valuesAt({ 1: [0, 1000] }))],
    [buyer, await registers.read(buyer, period, valuesAt({ 1: [600, 0] }))],
    [victim, await registers.read(victim, period, valuesAt({ 1: [400, 0] }))],
    [friend, await registers.read(friend, period, valuesAt({}))],
  ]);
  const item = async (home: HomeKeys) => {
    const reading = readings.get(home);
    if (!reading) throw new Error("no reading");
    return await metered(m, home, period, reading);
  };
  const settle = async (...homes: HomeKeys[]) =>
    await m.settlement.meterAndSettle(m.community, period, await Promise.all(homes.map(item)));
  return { m, seller, buyer, victim, friend, hostile, period, item, settle };
}
export type HostileDay = Awaited<ReturnType<typeof hostileDay>>;

/** What the order book alone makes of the day: 1,000 Wh at 140, network fee 40, settlement fee 2,000. */
export async function expectOthersWhole({ m, seller, buyer, period }: HostileDay) {
  expect(await freeOf(m, seller.member)).to.equal(FUNDS + 140_000n - 2_000n);
  expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 108_000n - 2_000n);
  expect(await freeOf(m, 1)).to.equal(40_000n);
  expect((await m.escrow.pot(m.community, 0, period)).amount).to.equal(0n);
}
export async function expectAllSettled({ m, seller, buyer, victim, friend, period }: HostileDay) {
  for (const home of [seller, buyer, victim, friend]) {
    expect(await stateOf(m, home, period)).to.equal(State.Settled);
    expect(await reservedOf(m, home.member)).to.equal(0n);
  }
  const { opened, settled } = await m.escrow.journals(m.community, period);
  expect(opened).to.equal(settled);
  await expectSolvent(m);
}
