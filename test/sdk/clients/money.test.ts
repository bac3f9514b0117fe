import { expect } from "chai";
import { EscrowClient } from "../../../sdk/src/clients/escrow.ts";
import { PaymentTokenClient, signPermit } from "../../../sdk/src/clients/payment-token.ts";
import { isRevert } from "../../../sdk/src/clients/revert.ts";
import { asAmount, asMember, asPeriod, asSeconds } from "../../../sdk/src/units.ts";
import { world } from "./support.ts";

const SUPPLIER = asMember(3n);

describe("EscrowClient and PaymentTokenClient", function () {
  it("deposit with a permit and withdraw", async function () {
    const { escrow, euro, community, raw, at, logs } = await world();
    const wallet = raw.supplier;
    const value = asAmount(5_000_000n);
    await raw.euro.faucet(wallet.address, value);
    const deadline = asSeconds(BigInt(2 ** 40 - 1));
    const nonce = await euro.nonceOf(wallet.address);
    const input = { owner: wallet.address, spender: at.escrow, value, nonce, deadline };
    const permit = await signPermit(await euro.domain(), input, wallet);
    const mine = new EscrowClient({ address: at.escrow, runner: wallet });
    await mine.send.depositWithPermit(community, SUPPLIER, value, permit);
    expect(await escrow.account(community, SUPPLIER)).to.include({ free: value, epoch: 0n });
    expect(await euro.balanceOf(wallet.address)).to.equal(0n);
    await mine.send.withdraw(community, SUPPLIER, wallet.address, asAmount(2_000_000n));
    expect(await euro.balanceOf(wallet.address)).to.equal(2_000_000n);
    expect(await euro.balanceOf(at.escrow)).to.equal(3_000_000n);
    expect(await logs.cashFlows(at.euro)).to.deep.equal([
      { kind: "deposit", amount: 5_000_000n },
      { kind: "withdrawal", amount: 2_000_000n },
    ]);
  });

  it("deposit from an allowance", async function () {
    const { escrow, euro, community, raw, at } = await world();
    await raw.euro.faucet(raw.stranger.address, 10n);
    await euro.send.approve(at.escrow, asAmount(10n));
    expect(await euro.allowance(raw.stranger.address, at.escrow)).to.equal(10n);
    await escrow.send.deposit(community, SUPPLIER, asAmount(4n));
    await euro.send.transfer(raw.dso.address, asAmount(1n));
    expect(await euro.balanceOf(raw.stranger.address)).to.equal(5n);
    expect([await euro.symbol(), await euro.decimals()]).to.deep.equal(["LEUR", 6n]);
  });

  it("read debts, pots, fees and funds", async function () {
    const { escrow, community, raw, at } = await world();
    const period = asPeriod(BigInt(await raw.periodNow()));
    expect(await escrow.debt(community, SUPPLIER)).to.deep.equal({ due: 0n, creditLine: 0n });
    expect(await escrow.dueFund(community, SUPPLIER)).to.deep.equal({ fund: 0n, owed: 0n });
    expect(await escrow.pot(community, 0n, period)).to.deep.equal({ outstanding: 0n, amount: 0n });
    expect(await escrow.journals(community, period)).to.deep.equal({ opened: 0n, settled: 0n });
    expect(await escrow.fees(at.euro, raw.stranger.address)).to.equal(0n);
    expect(await escrow.shortfall(at.euro)).to.equal(0n);
  });

  it("name the error and its arguments", async function () {
    const { community, raw, at } = await world();
    const mine = new EscrowClient({ address: at.escrow, runner: raw.supplier });
    const thrown: unknown = await mine.send.withdraw(community, SUPPLIER, raw.supplier.address, asAmount(7n)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!isRevert(thrown, "InsufficientFree")) throw new Error(`Expected InsufficientFree, got ${String(thrown)}`);
    expect(thrown.args).to.deep.equal({ amount: 7n, free: 0n });
  });

  it("build the calls that the contracts take", async function () {
    const { escrow, euro, raw } = await world();
    for (const name of Object.keys(escrow.calls)) {
      expect(raw.escrow.interface.getFunction(name as never), name).not.to.equal(null);
    }
    for (const name of Object.keys(euro.calls)) {
      expect(raw.euro.interface.getFunction(name as never), name).not.to.equal(null);
    }
    expect(new PaymentTokenClient({ address: euro.address, runner: raw.dso }).address).to.equal(euro.address);
  });
});
