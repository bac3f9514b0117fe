import { expect } from "chai";
import type { FunctionFragment } from "ethers";
import { deployDesk } from "../helpers/desk.ts";
import { connect, deployMarket, encodeValues } from "../helpers/market.ts";
import { goBehind, HOUR, hourly, metered, Registers, valuesAt } from "../helpers/settling.ts";

const isFunction = (fragment: { type: string }): fragment is FunctionFragment => fragment.type === "function";

type Role = keyof Awaited<ReturnType<typeof world>>["roles"];

interface Row {
  readonly args: (w: Awaited<ReturnType<typeof world>>) => readonly unknown[];
  readonly may: "anyone" | readonly Role[];
  readonly refusal?: {
    readonly error: string;
    readonly args: (community: number, caller: string) => readonly unknown[];
  };
}

const notCoordinator: Row["refusal"] = { error: "NotCoordinator", args: (community, caller) => [community, caller] };

/**
 * Everything that changes state, and who may call it (N1). What anyone may send counts with what the parties signed, and with that alone.
 * `member` is the home's index 4 of the world below.
 */
const table: Readonly<Record<string, Row>> = {
  keepAgreement: { may: "anyone", args: (w) => w.agreement },
  endAgreement: {
    may: ["owner", "coordinator"],
    args: (w) => [w.m.community, w.home.member],
    refusal: { error: "NotOwnerOrCoordinator", args: (community, caller) => [community, 4, caller] },
  },
  keepMandate: { may: "anyone", args: (w) => w.mandate },
  revokeMandate: {
    may: ["owner"],
    args: (w) => [w.m.community, w.home.member, 9],
    refusal: { error: "NotOwner", args: (community, caller) => [community, 4, caller] },
  },
  reportSetPoint: { may: "anyone", args: (w) => [w.m.community, w.outside] },
  bindPcc: { may: ["coordinator"], args: (w) => w.binding, refusal: notCoordinator },
  revokePcc: {
    may: ["coordinator", "dso"],
    args: (w) => [w.m.community],
    refusal: { error: "NotOwnerOrCoordinator", args: (community, caller) => [community, 1, caller] },
  },
  setTolerance: { may: ["coordinator"], args: (w) => [w.m.community, 10, 100], refusal: notCoordinator },
  postPcc: { may: "anyone", args: (w) => [w.m.community, w.first + 1, w.second] },
  correctPcc: { may: "anyone", args: (w) => [w.m.community, w.first, w.corrected] },
  comparePcc: { may: "anyone", args: (w) => [w.m.community, w.first, w.values] },
  publishSupply: { may: ["coordinator"], args: (w) => w.supply, refusal: notCoordinator },
  acknowledge: {
    may: ["supplier"],
    args: (w) => [w.m.community, 3, w.head],
    refusal: { error: "NotOwner", args: (community, caller) => [community, 3, caller] },
  },
  notePayment: {
    may: ["supplier"],
    args: (w) => [w.m.community, 3, 7],
    refusal: { error: "NotOwner", args: (community, caller) => [community, 3, caller] },
  },
};

/** The same function where the coordinator received the money. */
const paidBack: Row = {
  may: ["coordinator"],
  args: (w) => [w.m.community, 3, -7],
  refusal: { error: "NotOwner", args: (community, caller) => [community, 0, caller] },
};

/** A community in which every call goes through for the right caller. */
async function world() {
  const connection = await connect();
  const m = await deployMarket(connection, { terms: hourly });
  const { provider } = connection.ethers;
  const home = await m.addHome();
  const d = await deployDesk(connection, m);
  await d.bind();
  const first = (await m.periodNow()) + 1;
  await d.deliver(
    first,
    Array.from({ length: 4 }, () => [200, 50] as const),
  );
  await d.agree(home);
  await d.entrust(home);
  await m.goTo(m.periodStart(first + 1));
  const day = valuesAt({ 1: [250, 0] });
  const registers = new Registers(m);
  const item = await metered(m, home, first, await registers.read(home, first, day));
  await m.settlement.meterAndSettle(m.community, first, [item]);
  await d.post(first, day);
  await goBehind(m, first, HOUR + 1); // a call without a transaction sees the block before
  const [agreement, mandate] = [d.agreement(home, { sequence: 2 }), d.mandate(home, { sequence: 2 })];
  const next = (await m.periodNow()) + 1;
  const roles = {
    ...{ deployer: m.deployer, coordinator: m.coordinator, dso: m.dso, feeCollector: m.feeCollector },
    ...{ supplier: m.supplier, stranger: m.stranger, owner: home.owner.connect(provider) },
    ...{ trading: home.trading.connect(provider), meter: home.meter.connect(provider) },
  };
  return {
    ...{ connection, m, d, home, first, roles, values: encodeValues(day), head: (await d.account()).head },
    agreement: [
      ...[m.community, agreement, await d.sign("MembershipAgreement", home.owner, agreement)],
      await d.sign("MembershipAgreement", m.coordinator, agreement),
    ],
    mandate: [m.community, mandate, await d.sign("BatteryMandate", home.owner, mandate)],
    outside: await d.setPoint(home, { powerW: 3_001 }),
    binding: await d.binding({ sequence: 2 }),
    second: await d.reading(first + 1, day, { startImport: 250n }),
    corrected: await d.reading(first, day, { revision: 1 }),
    supply: await d.supply(
      next,
      Array.from({ length: 4 }, () => [210, 50] as const),
    ),
  };
}

describe("Roles of the coordinator's desk: the permission matrix (N1)", function () {
  let w: Awaited<ReturnType<typeof world>>;
  before(async function () {
    w = await world();
    expect(w.home.member).to.equal(4);
  });

  async function check(name: string, { args, may, refusal }: Row) {
    for (const [role, signer] of Object.entries(w.roles)) {
      const { desk } = w.d;
      const call = desk
        .connect(signer)
        .getFunction(name)
        .staticCall(...args(w));
      if (may === "anyone" || may.includes(role as Role)) await expect(call, role).to.be.fulfilled;
      else if (refusal) {
        await expect(call, role)
          .to.be.revertedWithCustomError(desk, refusal.error)
          .withArgs(...refusal.args(w.m.community, await signer.getAddress()));
      } else throw new Error(`${name} has no refusal`);
    }
  }

  it("lists every function that changes state, and no other; none takes ether", function () {
    const { fragments, receive, fallback } = w.d.desk.interface;
    const functions = fragments.filter(isFunction);
    const writing = functions.filter(({ constant }) => !constant).map(({ name }) => name);
    expect(writing.sort()).to.deep.equal(Object.keys(table).sort());
    expect(functions.filter(({ payable }) => payable)).to.deep.equal([]);
    expect(receive || fallback).to.not.equal(true);
  });

  for (const [name, row] of Object.entries(table)) {
    it(`${name}: ${row.may === "anyone" ? "anyone" : row.may.join(" or ")}`, async function () {
      await check(name, row);
    });
  }

  it("notePayment of money that came back: coordinator", async function () {
    await check("notePayment", paidBack);
  });

  it("changes nothing but itself: it calls views alone, and no other contract knows it", async function () {
    const { ethers } = w.connection;
    const { desk } = w.d;
    const before = await ethers.provider.getBlockNumber();
    await desk.connect(w.m.stranger).postPcc(w.m.community, w.first + 1, w.second);
    await desk.connect(w.m.stranger).comparePcc(w.m.community, w.first, w.values);
    const logs = await ethers.provider.getLogs({ fromBlock: before + 1 });
    expect(logs.length).to.be.greaterThan(2);
    expect(new Set(logs.map(({ address }) => address))).to.deep.equal(new Set([await desk.getAddress()]));
    for (const contract of [w.m.registry, w.m.escrow, w.m.settlement, w.m.auction, w.m.energyToken]) {
      const code = await ethers.provider.getCode(contract);
      expect(code.toLowerCase()).to.not.include((await desk.getAddress()).slice(2).toLowerCase());
    }
    expect(await w.m.euro.balanceOf(desk)).to.equal(0n);
  });
});
