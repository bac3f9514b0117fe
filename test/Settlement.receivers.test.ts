import { expect } from "chai";
import type { BaseContract, FunctionFragment, ParamType } from "ethers";
import { connect, type Connection } from "./helpers/market.ts";
import { asTraded, balanceOf, claimOf, supplyOf, tradedDay } from "./helpers/claims.ts";
import { hours } from "./helpers/hours.ts";
import { HOUR, State, books, expectSolvent, goBehind, stateOf } from "./helpers/settling.ts";

/** `HostileReceiver.Act`, in its order. */
const Act = { Accept: 0, Revert: 1, Garbage: 2, Silence: 3, BurnGas: 4, Reenter: 5 } as const;

describe("Rule 8: a receiver of tokens can hurt nobody but itself", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const { hour } = hours(() => connection);

  /** A final day on which a contract owns the buyer. */
  async function wallet() {
    const w = await hour();
    const { m, buyer, period } = w;
    const receiver = await connection.ethers.deployContract("HostileReceiver");
    const address = await receiver.getAddress();
    await m.registry.connect(buyer.owner.connect(w.provider)).transferOwnership(m.community, buyer.member, address);
    const accept = m.registry.interface.encodeFunctionData("acceptOwnership", [m.community, buyer.member]);
    await receiver.execute(m.registry, accept);
    await tradedDay(w, asTraded);
    await goBehind(m, period, 3 * HOUR);
    const item = await claimOf(w, buyer, asTraded.buyer);
    const data = m.settlement.interface.encodeFunctionData("claim", [m.community, period, item, address]);
    const elsewhere = m.settlement.interface.encodeFunctionData("claim", [
      m.community,
      period,
      item,
      m.stranger.address,
    ]);
    return { ...w, receiver, address, data, elsewhere };
  }

  for (const [what, act] of [
    ["reverts", Act.Revert],
    ["answers with garbage", Act.Garbage],
    ["does not answer", Act.Silence],
    ["burns all gas", Act.BurnGas],
  ] as const) {
    it(`that ${what} gets nothing, and may claim to another address`, async function () {
      const w = await wallet();
      const { m, receiver, buyer, idle, period } = w;
      const before = await books(m);
      await receiver.set(act, m.settlement, "0x");
      await expect(receiver.execute(m.settlement, w.data, { gasLimit: 1_000_000n })).to.be.revert(connection.ethers);
      expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
      expect(await supplyOf(w, 0, 0)).to.equal(0n);
      const owner = idle.owner.connect(w.provider);
      const other = await claimOf(w, idle, asTraded.idle);
      await m.settlement.connect(owner).claim(m.community, period, other, owner.address);
      await receiver.execute(m.settlement, w.elsewhere);
      expect(await balanceOf(w, m.stranger.address, 0, 0)).to.equal(670n);
      expect(await books(m)).to.deep.equal(before);
    });
  }

  it("sees a supply that already counts what it receives", async function () {
    const w = await wallet();
    const { m, receiver, idle, period } = w;
    const owner = idle.owner.connect(w.provider);
    const other = await claimOf(w, idle, asTraded.idle);
    await m.settlement.connect(owner).claim(m.community, period, other, owner.address);
    await receiver.execute(m.settlement, w.data);
    expect(await receiver.calls()).to.equal(1n);
    expect(await receiver.supplySeen()).to.equal(1070n);
    expect(await receiver.balanceSeen()).to.equal(670n);
  });

  /** A plausible argument for whatever a function takes. */
  function argument(param: ParamType, known: Record<string, unknown>): unknown {
    if (param.name in known) return known[param.name];
    if (param.isArray()) return [];
    if (param.isTuple()) return param.components.map((component) => argument(component, known));
    if (param.type === "address") return known["to"];
    if (param.type === "bool") return false;
    if (param.type === "string") return "";
    if (param.type === "bytes") return "0x";
    if (param.type.startsWith("bytes")) return `0x${"00".repeat(Number(param.type.slice(5)))}`;
    return 0;
  }
  const writes = (contract: BaseContract) => {
    const functions: FunctionFragment[] = [];
    contract.interface.forEachFunction((fragment) => {
      if (!fragment.constant) functions.push(fragment);
    });
    return functions;
  };

  /** Calls that nobody but a part of the deployment may make, and a second claim. */
  const forbidden = new Set([
    "Settlement.claim",
    "PaymentEscrow.append",
    "Settlement.bindMeter",
    "Settlement.releaseMeter",
    "EnergyToken.mint",
    "PaymentEscrow.openCommunity",
    "PaymentEscrow.openAccount",
    "PaymentEscrow.recheck",
    "PaymentEscrow.openJournals",
    "PaymentEscrow.storeJournal",
    "PaymentEscrow.settle",
    "PaymentEscrow.correct",
  ]);

  it("that calls any function of any contract while it receives changes neither money nor tokens", async function () {
    this.timeout(240_000);
    const w = await wallet();
    const { m, receiver, buyer, period, address } = w;
    const item = await claimOf(w, buyer, asTraded.buyer);
    const known = { community: m.community, member: buyer.member, period, item, to: address, vintage: period };
    const { settlement: Settlement, escrow: PaymentEscrow, energyToken: EnergyToken, registry, auction } = m;
    const contracts = { Settlement, PaymentEscrow, EnergyToken, ProsumerRegistry: registry, DoubleAuction: auction };
    const before = await books(m);
    const refused = new Set<string>();
    let tried = 0;
    for (const [name, contract] of Object.entries(contracts) as [string, BaseContract][]) {
      for (const fragment of writes(contract)) {
        const snapshot = await connection.networkHelpers.takeSnapshot();
        const args = fragment.inputs.map((param) => argument(param, known));
        const call = contract.interface.encodeFunctionData(fragment, args);
        await receiver.set(Act.Reenter, await contract.getAddress(), call);
        await receiver.execute(m.settlement, w.data);
        expect(await receiver.calls(), fragment.name).to.equal(1n);
        if (!(await receiver.reentered())) refused.add(`${name}.${fragment.name}`);
        expect(await supplyOf(w, 0, 0), fragment.name).to.equal(670n);
        expect(await stateOf(m, buyer, period)).to.equal(State.Claimed);
        expect((await books(m)).held).to.equal(before.held);
        await expectSolvent(m);
        tried++;
        await snapshot.restore();
      }
    }
    for (const name of forbidden) expect(refused).to.include(name);
    expect(tried).to.be.gte(45);
  });

  it("may withdraw its own money while it receives, once", async function () {
    const w = await wallet();
    const { m, receiver, buyer, address } = w;
    const { free } = await m.escrow.account(m.community, buyer.member);
    const call = m.escrow.interface.encodeFunctionData("withdraw", [m.community, buyer.member, address, free]);
    await receiver.set(Act.Reenter, m.escrow, call);
    await receiver.execute(m.settlement, w.data);
    expect(await m.euro.balanceOf(address)).to.equal(free);
    expect((await m.escrow.account(m.community, buyer.member)).free).to.equal(0n);
    await expectSolvent(m);
  });
});
