import { expect } from "chai";
import { batches, DoesNotFit, halves, inCalls } from "../../bench/gas/calls.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const outOfGas = () => new DoesNotFit("Transaction ran out of gas");

describe("the benchmark's calls", function () {
  it("are as equal as possible, in order, and none is too large", function () {
    expect(batches(numbers(150), 100).map(({ length }) => length)).to.deep.equal([75, 75]);
    expect(batches(numbers(7), 3)).to.deep.equal([
      [0, 1],
      [2, 3],
      [4, 5, 6],
    ]);
    expect([batches([], 3), halves(numbers(4))]).to.deep.equal([
      [],
      [
        [0, 1],
        [2, 3],
      ],
    ]);
  });

  it("become smaller where they do not fit a transaction, and nothing is sent twice", async function () {
    const sent: number[] = [];
    const sizes = await inCalls(numbers(10), 10, async (some) => {
      if (some.length > 3) throw outOfGas();
      sent.push(...some);
      return await Promise.resolve(some.length);
    });
    expect(sizes).to.deep.equal([3, 3, 2, 2]);
    expect(sent).to.deep.equal(numbers(10));
  });

  it("fail for any other reason, and where a single item does not fit", async function () {
    const reasonOf = async (error: Error) => {
      const sent = inCalls([1, 2], 2, async () => await Promise.reject(error));
      return await sent.then(
        () => "none",
        (reason: unknown) => reason,
      );
    };
    for (const error of [new Error("strips were not accepted"), outOfGas()])
      expect(await reasonOf(error)).to.equal(error);
  });
});
