import { expect } from "chai";
import { asLots, asPeriod, asSlotOffset, asTick, buildCommit, CHECKED_LIMITS, type Entry } from "@wattbook/sdk";
import { RelayerBenches } from "./bench.ts";
import { CommunityWorld } from "./world.ts";

/** Homes with one order each: a call for as many has room in the end, but not if every word counts as new. */
const HOMES = 300;

describe("relayer: the first period of a community", function () {
  this.timeout(300_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(HOMES);
    benches = new RelayerBenches(world);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  it("takes fewer calls than if every word that is written were new", async () => {
    const wallet = await benches.account("first period");
    const period = asPeriod((await world.nextPeriod()) + 2n);
    const bench = await benches.open(wallet, { lead: 1_000_000 });
    const strips = [];
    for (const [index, home] of world.homes.entries()) {
      const at = { offset: asSlotOffset(BigInt(index % 4)), tick: asTick(BigInt((7 * index) % 64)) };
      const entries: Entry[] = [{ ...at, side: "sell", lots: asLots(1n) }];
      const signed = await world.sign(home, world.strip(home, period, wallet.address, entries));
      expect((await bench.strip(signed)).status).to.equal(202);
      strips.push(signed);
    }
    const planned = buildCommit(strips, CHECKED_LIMITS).chunks.length;
    for (let round = 0; round < 12 && (await world.recorded(period)).length < HOMES; round++)
      await bench.relayer.tick();
    expect(await world.recorded(period)).to.have.length(HOMES);
    const sent = await world.provider.getTransactionCount(wallet.address);
    expect({ planned, sent }).to.deep.equal({ planned: 2, sent: 1 });
  });
});
