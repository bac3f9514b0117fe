import { expect } from "chai";
import { BUDGET_TICKS } from "../../bench/gas/budgets.ts";
import { part } from "../../bench/gas/limits/parts.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { FORKS, scheduleOf } from "../../bench/gas/replay/tool.ts";
import { problemsOf, rowOf, type Row } from "../../bench/gas/row.ts";
import type { Measured } from "../../bench/gas/types.ts";

/** A call of so many bytes, none of them zero, with other parts beside them. */
const callOf = (gas: bigint, bytes: number, reads: number): Measured => ({
  call: {
    what: "a call",
    gas,
    data: "0x",
    seconds: 0,
    logs: [],
    evidence: { transaction: {}, header: {}, before: {} },
  },
  parts: [part("transaction", "transaction", 1), part("calldata", "byte", bytes), part("words", "read", reads)],
});

const measuredAs = async (
  calls: readonly Measured[],
  minus: readonly Measured[] = [],
  { newWords = 0, operation = "", units = 1 } = {},
): Promise<Row> =>
  await rowOf(
    { operation, homes: 1, ticks: BUDGET_TICKS, per: "entry", units, calls, minus },
    async ({ gas }) =>
      await Promise.resolve({
        now: { gas, newWords, spent: undefined },
        next: { gas, newWords: 0, spent: undefined },
      }),
    { next: scheduleOf(FORKS.next) },
  );

describe("a row of the benchmark", function () {
  it("has a call pay at least what its calldata must pay", async function () {
    const row = await measuredAs([callOf(100_000n, 1_000, 0)]);
    expect(row.limit).to.equal(21_000 + 40 * 1_000);
    expect(row.nextForkLimit).to.be.greaterThan(row.limit);
  });

  it("has a difference pay what its parts cost: no difference of floors is a lower bound", async function () {
    // Both lie on their floors, which grow by 40 and 64 gas a byte instead of 16.
    const row = await measuredAs([callOf(110_000n, 1_100, 10)], [callOf(106_000n, 1_000, 10)], { units: 100 });
    expect(row.limit).to.equal(16);
    expect(row.nextForkLimit).to.equal(16);
    expect(problemsOf(row, false)).to.deep.equal([]);
  });

  it("counts the words of each call, also where those of another are subtracted", async function () {
    const [more, less] = [callOf(110_000n, 1_100, 1), callOf(106_000n, 1_000, 1)];
    const row = await measuredAs([more], [less], { newWords: 3 });
    expect(row.newWords).to.equal(6);
    expect(problemsOf(row, false)).to.have.length(1);
    expect(problemsOf(row, true)).to.deep.equal([]);
  });

  it("is a problem below its limit, today and at the next fork's prices", async function () {
    const row = await measuredAs([callOf(100_000n, 100, 0)]);
    expect(problemsOf(row, false)).to.deep.equal([]);
    expect(problemsOf({ ...row, limit: row.gas + 1 }, false)).to.have.length(1);
    const [problem = "", ...others] = problemsOf({ ...row, nextForkLimit: row.nextFork + 1 }, false);
    expect(problem).to.include("at the next fork's prices is below the limit of 100001");
    expect(others).to.deep.equal([]);
  });

  it("goes half way from budget to limit then, or where the budget says", async function () {
    const clearing = async (gas: bigint) => await measuredAs([callOf(gas, 0, 0)], [], { operation: OP.clear48 });
    // Between 60,000 and 21,000.
    expect(await clearing(40_500n)).to.include({ then: 40_500, thenMet: true, met: true });
    expect(await clearing(40_501n)).to.include({ then: 40_500, thenMet: false, met: true });
    const single = await measuredAs([callOf(17_000n, 0, 0)], [], { operation: OP.placeSingle });
    expect(single).to.include({ then: 12_000, thenMet: false, met: true });
    const other = await measuredAs([callOf(17_000n, 0, 0)], [], { operation: OP.deposit });
    expect(other).to.include({ then: null, thenMet: null });
  });
});
