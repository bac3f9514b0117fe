import { expect } from "chai";
import { ZeroHash } from "ethers";
import { buy, sell, type SignedStrip } from "./helpers/auction.ts";
import { connect, deployMarket, postArguments, type StripInput } from "./helpers/market.ts";
import { BOND, bundleOf, commit, expectBacked, openSealedDay, reveal, type SealedDay } from "./helpers/sealed.ts";
import { at } from "./helpers/lists.ts";

const connection = await connect();
const build = async () => await openSealedDay(connection, [{}, {}]);
const PLACES = 8;

describe("CommitBook: commits of a community", function () {
  let day: SealedDay;
  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
  });

  const sign = async (home: number, input: Partial<StripInput> = {}): Promise<SignedStrip> =>
    await day.signStrip({ home: day.home(home), period: day.period, entries: [buy(1, 30, 5)], ...input });
  const bundle = async () => bundleOf([await sign(0)]);
  const refused = async (call: Promise<unknown>, name: string, ...args: unknown[]) => {
    await expect(call)
      .to.be.revertedWithCustomError(day.commitBook, name)
      .withArgs(...args);
  };

  it("take the relayer's bond out of what it posted, once per commit, and give the next place", async function () {
    const one = await bundle();
    for (const index of [0, 1]) {
      expect(
        await day.commitBook.connect(day.relayer(index)).commit.staticCall(day.community, day.period, one.root, 1, 1),
      ).to.equal(index);
      await expect(commit(day, day.relayer(index), one))
        .to.emit(day.escrow, "BondLocked")
        .withArgs(day.community, day.relayer(index).address, BOND);
      expect(await day.bondOf(day.relayer(index))).to.deep.equal([4n * BOND, BOND]);
    }
    const [word, root] = await day.commitBook.commitAt(day.community, day.period, 1);
    expect([word & ((1n << 160n) - 1n), root]).to.deep.equal([BigInt(day.relayer(1).address), one.root]);
    for (const place of [2, PLACES, 2 * PLACES]) {
      expect(await day.commitBook.commitAt(day.community, day.period, place)).to.deep.equal([0n, ZeroHash]);
    }
    expect(await day.commitBook.commitAt(day.community, day.period + 1, 0)).to.deep.equal([0n, ZeroHash]);
    await expectBacked(day);
  });

  it("are refused without a bond", async function () {
    const poor = day.stranger;
    await expect(commit(day, poor, await bundle()))
      .to.be.revertedWithCustomError(day.escrow, "InsufficientBond")
      .withArgs(BOND, 0n);
    await day.euro.connect(poor).faucet(poor, BOND);
    await day.euro.connect(poor).approve(day.escrow, BOND);
    await day.escrow.connect(poor).postBond(day.community, BOND - 1n);
    await expect(commit(day, poor, await bundle()))
      .to.be.revertedWithCustomError(day.escrow, "InsufficientBond")
      .withArgs(BOND, BOND - 1n);
    await day.escrow.connect(poor).postBond(day.community, 1n);
    await commit(day, poor, await bundle());
    await expect(day.escrow.connect(poor).withdrawBond(day.community, poor, 1n))
      .to.be.revertedWithCustomError(day.escrow, "InsufficientBond")
      .withArgs(1n, 0n);
  });

  it("are refused twice from one relayer, at the gate, and beyond the places there are", async function () {
    const one = await bundle();
    await commit(day, day.relayer(0), one);
    await refused(commit(day, day.relayer(0), one), "CommittedAlready", day.period, 0);
    for (const index of [1, 2, 3]) await commit(day, day.relayer(index), one);
    await refused(commit(day, day.relayer(4), one), "NoPlaceLeft", day.period);
    for (const index of [4, 5, 6, 7, 8]) {
      await day.registry.connect(day.coordinator).nameRelayer(day.community, day.relayer(index), true);
    }
    for (const index of [4, 5, 6]) await commit(day, day.relayer(index), one);
    const gate = day.gateOf();
    await day.at(gate);
    const opens = day.periodStart(day.period - 1);
    await refused(commit(day, day.relayer(7), one), "CommitsClosed", day.period, opens, gate);
  });

  it("are refused in a paused community, until the pause is over", async function () {
    await day.registry.connect(day.coordinator).pause(day.community);
    await refused(commit(day, day.relayer(0), await bundle()), "CommitsPaused", day.community);
    await day.goTo(day.periodStart(day.period));
    await commit(day, day.relayer(0), bundleOf([await sign(0)]), day.period + 1);
  });

  it("are refused in an open community, and in one of another order book", async function () {
    const open = await deployMarket(connection);
    const { commitBook, community } = open;
    await expect(commitBook.commit(community, day.period, ZeroHash, 1, 1))
      .to.be.revertedWithCustomError(commitBook, "NotSealedHere")
      .withArgs(community);
    // The same terms with the order book of open communities in the first place.
    const odd = await deployMarket(connection, { terms: day.terms });
    await expect(odd.commitBook.commit(odd.community, day.period, ZeroHash, 1, 1))
      .to.be.revertedWithCustomError(odd.commitBook, "NotSealedHere")
      .withArgs(odd.community);
  });

  it("are revealed through the sealed auction alone", async function () {
    const one = await bundle();
    await commit(day, day.relayer(0), one);
    await day.goTo(day.gateOf());
    for (const caller of [day.relayer(0), day.coordinator, day.deployer]) {
      const { hash } = at(one.chunks, 0);
      const call = day.commitBook.connect(caller).noteReveal(day.community, day.period, 0, hash, 1, [], ZeroHash);
      await refused(call, "NotAuction", caller.address);
    }
  });

  it("belong to an order book of the right kind: the others say WrongMode", async function () {
    const strip = await sign(0);
    const { openAuction, community, period } = day;
    await expect(openAuction.post(...postArguments(community, period, [strip])))
      .to.be.revertedWithCustomError(openAuction, "WrongMode")
      .withArgs(community);
    await expect(openAuction.place(community, period, strip))
      .to.be.revertedWithCustomError(openAuction, "WrongMode")
      .withArgs(community);
    const open = await deployMarket(connection);
    await expect(open.sealedAuction.place(open.community, await open.periodNow(), strip))
      .to.be.revertedWithCustomError(open.sealedAuction, "WrongMode")
      .withArgs(open.community);
    // A reveal stops at the commit book: an open community has no commit.
    const none = open.sealedAuction.reveal(
      open.community,
      period,
      0,
      at((await bundle()).chunks, 0).bytes,
      [],
      ZeroHash,
      true,
    );
    await expect(none).to.be.revertedWithCustomError(open.commitBook, "NoCommit").withArgs(period, 0);
    expect(await openAuction.clear.staticCall(community, [day.slot(1)])).to.equal(0n);
  });

  it("are found by nobody where there are none: before the gate it is the first place's turn, then nobody's", async function () {
    const { commitBook, community, period } = day;
    expect(await commitBook.turnOf(community, period)).to.equal(PLACES);
    await commit(day, day.relayer(0), await bundle());
    expect(await commitBook.turnOf(community, period)).to.equal(0n);
    expect(await commitBook.isResolved(community, period)).to.equal(false);
    await refused(reveal(day, 1, bundleOf([await sign(1, { entries: [sell(1, 2, 3)] })])), "NoCommit", period, 1);
  });
});
