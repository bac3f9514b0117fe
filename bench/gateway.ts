/**
 * What a thousand meters cost one gateway: a simulated day of samples every 15 minutes, all of a boundary at once as
 * meters send them, then a reading per meter, signed and handed over. Processor time and memory of this process alone.
 * Run: npx tsx bench/gateway.ts [--meters 1000] [--json]; exit code 1 above 200 MiB.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Wallet } from "ethers";
import { asCommunity, asMember, asSeconds, communityTerms, wattbookDomain } from "@wattbook/sdk/pure";
import { Gateway } from "../services/src/gateway/gateway.ts";
import type { MeterRules } from "../services/src/gateway/intake.ts";
import type { Community, MeteredMember } from "../services/src/gateway/members.ts";

/** Young objects are collected early: without it V8 lets garbage grow to 100 MiB before it looks. */
const FLAG = "--max-semi-space-size=4";
const MOST_MIB = 200;
const START = 1_774_483_200n;
const DAY = 86_400n;
const account = (digit: string) => `0x${digit.repeat(40)}`;

const { values: options } = parseArgs({
  options: { meters: { type: "string", default: "1000" }, json: { type: "boolean" } },
});
const count = Number(options.meters);

const terms = communityTerms({
  paymentToken: account("a"),
  coordinator: account("b"),
  dso: account("c"),
  feeCollector: account("d"),
});
const community: Community = { community: asCommunity(0n), terms, settlement: wattbookDomain(100n, account("e")) };
const rules: MeterRules = {
  slotDuration: terms.slotDuration,
  maxGap: asSeconds(3_600n),
  maxW: 17_250n,
  counts: { import: true, export: true },
  base: { importWh: 0n, exportWh: 0n },
  clockTolerance: asSeconds(300n),
  maxLate: asSeconds(DAY),
  onFall: "refuse",
};
const members: MeteredMember[] = Array.from({ length: count }, (_, index) => ({
  ...{ community, member: asMember(BigInt(index + 4)), meter: `meter-${index}`, acceptGaps: false },
  meterKey: new Wallet(`0x${(index + 1).toString(16).padStart(64, "0")}`),
}));

async function day(path: string) {
  let now = START;
  let handedOver = 0;
  const gateway = new Gateway({
    queue: path,
    meters: new Map(members.map(({ meter }) => [meter, rules])),
    adapters: [],
    members,
    handOver: {
      deliver: () => {
        handedOver += 1;
        return Promise.resolve({ outcome: "accepted", answer: "{}" });
      },
    },
    clock: () => asSeconds(now),
  });
  let peak = 0;
  const sampled = process.cpuUsage();
  for (let slot = 0n; slot <= terms.slotsPerPeriod; slot++) {
    now = START + slot * terms.slotDuration;
    const registers = { at: asSeconds(now), importWh: slot * 250n, exportWh: slot * 10n };
    await Promise.all(members.map(({ meter }) => gateway.sink({ meter, ...registers })));
    await gateway.step();
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const { user, system } = process.cpuUsage(sampled);
  now += 901n;
  const signing = process.cpuUsage();
  while (handedOver < count) {
    await gateway.step();
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const signed = process.cpuUsage(signing);
  await gateway.stop();
  const seconds = (user + system + signed.user + signed.system) / 1e6;
  return {
    meters: count,
    samplesPerSecond: Math.round((count * 97) / ((user + system) / 1e6)),
    readingsPerSecond: Math.round(count / ((signed.user + signed.system) / 1e6)),
    shareOfOneCore: seconds / Number(DAY),
    peakMiB: Math.round(peak / 2 ** 20),
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
  try {
    const result = await day(join(folder, "queue.sqlite"));
    if (options.json === true) console.log(JSON.stringify(result));
    else {
      const share = `${(100 * result.shareOfOneCore).toFixed(3)} % of one core over a day`;
      console.log(`${count} meters at 15 minutes: ${share}, at most ${result.peakMiB} MiB.`);
      console.log(
        `${result.samplesPerSecond} samples and ${result.readingsPerSecond} readings per second of processor time.`,
      );
    }
    if (result.peakMiB > MOST_MIB) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.execArgv.includes(FLAG)) await main();
else {
  const again = [FLAG, ...process.execArgv, ...process.argv.slice(1)];
  process.exitCode = spawnSync(process.execPath, again, { stdio: "inherit" }).status ?? 1;
}
