import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { buy, openDay, post, sell, stateOf, type Day } from "./helpers/auction.ts";
import { connect, packStrips, postArguments } from "./helpers/market.ts";
import { at } from "./helpers/lists.ts";

const connection = await connect();
const { networkHelpers } = connection;

const entries = [buy(40, 10, 5), sell(41, 12, 7)];
const threeHomes = async () => await openDay(connection, [{}, {}, {}]);
const signAll = async (day: Day, feePerEntry = 0) =>
  await Promise.all(
    day.homes.map(
      async (home) =>
        await day.signStrip({ home, period: day.period, entries, feePerEntry, feeTo: day.stranger.address }),
    ),
  );
const bytesOf = (hex: string) => (hex.length - 2) / 2;

describe("Packed strips", function () {
  it("refuses strips that are cut off anywhere, and keeps nothing of those before", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strips = await signAll(day);
    const all = packStrips(strips);
    const starts = strips.map((_, index) => bytesOf(packStrips(strips.slice(0, index))));
    const { auction, community, period, stranger } = day;
    for (let length = 0; length <= bytesOf(all); length++) {
      const call = auction.post.staticCall(community, period, stranger, all.slice(0, 2 + 2 * length));
      const whole = starts.indexOf(length);
      if (whole !== -1) expect(await call).to.equal(BigInt(whole));
      else if (length === bytesOf(all)) expect(await call).to.equal(3n);
      else {
        const start = at(starts.filter((each) => each < length).slice(-1), 0);
        await expect(call).to.be.revertedWithCustomError(auction, "StripsCutOff").withArgs(start);
      }
    }
    const before = await stateOf(day, day.home(0).member);
    await expect(auction.post(community, period, stranger, all.slice(0, -2)))
      .to.be.revertedWithCustomError(auction, "StripsCutOff")
      .withArgs(at(starts, 2));
    expect(await stateOf(day, day.home(0).member)).to.deep.equal(before);
  });

  it("refuses a strip that claims more entries than there are", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, community, period, stranger } = day;
    const [strip] = await signAll(day);
    if (strip === undefined) throw new Error("no strip");
    const bytes = packStrips([strip]);
    for (const count of ["0003", "ffff"]) {
      const longer = `${bytes.slice(0, 2 + 2 * 94)}${count}${bytes.slice(2 + 2 * 96)}`;
      await expect(auction.post(community, period, stranger, longer))
        .to.be.revertedWithCustomError(auction, "StripsCutOff")
        .withArgs(0);
    }
  });

  it("do not count where a copy names another feeTo", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, community, period, escrow, euro, stranger, dso } = day;
    const strips = await signAll(day, 13);
    const [, , , bytes] = postArguments(community, period, strips);
    for (const thief of [dso.address, ZeroAddress]) {
      expect(await auction.post.staticCall(community, period, thief, bytes)).to.equal(0n);
      await auction.post(community, period, thief, bytes);
      expect(await escrow.fees(euro, thief)).to.equal(0n);
    }
    const { records, skipped } = await post(day, strips);
    expect(skipped).to.deep.equal([]);
    expect(records.map(({ fee }) => fee)).to.deep.equal([26n, 26n, 26n]);
    expect(await escrow.fees(euro, stranger)).to.equal(3n * 26n);
  });
});
