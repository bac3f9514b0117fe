import { expect } from "chai";
import { join } from "node:path";
import { asPeriod, asSeconds, asWh, verifyReading } from "@wattbook/sdk/pure";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { readingKey } from "../../../services/src/gateway/readings.ts";
import { ReadingBody, signatureOf } from "../../../services/src/wire.ts";
import { COMMUNITY, gatewayOf, HOURLY, MEMBER, METER_KEY, PERIOD, TRADING_KEY } from "./gateway-support.ts";
import { DAY } from "./queue-support.ts";
import { temporaryFolder } from "./support.ts";

const period = (offset: bigint) => asPeriod(PERIOD + offset);
const key = (offset: bigint) =>
  readingKey({ community: COMMUNITY.community, member: MEMBER.member, period: period(offset) });
const down = () => new GatewayError("RELAYER_UNAVAILABLE", "relayer", "x", "it is sent again.");

describe("readings", function () {
  it("are made of a period's slots, signed by the meter key and handed over", async function () {
    const { gateway, relayer, sample, stepAt } = gatewayOf();
    for (let hour = 0; hour <= 4; hour++) await sample(hour, 1_000n + 100n * BigInt(hour), BigInt(hour));
    await stepAt(4);
    const [reading] = relayer.readings;
    expect(relayer.readings).to.have.length(1);
    expect(reading).to.include({ period: PERIOD, closesGap: false, startImport: 1_000n, startExport: 0n });
    expect(reading?.values).to.deep.equal(Array(4).fill({ imported: 100n, exported: 1n }));
    const [message] = relayer.kept.values();
    const body = ReadingBody.parse(JSON.parse(message?.body ?? ""));
    if (reading === undefined) throw new Error("no reading");
    expect(verifyReading(COMMUNITY.settlement, reading, signatureOf(body), METER_KEY.address)).to.equal(true);
    await stepAt(5);
    expect(relayer.deliveries).to.equal(1);
    expect(gateway.queue.outbox.get(key(0n))?.state).to.equal("accepted");
    expect(gateway.health().waiting).to.equal(0n);
  });

  it("wait for the period's end, the time for late samples, and the first whole period", async function () {
    const { relayer, world, gateway, sample, stepAt } = gatewayOf();
    for (let hour = 1; hour <= 8; hour++) await sample(hour, 100n * BigInt(hour));
    await gateway.step();
    expect(relayer.readings).to.deep.equal([]);
    world.now += 60n;
    await gateway.step();
    expect(relayer.readings.map(({ period: each }) => each)).to.deep.equal([PERIOD + 1n]);
    await stepAt(9);
    expect(relayer.readings).to.have.length(1);
  });

  it("follow each other without a gap", async function () {
    const { relayer, sample, stepAt } = gatewayOf();
    for (let hour = 0; hour <= 12; hour++) await sample(hour, 7n * BigInt(hour));
    await stepAt(12);
    expect(relayer.readings.map(({ period: each }) => each - PERIOD)).to.deep.equal([0n]);
    await stepAt(12);
    await stepAt(12);
    expect(relayer.readings.map(({ closesGap, startImport }) => [closesGap, startImport])).to.deep.equal([
      [false, 0n],
      [false, 28n],
      [false, 56n],
    ]);
  });

  it("leave a period with a gap to be estimated, and the next one closes the gap", async function () {
    const { relayer, codes, sample, stepAt } = gatewayOf();
    for (let hour = 0; hour <= 4; hour++) await sample(hour, 100n * BigInt(hour));
    for (let hour = 8; hour <= 12; hour++) await sample(hour, 100n * BigInt(hour));
    await stepAt(12);
    expect(relayer.readings.map(({ period: each }) => each - PERIOD)).to.deep.equal([0n]);
    await stepAt(13);
    expect(codes).to.include("READING_HAS_GAPS");
    await stepAt(18);
    expect(relayer.readings.map(({ period: each }) => each - PERIOD)).to.deep.equal([0n, 2n]);
    expect(relayer.readings[1]).to.include({ closesGap: true, startImport: 800n });
  });

  it("are made after all where late samples fill the gap in time", async function () {
    const { relayer, sample, world, gateway } = gatewayOf();
    for (const hour of [0, 1, 2, 3, 4, 8]) await sample(hour, 100n * BigInt(hour));
    world.now += 61n;
    await gateway.step();
    await gateway.step();
    expect(relayer.readings).to.have.length(1);
    for (const hour of [5, 6, 7]) {
      await gateway.sink({
        meter: "m",
        at: asSeconds(DAY + BigInt(hour * 3_600)),
        importWh: 100n * BigInt(hour),
        exportWh: 0n,
      });
    }
    await gateway.step();
    expect(relayer.readings.map(({ closesGap }) => closesGap)).to.deep.equal([false, false]);
  });

  it("are signed over a gap where the member accepts it, with the known total", async function () {
    const { relayer, sample, stepAt } = gatewayOf({ members: [{ ...MEMBER, acceptGaps: true }] });
    await sample(0, 0n);
    await sample(4, 403n);
    await stepAt(4);
    const [reading] = relayer.readings;
    expect(reading?.values.map(({ imported }) => imported)).to.deep.equal([100n, 101n, 101n, 101n]);
  });

  it("never start below what the chain knows", async function () {
    const known = {
      fresh: false,
      gap: false,
      nextPeriod: period(0n),
      importRegister: asWh(500n),
      exportRegister: asWh(0n),
    };
    const world = { state: known };
    const { relayer, codes, sample, stepAt } = gatewayOf({ states: { meter: () => Promise.resolve(world.state) } });
    for (let hour = 0; hour <= 4; hour++) await sample(hour, 100n + BigInt(hour));
    await stepAt(4);
    expect([codes, relayer.readings]).to.deep.equal([["REGISTER_BELOW_CHAIN"], []]);
  });

  const cases: [string, object, boolean][] = [
    ["does not close a gap where the chain stands at its start", { importRegister: 100n }, false],
    ["does not close a gap where the meter is fresh", { fresh: true, importRegister: 5n }, false],
    ["closes a gap where the chain's register is lower", { importRegister: 99n }, true],
    ["closes a gap that is open", { importRegister: 100n, gap: true }, true],
    ["closes a gap where periods are missing", { importRegister: 100n, nextPeriod: period(-2n) }, true],
  ];
  for (const [what, state, closes] of cases) {
    it(`asks the chain before the first: ${what}`, async function () {
      const known = {
        fresh: false,
        gap: false,
        nextPeriod: period(0n),
        exportRegister: asWh(0n),
        importRegister: asWh(0n),
      };
      const states = { meter: () => Promise.resolve({ ...known, ...state }) };
      const { relayer, sample, stepAt } = gatewayOf({ states });
      for (let hour = 0; hour <= 4; hour++) await sample(hour, 100n);
      await stepAt(4);
      expect(relayer.readings.map(({ closesGap }) => closesGap)).to.deep.equal([closes]);
    });
  }

  it("leave out periods before the one that the chain expects first", async function () {
    const state = {
      fresh: true,
      gap: false,
      nextPeriod: period(1n),
      importRegister: asWh(0n),
      exportRegister: asWh(0n),
    };
    let asked = 0;
    const meter = () => {
      asked += 1;
      return Promise.resolve(state);
    };
    const { relayer, sample, stepAt } = gatewayOf({ states: { meter } });
    for (let hour = 0; hour <= 4; hour++) await sample(hour, 100n * BigInt(hour));
    await stepAt(4);
    await stepAt(4);
    expect([asked, relayer.readings]).to.deep.equal([1, []]);
    for (let hour = 5; hour <= 8; hour++) await sample(hour, 100n * BigInt(hour));
    await stepAt(8);
    const shown = relayer.readings.map(({ period: each, closesGap }) => [each, closesGap]);
    expect(shown).to.deep.equal([[period(1n), false]]);
  });

  it("go on across a swap, and the reading after it starts where the one before ended", async function () {
    const { gateway, relayer, world, sample, stepAt } = gatewayOf();
    for (let hour = 0; hour <= 3; hour++) await sample(hour, 100n * BigInt(hour));
    world.now = DAY + 3n * 3_600n + 600n;
    const [last, first] = [
      { importWh: 320n, exportWh: 0n },
      { importWh: 0n, exportWh: 0n },
    ];
    gateway.swap({ meter: "m", at: asSeconds(world.now), last, first, serial: "new" });
    await sample(4, 80n);
    for (let hour = 5; hour <= 8; hour++) await sample(hour, 80n + 100n * BigInt(hour - 4), 0n, { serial: "new" });
    await stepAt(8);
    await stepAt(8);
    const shown = relayer.readings.map(({ closesGap, startImport }) => [closesGap, startImport]);
    expect(shown).to.deep.equal([
      [false, 0n],
      [false, 400n],
    ]);
    expect(relayer.readings[0]?.values.map(({ imported }) => imported)).to.deep.equal([100n, 100n, 100n, 100n]);
  });

  it("count on over a rollover", async function () {
    const { relayer, sample, stepAt } = gatewayOf({
      meters: new Map([["m", { ...HOURLY, wrapWh: 1_000n, maxW: 500n }]]),
    });
    for (let hour = 0; hour <= 4; hour++) await sample(hour, (900n + 50n * BigInt(hour)) % 1_000n);
    await stepAt(4);
    expect(relayer.readings[0]?.values.map(({ imported }) => imported)).to.deep.equal([50n, 50n, 50n, 50n]);
  });
});

describe("hand-over", function () {
  async function signed(more: Parameters<typeof gatewayOf>[0] = {}) {
    const world = gatewayOf(more);
    for (let hour = 0; hour <= 8; hour++) await world.sample(hour, 100n * BigInt(hour));
    return world;
  }

  it("comes again with the same bytes until somebody answers, later and later", async function () {
    const { gateway, relayer, world, codes, stepAt } = await signed();
    relayer.answers.push(down(), down());
    await stepAt(8);
    const first = gateway.queue.outbox.get(key(0n));
    expect(first).to.include({ state: "signed", attempts: 1n, nextTry: world.now + 2n });
    await gateway.step();
    expect(relayer.deliveries).to.equal(1);
    world.now += 2n;
    await gateway.step();
    expect(gateway.queue.outbox.get(key(0n))).to.include({ attempts: 2n, nextTry: world.now + 4n });
    world.now += 4n;
    await gateway.step();
    expect(relayer.kept.size).to.equal(1);
    expect(gateway.queue.outbox.get(key(0n))?.signature).to.equal(first?.signature);
    expect(codes).to.deep.equal(["RELAYER_UNAVAILABLE", "RELAYER_UNAVAILABLE"]);
  });

  it("waits as long as the relayer asks", async function () {
    const { gateway, relayer, world, stepAt } = await signed();
    relayer.answers.push(new GatewayError("RELAYER_UNAVAILABLE", "relayer", 429, "slow down.", { retryAfter: 90n }));
    await stepAt(4);
    expect(gateway.queue.outbox.get(key(0n))?.nextTry).to.equal(world.now + 90n);
  });

  it("comes again once the gateway's clock, which was ahead when it failed, is set back", async function () {
    for (const ahead of [2n * 3_600n, 10n * 365n * 86_400n]) {
      const { gateway, relayer, world, stepAt } = await signed();
      relayer.answers.push(down());
      await stepAt(4);
      const { nextTry = 0n } = gateway.queue.outbox.get(key(0n)) ?? {};
      gateway.queue.outbox.postpone(key(0n), asSeconds(nextTry + ahead));
      await gateway.step();
      expect(relayer.kept.size, "within the longest wait").to.equal(1);
      expect(world.now < nextTry).to.equal(true);
    }
  });

  it("waits an hour at most, whatever the relayer asks", async function () {
    const { gateway, relayer, world, stepAt } = await signed();
    relayer.answers.push(new GatewayError("RELAYER_UNAVAILABLE", "relayer", 429, "slow.", { retryAfter: 99_999n }));
    await stepAt(4);
    expect(gateway.queue.outbox.get(key(0n))?.nextTry).to.equal(world.now + 3_600n);
    await gateway.step();
    expect(relayer.kept.size).to.equal(0);
  });

  it("holds later periods back until the earlier one is through", async function () {
    const { gateway, relayer, world, stepAt } = await signed();
    relayer.answers.push(down());
    await stepAt(8);
    await gateway.step();
    expect([relayer.deliveries, relayer.kept.size]).to.deep.equal([1, 0]);
    world.now += 10n;
    await gateway.step();
    await gateway.step();
    expect(relayer.readings.map(({ period: each }) => each - PERIOD)).to.deep.equal([0n, 1n]);
  });

  it("does not come again where it was refused, and can be made again when the operator says so", async function () {
    const { gateway, relayer, codes, world, stepAt } = await signed();
    relayer.answers.push({ outcome: "refused", code: "OVER_RATED", message: "values[0].imported is 100." });
    await stepAt(4);
    expect(codes).to.deep.equal(["HAND_OVER_REFUSED"]);
    expect(gateway.queue.outbox.get(key(0n))).to.include({ state: "refused" });
    expect(gateway.queue.outbox.get(key(0n))?.answer).to.include("OVER_RATED");
    expect([gateway.forgetRefused(key(0n)), gateway.forgetRefused(key(0n))]).to.deep.equal([true, false]);
    world.now += 1n;
    await gateway.step();
    await gateway.step();
    expect(gateway.queue.outbox.get(key(0n))).to.include({ state: "accepted" });
  });

  it("has the next period close the gap that a refused one leaves", async function () {
    const { relayer, stepAt } = await signed();
    relayer.answers.push({ outcome: "refused", code: "OVER_RATED", message: "…" });
    await stepAt(4);
    await stepAt(8);
    expect(relayer.readings.map(({ closesGap }) => closesGap)).to.deep.equal([true]);
  });

  it("waits for a signer that is away, and refuses one that signs with another key", async function () {
    let away = true;
    const meterKey = {
      getAddress: () => METER_KEY.getAddress(),
      signTypedData: (...args: Parameters<typeof METER_KEY.signTypedData>) =>
        away ? Promise.reject(new Error("connect ECONNREFUSED")) : METER_KEY.signTypedData(...args),
    };
    const { gateway, relayer, codes, world, stepAt } = await signed({ members: [{ ...MEMBER, meterKey }] });
    await stepAt(4);
    expect(codes).to.deep.equal(["SIGNER_UNAVAILABLE"]);
    expect(gateway.queue.outbox.get(key(0n))).to.include({ state: "made", signature: null });
    away = false;
    world.now += 10n;
    await gateway.step();
    expect(relayer.kept.size).to.equal(1);

    const impostor = {
      getAddress: () => METER_KEY.getAddress(),
      signTypedData: TRADING_KEY.signTypedData.bind(TRADING_KEY),
    };
    const other = await signed({ members: [{ ...MEMBER, meterKey: impostor }] });
    await other.stepAt(4);
    expect(other.codes).to.deep.equal(["KEY_MISMATCH"]);
    expect(other.relayer.kept.size).to.equal(0);
  });

  it("keeps what is made for a member that left the configuration, until it is back", async function () {
    const folder = temporaryFolder();
    const queue = join(folder.path, "queue.sqlite");
    const away = { getAddress: () => METER_KEY.getAddress(), signTypedData: () => Promise.reject(new Error("away")) };
    const before = await signed({ queue, members: [{ ...MEMBER, meterKey: away }] });
    await before.stepAt(8);
    await before.gateway.stop();
    const without = gatewayOf({ queue, members: [] });
    await without.stepAt(9);
    expect(without.codes).to.deep.equal(["KEY_MISMATCH"]);
    await without.gateway.stop();
    const back = gatewayOf({ queue });
    await back.stepAt(10);
    expect(back.relayer.readings.map(({ period: each }) => each)).to.deep.equal([PERIOD]);
    await back.gateway.stop();
    folder.remove();
  });
});
