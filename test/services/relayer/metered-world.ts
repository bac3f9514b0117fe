/** A relayer of a community whose meters decide, with a keeper beside it: three homes join every period, the fourth is a plain customer. */
import {
  asPeriod,
  asSeconds,
  asWh,
  endRegisters,
  type MemberIndex,
  type MeterValue,
  type Period,
  periodEnd,
  readingDigest,
  type SharingPart,
  type SignedReading,
  type UnsignedCall,
} from "@wattbook/sdk";
import { expect } from "chai";
import type { Wallet } from "ethers";
import { DEFAULT_FEES, Node, Outbox, Sender } from "../../../services/src/chain/index.ts";
import { Keeper } from "../../../services/src/keeper/index.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, type FirstModule, type Home, SHORT } from "./world.ts";

export const wh = (imported: number, exported = 0): MeterValue => ({
  imported: asWh(BigInt(imported)),
  exported: asWh(BigInt(exported)),
});

/** Seconds from a period's end to its settlement. */
export const DELAY = 900n;
/** Seconds after a period's end from which on readings do not wait any more. */
export const PATIENCE = 1_200;
/** How many join. */
const JOINING = 3;

/** What the two kinds of communities do in their own way. */
export interface Kind {
  readonly first: FirstModule;
  readonly announce: (world: CommunityWorld, from: Period) => UnsignedCall;
  /** Whether the module counts readings that are handed to it, rather than a keeper. */
  readonly countsOnTheWay: boolean;
  /** Wh of each slot that changed hands, and whose they were, out of the logs. */
  readonly traded: (
    world: CommunityWorld,
    period: Period,
  ) => Promise<{ readonly slots: readonly bigint[]; readonly parts: ReadonlyMap<MemberIndex, SharingPart> }>;
  /** Of the homes that join, for all periods. */
  readonly sign: (world: CommunityWorld, homes: readonly Home[]) => Promise<UnsignedCall>;
}

/** Opened once for all tests of a file. */
export class MeteredWorld {
  readonly world: CommunityWorld;
  readonly wallet: Wallet;
  bench: RelayerBench;
  readonly #benches: RelayerBenches;
  readonly #kind: Kind;
  readonly #folder: string;
  readonly #keeper: Wallet;
  readonly #registers = new Map<Home, MeterValue>();

  private constructor(
    kind: Kind,
    world: CommunityWorld,
    benches: RelayerBenches,
    { wallet, keeper, folder, bench }: { wallet: Wallet; keeper: Wallet; folder: string; bench: RelayerBench },
  ) {
    [this.#kind, this.world, this.#benches] = [kind, world, benches];
    [this.wallet, this.#keeper, this.#folder, this.bench] = [wallet, keeper, folder, bench];
  }

  static async open(kind: Kind): Promise<MeteredWorld> {
    const world = await CommunityWorld.start(anvil(), { ...SHORT, correctionWindow: 14_400n }, kind.first);
    await world.enrol(JOINING + 1);
    await world.send(kind.announce(world, asPeriod((await world.period()) + 1n)));
    await world.nextPeriod();
    await world.send(await kind.sign(world, world.homes.slice(0, JOINING)));
    const benches = new RelayerBenches(world);
    const wallet = await benches.account("relayer after the fact");
    const keeper = await benches.account("keeper after the fact");
    const folder = benches.folder();
    const bench = await benches.open(wallet, { folder, patience: PATIENCE });
    return new MeteredWorld(kind, world, benches, { wallet, keeper, folder, bench });
  }

  async stop(): Promise<void> {
    await this.#benches.remove();
    await this.world.stop();
  }

  /** Starts the relayer anew, with what it wrote down. */
  async restart(): Promise<void> {
    await this.bench.close();
    this.bench = await this.#benches.open(this.wallet, { folder: this.#folder, patience: PATIENCE });
  }

  get #module() {
    const { sharing, meteredAuction } = this.world.wattbook;
    return this.#kind.first === "sharing" ? sharing : meteredAuction;
  }

  /** How far the module is with a period. */
  async round(period: Period) {
    return this.#module.round(this.world.community, period);
  }

  /** Lets the first three join the next period, and goes to its end. */
  async joinedPeriod(): Promise<Period> {
    const { world, bench } = this;
    const period = asPeriod((await world.period()) + 1n);
    const members = world.homes.slice(0, JOINING).map(({ member }) => member);
    await world.send(this.#module.calls.join(world.community, period, members));
    await world.advanceTo(periodEnd(world.terms, period));
    for (const home of world.homes) await this.#catchUp(home, period);
    await bench.relayer.tick();
    return period;
  }

  /** Reports the periods before as quiet. */
  async #catchUp(home: Home, period: Period): Promise<void> {
    const { world } = this;
    const { settlement } = world.wattbook;
    const { gapEnd } = await settlement.meter(world.community, home.member);
    for (let before = gapEnd; before < period; before = asPeriod(before + 1n)) {
      const quiet = await world.reading(home, before, wh(0), this.#registers.get(home) ?? wh(0));
      await world.send(settlement.calls.meter(world.community, before, [quiet]));
    }
  }

  /** Its next reading. */
  async sign(home: Home, period: Period, value: MeterValue): Promise<SignedReading> {
    const signed = await this.world.reading(home, period, value, this.#registers.get(home) ?? wh(0));
    this.#registers.set(home, endRegisters(signed.reading));
    return signed;
  }

  /** Its next reading, handed in. */
  async read(home: Home, period: Period, value: MeterValue): Promise<SignedReading> {
    const signed = await this.sign(home, period, value);
    const { status, body } = await this.bench.reading(signed);
    expect(status, String(body.message)).to.equal(202);
    return signed;
  }

  /** What the relayer says of a reading. */
  async stateOf({ reading }: SignedReading) {
    const digest = readingDigest(this.world.wattbook.domains.settlement, reading);
    return (await this.bench.get(`/v1/readings/${digest}`)).body;
  }

  /** Moves to so many seconds behind a period's end. */
  async goBehind(period: Period, seconds: bigint): Promise<void> {
    await this.world.advanceTo(asSeconds(periodEnd(this.world.terms, period) + seconds));
  }

  /** Lets a keeper look and send until it finds nothing to do any more. */
  async keep(): Promise<void> {
    const { wattbook, community, node: running, deployment } = this.world;
    const signer = this.#keeper;
    const node = new Node({ urls: [running.url], chainId: deployment.chainId, timeout: 20_000 });
    const outbox = new Outbox(":memory:", node.chainId, signer.address);
    try {
      const sender = new Sender({ node, signer, outbox, fees: DEFAULT_FEES, confirmations: 1 });
      const logs = await wattbook.logs(community);
      const keeper = new Keeper({ wattbook, community, sender, account: signer.address, logs });
      for (let idle = 0; idle < 3;) {
        const { submitted } = await keeper.pass();
        idle = submitted.length === 0 ? idle + 1 : 0;
        for (let round = 0; round < 4; round++) {
          await sender.tick();
          await this.world.ask("evm_mine");
        }
      }
    } finally {
      outbox.close();
      node.provider.destroy();
    }
  }

  async expectBooksClosed(period: Period): Promise<void> {
    const { escrow } = this.world.wattbook;
    expect(await escrow.pot(this.world.community, 0n, period)).to.include({ amount: 0n, outstanding: 0n });
  }
}
