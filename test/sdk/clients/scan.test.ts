import { expect } from "chai";
import type { Filter } from "ethers";
import { rejection } from "./rejection.ts";
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

  /** A node that gives the same answer, whatever is asked. */
  const saying = (logs: readonly ScannedLog[]) => ({
    getBlockNumber: () => Promise.resolve(9),
    getLogs: () => Promise.resolve([...logs]),
  });
  const topic = `0x${"0a".repeat(32)}`;
  const log = (blockNumber: number, index: number, changed: Partial<ScannedLog> = {}): ScannedLog => ({
    ...{ blockNumber, index, address: FILTER.address, topics: [topic], data: "0x" },
    ...changed,
  });

  it("puts logs in the order of the chain, and counts each once", async function () {
    const node = saying([log(4, 1), log(3, 7), log(4, 0), log(4, 1)]);
    const places = (await scanLogs(node, FILTER)).map(({ blockNumber, index }) => [blockNumber, index]);
    expect(places).to.deep.equal([
      [3, 7],
      [4, 0],
      [4, 1],
    ]);
  });

  it("refuses logs that were not asked for: of another contract, another event, another block", async function () {
    const filter = { ...FILTER, topics: [topic] };
    const once = { retries: 0 };
    expect(await scanLogs(saying([log(1, 0)]), filter, once)).to.have.lengthOf(1);
    const foreign = [log(1, 0, { address: `0x${"02".repeat(20)}` }), log(1, 0, { topics: [`0x${"0b".repeat(32)}`] })];
    for (const each of [...foreign, log(1, 0, { topics: [] }), log(10, 0)]) {
      await rejection(scanLogs(saying([each]), filter, once), "RPC_INVALID");
    }
  });

  it("finds nothing in an empty range", async function () {
    expect(await scanLogs(source(3, 9), FILTER, { fromBlock: 4 })).to.deep.equal([]);
  });
});
