import { expect } from "chai";
import { hexlify, keccak256, toUtf8Bytes, type BaseContract, type EventFragment, type FunctionFragment } from "ethers";
import { asHex, meteringPointHash } from "../sdk/src/index.ts";
import { at } from "./helpers/lists.ts";
import { buy, connect, deployMarket, flatValues, sell, type Connection, postArguments } from "./helpers/market.ts";
import { keysOf, membership } from "./helpers/membership.ts";
import { HOUR, evidence, hourly } from "./helpers/settling.ts";

/** What must stay off the chain. */
const POINTS = ["AT0010000000000000001000012345678", "AT0010000000000000001000087654321"];
const SALTS = [asHex(keccak256("0x01"), "salt", 32), asHex(keccak256("0x02"), "salt", 32)];

const bare = (hex: string) => hex.toLowerCase().slice(2);

/** Two homes from enrolment to withdrawal, everything but enrolment, claim and withdrawal by somebody else. */
async function liveADay(connection: Connection) {
  const m = await deployMarket(connection, { terms: hourly });
  const { ethers, networkHelpers } = connection;
  const { enrol, bind } = membership(m);
  const homes = [];
  for (const [index, point] of POINTS.entries()) {
    const keys = keysOf(index);
    const member = await enrol(keys, { meteringPoint: meteringPointHash(at(SALTS, index), point) });
    await bind(member, keys);
    await m.fund(member, 10_000_000n);
    await networkHelpers.setBalance(keys.owner.address, 10n ** 20n);
    homes.push({ ...keys, member });
  }
  const [seller, buyer] = [at(homes, 0), at(homes, 1)];
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  const [settlement, auction] = [m.settlement.connect(m.stranger), m.auction.connect(m.stranger)];
  const strips = [
    await m.signStrip({ home: seller, period, entries: [sell(1, 10, 9), buy(2, 0, 1)] }),
    await m.signStrip({ home: buyer, period, entries: [buy(1, 30, 8)], feePerEntry: 5 }),
    await m.signStrip({ home: buyer, period, entries: [buy(1, 30, 8)], epoch: 7 }), // skipped, and named
  ];
  await auction.post(...postArguments(m.community, period, strips));
  await m.goTo(m.periodStart(period + 1));
  await auction.clear(m.community, [period * 4 + 1, period * 4 + 2]);
  const values = flatValues(4, 0, 0).map((none, slot): [number, number] => (slot === 1 ? [0, 90] : none));
  await settlement.meterAndSettle(m.community, period, [
    {
      member: seller.member,
      reading: await m.signReading({ home: seller, period, values }),
      records: await m.recordsOf(seller.member, period),
    },
  ]);
  await m.goTo(m.periodStart(period + 1) + HOUR);
  await settlement.settleEstimated(m.community, period, [
    { member: buyer.member, records: await m.recordsOf(buyer.member, period) },
  ]);
  const byOthers = await ethers.provider.getBlockNumber();
  await m.goTo(m.periodStart(period + 1) + 3 * HOUR);
  const owner = buyer.owner.connect(ethers.provider);
  const item = { member: buyer.member, values: "0x", gapLeg: 0n, ...(await evidence(m, buyer, period)) };
  await m.settlement.connect(owner).claim(m.community, period, item, owner.address);
  await m.escrow.connect(owner).withdraw(m.community, buyer.member, owner.address, 1_000n);
  return { m, homes, byOthers };
}

type Day = Awaited<ReturnType<typeof liveADay>>;

describe("Rule 12: no identity on chain", function () {
  let connection: Connection;
  let day: Day;
  before(async function () {
    connection = await connect();
    day = await liveADay(connection);
  });

  /** Calldata, topics and data of every transaction so far, without 0x, by block. Only what stands here can be in storage. */
  async function everythingSaid() {
    const { provider } = connection.ethers;
    const said = [];
    for (let number = 0; number <= (await provider.getBlockNumber()); number++) {
      const block = await provider.getBlock(number, true);
      for (const transaction of block?.prefetchedTransactions ?? []) {
        const receipt = await provider.getTransactionReceipt(transaction.hash);
        const logs = (receipt?.logs ?? []).flatMap(({ topics, data }) => [...topics, data]);
        said.push({ number, to: transaction.to, text: [transaction.data, ...logs].map(bare).join(" ") });
      }
    }
    return said;
  }

  it("a metering point appears as its salted hash alone: not its id, not the id's bare hash, not the salt", async function () {
    const all = (await everythingSaid()).map(({ text }) => text).join(" ");
    for (const [index, point] of POINTS.entries()) {
      const secrets = [hexlify(toUtf8Bytes(point)), keccak256(toUtf8Bytes(point)), at(SALTS, index)];
      for (const secret of secrets) expect(all).not.to.include(bare(secret));
      expect(all).to.include(bare(meteringPointHash(at(SALTS, index), point)));
    }
  });

  it("orders and readings stand under a member's index: no wallet, no key, no metering point with them", async function () {
    const { m, homes, byOthers } = day;
    const parts = [await m.auction.getAddress(), await m.settlement.getAddress()];
    const said = (await everythingSaid()).filter(
      ({ number, to }) => number <= byOthers && to !== null && parts.includes(to),
    );
    expect(said).to.have.length(4);
    for (const { text } of said) {
      for (const [index, { owner, trading, meter }] of homes.entries()) {
        for (const { address } of [owner, trading, meter]) expect(text).not.to.include(bare(address));
        expect(text).not.to.include(bare(meteringPointHash(at(SALTS, index), at(POINTS, index))));
      }
    }
  });

  it("no function takes and no event tells free text, but for what a retired token was used for", function () {
    const { registry, escrow, settlement, auction, energyToken } = day.m;
    const contracts: Record<string, BaseContract> = { registry, escrow, settlement, auction, energyToken };
    const texts: string[] = [];
    for (const [name, contract] of Object.entries(contracts)) {
      const fragments = contract.interface.fragments.filter(
        (one): one is FunctionFragment | EventFragment => one.type === "function" || one.type === "event",
      );
      for (const fragment of fragments) {
        if (fragment.inputs.some((param) => param.format("full").includes("string"))) {
          texts.push(`${name}.${fragment.name}`);
        }
      }
    }
    // `URI` comes with ERC-1155 and is never emitted.
    expect(texts.sort()).to.deep.equal(["energyToken.Retired", "energyToken.URI", "energyToken.retire"]);
  });

  it("no event of the order book, and of settlement only a claim, names an address", function () {
    const { settlement, auction } = day.m;
    const named: string[] = [];
    for (const contract of [settlement, auction] as BaseContract[]) {
      contract.interface.forEachEvent((event) => {
        if (event.inputs.some((param) => param.format("full").includes("address"))) named.push(event.name);
      });
    }
    expect(named).to.deep.equal(["Claimed"]);
  });
});
