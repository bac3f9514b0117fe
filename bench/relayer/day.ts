/** A community's day handed in and posted: how much of a core each strip takes, and how long its gate. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  asAmount,
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  type Entry,
  gateOf,
  type Period,
  slotIn,
} from "@wattbook/sdk";
import type { AddressInfo } from "node:net";
import { DEFAULT_FEES, Node } from "../../services/src/chain/index.ts";
import { createLog, Secrets } from "../../services/src/operation/index.ts";
import { createApp, DEFAULT_LIMITS, Relayer, RelayerService } from "../../services/src/relayer/index.ts";
import { stripBody } from "../../test/services/relayer/bench.ts";
import { CommunityWorld, keyOf } from "../../test/services/relayer/world.ts";
import type { ClientResult } from "./client.ts";

/** What a day took. */
export interface DayResult {
  readonly homes: number;
  readonly entries: number;
  /** Strips per second of wall time, with the client on the same cores. */
  readonly perSecond: number;
  /** Milliseconds of a core that the relayer spends on a strip: HTTP, checks, signature, receipt, file. */
  readonly cpuPerStrip: number;
  /** What of it is spent by the thread that answers, which is one. */
  readonly mainPerStrip: number;
  /** Strips per second that two cores take at that rate. */
  readonly onTwoCores: number;
  readonly statuses: ClientResult["statuses"];
  /** Calls that posted them, and their gas. */
  readonly calls: number;
  readonly gas: number;
  /** Seconds of wall time from the first look with the gate near to the last strip on chain. */
  readonly posting: number;
  /** Seconds of chain time in which all of them were mined, at one block per second. */
  readonly window: number;
  readonly posted: number;
}

const DAY = { slotsPerPeriod: 96n, horizon: 2n };
const LEAD = 60;

/** Deploys, enrols, signs, hands in and posts. @param entries Per strip, spread over the day. */
export async function measureDay(
  homes: number,
  entries: number,
  threads: number,
  tell: (text: string) => void,
): Promise<DayResult> {
  const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
  tell(`deploying and enrolling ${homes} homes`);
  const world = await CommunityWorld.start(undefined, DAY);
  try {
    await world.enrol(homes);
    const period = asPeriod((await world.nextPeriod()) + 1n);
    return await measureOn(world, folder, { period, entries, threads, tell });
  } finally {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly period: Period;
  readonly entries: number;
  readonly threads: number;
  readonly tell: (text: string) => void;
}

async function measureOn(world: CommunityWorld, folder: string, run: Run): Promise<DayResult> {
  const { period, entries, threads, tell } = run;
  const wallet = keyOf("bench relayer");
  await world.ask("hardhat_setBalance", wallet.address, "0x56bc75e2d63100000");
  tell("signing");
  const bodies: string[] = [];
  for (const home of world.homes) {
    const strip = world.strip(home, period, wallet.address, entriesOf(entries, Number(home.member)));
    bodies.push(JSON.stringify(stripBody(await world.sign(home, strip))));
  }
  // The first ones warm everything up.
  const [warm, file] = [join(folder, "warm.json"), join(folder, "bodies.json")];
  const cold = Math.floor(bodies.length / 4);
  writeFileSync(warm, JSON.stringify(bodies.slice(0, cold)));
  writeFileSync(file, JSON.stringify(bodies.slice(cold)));

  const node = new Node({ urls: [world.node.url], chainId: world.deployment.chainId, timeout: 60_000 });
  const log = createLog("relayer", "error", new Secrets());
  const relayer = await Relayer.open({
    ...{ deployment: world.deployment, communities: [world.community], node, signer: wallet, log, threads },
    ...{ folder: join(folder, "relayer"), fees: DEFAULT_FEES, confirmations: 1, leastFee: asAmount(0n) },
    ...{ lead: LEAD, margin: 5, patience: 0, perMember: 1_000 },
  });
  const app = await createApp(new RelayerService(relayer), { ...DEFAULT_LIMITS, perAddress: 1e9 }, log);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  try {
    tell("handing in");
    const url = `http://127.0.0.1:${port}/v1/communities/0/strips`;
    await handIn(url, warm);
    const before = process.cpuUsage();
    const main = process.threadCpuUsage();
    const taken = await handIn(url, file);
    const { user, system } = process.cpuUsage(before);
    const cpuPerStrip = (user + system) / 1_000 / (bodies.length - cold);
    const { user: mainUser, system: mainSystem } = process.threadCpuUsage(main);
    const mainPerStrip = (mainUser + mainSystem) / 1_000 / (bodies.length - cold);
    tell("posting");
    const posted = await post(world, relayer, period);
    return {
      ...{ homes: bodies.length, entries, statuses: taken.statuses, perSecond: (bodies.length - cold) / taken.seconds },
      ...{ cpuPerStrip, mainPerStrip, onTwoCores: Math.min(2_000 / cpuPerStrip, 1_000 / mainPerStrip), ...posted },
    };
  } finally {
    await app.close();
    await relayer.close();
    node.provider.destroy();
  }
}

async function handIn(url: string, file: string): Promise<ClientResult> {
  const args = ["--import", "tsx", "bench/relayer/client.ts", url, file, "64"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as ClientResult;
}

/** Ticks with a block per second from the moment at which the gate is near. */
async function post(world: CommunityWorld, relayer: Relayer, period: Period) {
  const gate = gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(0n)));
  await world.ask("evm_setAutomine", false);
  await world.advanceTo(gate - BigInt(LEAD));
  const [from, start] = [await world.now(), performance.now()];
  const first = await world.provider.getBlockNumber();
  let posted = 0;
  for (let second = 1; second <= 2 * LEAD && posted < world.homes.length; second++) {
    await relayer.tick();
    await world.advanceTo(from + BigInt(second));
    await relayer.tick();
    posted = world.homes.length - relayer.strips.waiting().length;
  }
  posted = (await world.recorded(period)).length;
  const posting = (performance.now() - start) / 1_000;
  const window = Number((await world.now()) - from);
  const { calls, gas } = await spent(world, first);
  return { calls, gas, posting, window, posted };
}

async function spent(world: CommunityWorld, first: number): Promise<{ calls: number; gas: number }> {
  let [calls, gas] = [0, 0];
  const last = await world.provider.getBlockNumber();
  for (let block = first + 1; block <= last; block++) {
    const found = await world.provider.getBlock(block);
    calls += found?.transactions.length ?? 0;
    gas += Number(found?.gasUsed ?? 0n);
  }
  return { calls, gas };
}

/** Orders all over the day, sides and prices by home: sixteen prices, which share a word of tick volumes. */
function entriesOf(count: number, member: number): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const offset = asSlotOffset(BigInt(Math.floor((index * 96) / count)));
    const side = (member + index) % 2 === 0 ? "buy" : "sell";
    return {
      offset,
      side,
      tick: asTick(BigInt(16 + ((member * 7 + index) % 16))),
      lots: asLots(BigInt(1 + (member % 20))),
    };
  });
}
