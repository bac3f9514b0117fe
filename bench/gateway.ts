/**
 * What a thousand meters cost one gateway: a simulated day of samples every 15 minutes, all of a boundary at once as
 * meters send them, then a reading per meter, signed and handed over. Once from meters that send by themselves to a
 * broker, at which a running gateway listens; once put into the queue, without a line. Processor time and memory of a
 * process that runs what is installed (`services/dist`), and nothing else. Ratios are to bare work of the same run: rows
 * into SQLite in the same commits, and signatures.
 * Run: npm run bench:gateway -- [--meters 1000] [--json] [--write]; exit code 1 above 200 MiB, above one core or
 * where messages of a boundary are not kept before the next one, 2 for a bad option. `--write` puts the table into README.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone } from "./gateway/alone.ts";
import type { LiveDay } from "./gateway/live-day.ts";
import { optionsOf } from "./gateway/options.ts";
import { writeTable } from "./lib/page.ts";
import type { QueueDay } from "./gateway/queue-day.ts";
import { startSources } from "./gateway/sources.ts";
import { BOUNDARIES, DAY, rounded, terms } from "./gateway/world.ts";

const MOST_MIB = 200;

const { size: count, json, write } = optionsOf("meters", 1_000);
const samples = count * BOUNDARIES;

/** What both days say. */
function common({ sampling, signing, peakMiB }: QueueDay | LiveDay) {
  const spent = sampling + signing;
  return {
    samplesPerSecond: Math.round(samples / sampling),
    readingsPerSecond: Math.round(count / signing),
    shareOfOneCore: spent / Number(DAY),
    ...{ peakMiB, mostMiB: MOST_MIB, met: peakMiB < MOST_MIB && spent < Number(DAY) },
  };
}

async function measure(folder: string) {
  const queue = await alone<QueueDay>([String(count), folder]);
  const sources = await startSources(count);
  const live = await alone<LiveDay>([String(count), folder, sources.url], (slot) => void sources.send(slot));
  await sources.stop();
  // All of a boundary are on disk before the next one comes.
  const inTime = live.slowestBoundary < Number(terms.slotDuration);
  return {
    ...{ meters: count, samples },
    live: {
      ...common(live),
      /** How many samples put into the queue a message takes. */
      samplesPerMessage: rounded(live.sampling / queue.sampling),
      slowestBoundary: rounded(live.slowestBoundary),
      met: common(live).met && inTime,
    },
    queue: {
      ...common(queue),
      emptyMiB: queue.emptyMiB,
      /** How many bare rows a sample takes, and how many bare signatures a reading. */
      rowsPerSample: rounded(queue.sampling / queue.rows),
      signaturesPerReading: rounded(queue.signing / count / queue.signature),
    },
  };
}

function textOf({ meters, live, queue }: Awaited<ReturnType<typeof measure>>): string[] {
  const cost = ({ shareOfOneCore, peakMiB, met }: ReturnType<typeof common>) =>
    `${(100 * shareOfOneCore).toFixed(3)} % of one core over a day, at most ${peakMiB} of ${MOST_MIB} MiB: ${met ? "met" : "MISSED"}`;
  return [
    `${meters} meters at 15 minutes, over MQTT: ${cost(live)}.`,
    `  ${live.samplesPerSecond} messages per second of processor time, each as much as ${live.samplesPerMessage} samples put into the queue.`,
    `  ${live.readingsPerSecond} readings per second of processor time; all messages of a boundary kept within ${live.slowestBoundary} s.`,
    `The same put into the queue: ${cost(queue)}; ${queue.emptyMiB} before the first sample.`,
    `  ${queue.samplesPerSecond} samples per second of processor time, each as much as ${queue.rowsPerSample} bare rows.`,
    `  ${queue.readingsPerSecond} readings per second of processor time, each as much as ${queue.signaturesPerReading} bare signatures.`,
  ];
}

type Row = readonly [name: string, live: string, queue: string];

function rowsOf({ meters, live, queue }: Awaited<ReturnType<typeof measure>>): Row[] {
  const both = (name: string, show: (day: typeof live | typeof queue) => string): Row => [
    name,
    show(live),
    show(queue),
  ];
  return [
    both(`processor time of ${meters} meters' day`, (day) => `${(100 * day.shareOfOneCore).toFixed(3)} % of one core`),
    both("samples per second", ({ samplesPerSecond }) => String(samplesPerSecond)),
    ["a sample in others", `${live.samplesPerMessage} put into the queue`, `${queue.rowsPerSample} bare rows`],
    both("readings per second, signed, recovered and kept", ({ readingsPerSecond }) => String(readingsPerSecond)),
    ["a reading in bare signatures", "", String(queue.signaturesPerReading)],
    ["a boundary on disk within", `${live.slowestBoundary} s`, ""],
    both(`memory, at most (${queue.emptyMiB} MiB before the first sample)`, ({ peakMiB }) => `${peakMiB} MiB`),
    both(`below ${MOST_MIB} MiB and one core`, ({ met }) => (met ? "met" : "MISSED")),
  ];
}

const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
try {
  const result = await measure(folder);
  console.log(json ? JSON.stringify(result) : textOf(result).join("\n"));
  if (write) console.error(`wrote ${await writeTable("gateway", ["over MQTT", "into the queue"], rowsOf(result))}`);
  if (!result.live.met || !result.queue.met) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
