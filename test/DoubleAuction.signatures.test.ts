import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";
import { connect, flatTariff, key, postArguments } from "./helpers/market.ts";
import { buy, domainOf, messageOf, openDay, post, sell, signElsewhere, stateOf } from "./helpers/auction.ts";
import type { Day, SignedStrip } from "./helpers/auction.ts";
import { stripDigest } from "./reference/digests.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

/** Order of the secp256k1 group. */
const GROUP = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const PARITY = 1n << 255n;

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}]);
}

const signed = async (day: Day, index: number) =>
  await day.signStrip({ home: day.home(index), period: day.period, entries: [buy(40, 10, 5), sell(41, 12, 7)] });

const withS = (strip: SignedStrip, vs: bigint): SignedStrip => ({ ...strip, vs: toBeHex(vs, 32) });

interface Forgery {
  readonly name: string;
  readonly make: (day: Day, strip: SignedStrip) => Promise<SignedStrip> | SignedStrip;
}

const elsewhere =
  (changes: (day: Day) => Parameters<typeof signElsewhere>[3]): Forgery["make"] =>
  async (day, strip) =>
    await signElsewhere(day, strip, day.home(1).trading, changes(day));

const FORGERIES: readonly Forgery[] = [
  { name: "for another community", make: elsewhere(() => ({ message: { community: 1n } })) },
  { name: "for another period", make: elsewhere((day) => ({ message: { period: BigInt(day.period + 1) } })) },
  { name: "for another member of the same key", make: elsewhere(() => ({ message: { member: 9n } })) },
  { name: "for another chain", make: elsewhere(() => ({ domain: { chainId: 1n } })) },
  {
    name: "for the settlement contract",
    make: async (day, strip) => {
      const verifyingContract = await day.settlement.getAddress();
      return await signElsewhere(day, strip, day.home(1).trading, { domain: { verifyingContract } });
    },
  },
  {
    name: "for another deployment of the order book",
    make: async (day, strip) => {
      const other = await ethers.deployContract("DoubleAuction", [day.registry, day.escrow]);
      const verifyingContract = await other.getAddress();
      return await signElsewhere(day, strip, day.home(1).trading, { domain: { verifyingContract } });
    },
  },
  { name: "by the owner", make: (day, strip) => signElsewhere(day, strip, day.home(1).owner, {}) },
  { name: "by the meter", make: (day, strip) => signElsewhere(day, strip, day.home(1).meter, {}) },
  { name: "by another member", make: (day, strip) => signElsewhere(day, strip, day.home(2).trading, {}) },
  { name: "by nobody", make: (_, strip) => ({ ...strip, r: ZeroHash, vs: ZeroHash }) },
  { name: "with r zero", make: (_, strip) => ({ ...strip, r: ZeroHash }) },
  { name: "with s zero", make: (_, strip) => withS(strip, BigInt(strip.vs) & PARITY) },
  { name: "with the other parity", make: (_, strip) => withS(strip, BigInt(strip.vs) ^ PARITY) },
  {
    name: "with the other s",
    make: (_, strip) => {
      const s = BigInt(strip.vs) & (PARITY - 1n);
      return withS(strip, ((GROUP - s) % PARITY) | ((BigInt(strip.vs) & PARITY) ^ PARITY));
    },
  },
  {
    // The only s above half the group that a compact signature can carry.
    name: "with s just above half the group",
    make: (_, strip) => withS(strip, GROUP / 2n + 1n),
  },
  { name: "for fewer entries", make: (_, strip) => ({ ...strip, entries: strip.entries.slice(0, 10) }) },
  { name: "for other entries", make: (_, strip) => ({ ...strip, entries: `${strip.entries.slice(0, -1)}6` }) },
  { name: "for a lower reserve", make: (_, strip) => ({ ...strip, maxReserve: strip.maxReserve + 1n }) },
  { name: "for another fee", make: (_, strip) => ({ ...strip, feePerEntry: 1 }) },
  {
    name: "for a fee to someone else",
    make: (day, strip) => signElsewhere(day, strip, day.home(1).trading, { message: { feeTo: day.dso.address } }),
  },
  { name: "for an earlier deadline", make: (_, strip) => ({ ...strip, deadline: strip.deadline - 1 }) },
  {
    name: "for another frontier",
    make: (day, strip) => signElsewhere(day, strip, day.home(1).trading, { message: { after: 1n } }),
  },
];

describe("Signatures of strips", function () {
  for (const { name, make } of FORGERIES) {
    it(`do not count ${name}`, async function () {
      const day = await networkHelpers.loadFixture(threeHomes);
      const strip = await signed(day, 1);
      const bad = await make(day, strip);
      expect(bad).not.to.deep.equal(strip);
      const before = await stateOf(day, bad.member);
      const good = [await signed(day, 0), await signed(day, 2)] as const;
      const { skipped, records } = await post(day, [good[0], bad, good[1]]);
      expect(skipped).to.deep.equal([{ member: BigInt(bad.member), index: 1n, reason: "BadSignature" }]);
      expect(records.map(({ member }) => member)).to.deep.equal(good.map(({ member }) => BigInt(member)));
      expect(await stateOf(day, bad.member)).to.deep.equal(before);
      // The strip itself is good.
      expect((await post(day, [strip])).records).to.have.length(1);
    });
  }

  it("count as the reference model hashes them", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signElsewhere(day, await signed(day, 1), day.home(1).trading, {});
    const digest = stripDigest(await domainOf(day), messageOf(day.community, day.period, strip));
    expect(await day.lens.stripDigest(day.auction, day.community, day.period, strip)).to.equal(digest);
    expect((await post(day, [strip])).records.map((record) => record.digest)).to.deep.equal([digest]);
  });

  it("count for another community of the same owner and key only there", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, registry, terms, tariff } = day;
    await registry.createCommunity(
      {
        ...terms,
        paymentToken: await day.euro.getAddress(),
        coordinator: day.coordinator.address,
        dso: day.dso.address,
        feeCollector: day.feeCollector.address,
      },
      [day.supplier.address],
      [{ supplier: 0, defaultLoadWh: 250 }],
      [await auction.getAddress()],
      flatTariff(terms.slotsPerPeriod, tariff.networkFee, tariff.classes),
    );
    const strip = await signed(day, 1);
    expect(await auction.post.staticCall(...postArguments(1, day.period, [strip]))).to.equal(0n);
    expect((await post(day, [strip])).records).to.have.length(1);
  });

  it("count only by the new key from the period after a rotation, and by the old one before", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const fresh = key(1000);
    const home = day.home(1);
    await day.registry
      .connect(home.owner.connect(ethers.provider))
      .rotateTradingKey(day.community, home.member, fresh.address);
    const period = day.period + 1;
    const strip = { home, period, entries: [buy(40, 10, 5)] };
    const early = await day.signStrip({ ...strip, signer: fresh });
    expect((await post(day, [early], period)).skipped[0]).to.include({ reason: "BadSignature" });
    expect((await post(day, [await day.signStrip(strip)], period)).records).to.have.length(1);
    await networkHelpers.time.setNextBlockTimestamp(day.periodStart(period));
    const next = { ...strip, after: 41, entries: [buy(50, 10, 5)] };
    expect((await post(day, [await day.signStrip(next)], period)).skipped[0]).to.include({ reason: "BadSignature" });
    expect((await post(day, [await day.signStrip({ ...next, signer: fresh })], period)).records).to.have.length(1);
  });

  it("are not needed in the own transaction of owner or trading key", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    for (const [index, who] of [day.home(1).owner, day.home(2).trading].entries()) {
      const strip = { ...(await signed(day, index + 1)), r: ZeroHash, vs: ZeroHash };
      await day.auction.connect(who.connect(ethers.provider)).place(day.community, day.period, strip);
      expect((await day.escrow.journal(day.community, strip.member, day.period)).records).to.equal(1n);
    }
  });

  it("leave the same record as an own transaction", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, 1);
    const snapshot = await networkHelpers.takeSnapshot();
    const [posted] = (await post(day, [strip])).records;
    const after = await stateOf(day, strip.member);
    await snapshot.restore();
    const owner = day.home(1).owner.connect(ethers.provider);
    await day.auction.connect(owner).place(day.community, day.period, strip);
    const [placed] = await day.recordsOf(strip.member, day.period);
    expect(placed).to.deep.equal({ head: posted?.head, digest: posted?.digest, payload: posted?.payload });
    expect(await stateOf(day, strip.member)).to.deep.equal(after);
  });

  it("die with the epoch: neither posted nor placed, until signed again", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const home = day.home(1);
    const strip = await signed(day, 1);
    await day.escrow.connect(home.trading.connect(ethers.provider)).bumpEpoch(day.community, home.member);
    expect((await post(day, [strip])).skipped[0]).to.include({ reason: "WrongEpoch" });
    const again = await day.signStrip({ home, period: day.period, entries: strip.entries, epoch: 1 });
    expect((await post(day, [again])).records).to.have.length(1);
  });
});
