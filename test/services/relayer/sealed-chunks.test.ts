import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  CHUNK_LIMITS,
  type Entry,
  type Period,
  sealedTimes,
  slotsOf,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, SEALED } from "./world.ts";

/** Homes with orders at 50 ticks of both sides in each slot: some 400 thousand gas each. */
const HOMES = 70;
/** Gas that a transaction can have. */
const MOST_GAS = 1n << 24n;

describe("relayer: a commit of several chunks", function () {
  this.timeout(300_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let wallet: Wallet;
  let period: Period;

  before(async () => {
    world = await CommunityWorld.start(anvil(), SEALED);
    await world.enrol(HOMES);
    for (const home of world.homes) await world.pledge(home, 500_000_000n);
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    benches = new RelayerBenches(world);
    period = asPeriod((await world.nextPeriod()) + 2n);
    wallet = await benches.account(`chunks ${period}`);
    await world.postBond(wallet, SEALED.bond);
  });
  afterEach(async () => {
    await benches.remove();
  });

  const times = () => sealedTimes(world.terms, period);
  const entries = (count: number): Entry[] =>
    slotsOf(world.terms, period).flatMap((_, offset) =>
      (["buy", "sell"] as const).flatMap((side) =>
        Array.from({ length: count }, (_, tick) => ({
          ...{ offset: asSlotOffset(BigInt(offset)), side, tick: asTick(BigInt(tick)), lots: asLots(1n) },
        })),
      ),
    );
  const hand = async (bench: RelayerBench, homes = HOMES) => {
    for (const home of world.homes.slice(0, homes)) {
      const strip = world.strip(home, period, wallet.address, entries(50));
      const answer = await bench.strip(await world.sign(home, strip));
      if (answer.status !== 202) return answer;
    }
    return null;
  };
  const own = async () => world.wattbook.commits.commit(world.community, period, 0n);

  it("reveals all of them in one turn, one behind the other, and clears with the last", async () => {
    const bench = await benches.open(wallet);
    expect(await hand(bench)).to.equal(null);
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    const commit = await own();
    expect(Number(commit?.chunks)).to.be.greaterThan(2);
    await world.advanceTo(times().gate);
    await bench.relayer.tick();
    const sent = await world.provider.getTransactionCount(wallet.address, "pending");
    expect(sent, "all but the last at once").to.equal(3 + Number(commit?.chunks) - 1);
    await bench.ticks(10);
    expect(await own()).to.include({ revealed: commit?.chunks, stripsLeft: 0n });
    expect(await world.recorded(period)).to.have.length(HOMES);
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size).to.equal(Number(SEALED.slotsPerPeriod));
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(3 + Number(commit?.chunks));
    expect(await mostGas()).to.be.lessThan(CHUNK_LIMITS.gas + (MOST_GAS - CHUNK_LIMITS.gas) / 2n);
  });

  it("sends the last without clearing where the turn would end over it, and clears afterwards", async () => {
    const bench = await benches.open(wallet);
    expect(await hand(bench)).to.equal(null);
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    const commit = await own();
    await world.advanceTo(times().gate + SEALED.revealWindow / 16n);
    await bench.relayer.tick();
    const sent = await world.provider.getTransactionCount(wallet.address, "pending");
    expect(sent, "all at once").to.equal(3 + Number(commit?.chunks));
    await bench.ticks(10);
    expect(await own()).to.include({ revealed: commit?.chunks });
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size, "by a call of its own").to.equal(Number(SEALED.slotsPerPeriod));
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(4 + Number(commit?.chunks));
  });

  it("takes no more strips than its commit has room for", async () => {
    const bench = await benches.open(wallet, { sealed: { lead: 600, mostChunks: 1 } });
    const answer = await hand(bench);
    expect(answer?.body).to.include({ code: "RELAYER_REFUSED", reason: "CommitFull" });
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    expect((await own())?.chunks).to.equal(1n);
    expect((await own())?.stripsLeft).to.equal(16n);
  });

  it("takes no more of them where all homes hand in at the same moment", async () => {
    const bench = await benches.open(wallet, { sealed: { lead: 600, mostChunks: 1 } });
    const strips = await Promise.all(
      world.homes.map((home) => world.sign(home, world.strip(home, period, wallet.address, entries(50)))),
    );
    const answers = await Promise.all(strips.map((strip) => bench.strip(strip)));
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).to.equal(16);
    for (const { status, body } of answers) if (status !== 202) expect(body).to.include({ reason: "CommitFull" });
    await world.advanceTo(times().gate - 600n);
    await bench.ticks(6);
    expect((await own())?.chunks).to.equal(1n);
  });

  /** Gas of the dearest transaction of the relayer. */
  async function mostGas(): Promise<bigint> {
    let most = 0n;
    const last = await world.provider.getBlockNumber();
    for (let number = Math.max(0, last - 40); number <= last; number++) {
      const block = await world.provider.getBlock(number);
      if (block !== null && block.gasUsed > most) most = block.gasUsed;
    }
    return most;
  }
});
