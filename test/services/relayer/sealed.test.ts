import { expect } from "chai";
import {
  asAmount,
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  asWh,
  compactSignature,
  type Entry,
  type Period,
  periodEnd,
  periodStart,
  receiptFor,
  sealedTimes,
  type SignedStrip,
  stripDigest,
  verifyReceipt,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { Registry } from "../../../services/src/operation/metrics.ts";
import { ServiceError } from "../../../services/src/relayer/index.ts";
import { Numbers } from "../../../services/src/relayer/numbers.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, SEALED, type StripOverride } from "./world.ts";

const BOND = SEALED.bond;
const LEAD = 600n;

const order = (side: "buy" | "sell", offset = 0, tick = 20, lots = 10): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side, tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});

describe("relayer: sealed communities", function () {
  this.timeout(240_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let period: Period;

  before(async () => {
    world = await CommunityWorld.start(anvil(), SEALED);
    await world.enrol(6);
    for (const home of world.homes) await world.pledge(home, 50_000_000n);
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    benches = new RelayerBenches(world);
    // Its gate lies a whole period ahead.
    period = asPeriod((await world.nextPeriod()) + 2n);
  });
  afterEach(async () => {
    await benches.remove();
  });

  const times = () => sealedTimes(world.terms, period);
  const digestOf = ({ strip }: SignedStrip) => stripDigest(world.orderBook, strip);
  const relayer = async (name: string, bond = 2n * BOND, override = {}) => {
    const wallet = await benches.account(`${name} ${period}`);
    if (bond > 0n) await world.postBond(wallet, bond);
    return { wallet, bench: await benches.open(wallet, override) };
  };
  const signed = async (home: number, to: Wallet, entries: readonly Entry[], override: StripOverride = {}) => {
    const who = world.home(home);
    return world.sign(who, world.strip(who, period, to.address, entries, override));
  };
  const take = async (bench: RelayerBench, each: SignedStrip) => {
    const answer = await bench.strip(each);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(202);
    return answer.body.receipt?.signature ?? "";
  };
  const state = async ({ get }: RelayerBench, each: SignedStrip) => (await get(`/v1/strips/${digestOf(each)}`)).body;
  const ticks = async (bench: RelayerBench, count = 6) => {
    await bench.ticks(count);
  };
  const commits = async () => {
    const found = await Promise.all(
      Array.from({ length: 8 }, (_, place) => world.wattbook.commits.commit(world.community, period, BigInt(place))),
    );
    return found.filter((commit) => commit !== null);
  };
  const bondOf = (wallet: Wallet) => world.wattbook.escrow.bond(world.community, wallet.address);
  /** To the first block in which a turn has begun. */
  const toTurn = (place: number) => world.advanceTo(times().turnEnds[place - 1] ?? times().gate);

  it("commits, reveals and clears with two relayers, and has the money settled and the bonds back", async () => {
    const [one, two] = [await relayer("one"), await relayer("two")];
    const ask = await signed(0, one.wallet, [order("sell"), order("sell", 1)]);
    const bid = await signed(1, two.wallet, [order("buy")]);
    const receipt = await take(one.bench, ask);
    await take(two.bench, bid);
    const { sealedMarket, commits: book } = world.wattbook.domains;
    const promise = compactSignature(receipt);
    expect(verifyReceipt(book, receiptFor(sealedMarket, ask), promise, one.wallet.address)).to.equal(true);

    await ticks(one.bench, 2);
    expect(await commits(), "before it is due").to.deep.equal([]);
    await world.advanceTo(times().gate - LEAD);
    await ticks(one.bench);
    await ticks(two.bench);
    expect((await commits()).map((commit) => commit.relayer)).to.deep.equal([one.wallet.address, two.wallet.address]);
    expect(await bondOf(one.wallet)).to.deep.equal({ balance: 2n * BOND, locked: BOND });
    expect(await world.recorded(period), "still secret").to.deep.equal([]);
    expect(await state(one.bench, ask)).to.deep.include({ state: "waiting", inCall: `commit:0:${period}` });
    expect((await state(one.bench, ask)).commit).to.include({ chunk: 0, index: 0, place: 0 });

    await toTurn(0);
    await ticks(two.bench);
    expect(await world.recorded(period), "not its turn").to.deep.equal([]);
    await ticks(one.bench);
    expect(await world.recorded(period)).to.deep.equal([digestOf(ask)]);
    await ticks(two.bench);
    expect(await world.recorded(period)).to.have.members([digestOf(ask), digestOf(bid)]);
    for (const [{ bench }, each] of [
      [one, ask],
      [two, bid],
    ] as const) {
      await ticks(bench, 2);
      expect(await state(bench, each)).to.include({ state: "posted" });
    }
    const cleared = await (await world.wattbook.logs(world.community)).cleared(period);
    expect(cleared.size, "by the last reveal").to.equal(2);
    expect(await world.provider.getTransactionCount(two.wallet.address), "approve, post, commit, reveal").to.equal(4);

    await world.advanceTo(periodEnd(world.terms, period));
    for (const home of [0, 1]) await catchUp(home);
    await one.bench.relayer.tick();
    const sold = await world.reading(world.home(0), period, { imported: asWh(0n), exported: asWh(100n) });
    const bought = await world.reading(world.home(1), period, { imported: asWh(100n), exported: asWh(0n) });
    for (const each of [sold, bought]) expect((await one.bench.reading(each)).status).to.equal(202);
    await ticks(one.bench);
    const legs = await (await world.wattbook.logs(world.community)).settled(period);
    expect(legs.get(world.home(0).member)?.received).to.equal(legs.get(world.home(1).member)?.paid);
    expect(legs.get(world.home(0).member)?.received).to.equal(14_000n);

    await ticks(two.bench);
    for (const { wallet } of [one, two]) expect(await bondOf(wallet)).to.deep.equal({ balance: 2n * BOND, locked: 0n });
  });

  it("takes several strips of a member in their order, and nothing once it has committed", async () => {
    const { wallet, bench } = await relayer("late");
    const second = await signed(2, wallet, [order("sell", 2)], { after: asSlotOffset(1n) });
    const first = await signed(2, wallet, [order("sell", 0)]);
    const other = await signed(3, wallet, [order("buy", 1)]);
    await take(bench, first);
    await take(bench, second);
    await take(bench, other);
    await world.advanceTo(times().gate - LEAD - 1n);
    const near = await signed(4, wallet, [order("buy", 1)]);
    await bench.relayer.tick();
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench, 1);
    expect((await bench.strip(near)).body).to.include({ code: "RELAYER_REFUSED", reason: "CommitMade" });
    const withdrawal = await bench.post(`/v1/strips/${digestOf(first)}/withdrawal`, {
      signature: `0x${"11".repeat(64)}`,
    });
    expect(withdrawal.body).to.include({ code: "WITHDRAWAL_LATE" });
    await ticks(bench);
    await toTurn(0);
    await ticks(bench);
    expect(await world.recorded(period)).to.have.members([first, second, other].map(digestOf));
    expect((await commits()).map(({ revealed, chunks }) => ({ revealed, chunks }))).to.deep.equal([
      { revealed: 1n, chunks: 1n },
    ]);
  });

  it("counts pledged money, not free money, and refuses what a reveal would skip", async () => {
    const { wallet, bench } = await relayer("pledges");
    const who = world.home(5);
    const { free } = await world.wattbook.escrow.account(world.community, who.member);
    expect(free > 900_000_000n).to.equal(true);
    const over = await signed(5, wallet, [order("sell")], { maxReserve: asAmount(50_000_001n) });
    expect((await bench.strip(over)).body).to.include({ code: "STRIP_REFUSED", reason: "Underfunded" });
    const within = await signed(5, wallet, [order("sell")], { maxReserve: asAmount(50_000_000n) });
    await take(bench, within);
    const early = await signed(4, wallet, [order("sell")], { deadline: (times().gate - 1n) as never });
    expect((await bench.strip(early)).body).to.include({ reason: "Expired" });
    const foreign = await world.sign(
      world.home(4),
      (await signed(4, wallet, [order("sell")])).strip,
      world.wattbook.domains.market,
    );
    expect((await bench.strip(foreign)).body).to.include({ reason: "BadSignature" });
  });

  it("reveals what the contract skips all the same, and tells its member", async () => {
    const { wallet, bench } = await relayer("skipped");
    const strip = await signed(3, wallet, [order("sell")]);
    const other = await signed(4, wallet, [order("sell")]);
    await take(bench, strip);
    await take(bench, other);
    await world.sendAs(
      world.home(3).owner,
      world.wattbook.escrow.calls.bumpEpoch(world.community, world.home(3).member),
    );
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench);
    await toTurn(0);
    await ticks(bench, 8);
    expect(await state(bench, strip)).to.include({ state: "skipped", reason: "WrongEpoch" });
    expect(await state(bench, other)).to.include({ state: "posted" });
    expect((await commits())[0]).to.include({ revealed: 1n, stripsLeft: 0n });
  });

  it("refuses strips without a bond, says so, and takes them once there is one", async () => {
    const { wallet, bench } = await relayer("poor", 0n);
    expect(await bench.relayer.sealed.missingBond()).to.match(/^The bond in community 0 is 0 of 5000000/);
    const strip = await signed(0, wallet, [order("sell")]);
    const refused = await bench.strip(strip);
    expect({ status: refused.status, reason: refused.body.reason }).to.deep.equal({ status: 425, reason: "NoBond" });
    await world.postBond(wallet, BOND);
    await bench.relayer.tick();
    expect(await bench.relayer.sealed.missingBond()).to.equal(null);
    await take(bench, strip);
    // A period with a later gate needs a bond of its own.
    const later = asPeriod(period + 1n);
    const who = world.home(1);
    const next = await world.sign(who, world.strip(who, later, wallet.address, [order("sell")]));
    expect((await bench.strip(next)).body).to.include({ reason: "NoBond" });
  });

  it("takes no strip that its bond does not cover, whichever period was first, and though all come at once", async () => {
    const { wallet, bench } = await relayer("stretched", BOND);
    const later = asPeriod(period + 1n);
    const who = world.home(1);
    const next = await world.sign(who, world.strip(who, later, wallet.address, [order("sell")]));
    const strip = await signed(0, wallet, [order("sell")]);
    const answers = await Promise.all([next, strip].map((each) => bench.strip(each)));
    expect(answers.filter(({ status }) => status === 202)).to.have.length(1);
    expect(answers.find(({ status }) => status !== 202)?.body).to.include({ reason: "NoBond" });
    const [first, second] = answers[0]?.status === 202 ? [next, strip] : [strip, next];
    expect((await bench.strip(second)).body).to.include({ code: "RELAYER_REFUSED", reason: "NoBond" });
    // One bond covers all strips of a period.
    const more = world.strip(world.home(2), first.strip.period, wallet.address, [order("buy")]);
    await take(bench, await world.sign(world.home(2), more));
    await world.postBond(wallet, BOND);
    await bench.relayer.tick();
    await take(bench, second);
  });

  it("takes nothing for an earlier period where the bond is kept for a later one", async () => {
    const { wallet, bench } = await relayer("backwards", BOND);
    const who = world.home(1);
    const later = world.strip(who, asPeriod(period + 1n), wallet.address, [order("sell")]);
    await take(bench, await world.sign(who, later));
    const strip = await signed(0, wallet, [order("sell")]);
    expect((await bench.strip(strip)).body).to.include({ code: "RELAYER_REFUSED", reason: "NoBond" });
  });

  it("raises an alarm where it has committed and the bundle is not in its store, and takes nothing until it is", async () => {
    const folder = benches.folder();
    const { wallet, bench: first } = await relayer("disk lost", 4n * BOND, { folder });
    const strip = await signed(0, wallet, [order("sell")]);
    await take(first, strip);
    await world.advanceTo(times().gate - LEAD);
    await ticks(first);
    expect((await commits()).map((commit) => commit.relayer)).to.deep.equal([wallet.address]);
    await first.close();

    const registry = new Registry();
    const lost = await benches.open(wallet, { numbers: new Numbers(registry) });
    await ticks(lost, 2);
    const alarms = lost.lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(isAlarm);
    expect(alarms, "told once").to.have.length(1);
    expect(alarms[0]).to.include({ level: 50, community: "0", period: Number(period), place: 0 });
    expect(alarms[0]?.msg).to.contain(String(times().turnEnds[0])).and.to.contain("start on the store");
    expect(() => {
      lost.relayer.sealed.checkBundles();
    }).to.throw(ServiceError, "but not its bundle");
    expect(await registry.metrics()).to.contain('wattbook_relayer_bundles_missing{community="0"} 1');
    // The lost store may have given receipts for every period that was open then.
    const ask = async (bench: RelayerBench, ahead: bigint) => {
      const who = world.home(1);
      const each = world.strip(who, asPeriod(period + ahead), wallet.address, [order("sell")]);
      return (await bench.strip(await world.sign(who, each))).body;
    };
    for (const ahead of [0n, 1n]) {
      expect(await ask(lost, ahead)).to.include({ code: "RELAYER_REFUSED", reason: "BundleMissing" });
    }
    await lost.close();

    const found = await benches.open(wallet, { folder });
    await ticks(found, 1);
    found.relayer.sealed.checkBundles();
    expect(await ask(found, 1n)).to.include.keys("receipt");
    await toTurn(0);
    await ticks(found);
    expect(await world.recorded(period)).to.deep.equal([digestOf(strip)]);
    expect(found.lines.some((line) => line.includes("BUNDLE_MISSING"))).to.equal(false);
  });

  it("takes strips again once no period is left that was open when the lost bundle was made", async () => {
    const { wallet, bench: first } = await relayer("disk gone", 4n * BOND);
    await take(first, await signed(0, wallet, [order("sell")]));
    await world.advanceTo(times().gate - LEAD);
    await ticks(first);
    await first.close();
    const lost = await benches.open(wallet);
    await world.advanceTo(periodStart(world.terms, asPeriod(period + SEALED.horizon)));
    await ticks(lost, 2);
    const who = world.home(1);
    const ask = async (ahead: bigint) => {
      const each = world.strip(who, asPeriod(period + SEALED.horizon + ahead), wallet.address, [order("sell")]);
      return lost.strip(await world.sign(who, each));
    };
    expect((await ask(2n)).status, "opened behind the last one").to.equal(202);
    await world.advanceTo(periodStart(world.terms, asPeriod(period + SEALED.horizon + 1n)));
    await ticks(lost, 2);
    lost.relayer.sealed.checkBundles();
  });

  it("says which strips are lost where another process with its key was faster", async () => {
    const { wallet, bench: one } = await relayer("twice", 4n * BOND);
    const two = await benches.open(wallet);
    await take(one, await signed(0, wallet, [order("sell")]));
    const strip = await signed(1, wallet, [order("sell")]);
    await take(two, strip);
    await world.advanceTo(times().gate - LEAD);
    await freePlace(0n);
    await ticks(one);
    expect(await commits()).to.have.length(1);
    await ticks(two);
    expect(two.lines.some((line) => isAlarm(JSON.parse(line) as Record<string, unknown>))).to.equal(true);
    await world.advanceTo(times().gate);
    await ticks(two, 2);
    expect(await state(two, strip)).to.include({ state: "missed", reason: "BundleMissing" });
  });

  it("misses strips, and does not commit, where the bond is gone at the gate", async () => {
    const { wallet, bench } = await relayer("withdrawn", BOND);
    const strip = await signed(0, wallet, [order("sell")]);
    await take(bench, strip);
    await world.sendAs(
      wallet,
      world.wattbook.escrow.calls.withdrawBond(world.community, wallet.address, asAmount(BOND)),
    );
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench);
    expect(await commits()).to.deep.equal([]);
    await world.advanceTo(times().gate);
    await ticks(bench, 3);
    expect(await state(bench, strip)).to.include({ state: "missed", reason: "NoBond" });
  });

  it("says that no place is left, unless the coordinator named it", async () => {
    const { wallet, bench } = await relayer("ninth");
    const strip = await signed(0, wallet, [order("sell")]);
    const early = await signed(1, wallet, [order("sell")]);
    await take(bench, early);
    for (let place = 0; place < 4; place++) {
      const other = await benches.account(`crowd ${place} ${period}`);
      await world.postBond(other, BOND);
      await freePlace(BigInt(place));
      const commit = { community: world.community, period, root: `0x${"11".repeat(32)}`, chunks: [{}], strips: 1 };
      await world.sendAs(other, world.wattbook.commits.calls.commit(commit as never));
    }
    await bench.relayer.tick();
    expect((await bench.strip(strip)).body).to.include({ code: "RELAYER_REFUSED", reason: "NoPlaceLeft" });
    await world.send(world.wattbook.registry.calls.nameRelayer(world.community, wallet.address, true));
    await bench.relayer.tick();
    await take(bench, strip);
    await world.send(world.wattbook.registry.calls.nameRelayer(world.community, wallet.address, false));
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench);
    await world.advanceTo(times().gate);
    await ticks(bench);
    for (const each of [strip, early]) {
      expect(await state(bench, each)).to.include({ state: "missed", reason: "NoPlaceLeft" });
    }
  });

  it("reveals in its turn although the relayer before it missed its own", async () => {
    const [one, two] = [await relayer("silent"), await relayer("steady")];
    const lost = await signed(0, one.wallet, [order("sell")]);
    const kept = await signed(1, two.wallet, [order("buy")]);
    await take(one.bench, lost);
    await take(two.bench, kept);
    await world.advanceTo(times().gate - LEAD);
    await ticks(one.bench);
    await ticks(two.bench);
    await toTurn(0);
    await ticks(two.bench, 3);
    expect(await world.recorded(period)).to.deep.equal([]);
    await toTurn(1);
    await ticks(two.bench);
    expect(await world.recorded(period)).to.deep.equal([digestOf(kept)]);
    await ticks(one.bench);
    expect(await state(one.bench, lost)).to.include({ state: "missed", reason: "TurnMissed" });
    expect(one.bench.lines.some((line) => line.includes('"step":"turnMissed"'))).to.equal(true);
    expect(await state(two.bench, kept)).to.include({ state: "posted" });
    await world.send(world.wattbook.commits.calls.finish(world.community, period, 0n));
    await ticks(one.bench, 2);
    expect((await bondOf(one.wallet)).balance, "forfeited").to.equal(BOND);
  });

  it("answers a challenge, and has its bond back afterwards", async () => {
    const { wallet, bench } = await relayer("asked");
    const strip = await signed(3, wallet, [order("sell")], { epoch: 1n });
    const other = await signed(4, wallet, [order("sell")]);
    const receipt = await take(bench, strip);
    await take(bench, other);
    await world.sendAs(
      world.home(3).owner,
      world.wattbook.escrow.calls.bumpEpoch(world.community, world.home(3).member),
    );
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench);
    await toTurn(0);
    await ticks(bench);
    expect(await state(bench, strip)).to.include({ state: "skipped" });
    await world.advanceTo(times().challengeStart);
    const claim = { signed: strip, receipt: compactSignature(receipt), records: [] };
    await world.send(world.wattbook.commits.calls.challenge(0n, claim));
    expect((await commits())[0]?.challenges).to.equal(1n);
    await ticks(bench, 3);
    expect((await commits())[0]?.challenges).to.equal(0n);
    await world.advanceTo(times().challengeEnd);
    await ticks(bench);
    expect(await bondOf(wallet)).to.deep.equal({ balance: 2n * BOND, locked: 0n });
  });

  it("commits to a strip that its member has voided or placed itself: the receipt binds it", async () => {
    const { wallet, bench } = await relayer("bound");
    const voided = await signed(4, wallet, [order("sell")]);
    const placed = await signed(5, wallet, [order("sell")]);
    const receipt = await take(bench, voided);
    await take(bench, placed);
    const own = await signed(4, wallet, [order("buy")], { feeTo: world.deployer.address });
    for (const { strip } of [own, placed]) {
      const home = world.homes.find(({ member }) => member === strip.member) ?? world.home(0);
      // The hour before is revealed: an own order takes what was pledged since.
      await world.pledge(home, strip.maxReserve);
      await world.sendAs(home.owner, world.wattbook.sealedMarket.calls.place(strip));
    }
    await ticks(bench, 2);
    expect(await state(bench, placed)).to.include({ state: "posted" });
    await world.advanceTo(times().gate - LEAD);
    await ticks(bench);
    expect((await commits())[0]?.stripsLeft).to.equal(2n);
    await toTurn(0);
    await ticks(bench, 8);
    expect(await state(bench, voided)).to.include({ state: "skipped", reason: "WrongFrontier" });
    expect(await state(bench, placed)).to.include({ state: "posted" });
    await world.advanceTo(times().challengeStart);
    const journals = await (await world.wattbook.logs(world.community)).journals(period);
    const records = journals.get(voided.strip.member) ?? [];
    const claim = { signed: voided, receipt: compactSignature(receipt), records };
    await world.send(world.wattbook.commits.calls.challenge(0n, claim));
    await ticks(bench, 4);
    expect((await commits())[0]?.challenges).to.equal(0n);
  });

  for (const depth of [1, 3, 10]) {
    it(`commits to the same again where a reorganisation of depth ${depth} has taken its commit back`, async function () {
      // The other kind of node has no reorganisations.
      if (anvil().name !== "anvil") this.skip();
      const { wallet, bench } = await relayer("reorganised");
      const strip = await signed(0, wallet, [order("sell")]);
      await take(bench, strip);
      await world.advanceTo(times().gate - LEAD);
      await world.ask("anvil_mine", "0xa"); // what the test stands on stays
      await ticks(bench, 3);
      const [before] = await commits();
      await world.ask("anvil_mine", `0x${(depth - 1).toString(16)}`);
      await ticks(bench, 1);
      await world.ask("anvil_reorg", depth, []);
      expect(await commits()).to.deep.equal([]);
      await ticks(bench, 8);
      const [again] = await commits();
      expect(again?.root).to.equal(before?.root);
      await toTurn(0);
      await ticks(bench);
      expect(await world.recorded(period)).to.deep.equal([digestOf(strip)]);
    });
  }

  it("finishes the commit of an older period that keeps its place", async () => {
    const [old, next] = [await relayer("gone"), await relayer("next")];
    await take(old.bench, await signed(0, old.wallet, [order("sell")]));
    await world.advanceTo(times().gate - LEAD);
    await ticks(old.bench);
    await toTurn(0);
    await ticks(old.bench);
    await old.bench.close();
    const older = period;
    period = asPeriod(older + SEALED.horizon + 2n);
    await world.advanceTo(times().opens);
    await next.bench.relayer.tick();
    const strip = await signed(0, next.wallet, [order("sell")], { epoch: 0n });
    await take(next.bench, strip);
    await world.advanceTo(times().gate - LEAD);
    await ticks(next.bench, 8);
    expect((await commits()).map((commit) => commit.relayer)).to.deep.equal([next.wallet.address]);
    expect(await bondOf(old.wallet), "back to whom it belongs").to.deep.equal({ balance: 2n * BOND, locked: 0n });
    expect(older < period).to.equal(true);
  });

  function isAlarm({ code }: Readonly<Record<string, unknown>>): boolean {
    return code === "BUNDLE_MISSING";
  }

  /** Finishes the commit that an older period keeps a place with. */
  async function freePlace(place: bigint): Promise<void> {
    const ring = SEALED.horizon + 2n;
    for (let older = asPeriod(period - ring); older >= period - 3n * ring; older = asPeriod(older - ring)) {
      const keeper = await world.wattbook.commits.commit(world.community, older, place);
      if (keeper?.fate === "pending")
        await world.send(world.wattbook.commits.calls.finish(world.community, older, place));
    }
  }

  /** Reads the periods before this one as empty, so that its reading is the next. */
  async function catchUp(index: number): Promise<void> {
    const home = world.home(index);
    const { settlement } = world.wattbook;
    const { nextPeriod } = await settlement.meter(world.community, home.member);
    for (let each = nextPeriod; each < period; each = asPeriod(each + 1n)) {
      const reading = await world.reading(home, each, { imported: asWh(0n), exported: asWh(0n) });
      await world.send(settlement.calls.meterAndSettle(world.community, each, [{ ...reading, records: [] }]));
    }
  }
});
