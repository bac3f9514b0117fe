import { expect } from "chai";
import { BUDGETS } from "../../bench/gas/budgets.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { problemsOf, snapshotOf, tableOf } from "../../scripts/gas/compare.ts";
import snapshot from "../../snapshots/gas.json" with { type: "json" };

const reviewed = { post: 10_000, clear: 99 };
const rowsOf = (post: number, clear = 99) => [
  { operation: "post", gas: post, target: 9_000 },
  { operation: "clear", gas: clear },
];

describe("npm run gas", function () {
  it("passes what is as reviewed, cheaper, or up to one per cent dearer", function () {
    for (const gas of [1, 9_999, 10_000, 10_100]) expect(problemsOf(rowsOf(gas), reviewed)).to.deep.equal([]);
  });

  it("fails a regression of more than one per cent, by a single unit of gas", function () {
    const problems = problemsOf(rowsOf(10_101), reviewed);
    expect(problems).to.deep.equal(["post: 10101, more than 1 % above the snapshot's 10000"]);
  });

  it("fails what loses its target, however little dearer it is", function () {
    const rows = (gas: number) => [{ operation: "post", gas, target: 18_000 }];
    expect(problemsOf(rows(18_000), { post: 17_998 })).to.deep.equal([]);
    expect(problemsOf(rows(18_001), { post: 17_998 })).to.deep.equal([
      "post: 18001, above the target of 18000 that the snapshot meets",
    ]);
    expect(problemsOf(rows(18_001), { post: 18_000 })).to.have.length(1);
    // What never met its target can only regress.
    expect(problemsOf(rows(18_002), { post: 18_001 })).to.deep.equal([]);
    expect(problemsOf(rows(17_000), { post: 18_001 })).to.deep.equal([]);
  });

  it("rounds no allowance up: one per cent of 99 is less than a unit", function () {
    expect(problemsOf(rowsOf(10_000, 100), reviewed)).to.deep.equal([
      "clear: 100, more than 1 % above the snapshot's 99",
    ]);
  });

  it("names every regression, and makes none good by a gain elsewhere", function () {
    expect(problemsOf(rowsOf(20_000, 200), reviewed)).to.have.length(2);
    expect(problemsOf(rowsOf(20_000, 1), reviewed)).to.have.length(1);
  });

  it("fails an operation that is missing on either side", function () {
    const [post] = rowsOf(10_000);
    expect(problemsOf(post ? [post] : [], reviewed)).to.deep.equal(["clear: in the snapshot, no longer measured"]);
    expect(problemsOf(rowsOf(10_000), { post: 10_000 })).to.deep.equal(["clear: not in the snapshot"]);
  });

  it("passes its own snapshot", function () {
    const rows = rowsOf(12_345);
    expect(snapshotOf(rows)).to.deep.equal({ post: 12_345, clear: 99 });
    expect(problemsOf(rows, snapshotOf(rows))).to.deep.equal([]);
  });

  it("reviews every operation that has a budget", function () {
    const names = Object.keys(snapshot);
    const missing = BUDGETS.filter(({ operation }) => !names.some((name) => name.startsWith(`${operation},`)));
    expect(missing).to.deep.equal([]);
  });

  it("meets every budget with its snapshot but the ones that ADR 15 and ADR 23 miss", function () {
    const reviewedOf = new Map(Object.entries(snapshot));
    const missed = BUDGETS.filter(({ operation, gas }) =>
      [...reviewedOf].some(([name, reviewed]) => name.startsWith(`${operation}, per`) && reviewed > gas),
    );
    expect(missed.map(({ operation }) => operation)).to.deep.equal([OP.placeOwn, OP.tradeOnce]);
  });

  it("shows how far a figure is above its target, which is no problem", function () {
    const [head, post, clear] = tableOf(rowsOf(9_900), reviewed);
    expect(head).to.match(/^operation .+ gas +snapshot +target$/);
    expect(post).to.match(/^post +9900 +10000 +9000 {2}10 % above$/);
    expect(clear).to.match(/^clear +99 +99 +-$/);
  });
});
