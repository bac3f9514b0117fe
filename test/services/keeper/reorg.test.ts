import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { HDNodeWallet, Wallet } from "ethers";
import {
  asLots,
  asSeconds,
  asSlotOffset,
  asTick,
  asWh,
  connect,
  type Entry,
  gateOf,
  type Period,
  periodEnd,
  slotIn,
} from "@wattbook/sdk";
import { Node, Outbox, Sender } from "../../../services/src/chain/index.ts";
import { Keeper, SqliteLogStore } from "../../../services/src/keeper/index.ts";
import { anvil, CommunityWorld, type Home, SHORT } from "../relayer/world.ts";

const NOBODY = `0x${"0".repeat(40)}`;
const order = (offset: bigint, side: Entry["side"], tick: bigint): Entry => ({
  ...{ offset: asSlotOffset(offset), side, tick: asTick(tick), lots: asLots(5n) },
});

/** A keeper with files of its own. */
class Bench {
  readonly keeper: Keeper;
  readonly sender: Sender;
  /** Keys of calls that were refused. */
  readonly reverted: readonly string[];
  readonly #close: () => void;

  private constructor(keeper: Keeper, sender: Sender, reverted: readonly string[], close: () => void) {
    this.keeper = keeper;
    this.sender = sender;
    this.reverted = reverted;
    this.#close = close;
  }

  static async open(world: CommunityWorld, wallet: Wallet, folder: string): Promise<Bench> {
    const { deployment, community, node: running } = world;
    const node = new Node({ urls: [running.url], chainId: deployment.chainId });
    const wattbook = await connect(node.provider, deployment);
    const outbox = new Outbox(join(folder, `${wallet.address}.db`), deployment.chainId, wallet.address);
    const store = new SqliteLogStore(join(folder, `${wallet.address}-logs.db`));
    const reverted: string[] = [];
    const sender = new Sender({
      ...{ node, signer: wallet, outbox, confirmations: 2 },
      observe: ({ step, job }) => {
        if (step === "reverted") reverted.push(job.key);
      },
    });
    const logs = await wattbook.logs(community, { store });
    const keeper = new Keeper({ wattbook, community, sender, account: wallet.address, logs });
    return new Bench(keeper, sender, reverted, () => {
      store.close();
      outbox.close();
      node.provider.destroy();
    });
  }

  async round(): Promise<readonly string[]> {
    const { submitted } = await this.keeper.pass();
    await this.sender.tick();
    return submitted;
  }

  close(): void {
    this.#close();
  }
}

describe("keepers on a chain that is reorganised", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let folder: string | undefined;
  let wallets: readonly [Wallet, Wallet];
  let period: Period;
  const open: Bench[] = [];

  before(async function () {
    // The other kind of node has no reorganisations.
    if (anvil().name !== "anvil") this.skip();
    world = await CommunityWorld.start(anvil(), SHORT);
    await world.enrol(3);
    folder = mkdtempSync(join(tmpdir(), "wattbook-keepers-"));
    wallets = [0, 1].map(() => new Wallet(HDNodeWallet.createRandom().privateKey)) as [Wallet, Wallet];
    for (const { address } of wallets) await world.ask("anvil_setBalance", address, "0x8ac7230489e80000");
  });

  // Each test trades in a period of its own, in its last two slots.
  beforeEach(async () => {
    period = await world.nextPeriod();
  });

  afterEach(async () => {
    for (const bench of open.splice(0)) bench.close();
    await world.ask("evm_setAutomine", true);
  });

  after(async () => {
    await (world as CommunityWorld | undefined)?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const keeper = async (index: 0 | 1): Promise<Bench> => {
    const bench = await Bench.open(world, wallets[index], folder ?? "");
    open.push(bench);
    return bench;
  };
  const mine = (blocks: number) => world.ask("anvil_mine", `0x${blocks.toString(16)}`);
  const blockNumber = async () => Number(await world.ask("eth_blockNumber"));
  const reorganise = async (depth: number) => {
    await world.ask("anvil_reorg", depth, []);
  };
  /** Posts a seller's and a buyer's orders in two slots, in blocks that stay. */
  const post = async (homes: readonly Home[] = world.homes) => {
    const entries: Entry[][] = [
      [order(2n, "sell", 10n), order(3n, "sell", 10n)],
      [order(2n, "buy", 20n), order(3n, "buy", 20n)],
    ];
    const strips = entries.map((each, index) => {
      const who = homes[index] as Home;
      return world.sign(who, world.strip(who, period, NOBODY, each));
    });
    await world.send(world.wattbook.market.calls.post(world.community, period, await Promise.all(strips)));
    await mine(12);
  };
  /** Hands in all readings, in blocks that stay. */
  const meter = async (homes: readonly Home[] = world.homes) => {
    const { settlement } = world.wattbook;
    const value = { imported: asWh(40n), exported: asWh(10n) };
    const readings = await Promise.all(homes.map((home) => world.reading(home, period, value)));
    await world.send(settlement.calls.meter(world.community, period, readings));
    await mine(12);
  };
  const behindGates = () => world.advanceTo(gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(3n))));
  const behindPeriod = () => world.advanceTo(periodEnd(world.terms, period));
  const cleared = async () => (await (await world.wattbook.logs(world.community)).cleared(period)).size;
  const settled = async () => (await (await world.wattbook.logs(world.community)).settled(period)).size;
  const rounds = async (benches: readonly Bench[], count: number) => {
    for (let round = 0; round < count; round++) {
      for (const bench of benches) await bench.round();
      await mine(1);
    }
  };

  it("do no harm where two work at once, in the same blocks, through reorganisations", async () => {
    await post();
    await behindGates();
    const both = [await keeper(0), await keeper(1)];
    await world.ask("evm_setAutomine", false);
    // Both look before either is mined: both send the same.
    for (const bench of both) expect(await bench.round()).to.have.length(1);
    await mine(1);
    expect(await cleared()).to.equal(2);
    await rounds(both, 2);
    await reorganise(3);
    await rounds(both, 6);
    expect(await cleared()).to.equal(2);

    await world.ask("evm_setAutomine", true);
    await behindPeriod();
    await meter();
    await world.ask("evm_setAutomine", false);
    for (const bench of both) await bench.round();
    await mine(1);
    expect(await settled()).to.equal(3);
    await rounds(both, 1);
    await reorganise(2);
    await rounds(both, 8);
    expect(await settled()).to.equal(3);

    const { escrow } = world.wattbook;
    expect(await escrow.pot(world.community, 0n, period)).to.deep.equal({ outstanding: 0n, amount: 0n });
    const { opened, settled: closed } = await escrow.journals(world.community, period);
    expect(closed).to.equal(opened);
    expect(both.flatMap(({ reverted }) => reverted)).to.deep.equal([]);
    const fees = wallets.map(({ address }) => escrow.fees(world.terms.paymentToken, address));
    // One settlement fee per member with records, whoever settled.
    const earned = (await Promise.all(fees)).reduce((sum, fee) => sum + fee, 0n);
    expect(earned).to.equal(2n * world.terms.settlementFee);
  });

  for (const depth of [1, 2, 3, 10]) {
    it(`clears again what a reorganisation of depth ${depth} took back, once`, async () => {
      await post();
      await behindGates();
      const one = await keeper(0);
      // A block per call; what earlier tests left unread may be estimated besides.
      const before = await blockNumber();
      expect((await one.round()).filter((key) => key.startsWith("clear:"))).to.have.length(1);
      await mine(Math.max(0, before + depth - (await blockNumber())));
      await one.round();
      expect(await cleared()).to.equal(2);
      await reorganise((await blockNumber()) - before);
      expect(await cleared()).to.equal(0);
      await rounds([one], 6);
      expect(await cleared()).to.equal(2);
      expect(one.reverted).to.deep.equal([]);
    });
  }

  it("clears once after two hours without a block", async () => {
    await post();
    await behindGates();
    const one = await keeper(0);
    await withoutBlocks(one, "clear");
    expect(await cleared()).to.equal(2);
    await rounds([one], 4);
    expect(await cleared()).to.equal(2);
    expect(one.reverted).to.deep.equal([]);
  });

  it("settles once after two hours without a block", async () => {
    // The others have periods behind them that nobody metered.
    await world.enrol(2);
    const homes = world.homes.slice(-2);
    period = await world.nextPeriod();
    await post(homes);
    await behindGates();
    const one = await keeper(0);
    await rounds([one], 3);
    await behindPeriod();
    await meter(homes);
    await withoutBlocks(one, "settle");
    expect(await settled()).to.equal(2);
    await rounds([one], 4);
    expect(await settled()).to.equal(2);
    const keys = one.sender.jobs(`settle:${world.community}:${period}:`);
    expect(keys.map(({ state }) => state)).to.deep.equal(["done"]);
    expect(one.reverted).to.deep.equal([]);
  });
  /** The keeper sends what is due, and the block that takes it comes two hours later. */
  const withoutBlocks = async (one: Bench, task: string) => {
    await world.ask("evm_setAutomine", false);
    const key = `${task}:${world.community}:${period}:`;
    const sent: string[] = [];
    for (let minute = 0; minute < 120; minute += 10) sent.push(...(await one.round()));
    expect(sent.filter((each) => each.startsWith(key))).to.have.length(1);
    await world.advanceTo((await world.now()) + 7_200n);
  };

  it("finds out after a restart what was taken back while it was away", async () => {
    await post();
    await behindGates();
    const before = await keeper(0);
    await rounds([before], 1);
    await mine(1);
    open.splice(0).forEach((bench) => {
      bench.close();
    });
    await reorganise(3);
    expect(await cleared()).to.equal(0);
    const after = await keeper(0);
    await rounds([after], 6);
    expect(await cleared()).to.equal(2);
  });

  it("does nothing about orders that are gone", async () => {
    const who = world.home(0);
    const signed = await world.sign(who, world.strip(who, period, NOBODY, [order(2n, "sell", 10n)]));
    const one = await keeper(0);
    await one.round();
    await behindGatesLessOne();
    await world.send(world.wattbook.market.calls.post(world.community, period, [signed]));
    await one.round();
    await reorganise(1);
    await behindGates();
    expect(await one.round()).to.deep.equal([]);
    expect(await cleared()).to.equal(0);
  });
  const behindGatesLessOne = () =>
    world.advanceTo(asSeconds(gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(2n))) - 60n));
});
