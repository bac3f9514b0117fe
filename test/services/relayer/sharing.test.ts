import { expect } from "chai";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asTick,
  asWh,
  communityTerms,
  endRegisters,
  estimatesFrom,
  type MeterValue,
  type Period,
  periodEnd,
  readingDigest,
  type SharingClient,
  signSharingBudget,
  type SignedReading,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { DEFAULT_FEES, Node, Outbox, Sender } from "../../../services/src/chain/index.ts";
import { Keeper } from "../../../services/src/keeper/index.ts";
import type { CommunityView } from "../../../services/src/relayer/chain/view.ts";
import type { Candidate } from "../../../services/src/relayer/settle/items.ts";
import { SharingPlans } from "../../../services/src/relayer/settle/sharing.ts";
import type { Facts } from "../../../services/src/relayer/store/facts.ts";
import { at } from "../../helpers/lists.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, type Home, keyOf, SHORT } from "./world.ts";

const wh = (imported: number, exported = 0) => ({ imported: asWh(BigInt(imported)), exported: asWh(BigInt(exported)) });
/** Seconds. */
const DELAY = 900n;
/** Seconds after a period's end from which on readings do not wait any more. */
const PATIENCE = 1_200;
const BUDGET = asAmount(5_000_000n);

describe("relayer: a community that shares after the fact", function () {
  this.timeout(180_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let bench: RelayerBench;
  let wallet: Wallet;
  let keeperWallet: Wallet;
  let folder: string;
  const registers = new Map<Home, MeterValue>();

  before(async () => {
    world = await CommunityWorld.start(anvil(), { ...SHORT, correctionWindow: 14_400n }, true);
    await world.enrol(4);
    const { sharing, domains } = world.wattbook;
    const scheme = { rule: "mmr", compensation: asPrice(0n), settlementDelay: asSeconds(DELAY) } as const;
    await world.send(sharing.calls.announce(world.community, asPeriod((await world.period()) + 1n), scheme));
    await world.nextPeriod();
    const budgets = [];
    for (const home of world.homes.slice(0, 3)) {
      const budget = {
        ...{ community: world.community, member: home.member, budget: BUDGET, epoch: 0n, sequence: 1n },
        ...{ firstPeriod: asPeriod(0n), lastPeriod: asPeriod(2n ** 32n - 1n) },
      };
      budgets.push({ budget, signature: await signSharingBudget(domains.sharing, budget, home.trading) });
    }
    await world.send(sharing.calls.keepBudgets(world.community, budgets));
    benches = new RelayerBenches(world);
    wallet = await benches.account("sharing relayer");
    keeperWallet = await benches.account("sharing keeper");
    folder = benches.folder();
    bench = await benches.open(wallet, { folder, patience: PATIENCE });
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  /** Lets the first three join the next period, and goes to its end. */
  async function joinedPeriod(): Promise<Period> {
    const period = asPeriod((await world.period()) + 1n);
    const members = world.homes.slice(0, 3).map(({ member }) => member);
    await world.send(world.wattbook.sharing.calls.join(world.community, period, members));
    await world.advanceTo(periodEnd(world.terms, period));
    for (const home of world.homes) await catchUp(home, period);
    await bench.relayer.tick();
    return period;
  }

  /** Reports the periods before as quiet. */
  async function catchUp(home: Home, period: Period): Promise<void> {
    const { settlement } = world.wattbook;
    const { gapEnd } = await settlement.meter(world.community, home.member);
    for (let before = gapEnd; before < period; before = asPeriod(before + 1n)) {
      const quiet = await world.reading(home, before, wh(0), registers.get(home) ?? wh(0));
      await world.send(settlement.calls.meter(world.community, before, [quiet]));
    }
  }

  /** Its next reading, handed in. */
  async function read(home: Home, period: Period, value: MeterValue): Promise<SignedReading> {
    const signed = await world.reading(home, period, value, registers.get(home) ?? wh(0));
    registers.set(home, endRegisters(signed.reading));
    const { status, body } = await bench.reading(signed);
    expect(status, String(body.message)).to.equal(202);
    return signed;
  }

  const digestOf = ({ reading }: SignedReading) => readingDigest(world.wattbook.domains.settlement, reading);
  const stateOf = async (each: SignedReading) => (await bench.get(`/v1/readings/${digestOf(each)}`)).body;

  /** Lets a keeper look and send until it finds nothing to do any more. */
  async function keep(): Promise<void> {
    const { wattbook, community, node: running, deployment } = world;
    const node = new Node({ urls: [running.url], chainId: deployment.chainId, timeout: 20_000 });
    const outbox = new Outbox(":memory:", node.chainId, keeperWallet.address);
    try {
      const sender = new Sender({ node, signer: keeperWallet, outbox, fees: DEFAULT_FEES, confirmations: 1 });
      const logs = await wattbook.logs(community);
      const keeper = new Keeper({ wattbook, community, sender, account: keeperWallet.address, logs });
      for (let idle = 0; idle < 3;) {
        const { submitted } = await keeper.pass();
        idle = submitted.length === 0 ? idle + 1 : 0;
        for (let round = 0; round < 4; round++) {
          await sender.tick();
          await world.ask("evm_mine");
        }
      }
    } finally {
      outbox.close();
      node.provider.destroy();
    }
  }

  async function expectBooksClosed(period: Period): Promise<void> {
    const { escrow } = world.wattbook;
    expect(await escrow.pot(world.community, 0n, period)).to.include({ amount: 0n, outstanding: 0n });
  }

  it("refuses strips: there is no order book", async () => {
    const home = world.home(0);
    const period = asPeriod((await world.period()) + 1n);
    const entry = { offset: asSlotOffset(0n), side: "buy", tick: asTick(20n), lots: asLots(10n) } as const;
    const strip = await world.sign(home, world.strip(home, period, wallet.address, [entry]));
    const { status, body } = await bench.strip(strip);
    expect({ status, reason: body.reason }).to.deep.equal({ status: 422, reason: "NoOrderBook" });
  });

  it("settles everybody in one call, once the settlement delay is over", async () => {
    const period = await joinedPeriod();
    const given = await read(world.home(0), period, wh(0, 400));
    const plain = await read(world.home(3), period, wh(90));
    const taken = [await read(world.home(1), period, wh(100)), await read(world.home(2), period, wh(200))];
    await bench.ticks(4);
    expect(await stateOf(plain), "a plain customer waits for nobody").to.include({ state: "settled" });
    for (const each of [given, ...taken]) expect(await stateOf(each)).to.include({ state: "waiting", inCall: null });
    await world.advanceTo(periodEnd(world.terms, period) + DELAY);
    await bench.ticks(5);
    for (const each of [given, ...taken]) expect(await stateOf(each)).to.include({ state: "settled" });
    const logs = await world.wattbook.logs(world.community);
    const { slots, parts } = await logs.shared(period);
    expect(slots.map(({ shared }) => shared)).to.deep.equal([300n, 300n, 300n, 300n]);
    expect(parts.get(world.home(2).member)?.position.map(({ bought }) => bought)).to.deep.equal([
      200n,
      200n,
      200n,
      200n,
    ]);
    expect((await world.wattbook.sharing.round(world.community, period)).chunks, "no chunk was stored").to.equal(0n);
    await expectBooksClosed(period);
  });

  it("counts those that are here before they would be estimated, and keepers settle them", async () => {
    const period = await joinedPeriod();
    const given = await read(world.home(0), period, wh(0, 100));
    const taken = await read(world.home(1), period, wh(150));
    await world.advanceTo(periodEnd(world.terms, period) + DELAY);
    await bench.ticks(3);
    expect(await stateOf(given), "the third is waited for").to.include({ state: "waiting" });
    await world.advanceTo(periodEnd(world.terms, period) + BigInt(PATIENCE));
    await bench.ticks(4);
    for (const each of [given, taken]) expect(await stateOf(each)).to.include({ state: "metered" });
    expect(await world.wattbook.sharing.round(world.community, period)).to.deep.equal({
      joined: 3n,
      counted: 2n,
      chunks: 1n,
    });
    await keep();
    await bench.ticks(1);
    expect(await stateOf(given), "totals are open until the reading deadline").to.include({ state: "metered" });

    await world.advanceTo(estimatesFrom(world.terms, period));
    await keep();
    await bench.ticks(2);
    for (const each of [given, taken]) expect(await stateOf(each)).to.include({ state: "settled" });
    await expectBooksClosed(period);
    const legs = await (await world.wattbook.logs(world.community)).settled(period);
    expect([...legs.keys()].sort()).to.deep.equal(world.homes.slice(0, 3).map(({ member }) => member));

    // The third one's reading comes late, and takes the estimate's place.
    const late = await read(world.home(2), period, wh(77));
    await bench.ticks(5);
    expect(await stateOf(late)).to.include({ state: "corrected" });
    await expectBooksClosed(period);
  });

  it("counts at once where one has come on chain through somebody else", async () => {
    const period = await joinedPeriod();
    const [first, second, third] = world.homes as [Home, Home, Home];
    const own = await world.reading(third, period, wh(10), registers.get(third) ?? wh(0));
    registers.set(third, endRegisters(own.reading));
    await world.send(world.wattbook.settlement.calls.meter(world.community, period, [own]));
    const mine = [await read(first, period, wh(0, 55)), await read(second, period, wh(66))];
    await bench.ticks(4);
    for (const each of mine) expect(await stateOf(each)).to.include({ state: "metered" });
    await keep(); // counts the third
    await world.advanceTo(periodEnd(world.terms, period) + DELAY);
    await keep();
    await bench.ticks(2);
    for (const each of mine) expect(await stateOf(each)).to.include({ state: "settled" });
    expect(await world.wattbook.sharing.round(world.community, period)).to.include({ counted: 3n, chunks: 2n });
    await expectBooksClosed(period);
  });

  it("brings in readings that come once totals are frozen, without waiting for anybody's estimate", async () => {
    const period = await joinedPeriod();
    await world.advanceTo(estimatesFrom(world.terms, period) + 60n);
    await bench.ticks(1);
    const late = [await read(world.home(0), period, wh(0, 31)), await read(world.home(1), period, wh(44))];
    await bench.ticks(4);
    for (const each of late) expect(await stateOf(each)).to.include({ state: "settled" });
    // The third is the last of them: nothing is shared any more, and it does not wait either.
    const last = await read(world.home(2), period, wh(12));
    await bench.ticks(4);
    expect(await stateOf(last)).to.include({ state: "settled" });
    expect(await world.wattbook.sharing.round(world.community, period)).to.include({ counted: 0n, chunks: 0n });
    await expectBooksClosed(period);
  });

  it("starts anew with budgets among the records that it has read", async () => {
    await bench.close();
    bench = await benches.open(wallet, { folder, patience: PATIENCE });
    await bench.ticks(1);
    const period = await joinedPeriod();
    const readings = [];
    for (const [index, home] of world.homes.slice(0, 3).entries()) readings.push(await read(home, period, wh(index)));
    await world.advanceTo(periodEnd(world.terms, period) + DELAY);
    await bench.ticks(5);
    expect(await stateOf(at(readings, 2))).to.include({ state: "settled" });
  });
});

describe("relayer: plans for readings of those who share", () => {
  const period = asPeriod(498_000n);
  const who = keyOf("anybody").address;
  const terms = communityTerms({ ...SHORT, paymentToken: who, coordinator: who, dso: who, feeCollector: who });

  /** How many readings are planned which way. @param joined Members; the first `here` of them have handed in a reading. */
  async function planned(
    given: Partial<Record<"community" | "joined" | "here", number>> & {
      readonly after?: bigint;
      readonly delay?: bigint;
      readonly due?: boolean;
    },
    plans = plansOf(given.joined ?? 3),
  ) {
    const { community = 0, joined = 3, here = joined, after = 0n, delay = 0n, due = false } = given;
    const now = () => asSeconds(periodEnd(terms, period) + after);
    const view = { community: asCommunity(BigInt(community)), terms, now };
    const sharing = { scheme: () => Promise.resolve({ settlementDelay: asSeconds(delay) }) };
    const candidates = Array.from({ length: here }, (_, member) => ({
      ...{ row: { community, period: Number(period), member }, records: [], clear: true },
    }));
    const plan = await plans.of(
      view as unknown as CommunityView,
      sharing as unknown as SharingClient,
      candidates as unknown as Candidate[],
      due,
    );
    return Object.entries(plan).flatMap(([name, { length }]) => (length === 0 ? [] : [`${name} ${length}`]));
  }

  function plansOf(joined: number): SharingPlans {
    const traders = () => Array.from({ length: joined }, (_, member) => asMember(BigInt(member)));
    return new SharingPlans({ traders, meteredOf: () => undefined } as unknown as Facts);
  }

  it("wait for the others and for the delay of their own community", async () => {
    const plans = plansOf(3);
    expect(await planned({ after: 1n, delay: 900n }, plans)).to.deep.equal(["waiting 3"]);
    expect(await planned({ community: 1, after: 1n, delay: 0n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ after: 900n, delay: 900n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ here: 2 }, plans)).to.deep.equal(["waiting 2"]);
    expect(await planned({ here: 2, due: true }, plans)).to.deep.equal(["apart 2"]);
  });

  it("are made at once for more than a call takes, and for nobody in particular once totals are frozen", async () => {
    expect(await planned({ joined: 60 })).to.deep.equal(["together 60"]);
    expect(await planned({ joined: 61 })).to.deep.equal(["apart 61"]);
    expect(await planned({ joined: 61, here: 60 })).to.deep.equal(["waiting 60"]);
    const frozen = estimatesFrom(terms, period) - periodEnd(terms, period);
    expect(await planned({ here: 2, due: true, after: frozen + 60n })).to.deep.equal(["plain 2"]);
    expect(await planned({ due: true, after: frozen + 60n })).to.deep.equal(["together 3"]);
  });
});
