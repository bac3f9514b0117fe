import { expect } from "chai";
import { clearOrders, previewPeriod, previewSharing } from "@wattbook/sdk/pure";
import { drawFrom } from "../../bench/lib/random.ts";
import { tableOf } from "../../bench/lib/table.ts";
import { dayOf } from "../../bench/sdk/day.ts";
import { gridOf, manyOrders } from "../../bench/sdk/orders.ts";
import { rowOf, tasks } from "../../bench/sdk/rows.ts";
import { sharedMonth } from "../../bench/sdk/sharing.ts";

const timing = { first: 9, min: 3, median: 4, samples: 10 };

describe("the SDK's benchmark", function () {
  it("draws the same numbers from the same seed, ends included", function () {
    const numbers = (seed: number) => {
      const draw = drawFrom(seed);
      return Array.from({ length: 200 }, () => draw(1, 6));
    };
    expect(numbers(1)).to.deep.equal(numbers(1)).and.not.to.deep.equal(numbers(2));
    expect(new Set(numbers(1))).to.deep.equal(new Set([1n, 2n, 3n, 4n, 5n, 6n]));
  });

  it("clears 10,000 orders that trade, on 64 and 128 ticks", function () {
    for (const ticks of [64n, 128n]) {
      const grid = gridOf(ticks);
      const { tick, fills } = clearOrders(grid, manyOrders(10_000, grid));
      expect(tick).to.be.a("bigint");
      expect(fills.size).to.equal(10_000);
      const filled = [...fills.values()].filter((energy) => energy > 0n);
      expect(filled.length).to.be.greaterThan(2_000).and.lessThan(8_000);
    }
  });

  it("previews a day in which every home orders in every slot, and every slot trades", function () {
    const { terms, input } = dayOf(20, 64n);
    const steps = input.strips.map(({ entries }) => entries.length);
    expect(Math.min(...steps)).to.be.greaterThan(96);
    expect(Math.max(...steps)).to.be.lessThan(3 * 96);
    const { slots, members } = previewPeriod(terms, input);
    expect(slots.filter(({ price }) => price === null)).to.deep.equal([]);
    expect(members.every(({ settled }) => settled.paid + settled.received > 0n)).to.equal(true);
  });

  it("previews a month in which roofs give what others take", function () {
    const { terms, days } = sharedMonth(6, 2);
    expect(days).to.have.length(2);
    const [first] = days;
    if (first === undefined) throw new Error("no day");
    const { slots, members } = previewSharing(terms, first);
    expect(slots.filter(({ shared }) => shared > 0n)).to.have.length(72 - 28);
    expect(members.every(({ part }) => part !== null && part.paid + part.received > 0n)).to.equal(true);
  });

  it("has the budgets that the SDK promises, and tells whether a median meets them", function () {
    const promised = tasks().map(
      ({ name, homes, ticks, budget }) => `${name} ${homes ?? "-"} ${ticks ?? "-"} ${budget}`,
    );
    expect(promised).to.deep.equal([
      "clear orders - 64 50",
      "clear orders - 128 50",
      "preview a day 150 64 2000",
      "preview a day 150 128 2000",
      "preview a shared month 150 - 5000",
    ]);
    const [task] = tasks();
    if (task === undefined) throw new Error("no task");
    expect(rowOf(task, timing, { ...timing, median: 2 })).to.include({ ratio: 2, met: true, median: 4, budget: 50 });
    expect(rowOf(task, { ...timing, median: 50.1 }, timing)).to.include({ met: false });
  });

  it("prints aligned columns", function () {
    const rows = [
      { name: "a", size: 5 },
      { name: "longer", size: 12_345 },
    ];
    const text = tableOf(
      [
        ["name", ({ name }) => name],
        ["size", ({ size }) => size.toString()],
      ],
      rows,
    );
    expect(text.split("\n")).to.deep.equal(["name     size", "a           5", "longer  12345"]);
  });
});
