import { expect } from "chai";
import hre from "hardhat";
import { measure } from "../../bench/gas/measure.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { gasOf } from "../../bench/gas/row.ts";
import { auction, sharing } from "../../bench/gas/rows/metered.ts";
import { sealed } from "../../bench/gas/rows/sealed.ts";
import { singles } from "../../bench/gas/rows/singles.ts";
import type { RowSource } from "../../bench/gas/rows/source.ts";
import type { Measurement } from "../../bench/gas/types.ts";

describe("rows of the benchmark", function () {
  this.timeout(240_000);
  before(function () {
    if (hre.globalOptions.coverage) this.skip();
  });

  const measured = async (source: RowSource, homes: readonly number[]): Promise<readonly Measurement[]> => {
    const rows: Measurement[] = [];
    for await (const row of measure({ sources: [source], homes, ticks: [32] }, () => undefined)) rows.push(row);
    return rows;
  };
  const namesOf = (rows: readonly Measurement[]) =>
    rows.map(({ operation, homes, units, calls }) => [operation, homes, units, calls.length]);
  const gasBy = (rows: readonly Measurement[], operation: string, homes: number) => {
    const row = rows.find((each) => each.operation === operation && each.homes === homes);
    if (!row) throw new Error(`no row ${operation} of ${String(homes)} homes`);
    return gasOf(row);
  };

  it("have orders for a slot in batches of every size, and by themselves on an empty slot and on a live one", async function () {
    const rows = await measured(singles, [2, 20, 201]);
    expect(namesOf(rows)).to.deep.equal([
      [OP.placeSingle, 200, 200, 1],
      [OP.placeSingles, 2, 2, 1],
      [OP.placeSingles, 20, 20, 1],
      [OP.placeSingles, 201, 201, 2],
      [OP.placeOwn, 1, 1, 1],
      [OP.placeOwnLive, 200, 1, 1],
    ]);
    const batches = [2, 20, 201].map((homes) => gasBy(rows, OP.placeSingles, homes));
    expect(batches).to.deep.equal([...batches].sort((a, b) => b - a));
    // Its slot's group has been written by others in this period.
    expect(gasBy(rows, OP.placeOwnLive, 200)).to.be.lessThan(gasBy(rows, OP.placeOwn, 1));
  });

  it("have periods that 60 homes share after the fact, in one call and in two passes", async function () {
    const rows = await measured(sharing, [2]);
    const operations = [OP.shareJoin, OP.shareDay, OP.shareOnce, OP.shareMeter, OP.shareSettle];
    expect(namesOf(rows)).to.deep.equal(operations.map((operation) => [operation, 60, 5_760, 1]));
    const [join, day, once, meter, settle] = operations.map((operation) => gasBy(rows, operation, 60));
    // What is not shared is passed over, and two calls cost more than one.
    expect(day).to.be.lessThan(once ?? 0);
    expect(once).to.be.lessThan((meter ?? 0) + (settle ?? 0));
    expect(join).to.be.lessThan(200);
  });

  it("have periods that 150 homes trade within standing orders, in one call and in two passes of three", async function () {
    const rows = await measured(auction, [2]);
    const operations = [OP.tradeJoin, OP.tradeDay, OP.tradeOnce, OP.tradeMeter, OP.tradeSettle];
    const calls = [3, 1, 1, 3, 3];
    expect(namesOf(rows)).to.deep.equal(operations.map((operation, i) => [operation, 150, 14_400, calls[i]]));
    const [join, day, once, meter, settle] = operations.map((operation) => gasBy(rows, operation, 150));
    expect(day).to.be.lessThan(once ?? 0);
    expect(once).to.be.lessThan((meter ?? 0) + (settle ?? 0));
    expect(join).to.be.lessThan(200);
  });

  it("have whole lives of sealed communities, as far as a call reveals them", async function () {
    const rows = await measured(sealed, [2, 80, 151]);
    expect(namesOf(rows)).to.deep.equal([
      [OP.placeSealed, 100, 9_600, 1],
      // Commit, reveal with clearing, settlement in calls of at most 75 members, finish.
      [OP.lifeSealed, 2, 192, 4],
      [OP.lifeSealed, 80, 7_680, 5],
    ]);
    expect(gasBy(rows, OP.lifeSealed, 80)).to.be.lessThan(gasBy(rows, OP.lifeSealed, 2));
  });
});
