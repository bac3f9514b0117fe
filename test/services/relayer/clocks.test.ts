import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSeconds,
  asSlotOffset,
  asTick,
  type Entry,
  gateOf,
  type Period,
  periodAt,
  periodStart,
  slotIn,
  stripDigest,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { Node } from "../../../services/src/chain/index.ts";
import { startKeeper } from "../../../services/src/keeper/index.ts";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";
import { RelayerBenches } from "./bench.ts";
import { CommunityWorld } from "./world.ts";

const order = (side: Entry["side"], offset: number): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side, lots: asLots(5n), tick: asTick(side === "sell" ? 10n : 20n) },
});

/** A keeper within this process. */
interface KeeperBench {
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

async function keep(world: CommunityWorld, signer: Wallet, folder: string): Promise<KeeperBench> {
  const { deployment, community, node: running } = world;
  const node = new Node({ urls: [running.url], chainId: deployment.chainId });
  const lines: string[] = [];
  const log = createLog("keeper", "debug", new Secrets(), { write: (line) => lines.push(line) });
  const stop = new AbortController();
  const setup = { deployment, community, node, signer, folder, delay: 0n, confirmations: 1, every: 0.05 };
  const { ended } = await startKeeper(setup, { log, secrets: new Secrets(), signal: stop.signal });
  return {
    lines,
    stop: async () => {
      stop.abort();
      await ended;
      node.provider.destroy();
    },
  };
}

describe("relayer and keeper on a machine whose clock is wrong", function () {
  this.timeout(120_000);
  const machine = Date.now;
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let folder: string;
  /** Unix seconds that the machine shows. */
  let shown: bigint;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(2);
    benches = new RelayerBenches(world);
    folder = mkdtempSync(join(tmpdir(), "wattbook-clocks-"));
  });
  afterEach(() => {
    Date.now = machine;
  });
  after(async () => {
    await benches.remove();
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [wrong, by, code] of [
    ["two hours ahead", 7_200n, "OWN_CLOCK_AHEAD"],
    ["two hours behind", -7_200n, "OWN_CLOCK_BEHIND"],
  ] as const) {
    it(`${wrong}: post and clear by the chain's time, and say what is wrong, once`, async () => {
      const next = await world.nextPeriod();
      const period = asPeriod(next + 1n);
      shown = (await world.now()) + by;
      Date.now = () => Number(shown) * 1_000;
      const goTo = async (time: bigint) => {
        await world.advanceTo(time);
        shown = time + by;
      };
      const [wallet, keeper] = [await benches.account(`relayer ${wrong}`), await benches.account(`keeper ${wrong}`)];
      const bench = await benches.open(wallet);
      const keeping = await keep(world, keeper, join(folder, wrong));
      const strips = await Promise.all(
        (["sell", "buy"] as const).map(async (side, home) => {
          const who = world.home(home);
          return world.sign(who, world.strip(who, period, wallet.address, [order(side, 0)]));
        }),
      );
      for (const strip of strips) expect((await bench.strip(strip)).status).to.equal(202);
      await bench.ticks(2);
      expect(await world.recorded(period)).to.deep.equal([]);

      const gate = gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(0n)));
      await goTo(gate - 100n);
      await bench.ticks(3);
      expect(await world.recorded(period)).to.have.members(
        strips.map(({ strip }) => stripDigest(world.wattbook.domains.market, strip)),
      );
      // A gate is closed when the chain says so.
      await goTo(gate - 20n);
      expect(await cleared(world, period, 0)).to.equal(false);
      await goTo(gate + 1n);
      await until(() => cleared(world, period, 0));
      await bench.ticks(1);
      await keeping.stop();
      for (const lines of [bench.lines, keeping.lines]) {
        const said = lines.filter((line) => line.includes(code));
        expect(said).to.have.length(1);
        expect(JSON.parse(said[0] ?? "")).to.include({ level: 40, msg: "this machine's clock is wrong" });
        expect(said[0]).to.include("check its NTP");
      }
      expect(await world.provider.getTransactionCount(keeper.address)).to.equal(1);
      await bench.close();
    });
  }
});

/** Sundays on which clocks in Amsterdam change, after any test's beginning: the hour from 02:00 on is there twice, or not at all. */
const CHANGES = [
  { name: "of 25 hours", midnight: Date.UTC(2027, 9, 31) / 1_000 },
  { name: "of 23 hours", midnight: Date.UTC(2028, 2, 26) / 1_000 },
] as const;

describe("relayer and keeper in Amsterdam, on a day", function () {
  this.timeout(240_000);
  const zone = process.env["TZ"];
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let folder: string;

  before(async () => {
    process.env["TZ"] = "Europe/Amsterdam";
    world = await CommunityWorld.start(undefined, {});
    benches = new RelayerBenches(world);
    folder = mkdtempSync(join(tmpdir(), "wattbook-clocks-"));
    await world.advanceTo(BigInt(CHANGES[0].midnight) - 2n * 86_400n);
    await world.enrol(2);
  });
  after(async () => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
    await benches.remove();
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [index, { name, midnight }] of CHANGES.entries()) {
    it(`${name}: the hours around the change have a slot, a gate and a clearing each`, async () => {
      const start = BigInt(midnight);
      await world.advanceTo(start - 3_600n);
      const period = periodAt(world.terms, asSeconds(start));
      expect(periodStart(world.terms, period)).to.equal(start);
      // Half an hour before clocks change, and half an hour after: in autumn they show 02:30 both times.
      const offsets = [2, 6];
      const walls = offsets.map((offset) => new Date((midnight + offset * 900) * 1_000).getHours());
      expect(walls).to.deep.equal(index === 0 ? [2, 2] : [1, 3]);
      const [wallet, keeper] = [await benches.account(`relayer ${index}`), await benches.account(`keeper ${index}`)];
      const bench = await benches.open(wallet);
      const keeping = await keep(world, keeper, join(folder, String(index)));
      for (const [home, side] of (["sell", "buy"] as const).entries()) {
        const who = world.home(home);
        const entries = offsets.map((offset) => order(side, offset));
        const strip = await world.sign(who, world.strip(who, period, wallet.address, entries));
        expect((await bench.strip(strip)).status).to.equal(202);
      }
      const gates = offsets.map((offset) =>
        gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(BigInt(offset)))),
      );
      expect((gates[1] ?? 0n) - (gates[0] ?? 0n)).to.equal(3_600n);
      await world.advanceTo((gates[0] ?? 0n) - 100n);
      await bench.ticks(3);
      expect(await world.recorded(period)).to.have.length(2);
      await world.advanceTo((gates[0] ?? 0n) + 1n);
      await until(() => cleared(world, period, 2));
      expect(await cleared(world, period, 6)).to.equal(false);
      await world.advanceTo((gates[1] ?? 0n) + 1n);
      await until(() => cleared(world, period, 6));
      await keeping.stop();
      await bench.close();
    });
  }
});

async function cleared({ wattbook, community, terms }: CommunityWorld, period: Period, offset: number) {
  const slots = await (await wattbook.logs(community)).cleared(period);
  return slots.has(slotIn(terms, period, asSlotOffset(BigInt(offset))));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("not in 30 s");
    await sleep(50);
  }
}
