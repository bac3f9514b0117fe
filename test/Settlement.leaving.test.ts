import { expect } from "chai";
import { connect, key, type Connection } from "./helpers/market.ts";
import { estimate, hours, settleMetered, skipped, type Hour } from "./helpers/hours.ts";
import { HOUR, Skip, expectSolvent, freeOf, goBehind, rotateMeter, valuesAt } from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

/** The meter leaves without a reading: three periods, its last among them, are estimated at 1,000 Wh each. */
async function leaveSilently(w: Hour) {
  const { m, idle, period } = w;
  await m.registry.connect(idle.owner.connect(w.provider)).unbindMeter(m.community, idle.member);
  const last = period + 2;
  await goBehind(m, last, HOUR);
  for (let each = period; each <= last; each++) await estimate(w, each, idle);
  return last;
}

describe("A meter that leaves with a gap", function () {
  it("closes it with the reading behind its last period, however late that comes", async function () {
    const w = await hour();
    const { m, idle } = w;
    const last = await leaveSilently(w);
    // The ring has nine periods: nothing of the period is left in it.
    await m.goTo(m.periodStart(last + 30));
    const closing = { home: idle, period: last + 1, values: valuesAt({ 0: [100, 0] }), startImport: 3500n };
    const reading = await m.signReading({ ...closing, closesGap: true });
    await settleMetered(w, idle, last + 1, reading);
    // 3,000 Wh were estimated, 500 were not, and 100 came behind them.
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 3_600n * 300n);
    await m.registry.releaseMeter(m.community, idle.member);
    await expectSolvent(m);
  });

  it("closes it with a rotated key, which starts no further than the registers on chain", async function () {
    const w = await hour();
    const { m, idle } = w;
    const gateway = await rotateMeter(m, idle, key(5100));
    const last = await leaveSilently(w);
    await m.goTo(m.periodStart(last + 2));
    const closing = { home: gateway, period: last + 1, values: valuesAt({}), closesGap: true };
    await settleMetered(w, idle, last + 1, await m.signReading(closing));
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 900_000n);
    await m.registry.releaseMeter(m.community, idle.member);
  });

  it("is neither estimated nor billed for a period behind its last, by whomever", async function () {
    const w = await hour();
    const { m, idle } = w;
    const last = await leaveSilently(w);
    await goBehind(m, last + 2, HOUR);
    for (const each of [last + 1, last + 2]) {
      const reason = each === last + 1 ? Skip.NoMeter : Skip.EarlierMissing;
      await skipped(w, estimate(w, each, idle), idle, each, reason);
    }
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 900_000n);
  });

  it("closes it with the first reading that it signs, also if it was silent behind its last period", async function () {
    const w = await hour();
    const { m, idle } = w;
    const last = await leaveSilently(w);
    // What the meter has of the period behind its last is lost; it signs again from the next one on.
    await goBehind(m, last + 2, HOUR);
    const closing = { home: idle, period: last + 2, values: valuesAt({}), startImport: 3500n, closesGap: true };
    await settleMetered(w, idle, last + 2, await m.signReading(closing));
    await m.registry.releaseMeter(m.community, idle.member);
  });
});
