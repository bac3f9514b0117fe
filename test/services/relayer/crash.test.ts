import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  asLots,
  asMember,
  asPeriod,
  asSlotOffset,
  asTick,
  asWh,
  type Period,
  periodEnd,
  readingDigest,
  stripDigest,
} from "@wattbook/sdk";
import { readingBody, RelayerBenches, stripBody } from "./bench.ts";
import { Child, taskOf } from "./child.ts";
import { CommunityWorld } from "./world.ts";

/** Where the plug is pulled, in the order in which a message gets there. */
const STEPS = ["received", "stored", "batched", "signed", "broadcast", "mined", "done", "acknowledged"] as const;
/** Of readings nothing is said beyond the end of their call. */
const READING_STEPS = STEPS.filter((step) => step !== "acknowledged");

describe("relayer: killed at every step", function () {
  this.timeout(180_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let child: Child | undefined;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(STEPS.length);
    await world.nextPeriod();
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

  describe("with the readings of a period that is over", () => {
    let period: Period;
    const sent = new Map<bigint, readonly unknown[]>();

    before(async () => {
      period = await world.period();
      await world.advanceTo(periodEnd(world.terms, period));
    });

    for (const [index, step] of READING_STEPS.entries()) {
      it(`settles exactly one after it was ${step}`, async () => {
        const home = world.home(index);
        const signed = await world.reading(home, period, { imported: asWh(10n + BigInt(index)), exported: asWh(0n) });
        const digest = readingDigest(world.wattbook.domains.settlement, signed.reading);
        const { address } = await benches.account(`relayer ${step}`);
        const before = await world.provider.getTransactionCount(address);
        const path = "/v1/communities/0/readings";
        const after = await survive(step, path, readingBody(signed), `/v1/readings/${digest}`, "settled");
        expect(after - before, "transactions").to.equal(1);
        sent.set(home.member, signed.reading.values);
        const logs = await world.wattbook.logs(world.community);
        expect([...(await logs.settled(period)).keys()]).to.have.members([...sent.keys()]);
        const found = await logs.readings(period);
        for (const [member, values] of sent) {
          expect(found.get(asMember(member))?.values, `member ${member}`).to.deep.equal(values);
        }
      });
    }
  });
});
