import { expect } from "chai";
import { HDNodeWallet, parseEther } from "ethers";
import { accountsIn, giveMoney } from "../../scripts/local-money.ts";
import { connect } from "../helpers/market.ts";
import { bridgeTo } from "../services/support/bridge.ts";

describe("npm run local:money", function () {
  this.timeout(60_000);

  it("gives accounts coin for gas and play money", async () => {
    const connection = await connect();
    const bridge = await bridgeTo(connection);
    const euro = await connection.ethers.deployContract("LocalEuro");
    const accounts = [HDNodeWallet.createRandom().address, HDNodeWallet.createRandom().address];
    await giveMoney(bridge.url, await euro.getAddress(), accounts);
    await giveMoney(bridge.url, await euro.getAddress(), accounts.slice(1));
    for (const [index, account] of accounts.entries()) {
      const times = BigInt(index + 1);
      expect(await connection.ethers.provider.getBalance(account)).to.equal(times * parseEther("10"));
      expect(await euro.balanceOf(account)).to.equal(times * 10_000n * 10n ** (await euro.decimals()));
    }
    await bridge.close();
  });

  it("says what is no account", () => {
    expect(() => accountsIn([])).to.throw("Nothing is no account. Name them by their addresses");
    expect(() => accountsIn([`0x${"11".repeat(20)}`, "office"])).to.throw("office is no account");
  });
});
