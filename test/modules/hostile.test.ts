import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { FUNDS, RESERVE, expectAllSettled, expectOthersWhole, hostileDay } from "../helpers/hostile-day.ts";
import { connect, type Connection } from "../helpers/market.ts";
import { Act, answer, packHead, packRecord, traded } from "../helpers/modules.ts";
import { Skip, Void, expectSolvent, freeOf, goBehind, HOUR } from "../helpers/settling.ts";

describe("Rule 1: a hostile module loses only what its own members reserved with it", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  const fixture = async () => await connection.networkHelpers.loadFixture(day);
  const day = async () => await hostileDay(connection);

  const tooLong = `${answer()}${"0".repeat(64)}`;
  const misbehaviours: readonly (readonly [string, number, string, number])[] = [
    ["reverts", Act.Revert, "0x", Void.CallFailed],
    ["reverts with a million bytes", Act.RevertWithBomb, "0x", Void.CallFailed],
    ["burns all its gas", Act.BurnGas, "0x", Void.CallFailed],
    ["returns a million bytes", Act.Bomb, "0x", Void.CallFailed],
    ["returns nothing", Act.Answer, "0x", Void.BadAnswer],
    ["returns a word too few", Act.Answer, answer().slice(0, -64), Void.BadAnswer],
    ["returns a byte too few", Act.Answer, answer().slice(0, -2), Void.BadAnswer],
    ["returns a word too many", Act.Answer, tooLong, Void.BadAnswer],
    ["returns a kilobyte of ones", Act.Answer, `0x${"ff".repeat(1024)}`, Void.BadAnswer],
    ["returns ones of the right length", Act.Answer, `0x${"ff".repeat(9 * 32)}`, Void.BadAnswer],
    ["is neither ready nor not", Act.Answer, answer({ ready: 2n }), Void.BadAnswer],
    ["names too many slots", Act.Answer, answer({ position: [0n, 0n, 0n, 0n, 0n] }), Void.BadAnswer],
    ["names too few slots", Act.Answer, answer({ position: [0n, 0n, 0n] }), Void.BadAnswer],
    ["lies about the length", Act.Answer, answer().replace(/0{62}20/, `${"0".repeat(62)}18`), Void.BadAnswer],
    ["charges more than 96 bits", Act.Answer, answer({ paid: 2n ** 96n }), Void.BadAnswer],
    ["charges all there is", Act.Answer, answer({ paid: 2n ** 256n - 1n }), Void.BadAnswer],
    ["pays out all there is", Act.Answer, answer({ received: 2n ** 256n - 1n }), Void.BadAnswer],
    ["charges above the reserve", Act.Answer, answer({ paid: RESERVE + 1n }), Void.ChargeAboveReserve],
    [
      "charges above the reserve by the network fee",
      Act.Answer,
      answer({ paid: RESERVE - 39n, position: [traded(1n, 0n), 0n, 0n, 0n] }),
      Void.ChargeAboveReserve,
    ],
    [
      "sells what it would cost more than the reserve to replace",
      Act.Answer,
      answer({ paid: 50_001n, position: [traded(0n, 500n), 0n, 0n, 0n] }),
      Void.ChargeAboveReserve,
    ],
    [
      "buys more than it reserved for",
      Act.Answer,
      answer({ position: [traded(600n, 0n), 0n, 0n, traded(401n, 0n)] }),
      Void.PositionAboveReserve,
    ],
    [
      "sells more than it reserved for",
      Act.Answer,
      answer({ position: [traded(0n, 501n), 0n, 0n, 0n] }),
      Void.PositionAboveReserve,
    ],
    [
      "buys so much that the sum wraps around",
      Act.Answer,
      answer({ position: [traded(2n ** 31n, 0n), traded(2n ** 31n, 0n), 0n, 0n] }),
      Void.PositionAboveReserve,
    ],
    [
      "sells so much that the sum wraps around",
      Act.Answer,
      answer({ position: [2n ** 32n - 1n, 1n, 0n, 0n] }),
      Void.PositionAboveReserve,
    ],
    ["pays out what nobody paid in", Act.Answer, answer({ received: RESERVE + 2_001n }), Void.PotOverdrawn],
    ["pays out the whole community", Act.Answer, answer({ received: FUNDS }), Void.PotOverdrawn],
  ];
  for (const [what, act, bytes, reason] of misbehaviours) {
    it(`voids its records of a member, and nothing else, when it ${what}`, async function () {
      const d = await fixture();
      await d.hostile.set(d.victim.member, act, bytes);
      await expect(d.settle(d.seller, d.victim, d.friend, d.buyer))
        .to.emit(d.m.settlement, "RecordsVoided")
        .withArgs(d.m.community, d.victim.member, d.period, 1, reason);
      await expectOthersWhole(d);
      // The victim's own trade in the order book stands, and its reserve with the module came back.
      expect(await freeOf(d.m, d.victim.member)).to.equal(FUNDS - 72_000n - 2_000n);
      expect(await freeOf(d.m, d.friend.member)).to.equal(FUNDS - 2_000n);
      await expectAllSettled(d);
    });
  }

  it("takes no more from a member than it reserved, when it charges all of it for nothing", async function () {
    const d = await fixture();
    await d.hostile.set(d.victim.member, Act.Answer, answer({ paid: RESERVE }));
    await expect(d.settle(d.victim, d.friend, d.buyer, d.seller))
      .to.emit(d.m.escrow, "PotSwept")
      .withArgs(d.m.community, 1, d.period, RESERVE);
    await expectOthersWhole(d);
    expect(await freeOf(d.m, d.victim.member)).to.equal(FUNDS - 72_000n - 2_000n - RESERVE);
    expect(await freeOf(d.m, 2)).to.equal(RESERVE);
    await expectAllSettled(d);
  });

  it("hands one member what another reserved with it, and not a unit more", async function () {
    const d = await fixture();
    await d.hostile.set(d.friend.member, Act.Answer, answer({ received: RESERVE }));
    await expect(d.settle(d.friend, d.seller, d.victim, d.buyer))
      .to.emit(d.m.settlement, "RecordsVoided")
      .withArgs(d.m.community, d.victim.member, d.period, 1, Void.PotOverdrawn);
    await expectOthersWhole(d);
    expect(await freeOf(d.m, d.friend.member)).to.equal(FUNDS + RESERVE - 2_000n);
    expect(await freeOf(d.m, d.victim.member)).to.equal(FUNDS - 72_000n - 2_000n - RESERVE);
    await expectAllSettled(d);
  });

  it("cannot hand out a reserve that has been released", async function () {
    const d = await fixture();
    await d.hostile.set(d.friend.member, Act.Answer, answer({ received: 1n }));
    await expect(d.settle(d.victim, d.friend, d.seller, d.buyer))
      .to.emit(d.m.settlement, "RecordsVoided")
      .withArgs(d.m.community, d.friend.member, d.period, 1, Void.PotOverdrawn);
    expect(await freeOf(d.m, d.friend.member)).to.equal(FUNDS - 2_000n);
    await expectAllSettled(d);
  });

  it("gains nothing by telling each member a different story", async function () {
    const d = await fixture();
    // Both sell the same energy, and each is told that the other pays for it.
    const sold = answer({ received: 150_000n, position: [traded(0n, 500n), 0n, 0n, 0n] });
    await d.hostile.set(d.victim.member, Act.Answer, sold);
    await d.hostile.set(d.friend.member, Act.Answer, sold);
    await d.settle(d.victim, d.seller, d.friend, d.buyer);
    await expectOthersWhole(d);
    const both = (await freeOf(d.m, d.victim.member)) + (await freeOf(d.m, d.friend.member));
    // What the first was paid came out of the second one's reserve; the first buys the 500 Wh back at 300.
    expect(both).to.equal(2n * FUNDS - 72_000n - 4_000n - 150_000n);
    await expectAllSettled(d);
  });

  it("waits for a module that is not ready, and voids it when the correction window is over", async function () {
    const d = await fixture();
    const { m, period } = d;
    await d.hostile.set(d.friend.member, Act.Answer, answer({ ready: 0n }));
    await expect(d.settle(d.seller, d.friend, d.buyer, d.victim))
      .to.emit(m.settlement, "ItemSkipped")
      .withArgs(m.community, d.friend.member, period, Skip.NotReady);
    await expectOthersWhole(d);
    await expectSolvent(m);
    await goBehind(m, period, 3 * HOUR - 1);
    await expect(d.settle(d.friend)).to.emit(m.settlement, "ItemSkipped");
    await goBehind(m, period, 3 * HOUR);
    await expect(d.settle(d.friend))
      .to.emit(m.settlement, "RecordsVoided")
      .withArgs(m.community, d.friend.member, period, 1, Void.CallFailed);
    expect(await freeOf(m, d.friend.member)).to.equal(FUNDS - 2_000n);
    await expectAllSettled(d);
  });

  it("cannot call back while it is asked", async function () {
    const d = await fixture();
    const { m, period } = d;
    const records = await m.recordsOf(d.friend.member, period);
    const calls = [
      m.settlement.interface.encodeFunctionData("settleEstimated", [
        m.community,
        period,
        [{ member: d.friend.member, records }],
      ]),
      m.escrow.interface.encodeFunctionData("append", [
        m.community,
        period + 1,
        1,
        ZeroAddress,
        packRecord({ member: d.friend.member, head: packHead({ reserve: 1n }) }),
      ]),
    ];
    for (const call of calls) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await d.hostile.aim(await m.settlement.getAddress(), call);
      await d.hostile.set(d.victim.member, Act.Reenter, answer());
      await expect(d.settle(d.victim, d.friend, d.seller, d.buyer)).not.to.emit(m.settlement, "RecordsVoided");
      await expectOthersWhole(d);
      await expectAllSettled(d);
      await snapshot.restore();
    }
  });

  it("is never voided for want of gas: the whole call reverts", async function () {
    const d = await fixture();
    const { m, period } = d;
    await d.hostile.set(d.victim.member, Act.Hungry, answer({ paid: 1000n }));
    const items = [await d.item(d.victim)];
    const enough = await m.settlement.meterAndSettle.estimateGas(m.community, period, items);
    let refused = 0;
    for (let gasLimit = enough / 3n; gasLimit < enough + 150_000n; gasLimit += 40_000n) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      let receipt;
      try {
        const sent = await m.settlement.meterAndSettle(m.community, period, items, { gasLimit });
        receipt = await sent.wait();
      } catch {
        refused++;
        await snapshot.restore();
        continue;
      }
      const voided = m.settlement.interface.getEvent("RecordsVoided").topicHash;
      expect(receipt?.logs.some(({ topics }) => topics[0] === voided)).to.equal(false);
      expect(await freeOf(m, d.victim.member)).to.equal(FUNDS - 72_000n - 2_000n - 1_000n);
      await snapshot.restore();
    }
    expect(refused).to.be.gte(5);
    await expect(
      m.settlement.meterAndSettle(m.community, period, items, { gasLimit: 500_000n }),
    ).to.be.revertedWithCustomError(m.settlement, "TooLittleGas");
  });
});
