import { expect } from "chai";
import { connect, key, type Connection } from "./helpers/market.ts";
import { correct, estimate, hours, settleMetered, skipped } from "./helpers/hours.ts";
import { HOUR, Skip, expectSolvent, freeOf, goBehind, rotateMeter, valuesAt } from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

describe("Meters come and go", function () {
  it("swaps a meter after its final reading, with new registers and a new key", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.registry.connect(idle.owner.connect(w.provider)).unbindMeter(m.community, idle.member);
    const last = period + 2;
    for (let each = period; each <= last; each++) {
      await m.goTo(m.periodStart(each + 1));
      await expect(m.registry.releaseMeter(m.community, idle.member))
        .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
        .withArgs(m.community, idle.member, last);
      await settleMetered(w, idle, each, await w.registers.read(idle, each, valuesAt({ 0: [100, 0] })));
    }
    await m.registry.releaseMeter(m.community, idle.member);
    const orphan = await w.registers.read(idle, last + 1, valuesAt({}));
    await m.goTo(m.periodStart(last + 2));
    await skipped(w, settleMetered(w, idle, last + 1, orphan), idle, last + 1, Skip.NoMeter);
    await goBehind(m, last + 1, HOUR);
    await skipped(w, estimate(w, last + 1, idle), idle, last + 1, Skip.NoMeter);

    const successor = { ...idle, meter: key(5000) };
    await m.bindMeter(successor, successor.meter, 7n, 9n);
    const fresh = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(fresh + 1));
    const start = { period: fresh, values: valuesAt({ 3: [1, 0] }), startImport: 7n, startExport: 9n };
    await skipped(
      w,
      settleMetered(w, idle, fresh, await m.signReading({ home: idle, ...start })),
      idle,
      fresh,
      Skip.BadSignature,
    );
    await settleMetered(w, successor, fresh, await m.signReading({ home: successor, ...start }));
    const { nextPeriod, importRegister, exportRegister } = await m.settlement.meterState(m.community, idle.member);
    expect([nextPeriod, importRegister, exportRegister]).to.deep.equal([BigInt(fresh + 1), 8n, 9n]);
    await expectSolvent(m);
  });

  it("estimates no period behind the last of a leaving meter, so that nobody can keep it from going", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.registry.connect(idle.owner.connect(w.provider)).unbindMeter(m.community, idle.member);
    const last = period + 2;
    for (let each = period; each <= last; each++) {
      await m.goTo(m.periodStart(each + 1));
      await settleMetered(w, idle, each, await w.registers.read(idle, each, valuesAt({})));
    }
    await goBehind(m, last + 1, HOUR);
    await skipped(w, estimate(w, last + 1, idle), idle, last + 1, Skip.NoMeter);
    await m.registry.releaseMeter(m.community, idle.member);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS);
  });

  it("keeps a meter until its gap is closed", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.registry.connect(m.coordinator).unbindMeter(m.community, idle.member);
    const last = period + 2;
    await goBehind(m, last, HOUR);
    for (let each = period; each <= last; each++) await estimate(w, each, idle);
    await expect(m.registry.releaseMeter(m.community, idle.member))
      .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
      .withArgs(m.community, idle.member, last);
    await m.goTo(m.periodStart(last + 2));
    const closing = { home: idle, period: last + 1, values: valuesAt({}), startImport: 3000n, closesGap: true };
    await settleMetered(w, idle, last + 1, await m.signReading(closing));
    await m.registry.releaseMeter(m.community, idle.member);
    expect((await m.settlement.meterState(m.community, idle.member)).state).to.equal(0n);
  });

  it("replaces a dead meter whose key is lost: a rotated key closes the gap, then the new meter is bound", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    await settleMetered(w, idle, period, await w.registers.read(idle, period, valuesAt({ 0: [400, 0] })));
    const gateway = await rotateMeter(m, idle, key(5001));
    await m.registry.connect(m.coordinator).unbindMeter(m.community, idle.member);
    await goBehind(m, period + 3, HOUR);
    for (const each of [period + 1, period + 2, period + 3]) await estimate(w, each, idle);
    await m.goTo(m.periodStart(period + 5));
    const closing = { period: period + 4, values: valuesAt({ 1: [250, 0] }), startImport: 3400n, closesGap: true };
    await skipped(
      w,
      settleMetered(w, idle, period + 4, await m.signReading({ home: idle, ...closing })),
      idle,
      period + 4,
      Skip.BadSignature,
    );
    await settleMetered(w, gateway, period + 4, await m.signReading({ home: gateway, ...closing }));
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 120_000n - 900_000n - 75_000n);
    await m.registry.releaseMeter(m.community, idle.member);
    const successor = { ...idle, meter: key(5002) };
    await m.bindMeter(successor, successor.meter, 0n, 0n);
    const fresh = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(fresh + 1));
    const first = await m.signReading({ home: successor, period: fresh, values: valuesAt({ 0: [3, 0] }) });
    await settleMetered(w, successor, fresh, first);
    expect((await m.settlement.meterState(m.community, idle.member)).importRegister).to.equal(3n);
  });

  it("corrects an estimate with the key that counts when the reading comes", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    const rotated = await rotateMeter(m, idle, key(5003));
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    const old = await m.signReading({ home: idle, period, values: valuesAt({ 0: [1, 0] }) });
    await skipped(w, correct(w, idle, period, old), idle, period, Skip.BadSignature);
    const late = await m.signReading({ home: rotated, period, values: valuesAt({ 0: [1, 0] }) });
    await correct(w, idle, period, late);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300n);
  });

  it("takes the first late reading of a fresh meter above the bound registers, unbilled", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    const late = await m.signReading({ home: idle, period, values: valuesAt({ 0: [9, 0] }), startImport: 77_777n });
    await correct(w, idle, period, late);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 2700n);
    expect((await m.settlement.meterState(m.community, idle.member)).importRegister).to.equal(77_786n);
  });
});
