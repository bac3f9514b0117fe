import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Filter, FilterByBlockHash } from "ethers";
import { type AnchoredSource, type ScannedLog, syncLogs } from "@wattbook/sdk";
import { SqliteLogStore } from "../../../services/src/keeper/index.ts";

const FILTER = { address: `0x${"11".repeat(20)}`, topics: [] };

/** A chain with a log in every block; `salt` tells one branch of it from another. */
function chain(length: number, salts: (block: number) => string): AnchoredSource & { asked: number[] } {
  const asked: number[] = [];
  const logAt = (block: number): ScannedLog => ({
    ...{ address: FILTER.address, blockNumber: block, blockHash: hashOf(block), index: 0 },
    ...{ transactionHash: hashOf(block), topics: [], data: `0x${block.toString(16).padStart(2, "0")}` },
  });
  const hashOf = (block: number) => `${salts(block)}${block}`;
  return {
    asked,
    getBlockNumber: () => Promise.resolve(length - 1),
    getBlock: (block) => Promise.resolve(block < length ? { hash: hashOf(block) } : null),
    getLogs: (filter: Filter & FilterByBlockHash) => {
      const named = Array.from({ length }, (_, block) => block).find((block) => filter.blockHash === hashOf(block));
      const [from, to] = named === undefined ? [Number(filter.fromBlock), Number(filter.toBlock)] : [named, named];
      const blocks = Array.from({ length: to - from + 1 }, (_, k) => from + k);
      asked.push(...blocks);
      return Promise.resolve(blocks.map(logAt));
    },
  };
}

describe("SqliteLogStore", () => {
  let folder: string;
  let path: string;
  let store: SqliteLogStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wattbook-logs-"));
    path = join(folder, "logs.db");
    store = new SqliteLogStore(path);
  });

  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const reopen = () => {
    store.close();
    store = new SqliteLogStore(path);
  };

  it("goes on where the last process stopped, and reads no block twice", async () => {
    await syncLogs(
      chain(20, () => "a"),
      FILTER,
      { store },
    );
    reopen();
    const source = chain(30, () => "a");
    const { logs } = await syncLogs(source, FILTER, { store });
    expect(logs.map(({ blockNumber }) => blockNumber)).to.deep.equal(Array.from({ length: 30 }, (_, k) => k));
    expect(Math.min(...source.asked)).to.equal(20);
  });

  for (const depth of [1, 3, 10]) {
    it(`forgets the logs of a reorganisation of depth ${depth}, on disk too`, async () => {
      for (let length = 1; length <= 20; length++)
        await syncLogs(
          chain(length, () => "a"),
          FILTER,
          { store },
        );
      const branch = (block: number) => (block < 20 - depth ? "a" : "b");
      const synced = await syncLogs(chain(22, branch), FILTER, { store });
      expect(synced.rewoundTo).to.equal(20 - depth);
      reopen();
      const source = chain(22, branch);
      const { logs } = await syncLogs(source, FILTER, { store });
      expect(source.asked).to.deep.equal([]);
      expect(logs.map(({ blockHash }) => blockHash)).to.deep.equal(
        Array.from({ length: 22 }, (_, block) => `${branch(block)}${block}`),
      );
    });
  }
});
