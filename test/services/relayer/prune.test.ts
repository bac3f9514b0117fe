import { join } from "node:path";
import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  asWh,
  type Entry,
  estimatesFrom,
  type Period,
  periodEnd,
  periodStart,
  sealedTimes,
  type SignedStrip,
  stripDigest,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { Outbox } from "../../../services/src/chain/index.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, type Home, SEALED } from "./world.ts";

const sell: Entry = { offset: asSlotOffset(0n), side: "sell", tick: asTick(20n), lots: asLots(5n) };
/** Tables with something of a period in them. */
const TABLES = [
  "strips",
  "bundles",
  "chunks",
  "bundled",
  "commits",
  "reveals",
  "fates",
  "records",
  "batches",
  "metered",
];

describe("relayer: old periods", function () {
  this.timeout(240_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let bench: RelayerBench;
  let wallet: Wallet;
  let first: Period;
  let folder: string;
  const options = { keep: 0, sealed: { lead: 600, mostChunks: 8 } };

  before(async () => {
    world = await CommunityWorld.start(anvil(), { ...SEALED, horizon: 2n });
    await world.enrol(2);
    for (const home of world.homes) await world.pledge(home, 50_000_000n);
    benches = new RelayerBenches(world);
    wallet = await benches.account("old periods");
    await world.postBond(wallet, 4n * SEALED.bond);
    folder = benches.folder();
    bench = await benches.open(wallet, { ...options, folder });
    first = asPeriod((await world.nextPeriod()) + 2n);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  const ticks = async (count = 6) => {
    await bench.ticks(count);
  };
  const held = (period: Period) =>
    TABLES.filter((table) => {
      const sql = `SELECT 1 FROM ${table} WHERE community = 0 AND period = ?`;
      return bench.relayer.store.prepare(sql).get(Number(period)) !== undefined;
    });
  const state = async (each: SignedStrip) => bench.get(`/v1/strips/${stripDigest(world.orderBook, each.strip)}`);
  /** A sealed day up to the clearing, whose bond is back. */
  const trade = async (home: Home, period: Period) => {
    const { gate, opens } = sealedTimes(world.terms, period);
    await world.advanceTo(opens);
    await bench.relayer.tick();
    const signed = await world.sign(home, world.strip(home, period, wallet.address, [sell]));
    const answer = await bench.strip(signed);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(202);
    await world.advanceTo(gate - 600n);
    await ticks();
    await world.advanceTo(gate);
    await ticks();
    await world.advanceTo(periodEnd(world.terms, period));
    await ticks();
    return signed;
  };
  const read = async (home: Home, from: Period, to: Period) => {
    for (let each = from; each <= to; each = asPeriod(each + 1n)) {
      const reading = await world.reading(home, each, { imported: asWh(0n), exported: asWh(0n) });
      expect((await bench.reading(reading)).status).to.equal(202);
      await ticks();
    }
  };

  it("go once they are settled and their bonds are back, and what is not settled stays", async () => {
    const settled = first;
    const open = asPeriod(first + 4n);
    const [one, two] = [world.home(0), world.home(1)];
    const strip = await trade(one, settled);
    await read(one, asPeriod(settled - 2n), settled);
    expect(held(settled)).to.deep.equal(TABLES);
    await world.advanceTo(periodStart(world.terms, asPeriod(settled + 2n)));
    await ticks(2);
    expect(held(settled), "its place in the books").to.deep.equal(TABLES);
    const kept = await trade(two, open);

    await world.advanceTo(periodStart(world.terms, asPeriod(open + 10n)));
    await ticks(2);
    expect(held(settled)).to.deep.equal([]);
    expect((await state(strip)).status).to.equal(404);
    expect(held(open), "nobody has settled it").to.include.members(["strips", "records", "bundles", "chunks"]);
    expect((await state(kept)).body).to.include({ state: "posted" });
    const jobs = (period: Period) => bench.relayer.store.prepare("SELECT 1 FROM batches WHERE period = ?").all(period);
    expect(jobs(settled)).to.deep.equal([]);

    await world.advanceTo(estimatesFrom(world.terms, open));
    const { settleEstimated } = world.wattbook.settlement.calls;
    const logs = await world.wattbook.logs(world.community);
    const empty = asPeriod((await world.wattbook.settlement.meter(world.community, two.member)).nextPeriod);
    for (let each = empty; each <= open; each = asPeriod(each + 1n)) {
      const records = (await logs.journals(each)).get(two.member) ?? [];
      await world.send(settleEstimated(world.community, each, [{ member: two.member, records }]));
    }
    await world.nextPeriod();
    await ticks(2);
    expect(held(open)).to.deep.equal([]);
  });

  it("stay while a commit of anyone keeps its place, and the relayer goes on after all of it", async () => {
    const period = asPeriod((await world.period()) + 3n);
    const { gate, opens } = sealedTimes(world.terms, period);
    await world.advanceTo(opens);
    const other = await benches.account("somebody else");
    await world.postBond(other, SEALED.bond);
    const commit = { community: world.community, period, root: `0x${"11".repeat(32)}`, chunks: [{}], strips: 1 };
    await world.sendAs(other, world.wattbook.commits.calls.commit(commit as never));
    await world.advanceTo(gate);
    const later = asPeriod(period + 9n);
    await world.advanceTo(periodStart(world.terms, later));
    await ticks(2);
    expect(held(period)).to.deep.equal(["commits"]);

    // The same place of the ring: the relayer finishes what stands in its way.
    const signed = await trade(world.home(0), asPeriod(later + 3n));
    expect((await state(signed)).body).to.include({ state: "posted" });
    await world.nextPeriod();
    await ticks(2);
    expect(held(period)).to.deep.equal([]);
  });

  it("leave the first period known, since when rings are used, and go on after a start", async () => {
    const { store } = bench.relayer;
    expect(store.prepare("SELECT period FROM firsts").get()).to.deep.equal({ period: Number(first) });
    await bench.close();
    const outbox = new Outbox(join(folder, "outbox.db"), world.deployment.chainId, wallet.address);
    const sent = await world.provider.getTransactionCount(wallet.address);
    expect(outbox.nextNonce(), "counted from the jobs that stay").to.equal(sent);
    for (const kind of ["commit", "reveal", "finish"]) {
      expect(outbox.startingWith(`${kind}:0:${first}`), kind).to.deep.equal([]);
    }
    outbox.close();

    bench = await benches.open(wallet, { ...options, folder });
    const period = asPeriod((await world.period()) + 3n);
    expect((await state(await trade(world.home(0), period))).body).to.include({ state: "posted" });
  });
});
