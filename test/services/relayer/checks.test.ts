/** Whatever the relayer refuses, the contract refuses too, for the same reason: each strip is tried on both. */
import { expect } from "chai";
import {
  asAmount,
  asLots,
  asPeriod,
  asSeconds,
  asSlotOffset,
  asTick,
  type Entry,
  isRevert,
  MarketClient,
  type Period,
  signStrip,
  type Strip,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { CommunityWorld, type Home } from "./world.ts";

const entry = (offset: number, side: "buy" | "sell", tick: number, lots: number): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side, tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});
const sell = (offset: number, tick = 10, lots = 5) => entry(offset, "sell", tick, lots);
const buy = (offset: number, tick = 10, lots = 5) => entry(offset, "buy", tick, lots);

const shown = ({ offset, side, tick, lots }: Entry) => `slot ${offset} ${side} ${lots} at ${tick}`;

describe("relayer: checks", function () {
  this.timeout(60_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let bench: RelayerBench;
  let wallet: Wallet;
  let period: Period;
  let next = 0;
  let home: Home;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(24, 1_000_000n);
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    bench = await benches.open(wallet);
    period = asPeriod((await world.nextPeriod()) + 1n);
    await bench.relayer.tick();
  });
  beforeEach(() => {
    home = world.home(next++);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  /** Why the contract refuses a member's own transaction with the strip: the reason, and which entry. */
  const onChain = async (strip: Strip) => {
    const runner = home.trading.connect(world.provider);
    const market = new MarketClient({ address: world.wattbook.market.address, runner });
    try {
      await market.simulate.place(strip);
      return { reason: "None" };
    } catch (error) {
      if (!isRevert(error)) throw error;
      const { reason = error.error, index } = error.args as { readonly reason?: string; readonly index?: bigint };
      return index === undefined ? { reason } : { reason, index: Number(index) };
    }
  };

  /** Tries a strip on both; returns the relayer's answer. */
  const both = async (strip: Strip, expected: string) => {
    const verdict = await onChain(strip);
    expect(verdict.reason, "the contract").to.equal(expected);
    const { status, body } = await bench.strip(await world.sign(home, strip));
    if (expected === "None") expect(status, JSON.stringify(body)).to.equal(202);
    else expect({ reason: body.reason, ...("index" in body && { index: body.index }) }).to.deep.equal(verdict);
    return { status, body };
  };
  const strip = (entries: readonly Entry[], override: Partial<Strip> = {}) =>
    world.strip(home, period, wallet.address, entries, override);

  it("takes what the contract takes", async () => {
    await both(strip([buy(0), buy(0, 12), sell(0, 40), sell(3, 0, 50)]), "None");
  });

  it("takes a strip whose reserve is exact, and refuses one unit less", async () => {
    const exact = strip([buy(0), sell(2)]);
    await both({ ...exact, maxReserve: asAmount(exact.maxReserve - 1n) }, "OverReserve");
    await both(exact, "None");
  });

  for (const [reason, override] of [
    ["WrongEpoch", { epoch: 1n }],
    ["Expired", { deadline: asSeconds(1_000n) }],
    ["Underfunded", { maxReserve: asAmount(1_000_001n) }],
    ["WrongFrontier", { after: asSlotOffset(1n) }],
    ["PeriodNotOpen", { period: asPeriod(10n ** 6n) }],
  ] as const) {
    it(`refuses a strip with ${reason}`, async () => {
      await both(strip([sell(1)], override), reason);
    });
  }

  for (const [reason, entries] of [
    ["NotAscending", [sell(1), sell(1)]],
    ["NotAscending", [sell(1), buy(1)]],
    ["OffGrid", [sell(0), sell(4)]],
    ["OffGrid", [sell(0), sell(1, 64)]],
    ["ZeroLots", [sell(0), sell(1, 10, 0)]],
    ["OverCap", [sell(0, 10, 30), sell(0, 11, 21)]],
    ["OverCap", [buy(0, 10, 50), buy(0, 11, 1)]],
  ] as const) {
    it(`refuses an entry with ${reason}: ${entries.map(shown).join(", ")}`, async () => {
      await both({ ...strip([sell(0)], { maxReserve: asAmount(900_000n) }), entries }, reason);
    });
  }

  it("refuses slots of a gate that has closed", async () => {
    const current = await world.period();
    const { body } = await both({ ...strip([sell(0)]), period: current }, "GateClosed");
    expect(body).to.include({ code: "ENTRY_REFUSED", index: 0 });
  });

  it("refuses another key's signature", async () => {
    const good = strip([sell(0)]);
    const signature = await signStrip(world.wattbook.domains.market, good, home.owner);
    const { status, body } = await bench.strip({ strip: good, signature });
    expect({ status, reason: body.reason }).to.deep.equal({ status: 422, reason: "BadSignature" });
  });

  it("refuses a signature for another deployment", async () => {
    const good = strip([sell(0)]);
    const signed = await world.sign(home, good, world.wattbook.domains.sealedMarket);
    expect((await bench.strip(signed)).body.reason).to.equal("BadSignature");
  });

  it("refuses members who do not trade", async () => {
    const { registry } = world.wattbook;
    await world.send(registry.calls.setSuspended(world.community, home.member, true));
    const later = strip([sell(0)]);
    await bench.relayer.tick();
    await both(later, "None");
    const service = { ...home, member: 3n as never };
    const { body } = await bench.strip(await world.sign(home, { ...later, member: service.member }));
    expect(body.reason).to.equal("NotActive");
  });

  it("counts what waits against the free balance and the frontier", async () => {
    const first = strip([buy(0, 60, 40)]);
    await both(first, "None");
    const second = strip([buy(1)], { after: asSlotOffset(1n) });
    expect((await onChain(second)).reason).to.equal("WrongFrontier");
    expect((await bench.strip(await world.sign(home, second))).status).to.equal(202);
    const twice = strip([buy(2)], { after: asSlotOffset(1n) });
    const { status, body } = await bench.strip(await world.sign(home, twice));
    expect({ status, reason: body.reason }).to.deep.equal({ status: 409, reason: "WrongFrontier" });
    const dear = strip([buy(2, 60, 50), buy(3, 60, 50)], { after: asSlotOffset(2n), maxReserve: asAmount(900_000n) });
    expect((await bench.strip(await world.sign(home, dear))).body.reason).to.equal("Underfunded");
  });

  it("asks for its own account as feeTo, and for its fee", async () => {
    const other = strip([sell(0)], { feeTo: home.owner.address });
    expect((await bench.strip(await world.sign(home, other))).body).to.include({ reason: "OtherFeeTo" });
    const cheap = strip([sell(0)], { feePerEntry: asAmount(4n) });
    expect((await bench.strip(await world.sign(home, cheap))).body).to.include({ reason: "FeeTooLow" });
  });
});
