import { expect } from "chai";
import { asAmount, asLots, asPrice, asSeconds, asSlot, verifyStrip } from "@wattbook/sdk/pure";
import { HistoryForecast } from "../../../services/src/gateway/forecast.ts";
import type { TradingMember } from "../../../services/src/gateway/bidder.ts";
import { ForecastStrategy } from "../../../services/src/gateway/strategy.ts";
import { signatureOf, StripBody, stripOf } from "../../../services/src/wire.ts";
import { COMMUNITY, gatewayOf, prepare, TERMS, TRADER, TRADING_KEY } from "./gateway-support.ts";
import { at, DAY, Lab } from "./queue-support.ts";

describe("forecast from history", function () {
  function filled() {
    const lab = new Lab({ maxLate: asSeconds(30n * 86_400n) });
    for (let day = -8; day < 0; day++) {
      lab.keep(day * 86_400, BigInt(10_000 + 1_000 * day), BigInt(100_000 + 100 * day));
      lab.keep(day * 86_400 + 900, BigInt(10_000 + 1_000 * day - day), BigInt(100_000 + 100 * day + 50));
    }
    return { lab, forecast: new HistoryForecast(lab.queue, asSeconds(900n)) };
  }

  it("takes yesterday's slot, net", function () {
    expect(filled().forecast.netWh("m", at(0))).to.equal(1n - 50n);
  });

  it("takes the day before or a week ago where yesterday is not known", function () {
    const { forecast } = filled();
    expect(forecast.netWh("m", at(86_400))).to.equal(1n - 50n);
    expect(forecast.netWh("m", at(6 * 86_400))).to.equal(1n - 50n);
    expect(forecast.netWh("m", at(7 * 86_400))).to.equal(undefined);
  });

  it("does not take a gap for a day without use", function () {
    const { forecast } = filled();
    expect(forecast.netWh("m", at(900))).to.equal(undefined);
    expect(forecast.netWh("nobody", at(0))).to.equal(undefined);
  });
});

describe("forecast strategy", function () {
  const caps = { buy: asLots(100n), sell: asLots(20n) };
  const orders = (netWh: bigint | undefined, prices: ConstructorParameters<typeof ForecastStrategy>[0]) =>
    new ForecastStrategy(prices).orders({ terms: TERMS, caps, slots: [{ slot: asSlot(5n), netWh }] });

  it("buys what is needed and sells what is left, in whole lots at prices of the grid", function () {
    const prices = { buy: asPrice(183n), sell: asPrice(97n) };
    expect(orders(259n, prices)).to.deep.equal([{ slot: 5n, side: "buy", price: 180n, energy: 250n }]);
    expect(orders(-199n, prices)).to.deep.equal([{ slot: 5n, side: "sell", price: 100n, energy: 190n }]);
  });

  it("stays within the caps", function () {
    const prices = { buy: asPrice(180n), sell: asPrice(100n) };
    expect(orders(99_999n, prices)[0]?.energy).to.equal(1_000n);
    expect(orders(-99_999n, prices)[0]?.energy).to.equal(200n);
  });

  it("trades nothing without a forecast, a price or a whole lot", function () {
    const prices = { buy: asPrice(180n), sell: asPrice(100n) };
    for (const netWh of [undefined, 0n, 9n, -9n]) expect(orders(netWh, prices)).to.deep.equal([]);
    expect(orders(500n, { sell: asPrice(100n) })).to.deep.equal([]);
    expect(orders(-500n, { buy: asPrice(180n) })).to.deep.equal([]);
  });
});

describe("bidding", function () {
  function trading(member: Partial<TradingMember> = {}) {
    const trader = { ...TRADER, ...member };
    const made = gatewayOf({ traders: [trader], prepare });
    const strips = () =>
      [...made.relayer.kept.values()]
        .filter(({ kind }) => kind === "strip")
        .map(({ community, body }) => {
          const parsed = StripBody.parse(JSON.parse(body));
          return { strip: stripOf(community, parsed), signature: signatureOf(parsed) };
        });
    return { ...made, strips };
  }

  it("signs one strip per period once its time has come, with the trading key", async function () {
    const { strips, gateway, world } = trading();
    world.now = DAY + 3n * 3_600n - TERMS.gateClosure - 61n;
    await gateway.step();
    const current = strips();
    expect(current.map(({ strip }) => strip.entries.map(({ offset }) => offset))).to.deep.equal([[3n]]);
    world.now = DAY + 3n * 3_600n;
    await gateway.step();
    await gateway.step();
    const [, next] = strips();
    expect(strips()).to.have.length(2);
    expect(next?.strip.entries.map(({ offset, side, lots }) => [offset, side, lots])).to.deep.equal(
      [0n, 1n, 2n, 3n].map((offset) => [offset, "buy", 25n]),
    );
    if (next === undefined || COMMUNITY.market === undefined) throw new Error("no strip");
    expect(verifyStrip(COMMUNITY.market, next.strip, next.signature, TRADING_KEY.address)).to.equal(true);
  });

  it("leaves out slots whose gate is near, and those that the frontier has passed", async function () {
    const after: typeof prepare = async (...args) => {
      const prepared = await prepare(...args);
      if (prepared === undefined) throw new Error("the member trades");
      return { ...prepared, header: { ...prepared.header, after: 2n as typeof prepared.header.after } };
    };
    const near = trading();
    near.world.now = DAY + 3_600n - TERMS.gateClosure - 60n;
    await near.gateway.step();
    expect(near.strips()[0]?.strip.entries.map(({ offset }) => offset)).to.deep.equal([2n, 3n]);
    const passed = gatewayOf({ traders: [TRADER], prepare: after });
    await passed.gateway.step();
    const [message] = passed.relayer.kept.values();
    const strip = stripOf(COMMUNITY.community, StripBody.parse(JSON.parse(message?.body ?? "")));
    expect(strip.entries.map(({ offset }) => offset)).to.deep.equal([2n, 3n]);
  });

  it("makes a refused strip anew once its first gate has closed, from the slots that are left", async function () {
    const { gateway, relayer, strips, world, codes } = trading();
    relayer.answers.push({ outcome: "refused", code: "ENTRY_REFUSED", message: "the gate of slot 0 closed." });
    await gateway.step();
    await gateway.step();
    expect(strips()).to.deep.equal([]);
    expect(codes).to.deep.equal(["HAND_OVER_REFUSED"]);
    world.now = DAY + 3_600n - TERMS.gateClosure;
    await gateway.step();
    await gateway.step();
    expect(strips().map(({ strip }) => strip.entries.map(({ offset }) => offset))).to.deep.equal([[2n, 3n]]);
  });

  it("makes a strip anew for another relayer where that refuses one with fees for the first", async function () {
    const relayers = { feeTo: `0x${"01".repeat(20)}` };
    const paying: typeof prepare = async (...args) => {
      const prepared = await prepare(...args);
      if (prepared === undefined) throw new Error("the member trades");
      return { ...prepared, header: { ...prepared.header, feeTo: relayers.feeTo } };
    };
    const { gateway, relayer } = gatewayOf({ traders: [TRADER], prepare: paying });
    relayer.answers.push({ outcome: "refused", code: "RELAYER_REFUSED", message: "feeTo is another relayer's." });
    for (let step = 0; step < 3; step++) await gateway.step();
    expect(relayer.deliveries, "nothing has changed").to.equal(1);
    relayers.feeTo = `0x${"02".repeat(20)}`;
    for (let step = 0; step < 3; step++) await gateway.step();
    const [message, ...others] = [...relayer.kept.values()];
    expect(others).to.deep.equal([]);
    const { feeTo, entries } = stripOf(COMMUNITY.community, StripBody.parse(JSON.parse(message?.body ?? "")));
    expect(feeTo).to.equal(relayers.feeTo);
    expect(
      entries.map(({ offset }) => offset),
      "all slots that are open",
    ).to.deep.equal([1n, 2n, 3n]);
    await gateway.stop();
  });

  it("makes a strip anew where its relayer has raised the fee meanwhile", async function () {
    let fee = asAmount(1n);
    const paying: typeof prepare = async (...args) => {
      const prepared = await prepare(...args);
      if (prepared === undefined) throw new Error("the member trades");
      return { ...prepared, header: { ...prepared.header, feePerEntry: fee } };
    };
    const { gateway, relayer } = gatewayOf({ traders: [TRADER], prepare: paying });
    relayer.answers.push({ outcome: "refused", code: "RELAYER_REFUSED", message: "feePerEntry is 1: at least 2." });
    for (let step = 0; step < 3; step++) await gateway.step();
    expect(relayer.deliveries, "nothing has changed").to.equal(1);
    fee = asAmount(2n);
    for (let step = 0; step < 3; step++) await gateway.step();
    const fees = [...relayer.kept.values()].map(
      ({ body }) => (JSON.parse(body) as { feePerEntry: string }).feePerEntry,
    );
    expect(fees).to.deep.equal(["2"]);
    await gateway.stop();
  });

  it("goes on with readings where the chain cannot be asked, and with others where a strategy fails", async function () {
    const broken = { orders: () => Promise.reject(new Error("model not found")) };
    const { codes, gateway, strips } = trading({ strategy: broken });
    await gateway.step();
    expect(codes).to.deep.equal(["STEP_FAILED"]);
    expect(strips()).to.deep.equal([]);
    const other = gatewayOf({ traders: [{ ...TRADER, strategy: broken }, TRADER], prepare });
    await other.gateway.step();
    expect(other.relayer.kept.size).to.equal(1);
  });

  it("takes any strategy and forecast", async function () {
    const forecast = {
      netWh: (_meter: string, start: bigint) => Promise.resolve(start === DAY + 3_600n ? -40n : undefined),
    };
    const { gateway, strips } = trading({ forecast });
    await gateway.step();
    expect(strips()[0]?.strip.entries).to.deep.equal([{ offset: 1n, side: "sell", tick: 10n, lots: 4n }]);
  });
});
