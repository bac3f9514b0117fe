/**
 * How fast a gateway is back after a crash: a queue of 1,000,000 samples with its write-ahead log left behind is opened,
 * checked, and asked for what is due. The ratio is to reading the bytes of both files in the same run.
 * Run: npm run bench:gateway:queue -- [--rows 1000000] [--json]; exit code 1 above 10 s, 2 for a bad option.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asSeconds } from "@wattbook/sdk/pure";
import { Queue } from "@wattbook/services/gateway";
import { optionsOf } from "./gateway/options.ts";
import { writeTable } from "./lib/page.ts";

const MOST_SECONDS = 10;
const METERS = 1_000;
const SLOT = 900n;
const START = 1_774_483_200n;

const { size: rows, json, write } = optionsOf("rows", 1_000_000);

/** Fills a queue with samples and boundaries, a quarter hour apart. */
function fill(path: string): void {
  const queue = new Queue(path);
  queue.db.pragma("wal_autocheckpoint = 0");
  const each = Math.ceil(rows / METERS);
  queue.transaction(() => {
    for (let meter = 1; meter <= METERS; meter++) {
      const id = queue.meters.idOf(`meter-${meter}`);
      for (let slot = 0; slot < each; slot++) {
        const at = asSeconds(START + BigInt(slot) * SLOT);
        const registers = { at, importWh: BigInt(slot) * 250n, exportWh: BigInt(slot) * 10n };
        queue.samples.put(id, {
          shown: registers,
          counted: registers,
          carried: { import: false, export: false },
          complete: true,
        });
        queue.slots.put(id, { ...registers, quality: "measured" });
      }
    }
  });
  // What a power cut leaves: the file and its log, without a checkpoint.
  copyFileSync(path, `${path}.cut`);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${path}.cut-wal`);
  queue.close();
}

/** Opens what was left and looks at every meter, as a gateway does before its first sample. */
function recover(path: string): { readonly seconds: number; readonly found: bigint } {
  const before = process.hrtime.bigint();
  const queue = new Queue(path);
  const now = asSeconds(START + 10_000_000n);
  let meters = 0;
  for (let meter = 1; meter <= METERS; meter++) {
    const id = queue.meters.idOf(`meter-${meter}`);
    if (queue.samples.before(id, now) !== undefined && queue.slots.first(id) !== undefined) meters += 1;
  }
  queue.outbox.waiting("reading", now, 1_000);
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  const found = queue.db.prepare("SELECT count(*) FROM samples").pluck().get() as bigint;
  queue.close();
  if (meters !== METERS) throw new Error(`${METERS - meters} meters are missing`);
  return { seconds, found };
}

/** Seconds to read what lies there, and how much it is. */
function readAll(path: string): { readonly seconds: number; readonly mib: number } {
  const before = process.hrtime.bigint();
  const bytes = [path, `${path}-wal`].filter((each) => existsSync(each)).map((each) => readFileSync(each).byteLength);
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  return { seconds, mib: Math.round(bytes.reduce((sum, each) => sum + each, 0) / 2 ** 20) };
}

const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
try {
  const path = join(folder, "queue.sqlite");
  fill(path);
  const read = readAll(`${path}.cut`);
  const { seconds, found } = recover(`${path}.cut`);
  const result = {
    ...{ rows: Number(found), mib: read.mib, seconds: Math.round(seconds * 1_000) / 1_000 },
    rowsPerSecond: Math.round(Number(found) / seconds),
    /** How many times as long as reading the files alone. */
    readings: Math.round((10 * seconds) / read.seconds) / 10,
    ...{ mostSeconds: MOST_SECONDS, met: seconds <= MOST_SECONDS },
  };
  if (json) console.log(JSON.stringify(result));
  else {
    const back = `${result.rows} rows (${read.mib} MiB) are back in ${seconds.toFixed(2)} of ${MOST_SECONDS} s`;
    console.log(`${back}: ${result.rowsPerSecond} per second, ${result.readings} times as long as reading the files.`);
  }
  if (write) {
    const table = [
      [`${result.rows} rows, ${read.mib} MiB`, `${result.seconds} s`, `${MOST_SECONDS} s`],
      ["in readings of the files", `${result.readings}`, ""],
    ];
    console.error(`wrote ${await writeTable("queue", ["recovered in", "promised"], table)}`);
  }
  if (!result.met) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
