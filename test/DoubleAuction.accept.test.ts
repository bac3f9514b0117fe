import { expect } from "chai";
import type { Signer } from "ethers";
import { connect, type HomeKeys, postArguments } from "./helpers/market.ts";
import { buy, fallIntoDebt, openDay, post, sell, stateOf, stripReason, type Day } from "./helpers/auction.ts";
import type { SignedStrip, StripReason } from "./helpers/auction.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

const entries = [buy(40, 10, 5), sell(41, 12, 7)];

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}]);
}

/** Strips are for the period after the first one: it stays open while changes of members come into force. */
const target = (day: Day) => day.period + 1;
const signed = async (day: Day, home: HomeKeys, changes: Partial<Parameters<Day["signStrip"]>[0]> = {}) =>
  await day.signStrip({ home, period: target(day), entries, ...changes });
const nextPeriod = async (day: Day) => {
  await day.goTo(day.periodStart(day.period + 1));
};
const as = (wallet: { connect(provider: typeof ethers.provider): Signer }) => wallet.connect(ethers.provider);

interface BadStrip {
  readonly name: string;
  readonly reason: StripReason;
  /** Brings the market into the state in which the strip of home 1, or the one it returns, is bad. */
  readonly make: (day: Day) => Promise<SignedStrip>;
}

const BAD_STRIPS: readonly BadStrip[] = [
  { name: "without entries", reason: "BadLength", make: (day) => signed(day, day.home(1), { entries: "0x" }) },
  {
    name: "of a member stopped by its owner a moment ago",
    reason: "NotActive",
    make: async (day) => {
      await day.registry.connect(as(day.home(1).owner)).setTrading(day.community, day.home(1).member, false);
      return await signed(day, day.home(1));
    },
  },
  {
    name: "of a suspended member",
    reason: "NotActive",
    make: async (day) => {
      await day.registry.connect(day.coordinator).setSuspended(day.community, day.home(1).member, true);
      await nextPeriod(day);
      return await signed(day, day.home(1));
    },
  },
  {
    name: "of a leaving member",
    reason: "NotActive",
    make: async (day) => {
      await day.registry.connect(as(day.home(1).owner)).unbindMeter(day.community, day.home(1).member);
      await nextPeriod(day);
      return await signed(day, day.home(1));
    },
  },
  {
    name: "of a member whose meter counts from the next period",
    reason: "NotActive",
    make: async (day) => await signed(day, await day.addHome()),
  },
  {
    name: "of a member that switched the order book off",
    reason: "ModuleOff",
    make: async (day) => {
      await day.escrow.connect(as(day.home(1).owner)).enableModule(day.community, day.home(1).member, 0, false);
      return await signed(day, day.home(1));
    },
  },
  {
    name: "signed before the epoch was bumped",
    reason: "WrongEpoch",
    make: async (day) => {
      const strip = await signed(day, day.home(1));
      await day.escrow.connect(as(day.home(1).owner)).bumpEpoch(day.community, day.home(1).member);
      return strip;
    },
  },
  { name: "of an epoch to come", reason: "WrongEpoch", make: (day) => signed(day, day.home(1), { epoch: 1 }) },
  {
    name: "past its deadline",
    reason: "Expired",
    make: async (day) => await signed(day, day.home(1), { deadline: await networkHelpers.time.latest() }),
  },
  {
    name: "of a member above its credit line",
    reason: "InDebt",
    make: async (day) => {
      await fallIntoDebt(day, day.home(1));
      await day.escrow.connect(day.supplier).setCreditLine(day.community, day.home(1).member, 299_999);
      return await signed(day, day.home(1));
    },
  },
  {
    name: "that may take more than is free",
    reason: "Underfunded",
    make: (day) => signed(day, day.home(1), { maxReserve: 100_000_001n }),
  },
  {
    name: "ahead of the frontier",
    reason: "WrongFrontier",
    make: (day) => signed(day, day.home(1), { after: 1 }),
  },
  {
    name: "posted before",
    reason: "WrongFrontier",
    make: async (day) => {
      const strip = await signed(day, day.home(1));
      expect((await post(day, [strip], target(day))).records).to.have.length(1);
      return strip;
    },
  },
  {
    name: "with the same frontier as one posted before",
    reason: "WrongFrontier",
    make: async (day) => {
      await post(day, [await signed(day, day.home(1))], target(day));
      return await signed(day, day.home(1), { entries: [buy(50, 1, 1)] });
    },
  },
  {
    name: "of more entries than a journal takes",
    reason: "TooManyEntries",
    make: (day) => signed(day, day.home(1), { entries: `0x${"280a0005".repeat(2049)}` }),
  },
];

describe("Rule 7: one bad strip never hurts another", function () {
  for (const { name, reason, make } of BAD_STRIPS) {
    it(`skips a strip ${name} (${reason}), and refuses it for the same reason when its owner places it`, async function () {
      const day = await networkHelpers.loadFixture(threeHomes);
      const bad = await make(day);
      const good = [await signed(day, day.home(0)), await signed(day, day.home(2))] as const;
      const snapshot = await networkHelpers.takeSnapshot();
      const control = await post(day, good, target(day));
      expect(control).to.deep.include({ skipped: [], refused: [] });
      expect(control.records).to.have.length(2);
      await snapshot.restore();

      const before = await stateOf(day, bad.member, target(day));
      const mixed = await post(day, [good[0], bad, good[1]], target(day));
      expect(mixed.skipped).to.deep.equal([{ member: BigInt(bad.member), index: 1n, reason }]);
      expect(mixed.refused).to.deep.equal([]);
      expect(mixed.records).to.deep.equal(control.records);
      expect(await stateOf(day, bad.member, target(day))).to.deep.equal(before);

      const owner = await day.registry.ownerOf(day.community, bad.member);
      const placing = day.auction
        .connect(await ethers.getImpersonatedSigner(owner))
        .place(day.community, target(day), bad);
      await expect(placing).to.be.revertedWithCustomError(day.auction, "StripRefused").withArgs(stripReason(reason));
    });
  }

  it("skips strips of members that do not exist and of service members", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(1));
    const strips = [0, 1, 2, 3, 99, 2 ** 32 - 1].map((member) => ({ ...strip, member }));
    const { skipped, records } = await post(day, [...strips, strip], target(day));
    expect(records).to.have.length(1);
    expect(skipped).to.deep.equal(
      strips.map(({ member }, index) => ({ member: BigInt(member), index: BigInt(index), reason: "NotActive" })),
    );
    await expect(day.auction.connect(day.dso).place(day.community, target(day), { ...strip, member: 1 }))
      .to.be.revertedWithCustomError(day.auction, "StripRefused")
      .withArgs(stripReason("NotActive"));
  });

  it("refuses a piece of an entry in an own transaction; posted strips count whole entries", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(1), { entries: "0x280a0005290b00" });
    await expect(day.auction.connect(as(day.home(1).owner)).place(day.community, target(day), strip))
      .to.be.revertedWithCustomError(day.auction, "StripRefused")
      .withArgs(stripReason("BadLength"));
  });

  it("names the entry, not the strip, when a placed strip has no good one", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(1), { entries: [buy(40, 64, 5)] });
    const before = await stateOf(day, strip.member, target(day));
    const good = await signed(day, day.home(0));
    const { skipped, refused, records } = await post(day, [strip, good], target(day));
    expect(skipped).to.deep.equal([{ member: BigInt(strip.member), index: 0n, reason: "NothingAccepted" }]);
    expect(refused).to.deep.equal([]);
    expect(records.map(({ member }) => member)).to.deep.equal([BigInt(good.member)]);
    expect(await stateOf(day, strip.member, target(day))).to.deep.equal(before);
    await expect(day.auction.connect(as(day.home(1).owner)).place(day.community, target(day), strip))
      .to.be.revertedWithCustomError(day.auction, "EntryRefused")
      .withArgs(0, 2);
  });

  it("returns how many strips it accepted", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strips = [await signed(day, day.home(0)), await signed(day, day.home(1), { epoch: 1 })];
    expect(await day.auction.post.staticCall(...postArguments(day.community, target(day), strips))).to.equal(1n);
    expect(await day.auction.post.staticCall(...postArguments(day.community, target(day), []))).to.equal(0n);
  });
});

describe("The first reason in the order of the checks", function () {
  it("is what a strip with every fault is skipped for, fault by fault", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, community, registry, escrow, supplier } = day;
    const member = home(1).member;
    await fallIntoDebt(day, day.home(1));
    await escrow.connect(supplier).setCreditLine(community, member, 0);
    await escrow.connect(as(home(1).owner)).enableModule(community, member, 0, false);
    await registry.connect(as(home(1).owner)).setTrading(community, member, false);
    const sign = async (changes: Partial<Parameters<Day["signStrip"]>[0]>) =>
      await day.signStrip({
        home: home(1),
        period: target(day) + 1,
        entries: `0x${"280a0000".repeat(2049)}`,
        ...{ epoch: 1, deadline: 1, maxReserve: 10n ** 12n, after: 1, signer: home(1).owner },
        ...changes,
      });
    const fixes: [StripReason, object, (() => Promise<unknown>)?][] = [
      ["BadLength", { entries: "0x" }],
      ["NotActive", {}, () => registry.connect(as(home(1).owner)).setTrading(community, member, true)],
      ["ModuleOff", {}, () => escrow.connect(as(home(1).owner)).enableModule(community, member, 0, true)],
      ["WrongEpoch", {}],
      ["Expired", { epoch: 0 }],
      ["InDebt", { deadline: 2 ** 40 - 1 }, () => escrow.connect(supplier).markPaid(community, member, 300_000)],
      ["Underfunded", {}],
      ["WrongFrontier", { maxReserve: 100_000_000n }],
      ["TooManyEntries", { after: 0 }],
      ["BadSignature", { entries: "0x280a0000" }],
      ["NothingAccepted", { signer: home(1).trading }],
    ];
    let changes = {};
    for (const [reason, change, fix] of fixes) {
      const strip = await sign({ ...changes, ...change });
      if (reason !== "BadLength") changes = { ...changes, ...change };
      const { skipped } = await post(day, [strip], target(day) + 1);
      expect(skipped).to.deep.equal([{ member: BigInt(member), index: 0n, reason }]);
      if (fix !== undefined) await fix();
      if (reason === "NotActive") await day.goTo(day.periodStart(target(day) + 1));
    }
  });
});
