import { asPrice, asWh, buildStrip, fillsOf, gateOf, prepareStrip, signStrip } from "@wattbook/sdk";
import { expect } from "chai";
import { exampleWorld } from "../package/examples/world.ts";

describe("prepareStrip and fillsOf", function () {
  it("follow an order from an empty journal to its fill", async function () {
    const { names } = await exampleWorld();
    const { wattbook, community, member, period, slot, terms, logs, market, marketDomain, tradingWallet, until } =
      names;
    const before = await prepareStrip(wattbook, community, member, period);
    expect(before.context).to.deep.include({ first: true, tariffClass: 0n });
    expect(before.header.after).to.equal(0n);
    expect(await fillsOf(logs, terms, member, period)).to.deep.equal([]);

    const order = { slot, side: "sell", price: asPrice(100n), energy: asWh(1_500n) } as const;
    const strip = buildStrip(before.terms, before.header, [order], before.context);
    const signature = await signStrip(marketDomain, strip, tradingWallet);
    await market.send.post(community, period, [{ strip, signature }]);
    const limits = { slot, side: "sell", limit: 100n, ordered: 1_500n };
    expect(await fillsOf(logs, terms, member, period)).to.deep.equal([
      { ...limits, state: "waiting", filled: 0n, price: null },
    ]);
    const after = await prepareStrip(wattbook, community, member, period);
    expect(after.context.first).to.equal(false);
    expect(after.header.after).to.equal(49n);

    await until(gateOf(terms, slot));
    await market.send.clear(community, [slot]);
    expect(await fillsOf(logs, terms, member, period)).to.deep.equal([
      { ...limits, state: "cleared", filled: 1_000n, price: 100n },
    ]);
  });

  it("say that an order above the cap was refused", async function () {
    const { names } = await exampleWorld();
    const { wattbook, community, member, period, slot, terms, logs, market, marketDomain, tradingWallet } = names;
    const { header, context } = await prepareStrip(wattbook, community, member, period);
    const order = { slot, side: "sell", price: asPrice(100n), energy: asWh(1_500n) } as const;
    const over = { slot, side: "buy", price: asPrice(60n), energy: asWh(10_000n) } as const;
    const { tariff, tariffClass, first } = context;
    const strip = buildStrip(terms, header, [over, order], { tariff, tariffClass, first });
    const signature = await signStrip(marketDomain, strip, tradingWallet);
    await market.send.post(community, period, [{ strip, signature }]);
    const states = (await fillsOf(logs, terms, member, period)).map(({ side, state }) => `${side} ${state}`);
    expect(states).to.deep.equal(["buy refused", "sell waiting"]);
  });
});
