/**
 * How fast a gateway is back after a crash: a queue of 1,000,000 samples with its write-ahead log left behind is opened,
 * checked, and asked for what is due. Run: npx tsx bench/gateway-queue.ts [--rows 1000000] [--json]; exit code 1
 * above 10 s.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { asSeconds } from "@wattbook/sdk/pure";
import { Queue } from "../services/src/gateway/queue/queue.ts";

const MOST_SECONDS = 10;
const METERS = 1_000;
const SLOT = 900n;
const START = 1_774_483_200n;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, json: { type: "boolean" } },
});
const rows = Number(options.rows);

/** Fills a queue with samples and boundaries, a quarter hour apart. */
function fill(path: string): void {
  const queue = new Queue(path);
  queue.db.pragma("wal_autocheckpoint = 0");
  const each = rows / METERS;
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

const folder = mkdtempSync(join(tmpdir(), "wattbook-bench-"));
try {
  const path = join(folder, "queue.sqlite");
  fill(path);
  const { seconds, found } = recover(`${path}.cut`);
  const result = { rows: Number(found), seconds, rowsPerSecond: Math.round(Number(found) / seconds) };
  if (options.json === true) console.log(JSON.stringify(result));
  else console.log(`${result.rows} rows are back in ${seconds.toFixed(2)} s: ${result.rowsPerSecond} per second.`);
  if (seconds > MOST_SECONDS) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
