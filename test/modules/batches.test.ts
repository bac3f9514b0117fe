import { expect } from "chai";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { deployHostile, enable, packHead, packRecord, type RecordInput } from "../helpers/modules.ts";
import { expectSolvent, freeOf, hourly, journalOf, reservedOf } from "../helpers/settling.ts";

const FUNDS = 50_000_000n;
const SETTLEMENT_FEE = 2_000n;

describe("Rules 1 and 7: records that a module appends in one call", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function market() {
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const homes = [];
    for (let i = 0; i < 3; i++) homes.push(await m.addHome({ deposit: FUNDS }));
    const { hostile, index } = await deployHostile(connection.ethers, m, homes);
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const pack = (...records: readonly RecordInput[]) =>
      `0x${records.map((record) => packRecord(record).slice(2)).join("")}`;
    const append = async (bytes: string, feeTo = m.stranger.address) =>
      await hostile.appendRaw(m.community, period, index, feeTo, bytes);
    const record = (member: number, reserve: bigint, rest: Partial<RecordInput> = {}): RecordInput => ({
      member,
      head: packHead({ reserve }),
      ...rest,
    });
    const [first, second, third] = homes;
    if (!first || !second || !third) throw new Error("no homes");
    return { m, first, second, third, hostile, index, period, pack, append, record };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(market);

  it("refuses records that are cut off anywhere, and keeps nothing of those before", async function () {
    const { m, first, second, hostile, index, period, pack, append, record } = await fixture();
    const one = pack(record(first.member, 5n, { payload: "0x0102" }));
    const all = pack(record(first.member, 5n, { payload: "0x0102" }), record(second.member, 6n, { payload: "0x03" }));
    const starts = [0, (one.length - 2) / 2];
    const ends = [...starts, (all.length - 2) / 2];
    for (let length = 0; 2 + 2 * length <= all.length; length++) {
      const call = hostile.appendRaw.staticCall(m.community, period, index, m.stranger, all.slice(0, 2 + 2 * length));
      if (ends.includes(length)) await call;
      else {
        const start = starts.filter((each) => each < length).at(-1);
        await expect(call).to.be.revertedWithCustomError(m.escrow, "RecordsCutOff").withArgs(start);
      }
    }
    await expect(append(all.slice(0, -2))).to.be.revertedWithCustomError(m.escrow, "RecordsCutOff");
    expect(await freeOf(m, first.member)).to.equal(FUNDS);
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([0n, 0n]);
  });

  it("takes several records of a member in one call, each on what the one before left", async function () {
    const { m, first, second, index, period, pack, append, record } = await fixture();
    const records = [
      record(first.member, 100n, { payload: "0x01", digest: `0x${"11".repeat(32)}` }),
      record(second.member, 50n),
      record(first.member, 30n, { payload: "0x02" }),
      record(first.member, 7n),
    ];
    await append(pack(...records));
    const [hash, entries, count] = await m.escrow.journal(m.community, first.member, period);
    expect([hash, count, entries]).to.deep.equal([await journalOf(m, first, period), 3n, 3n]);
    expect(await freeOf(m, first.member)).to.equal(FUNDS - 137n - SETTLEMENT_FEE);
    expect(await reservedOf(m, first.member)).to.equal(137n + SETTLEMENT_FEE);
    expect((await m.escrow.pot(m.community, index, period)).outstanding).to.equal(187n + 2n * SETTLEMENT_FEE);
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([2n, 0n]);
    await expectSolvent(m);
    const inOne = await Promise.all([first, second].map(async (home) => await journalOf(m, home, period)));
    // The same, one by one.
    const again = await fixture();
    for (const each of records) await again.append(pack(each));
    expect(
      await Promise.all([first, second].map(async (home) => await journalOf(again.m, home, period))),
    ).to.deep.equal(inOne);
  });

  it("never lets two records of a call pass on one balance", async function () {
    const { m, first, pack, append, record } = await fixture();
    const most = FUNDS - SETTLEMENT_FEE;
    await expect(append(pack(record(first.member, most - 9n), record(first.member, 10n))))
      .to.be.revertedWithCustomError(m.escrow, "InsufficientFree")
      .withArgs(10n, 9n);
    await append(pack(record(first.member, most - 9n), record(first.member, 9n)));
    expect(await freeOf(m, first.member)).to.equal(0n);
    await expectSolvent(m);
  });

  it("pays the fees of all records to one account", async function () {
    const { m, first, second, pack, append, record } = await fixture();
    const largest = 2n ** 48n - 1n;
    await append(
      pack(record(first.member, 1n, { fee: 11n }), record(second.member, 1n, { fee: 5n }), record(first.member, 0n)),
      m.dso.address,
    );
    expect(await m.escrow.fees(m.euro, m.dso)).to.equal(16n);
    expect(await freeOf(m, first.member)).to.equal(FUNDS - 12n - SETTLEMENT_FEE);
    await expect(append(pack(record(first.member, 0n, { fee: largest }))))
      .to.be.revertedWithCustomError(m.escrow, "InsufficientFree")
      .withArgs(largest, FUNDS - 12n - SETTLEMENT_FEE);
    await expectSolvent(m, [m.dso]);
  });

  it("refuses all of them for one member that may not trade, and names it", async function () {
    const { m, first, second, third, pack, append, record, period } = await fixture();
    const owner = third.owner.connect(connection.ethers.provider);
    await m.registry.connect(owner).setTrading(m.community, third.member, false);
    for (const members of [
      [first, second, third],
      [third, first],
      [first, third, second, third],
    ]) {
      await expect(append(pack(...members.map(({ member }) => record(member, 1n)))))
        .to.be.revertedWithCustomError(m.escrow, "NotActive")
        .withArgs(m.community, third.member);
    }
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([0n, 0n]);
  });

  it("fills a journal to 255 records in one call, and not one more", async function () {
    const { m, first, pack, append, period } = await fixture();
    const one = { member: first.member, head: packHead({ entries: 0 }) };
    await expect(append(pack(...new Array<RecordInput>(256).fill(one))))
      .to.be.revertedWithCustomError(m.escrow, "JournalFull")
      .withArgs(m.community, first.member, period);
    await append(pack(...new Array<RecordInput>(255).fill(one)));
    expect((await m.escrow.journal(m.community, first.member, period)).records).to.equal(255n);
  });

  it("takes none at all, which changes nothing", async function () {
    const { m, append, period, index } = await fixture();
    await append("0x");
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([0n, 0n]);
    expect([...(await m.escrow.pot(m.community, index, period))]).to.deep.equal([0n, 0n]);
  });

  it("keeps a neighbour's account as it is where two share a word", async function () {
    const { m, first, second, third, pack, append, record } = await fixture();
    const late = await m.addHome({ deposit: 9n });
    await enable(m, late, 1);
    const before = await Promise.all([first, third, late].map(async ({ member }) => await freeOf(m, member)));
    await append(pack(record(second.member, FUNDS - SETTLEMENT_FEE)));
    const after = await Promise.all([first, third, late].map(async ({ member }) => await freeOf(m, member)));
    expect(after).to.deep.equal(before);
    expect(await freeOf(m, second.member)).to.equal(0n);
  });
});
