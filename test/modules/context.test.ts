import { expect } from "chai";
import { AbiCoder } from "ethers";
import { itCosts } from "../helpers/gas.ts";
import { expectAllSettled, expectOthersWhole, hostileDay } from "../helpers/hostile-day.ts";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { Act, answer } from "../helpers/modules.ts";
import { Void, hourly } from "../helpers/settling.ts";

const words = (...context: bigint[]) => AbiCoder.defaultAbiCoder().encode(["uint256[]"], [context]);
/** Two words for each of the four slots, and two more. */
const MOST = Array.from({ length: 10 }, (_, i) => 2n ** 256n - BigInt(i) - 1n);
const CONTEXT_STIPEND = 30_000n + 4n * 2_400n;

describe("Rule 1: a context reaches the module that it came from, or nobody", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const day = async () => await hostileDay(connection);
  const fixture = async () => await connection.networkHelpers.loadFixture(day);

  const contexts: readonly (readonly [string, number, string, readonly bigint[]])[] = [
    ["hands over no words", Act.Answer, words(), []],
    ["hands over one word", Act.Answer, words(7n), [7n]],
    ["hands over as many words as it may", Act.Answer, words(...MOST), MOST],
    ["takes one word too many for none", Act.Answer, words(...MOST, 0n), []],
    ["takes a byte too few for none", Act.Answer, words(1n, 2n).slice(0, -2), []],
    ["takes a byte too many for none", Act.Answer, `${words(1n, 2n)}00`, []],
    ["takes a single byte for none", Act.Answer, "0x01", []],
    ["takes a length without words for none", Act.Answer, words(1n).slice(0, -64), []],
    ["takes an odd offset for none", Act.Answer, words(1n).replace(/20/, "40"), []],
    [
      "takes a length of 2^16 and one for none",
      Act.Answer,
      words(5n).replace(/0{59}00001/, `${"0".repeat(59)}10001`),
      [],
    ],
    ["takes a length of all ones for none", Act.Answer, `${words().slice(0, -64)}${"f".repeat(64)}`, []],
    ["takes a kilobyte of ones for none", Act.Bomb, "0x", []],
    ["takes a million bytes of reason for none", Act.RevertWithBomb, "0x", []],
    ["takes a refusal for none", Act.Revert, "0x", []],
    ["takes running out of gas for none", Act.BurnGas, "0x", []],
  ];
  for (const [what, act, bytes, expected] of contexts) {
    it(what, async function () {
      const d = await fixture();
      const { hostile, m } = d;
      for (const { member } of [d.victim, d.friend]) await hostile.set(member, Act.Check, answer());
      await hostile.setContext(act, bytes);
      await hostile.expect([...expected]);
      // The order book is asked before and after it, for other homes and for the victim itself.
      await expect(d.settle(d.seller, d.victim, d.friend, d.buyer)).not.to.emit(m.settlement, "RecordsVoided");
      await expectOthersWhole(d);
      await expectAllSettled(d);
    });
  }

  it("voids records where the module takes the context for a wrong one", async function () {
    const d = await fixture();
    await d.hostile.set(d.victim.member, Act.Check, answer());
    await d.hostile.expect([1n]);
    await expect(d.settle(d.seller, d.victim, d.friend, d.buyer))
      .to.emit(d.m.settlement, "RecordsVoided")
      .withArgs(d.m.community, d.victim.member, d.period, 1, Void.CallFailed);
    await expectOthersWhole(d);
  });

  it("is asked for once in a batch, however many members have records", async function () {
    const d = await fixture();
    const items = [await d.item(d.victim), await d.item(d.friend)];
    const { m, period } = d;
    const gas = async (act: number, members: number) => {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await d.hostile.setContext(act, "0x");
      const sent = await m.settlement.meterAndSettle(m.community, period, items.slice(0, members), {
        gasLimit: 2 ** 23,
      });
      const receipt = await sent.wait();
      await snapshot.restore();
      return receipt?.gasUsed ?? expect.fail("not mined");
    };
    for (const members of [1, 2]) {
      const burnt = (await gas(Act.BurnGas, members)) - (await gas(Act.Answer, members));
      expect(burnt).to.be.greaterThan(CONTEXT_STIPEND / 2n);
      expect(burnt).to.be.lessThan(CONTEXT_STIPEND);
    }
  });

  it("never fails for want of gas: the whole call reverts", async function () {
    const d = await fixture();
    const { m, period } = d;
    await d.hostile.setContext(Act.Hungry, words(7n));
    await d.hostile.expect([7n]);
    await d.hostile.set(d.victim.member, Act.Check, answer());
    const items = [await d.item(d.victim)];
    const voided = m.settlement.interface.getEvent("RecordsVoided").topicHash;
    let refused = 0;
    let settled = 0;
    for (let gasLimit = 300_000n; gasLimit < 1_200_000n; gasLimit += 20_000n) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      try {
        const receipt = await (await m.settlement.meterAndSettle(m.community, period, items, { gasLimit })).wait();
        expect(receipt?.logs.some(({ topics }) => topics[0] === voided)).to.equal(false);
        settled++;
      } catch (error) {
        expect(String(error)).to.match(/TooLittleGas|out of gas/);
        refused++;
      }
      await snapshot.restore();
    }
    expect(refused).to.be.greaterThan(3);
    expect(settled).to.be.greaterThan(3);
  });

  it("is what the order book needs: without one it refuses to answer", async function () {
    const m = await deployMarket(connection, { terms: hourly });
    const ask = async (context: bigint[]) =>
      await m.auction.positionOf(m.community, 4, await m.periodNow(), context, []);
    await expect(ask([])).to.be.revertedWithCustomError(m.auction, "NoContext").withArgs();
    const [ready, paid, received, position] = await ask([
      ...(await m.auction.contextOf(m.community, await m.periodNow())),
    ]);
    expect([ready, paid, received, position]).to.deep.equal([true, 0n, 0n, `0x${"00".repeat(32)}`]);
  });

  itCosts(
    "of the order book costs less than it is due, for the longest period in storage that nobody has touched",
    async function () {
      const slots = 144;
      const m = await deployMarket(connection, { terms: { slotDuration: 300, slotsPerPeriod: slots } });
      const gas = await m.auction.contextOf.estimateGas(m.community, await m.periodNow());
      // Half of what the first module is due, though an estimate counts the transaction and its data as well.
      expect(gas).to.be.lessThan(30_000n + 2_400n * BigInt(slots));
    },
  );
});
