import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { asLots, asPeriod, asSlotOffset, asTick, asWh, periodEnd, readingDigest, stripDigest } from "@wattbook/sdk";
import { readingBody, RelayerBenches, stripBody } from "./bench.ts";
import { Child, taskOf } from "./child.ts";
import { CommunityWorld } from "./world.ts";

/** Where the plug is pulled, in the order in which a message gets there. */
const STEPS = ["received", "stored", "batched", "signed", "broadcast", "mined", "done", "acknowledged"] as const;

describe("relayer: killed at every step", function () {
  this.timeout(180_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let child: Child | undefined;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(STEPS.length);
    benches = new RelayerBenches(world);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });
  afterEach(async () => {
    await child?.kill();
  });

  const post = async (url: string, body: unknown): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status >= 400) throw new Error(await response.text());
    return response.status;
  };
  const state = async (url: string) => ((await (await fetch(url)).json()) as { readonly state?: string }).state;

  /** Hands a message in to a relayer that is killed, then to the next one, and waits until it is done. */
  const survive = async (killAfter: string, path: string, body: unknown, status: string, done: string) => {
    const wallet = await benches.account(`relayer ${killAfter}`);
    const { privateKey } = wallet;
    const task = taskOf(world, privateKey, benches.folder());
    child = new Child({ ...task, killAfter });
    await post(`${await child.url}${path}`, body).catch(() => 0);
    expect(await child.ended).to.equal("SIGKILL");

    child = new Child(task);
    const url = await child.url;
    expect(await post(`${url}${path}`, body)).to.be.oneOf(killAfter === "received" ? [202] : [200]);
    for (let round = 0; (await state(`${url}${status}`)) !== done; round++) {
      if (round > 400) expect.fail(`${status} is ${await state(`${url}${status}`)}`);
      await sleep(50);
    }
    await child.kill();
    return world.provider.getTransactionCount(wallet.address);
  };

  for (const [index, step] of STEPS.entries()) {
    it(`brings in exactly one strip after it was ${step}`, async () => {
      if (index === 0) await world.nextPeriod();
      const period = asPeriod((await world.period()) + 1n);
      const home = world.home(index);
      const wallet = await benches.account(`relayer ${step}`);
      const entry = { offset: asSlotOffset(2n), side: "sell", tick: asTick(10n), lots: asLots(5n) } as const;
      const signed = await world.sign(home, world.strip(home, period, wallet.address, [entry]));
      const digest = stripDigest(world.wattbook.domains.market, signed.strip);
      const sent = await survive(step, "/v1/communities/0/strips", stripBody(signed), `/v1/strips/${digest}`, "posted");
      expect(sent, "transactions").to.equal(1);
      expect((await world.recorded(period)).filter((each) => each === digest)).to.have.length(1);
      const logs = await world.wattbook.logs(world.community);
      expect(await logs.skipped(period)).to.deep.equal([]);
    });
  }

  it("settles exactly one reading after it was stored and broadcast", async () => {
    const period = await world.period();
    await world.advanceTo(periodEnd(world.terms, period));
    const reads = ["stored", "broadcast"];
    for (const [index, step] of reads.entries()) {
      const home = world.home(index);
      const signed = await world.reading(home, period, { imported: asWh(10n), exported: asWh(0n) });
      const digest = readingDigest(world.wattbook.domains.settlement, signed.reading);
      await benches.account(`relayer ${step}`);
      const before = await world.provider.getTransactionCount((await benches.account(`relayer ${step}`)).address);
      const path = "/v1/communities/0/readings";
      const sent = await survive(step, path, readingBody(signed), `/v1/readings/${digest}`, "settled");
      expect(sent - before, `transactions, ${step}`).to.equal(1);
    }
    const settled = await (await world.wattbook.logs(world.community)).settled(period);
    expect(settled.size).to.equal(reads.length);
  });
});
