/** A day put into the queue at once, with bare work of the same run to compare with. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { asPeriod, asSeconds, asWh, readingFromRegisters, signReading } from "@wattbook/sdk/pure";
import {
  BOUNDARIES,
  community,
  DAY,
  DUE,
  gatewayOf,
  membersOf,
  memory,
  processor,
  registersAt,
  START,
  terms,
} from "./world.ts";

/** Seconds of processor time and MiB of memory. */
export interface QueueDay {
  readonly sampling: number;
  readonly signing: number;
  readonly emptyMiB: number;
  readonly peakMiB: number;
  /** As many rows of a sample's width, in as many commits. */
  readonly rows: number;
  /** One signature of a reading. */
  readonly signature: number;
}

export async function queueDay(count: number, folder: string): Promise<QueueDay> {
  const emptyMiB = memory();
  const day = await sampleAndSign(count, join(folder, "queue.sqlite"));
  const rows = await processor(() => {
    bareRows(count, join(folder, "bare.sqlite"));
  });
  return { ...day, emptyMiB, rows, signature: await bareSignature(count) };
}

async function sampleAndSign(count: number, queue: string) {
  const members = membersOf(count);
  let now = START;
  const { gateway, handedOver } = gatewayOf({ queue, adapters: [], members, clock: () => asSeconds(now) });
  let peakMiB = 0;
  const look = () => {
    peakMiB = Math.max(peakMiB, memory());
  };
  const sampling = await processor(async () => {
    for (let slot = 0; slot < BOUNDARIES; slot++) {
      now = registersAt(slot).at;
      await Promise.all(members.map(({ meter }) => gateway.sink({ meter, ...registersAt(slot) })));
      await gateway.step();
      look();
    }
  });
  now += DUE;
  const signing = await processor(async () => {
    while (handedOver() < count) {
      await gateway.step();
      look();
    }
  });
  await gateway.stop();
  return { sampling, signing, peakMiB };
}

/** As many rows of a sample's width, in as many commits, and nothing else. */
function bareRows(count: number, path: string): void {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE bare (meter INTEGER, at INTEGER, a INTEGER, b INTEGER, c INTEGER, d INTEGER, PRIMARY KEY (meter, at)) STRICT, WITHOUT ROWID",
  );
  const insert = db.prepare("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)");
  for (let slot = 0; slot < BOUNDARIES; slot++) {
    const { at, importWh, exportWh } = registersAt(slot);
    db.transaction(() => {
      for (let meter = 1; meter <= count; meter++) insert.run(meter, at, importWh, exportWh, importWh, exportWh);
    })();
  }
  db.close();
}

/** A hundredth of the signatures, at least ten: each takes as long as the others. */
async function bareSignature(count: number): Promise<number> {
  const times = Math.max(10, Math.floor(count / 100));
  const [{ member, meterKey }] = membersOf(1);
  const registers = Array.from({ length: BOUNDARIES }, (_, slot) => {
    const { importWh, exportWh } = registersAt(slot);
    return { imported: asWh(importWh), exported: asWh(exportWh) };
  });
  const header = { community: community.community, member, period: asPeriod(START / DAY), closesGap: false };
  const reading = readingFromRegisters(terms, header, registers);
  const seconds = await processor(async () => {
    for (let time = 0; time < times; time++) await signReading(community.settlement, reading, meterKey);
  });
  return seconds / times;
}
