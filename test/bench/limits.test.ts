import { expect } from "chai";
import { BUDGETS, budgetOf, NEXT_FORK } from "../../bench/gas/budgets.ts";
import { cleared } from "../../bench/gas/limits/clear.ts";
import { byCategory, floorOf, hashed, limitOf, part, sentParts, type Part } from "../../bench/gas/limits/parts.ts";
import { groupsOf, LiveBook, resultWordsOf } from "../../bench/gas/limits/book.ts";
import { placed } from "../../bench/gas/limits/place.ts";
import { settled } from "../../bench/gas/limits/settle.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { FORKS, nextForkTool, scheduleOf } from "../../bench/gas/replay/tool.ts";
import { OSAKA } from "../../bench/gas/schedule.ts";
import type { Call } from "../../bench/gas/types.ts";
import { buy, sell, type Entry } from "../helpers/market.ts";

/** Two zero bytes and three others; one log with two topics and 40 bytes. */
const CALL: Call = {
  what: "a call",
  gas: 0n,
  data: "0x0001ff0002",
  seconds: 0,
  logs: [{ topics: 2, bytes: 40 }],
  evidence: { transaction: {}, header: {}, before: {} },
};
const SENT = 21_000n + 2n * 4n + 3n * 16n + 375n + 2n * 375n + 40n * 8n;

const TICKS = 64;

const strip = (member: number, ...entries: Entry[]) => ({ home: { member }, entries });
const settledOne = (member: number, entries: number) => ({ home: { member }, entries });

/** How often something is paid in all parts of a name. */
const countOf = (parts: readonly Part[], what: string) =>
  parts.filter((each) => each.what === what).reduce((sum, { count }) => sum + count, 0);

describe("the benchmark's arithmetic limit", function () {
  it("prices what was sent and logged by the schedule", function () {
    expect(limitOf(sentParts(CALL), OSAKA)).to.equal(SENT);
    expect(limitOf([...sentParts(CALL), part("words", "rewrite", 2), part("new", "create", 1)], OSAKA)).to.equal(
      SENT + 10_000n + 22_100n,
    );
    expect(limitOf(hashed("message", 65, 2), OSAKA)).to.equal(2n * (30n + 3n * 6n));
  });

  it("is never below what calldata alone pays", function () {
    const parts = sentParts({ data: `0x${"00".repeat(100)}${"ff".repeat(1_000)}`, logs: [] });
    expect(limitOf(parts, OSAKA))
      .to.equal(21_000n + 100n * 10n + 1_000n * 40n)
      .and.to.equal(floorOf(parts, OSAKA));
  });

  it("splits into categories without loss", function () {
    const { parts } = placed(CALL, new LiveBook(TICKS), [strip(4, buy(0, 1, 1), sell(1, 2, 1))]);
    const sum = [...byCategory(parts, OSAKA).values()].reduce((total, gas) => total + gas, 0n);
    expect(sum).to.equal(limitOf(parts, OSAKA));
  });

  it("uses the schedule that the tool of the next fork has for today's fork", function () {
    expect(scheduleOf(FORKS.now)).to.deep.equal(OSAKA);
    const next = scheduleOf(FORKS.next);
    expect(next.create > OSAKA.create && next.rewrite > OSAKA.rewrite).to.equal(true);
    expect(next.floorZeroByte).to.equal(next.floorByte);
  });

  it("counts a tick word per slot, side and sixteen ticks, and a group of slots where a word becomes live", function () {
    const book = new LiveBook(TICKS);
    const first = book.touch([buy(0, 0, 1), buy(0, 15, 1), buy(0, 16, 1), sell(0, 0, 1), sell(23, 63, 1)]);
    expect(first).to.deep.equal({ tickWords: 4, groupsMade: 1, groupsWritten: 0, groupsRead: 0 });
    const second = book.touch([buy(0, 3, 1), sell(23, 62, 1), buy(23, 1, 1), buy(24, 1, 1)]);
    expect(second).to.deep.equal({ tickWords: 4, groupsMade: 1, groupsWritten: 1, groupsRead: 0 });
    const third = book.touch([buy(0, 3, 1), buy(47, 1, 1), buy(95, 1, 1)]);
    expect(third).to.deep.equal({ tickWords: 3, groupsMade: 1, groupsWritten: 1, groupsRead: 1 });
  });

  it("has as many slots in a group as fit beside the period", function () {
    const slots = Array.from({ length: 144 }, (_, slot) => slot);
    expect([32, 64, 128].map((ticks) => groupsOf(slots, ticks).size)).to.deep.equal([4, 6, 12]);
    expect([...groupsOf([0, 23, 24, 95], 64)]).to.deep.equal([0, 1, 3]);
  });

  it("has clearing read bids above and asks below the price, wherever that is", function () {
    const book = new LiveBook(TICKS);
    const all = [0, 16, 32, 48].flatMap((tick) => [buy(0, tick, 1), sell(0, tick, 1)]);
    book.touch([...all, buy(1, 0, 1), sell(1, 63, 1), buy(2, 63, 1), sell(2, 0, 1), sell(3, 5, 1)]);
    // Of eight words five, wherever the sides meet; none where the bitmap shows that they do not; both where each side has one.
    expect([0, 1, 2, 3, 4].map((slot) => book.leastToClear([slot]))).to.deep.equal([5, 0, 2, 0, 0]);
    expect(book.leastToClear([0, 1, 2])).to.equal(7);
  });

  it("lists what placing cannot avoid: shared once, per strip, per word", function () {
    const strips = [strip(4, buy(0, 1, 1), sell(1, 2, 1)), strip(5, buy(0, 2, 1))];
    const { parts } = placed(CALL, new LiveBook(TICKS), strips);
    const counts = ["signatures", "members", "accounts", "journals", "pot", "tick words", "slot groups"];
    // Two hashes of a journal, too: what is hashed has the name of what it is hashed for.
    expect(counts.map((what) => countOf(parts, what))).to.deep.equal([2, 2, 1, 2 + 2 + 2 * 4, 1, 2, 1]);
    const own = placed(CALL, new LiveBook(TICKS), [strip(5, buy(0, 1, 1))], { own: true, fees: false });
    expect(countOf(own.parts, "signatures")).to.equal(0);
    expect(countOf(own.parts, "relayer's fees")).to.equal(0);
  });

  it("lists what clearing and settling cannot avoid", function () {
    const book = new LiveBook(TICKS);
    book.touch([buy(0, 0, 1), sell(0, 0, 1), sell(1, 0, 1)]);
    const { parts } = cleared(CALL, book, [0, 1]);
    expect(countOf(parts, "tick words up to the price")).to.equal(2);
    expect([countOf(parts, "slot groups"), countOf(parts, "slot results")]).to.deep.equal([1, 1]);
    expect([...resultWordsOf([0, 2, 3, 95])]).to.deep.equal([0, 1, 31]);
    const settlement = settled(CALL, 96, [settledOne(4, 96), settledOne(5, 0), settledOne(7, 1)]).parts;
    expect([countOf(settlement, "slot ledger"), countOf(settlement, "slot results")]).to.deep.equal([96, 32]);
    expect(countOf(settlement, "journals, meters")).to.equal(6);
    // Members 4 and 5 share a word, 7 has another.
    expect(countOf(settlement, "accounts")).to.equal(2);
    expect(countOf(settlement, "signatures")).to.equal(3);
  });
});

describe("the benchmark's budgets", function () {
  it("are those that must be reached", function () {
    const table = BUDGETS.map(({ operation, homes, gas, then }) => [operation, homes ?? null, gas, then ?? null]);
    expect(table).to.deep.equal([
      [OP.place60, null, 1_400, null],
      [OP.place100, null, 1_100, null],
      [OP.placeSealed, null, 1_000, null],
      [OP.placeCurve, null, 550, null],
      [OP.settleCurve, null, 450, null],
      [OP.placeSingle, null, 18_000, 12_000],
      [OP.placeOwn, null, 60_000, 45_000],
      [OP.clear48, null, 60_000, null],
      [OP.clearAlone, null, 80_000, null],
      [OP.settle60, null, 1_000, null],
      [OP.shareDay, null, 1_200, null],
      [OP.shareOnce, null, 1_200, null],
      [OP.tradeDay, null, 1_000, null],
      [OP.tradeOnce, null, 1_000, null],
      [OP.life, 150, 2_500, null],
      [OP.life, 500, 2_200, null],
    ]);
    expect(NEXT_FORK).to.equal(1_600);
    expect(new Set(Object.values(OP)).size).to.equal(Object.values(OP).length);
  });

  it("hold for the default grid, and for the size that they name", function () {
    expect(budgetOf(OP.clear48, 10, 64)?.gas).to.equal(60_000);
    expect(budgetOf(OP.clear48, 10, 128)).to.equal(undefined);
    expect([10, 150, 500, 1_000].map((homes) => budgetOf(OP.life, homes, 64)?.gas)).to.deep.equal([
      undefined,
      2_500,
      2_200,
      undefined,
    ]);
  });
});

describe("the benchmark's next fork", function () {
  it("is named with the tool, its version and the EIPs it brings", function () {
    expect(nextForkTool.name).to.equal("@ethereumjs/vm");
    expect(nextForkTool.version).to.match(/^\d+\.\d+\.\d+$/);
    expect(nextForkTool.hardfork).to.equal("amsterdam");
    // State creation and state access, which its prices come from; not what osaka has already.
    expect(nextForkTool.eips).to.include.members([8037, 8038]).and.not.include(7825);
  });
});
