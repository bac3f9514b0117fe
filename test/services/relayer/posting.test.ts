import { cpSync } from "node:fs";
import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  compactSignature,
  type Entry,
  gateOf,
  type Period,
  periodEnd,
  receiptFor,
  type SignedStrip,
  slotIn,
  stripDigest,
  verifyReceipt,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { type Notice, signWithdrawal } from "../../../services/src/relayer/index.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, type StripOverride } from "./world.ts";

const sell = (offset: number, tick = 10, lots = 5): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side: "sell", tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});

describe("relayer: posting", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let wallet: Wallet;
  let period: Period;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(4);
  });
  after(async () => {
    await world.stop();
  });
  beforeEach(async () => {
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    period = asPeriod((await world.nextPeriod()) + 1n);
  });
  afterEach(async () => {
    await benches.remove();
  });

  const digestOf = ({ strip }: SignedStrip) => stripDigest(world.wattbook.domains.market, strip);
  const gate = (offset: number) => gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(BigInt(offset))));
  const signed = async (home: number, entries: readonly Entry[], override: StripOverride = {}) => {
    const who = world.home(home);
    return world.sign(who, world.strip(who, period, override.feeTo ?? wallet.address, entries, override));
  };
  const state = async ({ get }: RelayerBench, each: SignedStrip) => (await get(`/v1/strips/${digestOf(each)}`)).body;
  const take = async (bench: RelayerBench, each: SignedStrip) => {
    const { status, body } = await bench.strip(each);
    expect(status, JSON.stringify(body)).to.equal(202);
    return body;
  };
  /** Looks at the chain until a strip is not waiting any more. */
  const settle = async (bench: RelayerBench, each: SignedStrip) => {
    for (let round = 0; round < 20; round++) {
      await bench.relayer.tick();
      const body = await state(bench, each);
      if (body.state !== "waiting") return body;
    }
    return expect.fail("it still waits");
  };

  it("answers with a receipt, waits for the gate, and posts before it", async () => {
    const bench = await benches.open(wallet);
    const strip = await signed(0, [sell(0), sell(2)]);
    const body = await take(bench, strip);
    const digest = digestOf(strip);
    expect(body.receipt).to.include({ digest, relayer: wallet.address });
    const signature = compactSignature(body.receipt?.signature ?? "0x");
    const { market, commits } = world.wattbook.domains;
    expect(verifyReceipt(commits, receiptFor(market, strip), signature, wallet.address)).to.equal(true);

    await bench.relayer.tick();
    expect(await world.recorded(period)).to.deep.equal([]);
    await world.advanceTo(gate(0) - 100n);
    expect(await settle(bench, strip)).to.include({ state: "posted" });
    expect(bench.lines.some((line) => line.includes(`"job":"post:0:${period}:1","step":"broadcast"`))).to.equal(true);
    expect(await world.recorded(period)).to.deep.equal([digest]);
    const again = await bench.strip(strip);
    expect(again).to.deep.equal({ status: 200, body });
  });

  it("posts all strips of a gate in one call, and those of later gates later", async () => {
    const bench = await benches.open(wallet);
    const near = [await signed(0, [sell(0)]), await signed(1, [sell(0)]), await signed(2, [sell(0), sell(3)])];
    const far = await signed(3, [sell(3)]);
    for (const each of [...near, far]) await take(bench, each);
    await world.advanceTo(gate(0) - 100n);
    for (const each of near) expect(await settle(bench, each)).to.include({ state: "posted" });
    expect(await world.provider.getTransactionCount(wallet.address)).to.be.greaterThan(0);
    const before = await world.provider.getTransactionCount(wallet.address);
    expect(await state(bench, far)).to.include({ state: "waiting" });
    await world.advanceTo(gate(3) - 100n);
    expect(await settle(bench, far)).to.include({ state: "posted" });
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(before + 1);
    expect(await world.recorded(period)).to.have.length(4);
  });

  it("posts a member's later strip once the earlier one is in", async () => {
    const bench = await benches.open(wallet, { lead: 1_000_000 });
    const first = await signed(0, [sell(0)]);
    const second = await signed(0, [sell(1)], { after: asSlotOffset(1n) });
    await take(bench, first);
    await take(bench, second);
    expect(await settle(bench, second)).to.include({ state: "posted" });
    expect(await world.recorded(period)).to.deep.equal([digestOf(first), digestOf(second)]);
  });

  /** A member's call that takes all its money away. */
  const withdrawal = async (home: number) => {
    const { owner, member } = world.home(home);
    await world.ask("hardhat_setBalance", owner.address, "0x8ac7230489e80000");
    const { escrow } = world.wattbook;
    const { free } = await escrow.account(world.community, member);
    const call = escrow.calls.withdraw(world.community, member, world.deployer.address, free);
    return { owner, member, free, call };
  };

  it("posts the others where a member has withdrawn what its receipt was given for, and tells it until the gate", async () => {
    const bench = await benches.open(wallet);
    const gone = await signed(0, [sell(0)]);
    const others = [await signed(1, [sell(0)]), await signed(2, [sell(0)])];
    for (const each of [gone, ...others]) await take(bench, each);
    const { owner, member, free, call } = await withdrawal(0);
    await world.sendAs(owner, call);
    const notices: Notice[] = [];
    bench.relayer.bus.listen((notice) => notices.push(notice));
    await world.advanceTo(gate(0) - 100n);
    for (const each of others) expect(await settle(bench, each)).to.include({ state: "posted" });
    expect(await state(bench, gone)).to.include({ state: "waiting", reason: "Underfunded", inCall: null });
    const before = await world.provider.getTransactionCount(wallet.address);
    await world.advanceTo(gate(0));
    await bench.ticks(2);
    expect(await state(bench, gone)).to.include({ state: "missed", reason: "Underfunded" });
    expect(notices.filter(({ type }) => type === "missed")).to.deep.equal([
      {
        type: "missed",
        community: "0",
        period: String(period),
        member: String(member),
        digest: digestOf(gone),
        reason: "Underfunded",
      },
    ]);
    expect(await world.provider.getTransactionCount(wallet.address), "no gas for it").to.equal(before);
    await world.deposit(member, free);
  });

  it("posts the others where the withdrawal comes right before its call, in the same block", async function () {
    // The other kind of node orders by arrival.
    if (anvil().name !== "anvil") this.skip();
    const bench = await benches.open(wallet);
    const gone = await signed(0, [sell(0)]);
    const others = [await signed(1, [sell(0)]), await signed(2, [sell(0)])];
    for (const each of [gone, ...others]) await take(bench, each);
    const { owner, member, free, call } = await withdrawal(0);
    await world.advanceTo(gate(0) - 100n);
    await world.ask("anvil_setAutomine", false);
    try {
      await bench.relayer.tick();
      // It pays more for its place.
      await owner.connect(world.provider).sendTransaction({
        ...{ to: call.to, data: call.data, gasLimit: 1_000_000n, type: 2 },
        ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
      });
      await world.ask("anvil_mine", "0x1");
    } finally {
      await world.ask("anvil_setAutomine", true);
    }
    for (const each of others) expect(await settle(bench, each)).to.include({ state: "posted" });
    await bench.ticks(3);
    expect(await state(bench, gone)).to.include({ state: "waiting", reason: "Underfunded", inCall: null });
    expect(await world.recorded(period)).to.have.members(others.map(digestOf));
    await world.advanceTo(gate(0));
    await bench.ticks(2);
    expect(await state(bench, gone)).to.include({ state: "missed", reason: "Underfunded" });
    await world.deposit(member, free);
  });

  it("takes it as posted where another relayer was faster with the same strip", async () => {
    const bench = await benches.open(wallet);
    const strip = await signed(0, [sell(0)]);
    await take(bench, strip);
    await world.send(world.wattbook.market.calls.post(world.community, period, [strip]));
    await bench.relayer.tick();
    expect(await state(bench, strip)).to.include({ state: "posted", inCall: null });
    await world.advanceTo(gate(0) - 100n);
    const before = await world.provider.getTransactionCount(wallet.address);
    await bench.relayer.tick();
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(before);
  });

  it("lets go of a strip that another one has overtaken, and of one whose gate it missed", async () => {
    const bench = await benches.open(wallet);
    const overtaken = await signed(0, [sell(1)]);
    const missed = await signed(1, [sell(1)]);
    await take(bench, overtaken);
    await take(bench, missed);
    const other = await signed(0, [sell(2)], { feeTo: world.deployer.address });
    await world.send(world.wattbook.market.calls.post(world.community, period, [other]));
    await bench.relayer.tick();
    expect(await state(bench, overtaken)).to.include({ state: "skipped", reason: "WrongFrontier" });
    await world.advanceTo(gate(1));
    await bench.relayer.tick();
    expect(await state(bench, missed)).to.include({ state: "missed" });
    const next = await signed(0, [sell(3)], { after: asSlotOffset(3n) });
    await take(bench, next);
  });

  it("does not post what the contract would skip, and posts it once it would not", async () => {
    const bench = await benches.open(wallet);
    const strip = await signed(0, [sell(0)]);
    await take(bench, strip);
    const { owner, member, free, call } = await withdrawal(0);
    await world.sendAs(owner, call);
    await world.advanceTo(gate(0) - 100n);
    const before = await world.provider.getTransactionCount(wallet.address);
    await bench.relayer.tick();
    await bench.relayer.tick();
    expect(await state(bench, strip)).to.include({ state: "waiting", reason: "Underfunded", inCall: null });
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(before);
    await world.deposit(member, free);
    expect(await settle(bench, strip)).to.include({ state: "posted", reason: null });
  });

  it("gives a strip back until it is being posted", async () => {
    const bench = await benches.open(wallet);
    const { market } = world.wattbook.domains;
    const home = world.home(1);
    const withdraw = async (each: SignedStrip, signer = home.trading) => {
      const signature = await signWithdrawal(market, { strip: digestOf(each), relayer: wallet.address }, signer);
      return bench.post(`/v1/strips/${digestOf(each)}/withdrawal`, { signature });
    };
    const first = await signed(1, [sell(0)]);
    const second = await signed(1, [sell(1)], { after: asSlotOffset(1n) });
    await take(bench, first);
    await take(bench, second);
    expect((await withdraw(first)).body).to.include({ code: "WITHDRAWAL_LATE" });
    expect((await withdraw(second, home.owner)).body).to.include({ code: "SIGNATURE_INVALID" });
    expect((await withdraw(second)).body).to.include({ state: "withdrawn" });
    expect((await withdraw(second)).status).to.equal(200);
    expect((await bench.strip(second)).body).to.include({ code: "KEY_REUSED" });
    // Its place is free again.
    const third = await signed(1, [sell(2)], { after: asSlotOffset(1n) });
    await take(bench, third);
    await world.advanceTo(gate(0) - 100n);
    await settle(bench, first);
    expect((await withdraw(first)).body).to.include({ code: "WITHDRAWAL_LATE" });
    expect(await world.recorded(period)).to.deep.equal([digestOf(first)]);
  });

  it("goes on after a start with what it had", async () => {
    const folder = benches.folder();
    const first = await benches.open(wallet, { folder });
    const strip = await signed(2, [sell(0)]);
    await take(first, strip);
    await first.close();
    const second = await benches.open(wallet, { folder });
    expect((await second.strip(await signed(2, [sell(0, 11)]))).body).to.include({ reason: "WrongFrontier" });
    await world.advanceTo(gate(0) - 100n);
    expect(await settle(second, strip)).to.include({ state: "posted" });
  });

  for (const sent of [false, true]) {
    const when = sent ? "was under way" : "was taken";
    it(`brings each strip in once from an older copy of its files, made when the first one ${when}`, async () => {
      const [folder, copy] = [benches.folder(), benches.folder()];
      // Every test has the same account: this one needs nonces of its own.
      const account = await benches.account(`copied ${sent}`);
      const sign = (home: number, offset: number) => signed(home, [sell(offset)], { feeTo: account.address });
      const options = { folder, lead: 1_000_000 };
      const before = await benches.open(account, options);
      const [one, two] = [await sign(0, 0), await sign(1, 0)];
      await take(before, one);
      if (sent) {
        await world.ask("evm_setAutomine", false);
        await before.relayer.tick();
        await before.relayer.tick();
      }
      await before.close();
      cpSync(folder, copy, { recursive: true });
      await world.ask("evm_setAutomine", true);
      await world.ask("evm_mine");

      const meanwhile = await benches.open(account, options);
      await take(meanwhile, two);
      for (const each of [one, two]) expect(await settle(meanwhile, each)).to.include({ state: "posted" });
      await meanwhile.close();

      const after = await benches.open(account, { ...options, folder: copy });
      await after.ticks(3);
      expect(await state(after, one)).to.include({ state: "posted", inCall: null });
      // The copy does not know of it; the chain does.
      const again = await after.strip(two);
      expect({ status: again.status, reason: again.body.reason }).to.deep.equal({
        status: 409,
        reason: "WrongFrontier",
      });
      const next = await sign(2, 0);
      await take(after, next);
      expect(await settle(after, next)).to.include({ state: "posted" });
      await after.ticks(3);
      expect(await world.recorded(period)).to.have.members([one, two, next].map(digestOf));
      const [latest, pending] = await Promise.all(
        (["latest", "pending"] as const).map((block) => world.provider.getTransactionCount(account.address, block)),
      );
      expect(pending, "transactions that wait").to.equal(latest);
    });
  }

  it("serves a member beside a second relayer, each strip once", async () => {
    const other = await benches.account("other relayer");
    const [one, two] = [await benches.open(wallet), await benches.open(other)];
    const strips = [await signed(0, [sell(0)]), await signed(1, [sell(0)])];
    const theirs = await signed(2, [sell(0)], { feeTo: other.address });
    for (const each of strips) await take(one, each);
    await take(two, theirs);
    expect((await two.strip(strips[0] as SignedStrip)).body).to.include({ reason: "OtherFeeTo" });
    await world.advanceTo(gate(0) - 100n);
    await Promise.all([settle(one, strips[1] as SignedStrip), settle(two, theirs)]);
    expect(await world.recorded(period)).to.include.members([...strips, theirs].map(digestOf));
  });

  describe("for a member that takes back what it hands in", function () {
    let shared: CommunityWorld;
    before(async () => {
      shared = world;
      world = await CommunityWorld.start();
      await world.enrol(2);
    });
    after(async () => {
      await world.stop();
      world = shared;
    });

    it("takes no more strips of a period from a member that has taken back as many as it may, until the next one", async () => {
      const bench = await benches.open(wallet, { withdrawals: 3 });
      const { market } = world.wattbook.domains;
      const home = world.home(1);
      const rows = () => (bench.relayer.store.prepare("SELECT count(*) AS n FROM strips").get() as { n: number }).n;
      for (let lots = 1; lots <= 3; lots++) {
        const each = await signed(1, [sell(0, 10, lots)]);
        const key = { "idempotency-key": `offer ${lots}` };
        expect((await bench.strip(each, key)).status).to.equal(202);
        const withdrawal = { strip: digestOf(each), relayer: wallet.address };
        const signature = await signWithdrawal(market, withdrawal, home.trading);
        const answer = await bench.post(`/v1/strips/${digestOf(each)}/withdrawal`, { signature });
        expect(answer.body).to.include({ state: "withdrawn" });
      }
      const refused = await bench.strip(await signed(1, [sell(0, 10, 4)]));
      expect(refused).to.deep.include({ status: 422 });
      expect(refused.body).to.include({ code: "RELAYER_REFUSED", reason: "WithdrawnTooOften" });
      expect(refused.body.message).to.match(/has taken back 3 strips of period \d+, .*\. Hand it to another relayer/);
      expect(rows()).to.equal(3);
      await take(bench, await signed(0, [sell(0)]));

      // Once its gates are closed nobody can hand one in again, and nothing of it is kept.
      period = asPeriod(period + 1n);
      await take(bench, await signed(1, [sell(0)]));
      await world.advanceTo(periodEnd(world.terms, asPeriod(period - 1n)));
      await bench.relayer.tick();
      const states = bench.relayer.store.prepare("SELECT state FROM strips WHERE state = 'withdrawn'").all();
      expect([states, bench.relayer.store.prepare("SELECT * FROM requests").all()]).to.deep.equal([[], []]);
    });
  });

  describe("on a chain that is reorganised", () => {
    // Of its own: the periods of the tests before are never cleared, and the ring of the book comes round.
    before(async () => {
      await world.stop();
      world = await CommunityWorld.start();
      await world.enrol(4);
    });

    for (const depth of [1, 3, 10]) {
      it(`posts again what a reorganisation of depth ${depth} has taken back`, async function () {
        // The other kind of node has no reorganisations.
        if (anvil().name !== "anvil") this.skip();
        await world.ask("anvil_mine", "0xa"); // what the test stands on stays
        const bench = await benches.open(wallet, { lead: 1_000_000 });
        const strip = await signed(3, [sell(1)]);
        await take(bench, strip);
        await bench.ticks(2);
        await world.ask("anvil_mine", `0x${(depth - 1).toString(16)}`);
        await bench.ticks(1);
        expect(await world.recorded(period)).to.deep.equal([digestOf(strip)]);
        expect(await state(bench, strip)).to.include({ state: "posted" });
        await world.ask("anvil_reorg", depth, []);
        expect(await world.recorded(period)).to.deep.equal([]);
        await bench.ticks(8);
        expect(await world.recorded(period)).to.deep.equal([digestOf(strip)]);
        expect(await state(bench, strip)).to.include({ state: "posted" });
      });
    }
  });
});
