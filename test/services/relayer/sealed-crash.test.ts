import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  type CommitInfo,
  compactSignature,
  isSealed,
  type Period,
  sealedTimes,
  stripDigest,
} from "@wattbook/sdk";
import { RelayerBenches, stripBody } from "./bench.ts";
import { Child, taskOf } from "./child.ts";
import type { ChildTask } from "./crash-child.ts";
import { anvil, CommunityWorld, SEALED } from "./world.ts";

/** Where the plug is pulled, in the order in which a strip gets there. */
const STEPS = [
  ...[
    "received",
    "stored",
    "bundled commit:",
    "batched commit:",
    "signed commit:",
    "broadcast commit:",
    "mined commit:",
  ],
  ...["committed", "signed reveal:", "broadcast reveal:", "mined reveal:", "revealed"],
  ...["challenged", "signed answer:", "mined answer:", "answered", "broadcast finish:", "released"],
] as const;

describe("relayer: killed at every step of a sealed day", function () {
  this.timeout(300_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let child: Child | undefined;
  let epoch = 0n;

  before(async () => {
    world = await CommunityWorld.start(anvil(), SEALED);
    await world.enrol(2);
    for (const home of world.homes) await world.pledge(home, 50_000_000n);
    benches = new RelayerBenches(world);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });
  afterEach(async () => {
    await child?.kill();
  });

  for (const step of STEPS) {
    it(`commits once, answers and has its bond back when it is killed after: ${step.replace(":", "")}`, async () => {
      const period = asPeriod((await world.nextPeriod()) + 2n);
      const wallet = await benches.account(`sealed ${step}`);
      await world.postBond(wallet, SEALED.bond);
      const day = new Day(world, period, wallet.address, taskOf(world, wallet.privateKey, benches.folder()));
      const strips = await Promise.all(
        world.homes.map(async (home, index) => {
          const entry = { offset: asSlotOffset(1n), tick: asTick(20n), lots: asLots(5n) };
          const side = index === 0 ? "sell" : "buy";
          const override = { epoch: index === 0 ? epoch : 0n };
          return world.sign(home, world.strip(home, period, wallet.address, [{ ...entry, side }], override));
        }),
      );
      const [skipped, kept] = strips as [(typeof strips)[0], (typeof strips)[0]];
      try {
        day.start(step);
        const receipt = await day.hand(skipped);
        await day.hand(kept);
        // The contract skips it at the reveal: so its member may ask for it.
        await world.sendAs(
          world.home(0).owner,
          world.wattbook.escrow.calls.bumpEpoch(world.community, world.home(0).member),
        );
        epoch++;
        await world.advanceTo(day.times.gate - 600n);
        await day.until((commit) => commit !== null);
        await world.advanceTo(day.times.gate);
        await day.until((commit) => commit?.revealed === commit?.chunks);
        await world.advanceTo(day.times.challengeStart);
        const claim = { signed: skipped, receipt: compactSignature(receipt), records: [] };
        await world.send(world.wattbook.commits.calls.challenge(0n, claim));
        await day.until((commit) => commit?.challenges === 0n);
        await world.advanceTo(day.times.challengeEnd);
        await day.until((commit) => commit?.fate === "released");
        await day.untilKilled();
      } finally {
        child = day.child;
      }
      expect(await world.recorded(period)).to.deep.equal([stripDigest(world.orderBook, kept.strip)]);
      expect(await world.wattbook.commits.commit(world.community, period, 1n), "a second commit").to.equal(null);
      expect(await world.wattbook.escrow.bond(world.community, wallet.address)).to.deep.equal({
        ...{ balance: SEALED.bond, locked: 0n },
      });
      const sent = await world.provider.getTransactionCount(wallet.address);
      expect(sent, "approve, post, commit, reveal, answer, finish").to.equal(6);
    });
  }
});

/** One period with a relayer that is killed once. */
class Day {
  readonly times;
  readonly #world: CommunityWorld;
  readonly #period: Period;
  readonly #relayer: string;
  readonly #task: ChildTask;
  child: Child | undefined;
  #killed = false;

  constructor(world: CommunityWorld, period: Period, relayer: string, task: ChildTask) {
    if (!isSealed(world.terms)) throw new RangeError("terms");
    this.times = sealedTimes(world.terms, period);
    this.#world = world;
    this.#period = period;
    this.#relayer = relayer;
    this.#task = task;
  }

  start(killAfter?: string): void {
    const child = new Child({ ...this.#task, ...(killAfter !== undefined && { killAfter }) });
    this.child = child;
    void child.ended.then((signal) => {
      if (killAfter === undefined || signal !== "SIGKILL" || this.child !== child) return;
      this.#killed = true;
      this.start();
    });
  }

  /** Hands a strip over, again where the relayer was killed before it answered. @return Its receipt's signature */
  async hand(signed: Parameters<typeof stripBody>[0]): Promise<string> {
    for (let round = 0; round < 100; round++) {
      try {
        const answer = await fetch(`${await this.child?.url}/v1/communities/0/strips`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(stripBody(signed)),
        });
        const body = (await answer.json()) as { receipt?: { signature: string } };
        if (body.receipt !== undefined) return body.receipt.signature;
        expect.fail(JSON.stringify(body));
      } catch (error) {
        if (error instanceof Error && error.name === "AssertionError") throw error;
        await sleep(50);
      }
    }
    return expect.fail("nobody answers");
  }

  /** Waits for the chain to show the relayer's commit as it should be. */
  async until(isSo: (commit: CommitInfo | null) => boolean): Promise<void> {
    const { commits } = this.#world.wattbook;
    for (let round = 0; round < 400; round++) {
      const commit = await commits.commit(this.#world.community, this.#period, 0n);
      if (commit !== null) expect(commit.relayer).to.equal(this.#relayer);
      if (isSo(commit)) return;
      await sleep(50);
    }
    expect.fail(`it does not come to ${String(isSo)}`);
  }

  async untilKilled(): Promise<void> {
    for (let round = 0; round < 200 && !this.#killed; round++) await sleep(50);
    expect(this.#killed, "killed").to.equal(true);
  }
}
