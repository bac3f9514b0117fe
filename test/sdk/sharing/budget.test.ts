import { expect } from "chai";
import { deploySharing } from "../../helpers/sharing.ts";
import { connect } from "../../helpers/market.ts";
import {
  recoverSharingBudgetSigner,
  sharingBudgetDigest,
  sharingBudgetTypedData,
  signSharingBudget,
  verifySharingBudget,
} from "../../../sdk/src/sharing/budget.ts";
import { asAddress } from "../../../sdk/src/hex.ts";
import { wattbookDomain } from "../../../sdk/src/typed-data.ts";
import { asAmount, asCommunity, asMember, asPeriod } from "../../../sdk/src/units.ts";
import { BUDGET_TYPES } from "../../helpers/typed-data.ts";
import { expectCode } from "../support.ts";

describe("A sharing budget", function () {
  it("is signed as the contract takes it", async function () {
    const m = await deploySharing(await connect());
    const home = await m.addHome();
    const domain = wattbookDomain(m.domain.chainId, asAddress(await m.sharing.getAddress(), "sharing"));
    const budget = {
      community: asCommunity(BigInt(m.community)),
      member: asMember(BigInt(home.member)),
      budget: asAmount(123_456n),
      firstPeriod: asPeriod(7n),
      lastPeriod: asPeriod(2n ** 32n - 1n),
      epoch: 0n,
      sequence: 9n,
    };
    const signature = await signSharingBudget(domain, budget, home.trading);
    const asSent = { ...budget, ...signature };
    expect(await m.sharing.budgetDigest(m.community, asSent)).to.equal(sharingBudgetDigest(domain, budget));
    await expect(m.sharing.keepBudgets(m.community, [asSent])).to.emit(m.sharing, "BudgetKept");
    const tradingKey = asAddress(home.trading.address, "tradingKey");
    expect(recoverSharingBudgetSigner(domain, budget, signature)).to.equal(tradingKey);
    expect(verifySharingBudget(domain, budget, signature, tradingKey)).to.equal(true);
    expect(verifySharingBudget(domain, { ...budget, sequence: 10n }, signature, tradingKey)).to.equal(false);
    expect(sharingBudgetTypedData(domain, budget).types).to.deep.equal(BUDGET_TYPES);
    expectCode(() => sharingBudgetDigest(domain, { ...budget, budget: asAmount(2n ** 48n) }), "OUT_OF_RANGE", {
      field: "SharingBudget.budget",
    });
  });
});
