import { expect } from "chai";
import { connect, postArguments } from "./helpers/market.ts";
import { buy, openDay, post, sell, stateOf } from "./helpers/auction.ts";
import type { Day } from "./helpers/auction.ts";
import { reservedOf } from "./helpers/reserves.ts";

const connection = await connect();
const { networkHelpers } = connection;

const DEPOSIT = 100_000_000n;
const SETTLEMENT_FEE = 2_000n;
/** 50 Wh at 100 + 40, then 70 Wh that cost 300 − 108 more than their limit when they are missing. */
const entries = [buy(40, 10, 5), sell(41, 12, 7)];
const RESERVE = 50n * 140n + 70n * 192n;

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}]);
}

const sign = async (day: Day, index: number, changes: Partial<Parameters<Day["signStrip"]>[0]> = {}) =>
  await day.signStrip({ home: day.home(index), period: day.period, entries, ...changes });
const accountOf = async (day: Day, index: number) => await day.escrow.account(day.community, day.home(index).member);
const reservedBy = async (day: Day, index: number) => await reservedOf(day, day.home(index).member);

describe("Rule 4: the worst case is reserved at acceptance", function () {
  it("takes limit and network fee of a buyer, the gap to retail of a seller, and the settlement fee once", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    await post(day, [await sign(day, 0)]);
    expect((await accountOf(day, 0)).free).to.equal(DEPOSIT - RESERVE - SETTLEMENT_FEE);
    expect(await reservedBy(day, 0)).to.equal(RESERVE + SETTLEMENT_FEE);
    await post(day, [await sign(day, 0, { after: 42, entries: [buy(50, 10, 5)] })]);
    expect(await reservedBy(day, 0)).to.equal(RESERVE + SETTLEMENT_FEE + 7_000n);
    const { outstanding, amount } = await day.escrow.pot(day.community, 0, day.period);
    expect([outstanding, amount]).to.deep.equal([RESERVE + SETTLEMENT_FEE + 7_000n, 0n]);
    await post(day, [await sign(day, 0, { period: day.period + 1 })], day.period + 1);
    expect(await reservedBy(day, 0)).to.equal(2n * (RESERVE + SETTLEMENT_FEE) + 7_000n);
  });

  it("reserves at least a price step for a seller whose limit is near or above retail", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    for (const [index, [tick, perWh]] of (
      [
        [58, 8n],
        [59, 4n],
        [63, 4n],
      ] as const
    ).entries()) {
      await post(day, [await sign(day, index, { entries: [sell(41, tick, 3)] })]);
      expect(await reservedBy(day, index)).to.equal(30n * perWh + SETTLEMENT_FEE);
    }
  });

  it("takes a strip whose need is exactly maxReserve, and refuses its last entry one unit below", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const need = SETTLEMENT_FEE + RESERVE + 2n * 11n;
    const exact = await sign(day, 0, { maxReserve: need, feePerEntry: 11 });
    const below = await sign(day, 1, { maxReserve: need - 1n, feePerEntry: 11 });
    const { refused, records } = await post(day, [exact, below]);
    expect(records).to.have.length(2);
    expect(refused).to.deep.equal([{ member: BigInt(below.member), reasons: ["None", "OverReserve"] }]);
    expect((await accountOf(day, 0)).free).to.equal(DEPOSIT - need);
    expect((await accountOf(day, 1)).free).to.equal(DEPOSIT - SETTLEMENT_FEE - 7_000n - 11n);
  });

  it("refuses every entry where maxReserve does not even cover the settlement fee", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { skipped } = await post(day, [await sign(day, 0, { maxReserve: SETTLEMENT_FEE - 1n })]);
    expect(skipped[0]).to.include({ reason: "NothingAccepted" });
    expect((await post(day, [await sign(day, 0, { maxReserve: 0n })])).skipped[0]).to.include({
      reason: "NothingAccepted",
    });
  });

  it("takes a strip whose maxReserve is all that is free, not one unit more", async function () {
    const day = await openDay(connection, [
      { deposit: RESERVE + SETTLEMENT_FEE },
      { deposit: RESERVE + SETTLEMENT_FEE },
    ]);
    const exact = await sign(day, 0, { maxReserve: RESERVE + SETTLEMENT_FEE });
    const above = await sign(day, 1, { maxReserve: RESERVE + SETTLEMENT_FEE + 1n });
    const { skipped, records } = await post(day, [above, exact]);
    expect(skipped).to.deep.equal([{ member: BigInt(above.member), index: 0n, reason: "Underfunded" }]);
    expect(records).to.have.length(1);
    expect((await accountOf(day, 0)).free).to.equal(0n);
    expect(await reservedBy(day, 0)).to.equal(RESERVE + SETTLEMENT_FEE);
  });

  it("never lets two strips of a batch pass on one balance", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const left = DEPOSIT - RESERVE - SETTLEMENT_FEE;
    const first = await sign(day, 0, { maxReserve: DEPOSIT });
    const second = { after: 42, entries: [buy(50, 10, 5)] };
    const greedy = await sign(day, 0, { ...second, maxReserve: left + 1n });
    const modest = await sign(day, 0, { ...second, maxReserve: left });
    const other = await sign(day, 0, { ...second, period: day.period + 1, after: 0, maxReserve: left });
    const { skipped, records } = await post(day, [first, greedy, modest]);
    expect(skipped).to.deep.equal([{ member: BigInt(first.member), index: 1n, reason: "Underfunded" }]);
    expect(records).to.have.length(2);
    // Nor two periods.
    expect((await post(day, [other], day.period + 1)).skipped[0]).to.include({ reason: "Underfunded" });
  });

  it("never lets one strip pass twice in a batch", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await sign(day, 0);
    const { skipped, records } = await post(day, [strip, strip, strip]);
    expect(skipped.map(({ index, reason }) => [index, reason])).to.deep.equal([
      [1n, "WrongFrontier"],
      [2n, "WrongFrontier"],
    ]);
    expect(records).to.have.length(1);
    expect((await day.bookAt(day.slot(40))).bids[10]).to.equal(5n);
  });
});

describe("The relayer's fee", function () {
  const feesOf = async (day: Day, address: string) => await day.escrow.fees(await day.euro.getAddress(), address);

  it("is paid once, per accepted entry, to feeTo, whoever posts", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { dso, auction, community, period, stranger } = day;
    const strip = await sign(day, 0, {
      entries: [...entries, buy(41, 1, 1), buy(42, 1, 0)],
      feePerEntry: 13,
      feeTo: dso.address,
    });
    const { refused } = await post(day, [strip]);
    expect(refused[0]?.reasons).to.deep.equal(["None", "None", "NotAscending", "ZeroLots"]);
    expect(await feesOf(day, dso.address)).to.equal(26n);
    expect((await accountOf(day, 0)).free).to.equal(DEPOSIT - RESERVE - SETTLEMENT_FEE - 26n);
    // A copied batch steals nothing.
    const before = await stateOf(day, strip.member);
    await auction.connect(stranger).post(...postArguments(community, period, [strip]));
    expect(await stateOf(day, strip.member)).to.deep.equal(before);
    expect(await feesOf(day, dso.address)).to.equal(26n);
    expect(await feesOf(day, stranger.address)).to.equal(0n);
    const [{ address: deployer }] = [day.deployer];
    expect(await feesOf(day, deployer)).to.equal(0n);
  });

  it("is not collected for entries that the relayer brings late, though the gates were open when it got them", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, community, period, dso } = day;
    const strip = await sign(day, 0, {
      entries: [buy(40, 10, 5), sell(41, 12, 7), buy(42, 10, 5)],
      feePerEntry: 13,
      feeTo: dso.address,
    });
    const held = await sign(day, 1, { feePerEntry: 13, feeTo: dso.address });
    // In the last second of the first slot's gate all three would be accepted; a second later its entry is late.
    await networkHelpers.time.setNextBlockTimestamp(day.gate(40));
    const { refused } = await post(day, [strip]);
    expect(refused[0]?.reasons).to.deep.equal(["GateClosed", "None", "None"]);
    expect(await feesOf(day, dso.address)).to.equal(26n);
    // What is late as a whole pays nothing, and leaves no trace that a later posting could collect for.
    const before = await stateOf(day, held.member);
    await day.goTo(day.gate(41));
    const { skipped, records } = await post(day, [held, strip]);
    expect(skipped.map(({ reason }) => reason)).to.deep.equal(["NothingAccepted", "WrongFrontier"]);
    expect(records).to.deep.equal([]);
    expect(await stateOf(day, held.member)).to.deep.equal(before);
    expect(await feesOf(day, dso.address)).to.equal(26n);
    // Nor does it help to hide late entries behind ones in time: each is judged by its own gate.
    const mixed = await sign(day, 2, {
      entries: [buy(40, 10, 5), buy(41, 10, 5), buy(60, 10, 5)],
      feePerEntry: 13,
      feeTo: dso.address,
    });
    await auction.post(...postArguments(community, period, [mixed]));
    expect(await feesOf(day, dso.address)).to.equal(39n);
  });

  it("is in no record's reserve, and nobody gets it back", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const snapshot = await networkHelpers.takeSnapshot();
    const [free] = (await post(day, [await sign(day, 0)])).records;
    await snapshot.restore();
    const [paid] = (await post(day, [await sign(day, 0, { feePerEntry: 1_000 })])).records;
    expect(paid?.head).to.equal(free?.head);
    expect(await reservedBy(day, 0)).to.equal(RESERVE + SETTLEMENT_FEE);
  });

  it("counts against maxReserve at its largest", async function () {
    const day = await openDay(connection, [{ deposit: 10n ** 10n }]);
    const feePerEntry = 2 ** 32 - 1;
    const maxReserve = SETTLEMENT_FEE + RESERVE + 2n * BigInt(feePerEntry);
    const strip = await sign(day, 0, { feePerEntry, maxReserve, feeTo: day.dso.address });
    expect((await post(day, [strip])).refused).to.deep.equal([]);
    expect(await feesOf(day, day.dso.address)).to.equal(2n * BigInt(feePerEntry));
    expect((await accountOf(day, 0)).free).to.equal(10n ** 10n - maxReserve);
  });
});
