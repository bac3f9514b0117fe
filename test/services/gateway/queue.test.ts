import { expect } from "chai";
import Database from "better-sqlite3";
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asCommunity, asMember, asPeriod, asSeconds } from "@wattbook/sdk/pure";
import { Queue } from "../../../services/src/gateway/queue/queue.ts";
import { at, Lab } from "./queue-support.ts";
import { expectRefusal, expectRejection, temporaryFolder } from "./support.ts";

const sample = (seconds: number, importWh = BigInt(seconds)) => ({
  meter: "m",
  at: at(seconds),
  importWh,
  exportWh: 0n,
});

describe("queue", function () {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(function () {
    folder = temporaryFolder();
    path = join(folder.path, "queue.sqlite");
  });
  afterEach(function () {
    folder.remove();
  });

  const rowsOf = (queue: Queue) => queue.db.prepare("SELECT count(*) FROM samples").pluck().get() as bigint;

  it("writes ahead and syncs every commit", function () {
    const queue = new Queue(path);
    expect(queue.db.pragma("journal_mode", { simple: true })).to.equal("wal");
    expect(queue.db.pragma("synchronous", { simple: true })).to.equal(2n);
    queue.close();
  });

  it("keeps each of 500 messages once, 250 of them sent twice", async function () {
    const lab = new Lab({}, path);
    const sent = Array.from({ length: 500 }, (_, index) => sample(60 * (index % 250)));
    const kept = await Promise.all(sent.map((each) => lab.ingest.keep(each)));
    expect(kept.filter((each) => each === "kept")).to.have.length(250);
    expect(rowsOf(lab.queue)).to.equal(250n);
    lab.queue.close();
    const again = new Lab({}, path);
    expect(await again.ingest.keep(sample(0))).to.equal("duplicate");
    expect(again.slots()).to.have.length(16);
    again.queue.close();
  });

  it("refuses one sample of a batch and keeps the others", async function () {
    const lab = new Lab({}, path);
    const settled = await Promise.allSettled([
      lab.ingest.keep(sample(0)),
      lab.ingest.keep({ ...sample(60), meter: "west" }),
      lab.ingest.keep(sample(120, 0n)),
      lab.ingest.keep(sample(60, 500n)),
      lab.ingest.keep(sample(180)),
    ]);
    const shown = settled.map((each) =>
      each.status === "fulfilled" ? each.value : (each.reason as { code: string }).code,
    );
    expect(shown).to.deep.equal(["kept", "METER_UNKNOWN", "kept", "LATE_CONTRADICTS", "kept"]);
    lab.queue.close();
  });

  it("refuses a sample that nothing foresees, once, instead of asking for it again and again", async function () {
    const lab = new Lab({}, path);
    const odd = { ...sample(60), importWh: "60" as unknown as bigint };
    const [good, bad] = await Promise.allSettled([lab.ingest.keep(sample(0)), lab.ingest.keep(odd)]);
    expect(good.status).to.equal("fulfilled");
    expect(bad.status === "rejected" ? bad.reason : undefined).to.include({ code: "MESSAGE_MALFORMED", retry: false });
    lab.queue.close();
  });

  it("stops taking samples where the disk is full, loses nothing, and goes on when there is space", async function () {
    const lab = new Lab({}, path);
    const pages = lab.queue.db.pragma("page_count", { simple: true }) as bigint;
    lab.queue.db.pragma(`max_page_count = ${pages + 1n}`);
    let acknowledged = 0;
    let refused: unknown;
    while (refused === undefined && acknowledged < 10_000) {
      const kept = lab.ingest.keep(sample(acknowledged));
      refused = await kept.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused === undefined) acknowledged += 1;
    }
    expect(refused).to.include({ code: "STORE_FULL", retry: true });
    expect(String(refused)).to.match(/make room on the disk/);
    expect(rowsOf(lab.queue)).to.equal(BigInt(acknowledged));
    await expectRejection(lab.ingest.keep(sample(acknowledged)), "STORE_FULL");
    lab.queue.db.pragma("max_page_count = 1000000");
    expect(await lab.ingest.keep(sample(acknowledged))).to.equal("kept");
    lab.queue.close();
    const after = new Lab({}, path);
    expect(rowsOf(after.queue)).to.equal(BigInt(acknowledged + 1));
    after.queue.close();
  });

  it("does not take a whole batch where the disk fills up within it", async function () {
    const lab = new Lab({}, path);
    const pages = lab.queue.db.pragma("page_count", { simple: true }) as bigint;
    lab.queue.db.pragma(`max_page_count = ${pages + 2n}`);
    const settled = await Promise.allSettled(
      Array.from({ length: 5_000 }, (_, index) => lab.ingest.keep(sample(index))),
    );
    expect(settled.every(({ status }) => status === "rejected")).to.equal(true);
    expect(rowsOf(lab.queue)).to.equal(0n);
    lab.queue.close();
  });

  it("names a file that cannot be written", async function () {
    const lab = new Lab({}, path);
    await lab.ingest.keep(sample(0));
    lab.queue.db.pragma("query_only = ON");
    const error = await expectRejection(lab.ingest.keep(sample(60)), "STORE_UNREADABLE");
    expect(error.retry).to.equal(true);
    lab.queue.db.pragma("query_only = OFF");
    lab.queue.close();
    const holder = new Queue(path);
    expectRefusal(() => new Queue(path), "STORE_IN_USE");
    holder.close();
    expectRefusal(() => new Queue(join(folder.path, "no-folder", "queue.sqlite")), "STORE_UNREADABLE");
    if (process.getuid?.() === 0) return; // root writes whatever the permissions say
    chmodSync(path, 0o400);
    expectRefusal(() => new Queue(path), "STORE_UNREADABLE");
  });

  it("names a file that is broken, no database, or of another version", function () {
    const lab = new Lab({}, path);
    lab.queue.transaction(() => {
      for (let minute = 0; minute < 2_000; minute++) lab.keep(40 * minute, BigInt(minute));
    });
    lab.queue.db.pragma("wal_checkpoint(TRUNCATE)");
    lab.queue.close();
    const broken = join(folder.path, "broken.sqlite");
    copyFileSync(path, broken);
    const bytes = readFileSync(broken);
    bytes.fill(0xa5, 8_192, 40_960);
    writeFileSync(broken, bytes);
    expectRefusal(() => new Queue(broken), "STORE_UNREADABLE");
    writeFileSync(broken, "no database at all, but long enough to be read as one".repeat(20));
    expectRefusal(() => new Queue(broken), "STORE_UNREADABLE");
    const newer = new Database(path);
    newer.pragma("user_version = 99");
    newer.close();
    expectRefusal(() => new Queue(path), "STORE_NEWER");
  });

  it("has everything after the log was left behind", function () {
    const lab = new Lab({}, path);
    lab.keep(0, 5n);
    lab.keep(900, 9n);
    const copy = join(folder.path, "copy.sqlite");
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const found = new Lab({}, copy);
    expect(found.shown()).to.deep.equal(["4/0 measured"]);
    found.queue.close();
    lab.queue.close();
  });

  it("drops old samples and slots, never the last sample that a later boundary needs", function () {
    const lab = new Lab();
    for (let slot = 0; slot <= 8; slot++) lab.keep(900 * slot + 10, BigInt(slot) * 100n);
    lab.queue.meters.freeze(lab.meter, at(3_600));
    expect(lab.queue.samples.prune(lab.meter, at(86_400), at(3_600))).to.equal(3);
    lab.keep(8_000, 900n);
    expect(lab.queue.samples.before(lab.meter, at(3_600))?.shown.at).to.equal(at(2_710));
    expect(lab.queue.slots.prune(lab.meter, at(1_800))).to.equal(1);
  });

  it("remembers where energy went uncounted for as long as the slots", function () {
    const lab = new Lab({ onFall: "reset" });
    [0, 900, 1_800, 2_700, 3_600].forEach((seconds, slot) => lab.keep(seconds, [5n, 9n, 2n, 4n, 6n][slot]));
    lab.queue.meters.freeze(lab.meter, at(3_600));
    lab.queue.samples.prune(lab.meter, at(86_400), at(3_600));
    expect(lab.shown()).to.deep.equal(["4/0 measured", "2/0 gap", "2/0 measured", "2/0 measured"]);
    expect(rowsOf(lab.queue)).to.equal(2n);
    lab.queue.samples.pruneBreaks(lab.meter, at(86_400));
    expect(rowsOf(lab.queue)).to.equal(1n);
  });

  it("keeps the last thousand refusals", function () {
    const queue = new Queue(path);
    queue.transaction(() => {
      for (let index = 0; index < 1_010; index++) {
        queue.refusals.add({ at: asSeconds(BigInt(index)), code: "NEGATIVE", message: "…" });
      }
    });
    expect(queue.refusals.last(2_000)).to.have.length(1_000);
    expect(queue.refusals.last(1)[0]?.at).to.equal(1_009n);
    queue.close();
  });
});

describe("outbox", function () {
  const KEY = {
    kind: "reading",
    community: asCommunity(7n),
    member: asMember(4n),
    period: asPeriod(20_000n),
    part: 0n,
  } as const;

  it("holds one message per key, from made to accepted, with the first signature", function () {
    const { outbox } = new Queue(":memory:");
    outbox.add(KEY, "{}", "0x01");
    expect(() => {
      outbox.add(KEY, "{1}", "0x02");
    }).to.throw(/UNIQUE/);
    outbox.sign(KEY, "0xaa");
    outbox.sign(KEY, "0xbb");
    expect(outbox.get(KEY)).to.include({ state: "signed", signature: "0xaa", body: "{}", digest: "0x01" });
    outbox.postpone(KEY, asSeconds(50n));
    expect(outbox.waiting("reading", asSeconds(49n), 10)).to.deep.equal([]);
    expect(outbox.waiting("reading", asSeconds(50n), 10)).to.have.length(1);
    expect(outbox.forget(KEY)).to.equal(false);
    outbox.finish(KEY, "accepted", "{}");
    expect(outbox.waiting("reading", asSeconds(99n), 10)).to.deep.equal([]);
    expect(outbox.counts()).to.deep.equal([{ kind: "reading", state: "accepted", count: 1n }]);
  });

  it("hands out the earliest periods first, and forgets only what was refused", function () {
    const { outbox } = new Queue(":memory:");
    for (const period of [3n, 1n, 2n]) outbox.add({ ...KEY, period: asPeriod(period) }, "{}", "0x01");
    expect(outbox.waiting("reading", asSeconds(0n), 2).map(({ period }) => period)).to.deep.equal([1n, 2n]);
    expect(outbox.last("reading", KEY.community, KEY.member)?.period).to.equal(3n);
    const first = { ...KEY, period: asPeriod(1n) };
    outbox.finish(first, "refused", "{}");
    expect([outbox.forget(first), outbox.get(first)]).to.deep.equal([true, undefined]);
  });
});
