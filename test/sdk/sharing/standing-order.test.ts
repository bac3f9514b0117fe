import { expect } from "chai";
import { asAddress } from "../../../sdk/src/hex.ts";
import {
  NO_TICK,
  recoverStandingOrderSigner,
  signStandingOrder,
  standingOrderDigest,
  standingOrderTypedData,
  verifyStandingOrder,
} from "../../../sdk/src/sharing/standing-order.ts";
import { wattbookDomain } from "../../../sdk/src/typed-data.ts";
import { asAmount, asCommunity, asMember, asPeriod, asTick } from "../../../sdk/src/units.ts";
import { connect } from "../../helpers/market.ts";
import { deployMetered } from "../../helpers/metered.ts";
import { STANDING_ORDER_TYPES } from "../../helpers/typed-data.ts";
import { expectCode } from "../support.ts";

describe("A standing order", function () {
  it("is signed as the contract takes it", async function () {
    const m = await deployMetered(await connect());
    const [home, other] = [await m.addHome(), await m.addHome()];
    const domain = wattbookDomain(m.domain.chainId, asAddress(await m.metered.getAddress(), "metered"));
    const order = {
      community: asCommunity(BigInt(m.community)),
      member: asMember(BigInt(home.member)),
      budget: asAmount(123_456n),
      buyTick: asTick(30n),
      sellTick: null,
      firstPeriod: asPeriod(7n),
      lastPeriod: asPeriod(2n ** 32n - 1n),
      epoch: 0n,
      sequence: 9n,
    };
    const signature = await signStandingOrder(domain, order, home.trading);
    const asSent = { ...order, sellTick: NO_TICK, ...signature };
    expect(await m.metered.orderDigest(m.community, asSent)).to.equal(standingOrderDigest(domain, order));
    expect(standingOrderTypedData(domain, order).types).to.deep.equal(STANDING_ORDER_TYPES);
    expect(await m.metered.keepOrders.staticCall(m.community, [asSent])).to.equal(1n);
    expect(recoverStandingOrderSigner(domain, order, signature)).to.equal(home.trading.address);
    const keyOf = (address: string) => asAddress(address, "tradingKey");
    expect(verifyStandingOrder(domain, order, signature, keyOf(home.trading.address))).to.equal(true);
    expect(verifyStandingOrder(domain, order, signature, keyOf(other.trading.address))).to.equal(false);
    const raised = { ...order, buyTick: asTick(31n) };
    expect(verifyStandingOrder(domain, raised, signature, keyOf(home.trading.address))).to.equal(false);
    expectCode(() => standingOrderDigest(domain, { ...order, budget: asAmount(2n ** 48n) }), "OUT_OF_RANGE", {
      field: "StandingOrder.budget",
    });
  });
});
