/**
 * What a thousand meters cost one gateway: a simulated day of samples every 15 minutes, all of a boundary at once as
 * meters send them, then a reading per meter, signed and handed over. Processor time and memory of a process that runs what
 * is installed (`services/dist`), and nothing else. Ratios are to bare work of the same run: rows into SQLite in the same
 * commits, and signatures.
 * Run: npm run bench:gateway -- [--meters 1000] [--json]; exit code 1 above 200 MiB or one core, 2 for a bad option.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Wallet } from "ethers";
import {
  asCommunity,
  asMember,
  asPeriod,
  asSeconds,
  asWh,
  communityTerms,
  readingFromRegisters,
  signReading,
  wattbookDomain,
} from "@wattbook/sdk/pure";
import { type Community, Gateway, type MeteredMember, type MeterRules } from "@wattbook/services/gateway";
import { optionsOf } from "./gateway/options.ts";

/** Young objects are collected early: without it V8 lets garbage grow to 100 MiB before it looks. */
const FLAG = "--max-semi-space-size=4";
/** Else glibc keeps what is free in an arena per thread. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: "1" };
const MOST_MIB = 200;
const START = 1_774_483_200n;
const DAY = 86_400n;
const account = (digit: string) => `0x${digit.repeat(40)}`;

const { size: count, json } = optionsOf("meters", 1_000);

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

interface Day {
  /** Seconds of processor time. */
  readonly sampling: number;
  readonly signing: number;
  readonly peakMiB: number;
}

async function day(path: string): Promise<Day> {
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
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const sampling = await processor(async () => {
    for (let slot = 0n; slot <= terms.slotsPerPeriod; slot++) {
      now = START + slot * terms.slotDuration;
      await Promise.all(members.map(({ meter }) => gateway.sink({ meter, ...registersAt(slot) })));
      await gateway.step();
      look();
    }
  });
  now += 901n;
  const signing = await processor(async () => {
    while (handedOver < count) {
      await gateway.step();
      look();
    }
  });
  await gateway.stop();
  return { sampling, signing, peakMiB: Math.ceil(peak / 2 ** 20) };
}

function registersAt(slot: bigint) {
  return { at: asSeconds(START + slot * terms.slotDuration), importWh: slot * 250n, exportWh: slot * 10n };
}

/** Seconds of processor time that work takes. */
async function processor(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** As many rows of a sample's width, in as many commits, and nothing else. */
function bareRows(path: string): void {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE bare (meter INTEGER, at INTEGER, a INTEGER, b INTEGER, c INTEGER, d INTEGER, PRIMARY KEY (meter, at)) STRICT, WITHOUT ROWID",
  );
  const insert = db.prepare("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)");
  for (let slot = 0n; slot <= terms.slotsPerPeriod; slot++) {
    const { at, importWh, exportWh } = registersAt(slot);
    db.transaction(() => {
      for (let meter = 1; meter <= count; meter++) insert.run(meter, at, importWh, exportWh, importWh, exportWh);
    })();
  }
  db.close();
}

/** A hundredth of the signatures, at least ten: each takes as long as the others. */
async function bareSignature(): Promise<number> {
  const times = Math.max(10, Math.floor(count / 100));
  const { member, meterKey } = members[0] as MeteredMember;
  const registers = Array.from({ length: Number(terms.slotsPerPeriod) + 1 }, (_, slot) => {
    const { importWh, exportWh } = registersAt(BigInt(slot));
    return { imported: asWh(importWh), exported: asWh(exportWh) };
  });
  const header = { community: community.community, member, period: asPeriod(START / DAY), closesGap: false };
  const reading = readingFromRegisters(terms, header, registers);
  const seconds = await processor(async () => {
    for (let time = 0; time < times; time++) await signReading(community.settlement, reading, meterKey);
  });
  return seconds / times;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
  const emptyMiB = Math.ceil(process.memoryUsage().rss / 2 ** 20);
  try {
    const { sampling, signing, peakMiB } = await day(join(folder, "queue.sqlite"));
    const samples = count * (Number(terms.slotsPerPeriod) + 1);
    const rows = await processor(() => {
      bareRows(join(folder, "bare.sqlite"));
    });
    const result = {
      ...{ meters: count, samples },
      samplesPerSecond: Math.round(samples / sampling),
      readingsPerSecond: Math.round(count / signing),
      /** How many bare rows a sample takes, and how many bare signatures a reading. */
      rowsPerSample: rounded(sampling / rows),
      signaturesPerReading: rounded(signing / count / (await bareSignature())),
      shareOfOneCore: (sampling + signing) / Number(DAY),
      ...{ emptyMiB, peakMiB, mostMiB: MOST_MIB, met: peakMiB <= MOST_MIB && sampling + signing < Number(DAY) },
    };
    console.log(json ? JSON.stringify(result) : textOf(result).join("\n"));
    if (!result.met) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function textOf(result: Record<string, number | boolean>): string[] {
  const { meters, samplesPerSecond, rowsPerSample, readingsPerSecond, signaturesPerReading } = result;
  return [
    `${meters} meters at 15 minutes: ${(100 * Number(result["shareOfOneCore"])).toFixed(3)} % of one core over a day.`,
    `Memory: ${result["emptyMiB"]} MiB before the first sample, at most ${result["peakMiB"]} of ${MOST_MIB} MiB.`,
    `${samplesPerSecond} samples per second of processor time, each as much as ${rowsPerSample} bare rows.`,
    `${readingsPerSecond} readings per second of processor time, each as much as ${signaturesPerReading} bare signatures.`,
  ];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Without what compiles this file, which would count as the gateway's memory, and with one arena for all threads. */
async function alone(): Promise<number> {
  const { build } = await import("esbuild");
  const outfile = join(import.meta.dirname, `.gateway-${process.pid}.mjs`);
  try {
    await build({ entryPoints: [import.meta.filename], outfile, bundle: true, packages: "external", format: "esm" });
    const env = { ...process.env, ...ENVIRONMENT };
    return (
      spawnSync(process.execPath, [FLAG, outfile, ...process.argv.slice(2)], { stdio: "inherit", env }).status ?? 1
    );
  } finally {
    rmSync(outfile, { force: true });
  }
}

if (process.execArgv.includes(FLAG)) await main();
else process.exitCode = await alone();
