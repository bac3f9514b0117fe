import { expect } from "chai";
import { Wallet } from "ethers";
import type { UnsignedCall } from "@wattbook/sdk";
import { type Sender, sendInBatches } from "../../../scripts/demo/chain/batches.ts";

const WALLET = new Wallet(`0x${"11".repeat(32)}`);

/** A chain on which each item takes `gas`, and a call fits up to `most` items. */
function chain(gas: bigint, most: number) {
  const sizes: number[] = [];
  const itemsIn = ({ value }: UnsignedCall) => Number(value);
  const sender: Sender = {
    fits: (_, call) => Promise.resolve(itemsIn(call) <= most),
    send: (_, call) => {
      sizes.push(itemsIn(call));
      return Promise.resolve({ gasUsed: gas * call.value, block: sizes.length });
    },
  };
  return { sender, sizes };
}

/** A call of `bytes` per item; its value counts the items. */
const build = (bytes: number) => (items: readonly number[]) => ({
  to: WALLET.address,
  data: `0x${"00".repeat(bytes * items.length)}`,
  value: BigInt(items.length),
});
const items = Array.from({ length: 40 }, (_, i) => i);

describe("demo batches", function () {
  it("grow to what the last call's rate allows, at most to twice its size", async function () {
    const { sender, sizes } = chain(1_000_000n, 99);
    const gas = await sendInBatches(sender, WALLET, items, { next: 2 }, build(100));
    expect(sizes).to.deep.equal([2, 4, 8, 10, 10, 6]);
    expect(gas).to.equal(40_000_000n);
  });

  it("keep calldata below what pools take", async function () {
    const { sender, sizes } = chain(1_000n, 99);
    await sendInBatches(sender, WALLET, items, { next: 40 }, build(10_000));
    expect(sizes).to.deep.equal([10, 12, 12, 6]);
  });

  it("are halved until they fit", async function () {
    const { sender, sizes } = chain(1_000n, 3);
    let done = 0;
    await sendInBatches(sender, WALLET, items.slice(0, 8), { next: 8 }, build(10), (count) => (done += count));
    expect(sizes).to.deep.equal([2, 2, 2, 2]);
    expect(done).to.equal(8);
  });

  it("give up on an item that fits into no transaction", async function () {
    const { sender } = chain(1_000n, 0);
    const reason: unknown = await sendInBatches(sender, WALLET, items, { next: 4 }, build(10)).catch((e: unknown) => e);
    expect(String(reason)).to.include("one item alone");
  });
});
