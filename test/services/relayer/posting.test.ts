import { expect } from "chai";
import { asAmount, asLots, asSlotOffset, asTick, type Entry, gateOf, slotIn, stripDigest, verifyReceipt } from "@wattbook/sdk";
import { receiptFor, compactSignature } from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { CommunityWorld } from "./world.ts";

const sell = (offset: number, tick = 10, lots = 5): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side: "sell", tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});

describe("relayer: posting", function () {
  this.timeout(60_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let wallet: Wallet;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(6);
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    await world.nextPeriod();
  });
  afterEach(async () => {
    await benches.remove();
  });

  /** Ticks until a strip is not waiting any more. */
  const settle = async ({ relayer, get }: RelayerBench, digest: string) => {
    for (let round = 0; round < 20; round++) {
      await relayer.tick();
      const { body } = await get(`/v1/strips/${digest}`);
      if (body.state !== "waiting") return body;
    }
    return expect.fail(`strip ${digest} still waits`);
  };

  it("answers with a receipt, waits for the gate, and posts before it", async () => {
    const bench = await benches.open(wallet);
    const period = ((await world.period()) + 1n) as never;
    const home = world.home(0);
    const signed = await world.sign(home, world.strip(home, period, wallet.address, [sell(0), sell(2)]));
    const { status, body } = await bench.strip(signed);
    expect(status).to.equal(202);
    const digest = stripDigest(world.wattbook.domains.market, signed.strip);
    expect(body.receipt).to.include({ digest, relayer: wallet.address });
    const receipt = receiptFor(world.wattbook.domains.market, signed);
    const signature = compactSignature(body.receipt?.signature ?? "0x");
    expect(verifyReceipt(world.wattbook.domains.commits, receipt, signature, wallet.address)).to.equal(true);

    await bench.relayer.tick();
    expect(await world.recorded(period)).to.deep.equal([]);
    await world.advanceTo(gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(0n))) - 100n);
    expect(await settle(bench, digest)).to.include({ state: "posted" });
    expect(await world.recorded(period)).to.deep.equal([digest]);
    const again = await bench.strip(signed);
    expect(again.status).to.equal(200);
    expect(again.body.receipt).to.deep.equal(body.receipt);
  });
  void asAmount;
});
