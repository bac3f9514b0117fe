import { expect } from "chai";
import type { Filter } from "ethers";
import { scanLogs, type ScannedLog } from "../../../sdk/src/clients/scan.ts";

/** A node with a log in every block that answers for at most `most` blocks at once. */
function source(blocks: number, most: number) {
  const asked: [number, number][] = [];
  return {
    asked,
    getBlockNumber: () => Promise.resolve(blocks),
    getLogs: (filter: Filter): Promise<ScannedLog[]> => {
      const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
      asked.push([from, to]);
      if (to - from + 1 > most) return Promise.reject(new Error("too many blocks"));
      const logs = Array.from({ length: to - from + 1 }, (_, i) => ({ blockNumber: from + i, topics: [], data: "0x" }));
      return Promise.resolve(logs);
    },
  };
}
const FILTER = { address: `0x${"01".repeat(20)}`, topics: [] };
const blocksOf = (logs: readonly ScannedLog[]) => logs.map((log) => log.blockNumber);

describe("scanLogs", function () {
  it("asks for one chunk after the other, without gap or overlap", async function () {
    const node = source(9, 100);
    expect(blocksOf(await scanLogs(node, FILTER, { chunk: 4 }))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(node.asked).to.deep.equal([
      [0, 3],
      [4, 7],
      [8, 9],
    ]);
  });

  it("halves the chunk where a node refuses", async function () {
    const node = source(20, 3);
    expect(blocksOf(await scanLogs(node, FILTER, { fromBlock: 5, toBlock: 16 }))).to.have.lengthOf(12);
    expect(node.asked.slice(0, 3)).to.deep.equal([
      [5, 16],
      [5, 10],
      [5, 7],
    ]);
  });

  it("passes on what a node says to a single block", async function () {
    const reason: unknown = await scanLogs(source(3, 0), FILTER).catch((error: unknown) => error);
    expect(String(reason)).to.include("too many blocks");
  });

  it("finds nothing in an empty range", async function () {
    expect(await scanLogs(source(3, 9), FILTER, { fromBlock: 4 })).to.deep.equal([]);
  });
});
