import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  asWh,
  type Entry,
  gateOf,
  readingDigest,
  type SignedStrip,
  slotIn,
  stripDigest,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import type { AddressInfo } from "node:net";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";
import { createApp, DEFAULT_LIMITS, type Notice, RelayerService } from "../../../services/src/relayer/index.ts";
import { readingBody, type RelayerBench, RelayerBenches, stripBody } from "./bench.ts";
import { CommunityWorld } from "./world.ts";

const sell = (offset: number, tick = 10, lots = 5): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side: "sell", tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) },
});

describe("relayer: API", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let bench: RelayerBench;
  let wallet: Wallet;
  let next = 0;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(24);
    await world.nextPeriod();
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    bench = await benches.open(wallet, { perMember: 3 });
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  const signed = async (entries: readonly Entry[] = [sell(0)], home = world.home(next++)) => {
    const period = asPeriod((await world.period()) + 1n);
    return world.sign(home, world.strip(home, period, wallet.address, entries));
  };
  /** A reading that is due. */
  const read = async (home = world.home(next++)) => {
    const { nextPeriod } = await world.wattbook.settlement.meter(world.community, home.member);
    while ((await world.period()) <= nextPeriod) await world.nextPeriod();
    await bench.relayer.tick();
    return world.reading(home, asPeriod(nextPeriod), { imported: asWh(0n), exported: asWh(0n) });
  };
  const url = "/v1/communities/0/strips";
  /** Calls that the relayer's node gets meanwhile. */
  const asks = async (work: () => Promise<void>) => {
    const { node } = bench.relayer.options;
    const ask = node.ask.bind(node);
    let count = 0;
    node.ask = async (...call) => {
      count++;
      return ask(...call);
    };
    try {
      await work();
    } finally {
      node.ask = ask;
    }
    return count;
  };

  it("says what it serves, and on which terms", async () => {
    const { body } = await bench.get("/v1/communities/0");
    expect(body).to.deep.equal({
      ...{ community: "0", chainId: "31337", relayer: wallet.address, feeTo: wallet.address, leastFeePerEntry: "5" },
      ...{ lead: 120, margin: 30, sealed: false, orderBook: world.wattbook.market.address },
      ...{ settlement: world.wattbook.settlement.address, commitBook: world.wattbook.commits.address },
    });
    expect((await bench.get("/v1/communities/7")).body).to.include({ code: "COMMUNITY_UNKNOWN" });
    expect((await bench.get("/v1/strips/0x" + "00".repeat(32))).status).to.equal(404);
    expect((await bench.get("/v2")).body).to.include({ code: "NOT_FOUND" });
  });

  it("names the field of a malformed message", async () => {
    const body = stripBody(await signed());
    const cases: readonly [string, unknown][] = [
      ["body.member", { ...body, member: 4 }],
      ["body.member", { ...body, member: "-4" }],
      ["body.member", { ...body, member: "1e3" }],
      ["body.feeTo", { ...body, feeTo: "0x12" }],
      ["body.entries", { ...body, entries: "0x1" }],
      ["body.signature", { ...body, signature: "0x" }],
      ["body", { ...body, more: 1 }],
      ["body", []],
    ];
    for (const [field, sent] of cases) {
      const { status, body: failure } = await bench.post(url, sent);
      expect({ status, code: failure.code }, field).to.deep.equal({ status: 400, code: "MESSAGE_INVALID" });
      expect(failure.message).to.contain(field);
    }
    const wide = await bench.post(url, { ...body, period: "99999999999999999999" });
    expect({ status: wide.status, code: wide.body.code }).to.deep.equal({ status: 400, code: "OUT_OF_RANGE" });
    const cut = await bench.post(url, { ...body, entries: "0x308a" });
    expect({ status: cut.status, code: cut.body.code }).to.deep.equal({ status: 400, code: "BAD_LENGTH" });
    const high = await bench.post(url, { ...body, signature: `0x${"ff".repeat(64)}` });
    expect({ status: high.status, code: high.body.code }).to.deep.equal({ status: 400, code: "BAD_SIGNATURE" });
  });

  it("refuses what is no JSON, of another type, or too large", async () => {
    const send = (payload: string, type: string) =>
      bench.app.inject({ method: "POST", url, payload, headers: { "content-type": type } });
    expect((await send("{", "application/json")).statusCode).to.equal(400);
    expect((await send("a", "text/xml")).statusCode).to.equal(415);
    expect((await send(JSON.stringify("0".repeat(70_000)), "application/json")).statusCode).to.equal(413);
    const proto = '{"__proto__":{"member":"1"}}';
    expect((await send(proto, "application/json")).statusCode).to.equal(400);
  });

  it("keeps a message once, under one idempotency key", async () => {
    const [one, two] = [await signed(), await signed()];
    const headers = { "idempotency-key": "meter-7/2026-11-29" };
    const first = await bench.strip(one, headers);
    expect(first.status).to.equal(202);
    expect(await bench.strip(one, headers)).to.deep.equal({ ...first, status: 200 });
    expect(await bench.strip(one)).to.deep.equal({ ...first, status: 200 });
    const other = await bench.strip(two, headers);
    expect({ status: other.status, code: other.body.code }).to.deep.equal({ status: 409, code: "KEY_REUSED" });
    const digest = stripDigest(world.wattbook.domains.market, two.strip);
    expect((await bench.get(`/v1/strips/${digest}`)).status, "it was not kept").to.equal(404);
    expect((await bench.strip(two, { "idempotency-key": digest })).status).to.equal(202);
    expect((await bench.strip(two, { "idempotency-key": "k".repeat(129) })).status).to.equal(400);
  });

  it("takes no message under the digest of another one that it keeps", async () => {
    const reading = await read();
    const [one, two] = [await signed(), await signed()];
    expect((await bench.strip(one)).status).to.equal(202);
    expect((await bench.reading(reading)).status).to.equal(202);
    const { market, settlement } = world.wattbook.domains;
    for (const key of [stripDigest(market, one.strip), readingDigest(settlement, reading.reading)]) {
      const other = await bench.strip(two, { "idempotency-key": key });
      expect({ status: other.status, code: other.body.code }).to.deep.equal({ status: 409, code: "KEY_REUSED" });
    }
    expect((await bench.strip(two)).status).to.equal(202);
  });

  it("keeps neither a message nor its key where either cannot be written", async () => {
    const reading = await read();
    const [strip, later] = [await signed(), await signed()];
    const { store } = bench.relayer;
    const headers = { "idempotency-key": "between two writes" };
    const strips = () => (store.prepare("SELECT count(*) AS n FROM strips").get() as { n: number }).n;
    const before = strips();
    store.exec(
      "CREATE TEMP TRIGGER full BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    expect((await bench.strip(strip, headers)).status).to.equal(503);
    const handed = await bench.post("/v1/communities/0/readings", readingBody(reading), headers);
    expect(handed.status, JSON.stringify(handed.body)).to.equal(503);
    store.exec("DROP TRIGGER full");
    expect(strips()).to.equal(before);
    const of = (each: SignedStrip) => stripDigest(world.wattbook.domains.market, each.strip);
    expect((await bench.get(`/v1/strips/${of(strip)}`)).status).to.equal(404);
    const digest = readingDigest(world.wattbook.domains.settlement, reading.reading);
    expect((await bench.get(`/v1/readings/${digest}`)).status).to.equal(404);

    // The key is free, and then stands for the message that was kept with it.
    expect((await bench.strip(strip, headers)).status).to.equal(202);
    expect((await bench.strip(later, headers)).body).to.include({ code: "KEY_REUSED" });
    const other = await bench.post("/v1/communities/0/readings", readingBody(reading), headers);
    expect(other.body).to.include({ code: "KEY_REUSED" });
  });

  it("keeps one of two messages that come under the same key at the same moment", async () => {
    const [one, two] = [await signed(), await signed()];
    const headers = { "idempotency-key": "both at once" };
    const answers = await Promise.all([one, two].map((each) => bench.strip(each, headers)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([202, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).to.include({ code: "KEY_REUSED" });
    const kept = answers[0]?.status === 202 ? [one, two] : [two, one];
    const states = kept.map((each) =>
      bench.get(`/v1/strips/${stripDigest(world.wattbook.domains.market, each.strip)}`),
    );
    expect((await Promise.all(states)).map(({ status }) => status)).to.deep.equal([200, 404]);
  });

  it("writes nothing for further keys of a message that it knows: anybody can hand that in again", async () => {
    const strip = await signed();
    expect((await bench.strip(strip, { "idempotency-key": "first" })).status).to.equal(202);
    const noted = () => bench.relayer.store.prepare("SELECT count(*) AS n FROM requests").get() as { n: number };
    const before = noted().n;
    for (const key of ["a", "b", "c"]) {
      expect((await bench.strip(strip, { "idempotency-key": key })).status, key).to.equal(200);
    }
    expect(noted().n).to.equal(before);
    const other = await bench.strip(await signed(), { "idempotency-key": "first" });
    expect(other.body, "the one it was kept under").to.include({ code: "KEY_REUSED" });
  });

  it("takes a message although the same one comes with a bad signature before it", async () => {
    const strip = await signed();
    const forged = { ...strip, signature: (await signed()).signature };
    const [bad, good] = await Promise.all([bench.strip(forged), bench.strip(strip)]);
    expect(bad.body).to.include({ reason: "BadSignature" });
    expect(good.status, JSON.stringify(good.body)).to.equal(202);
  });

  it("does not ask its node about periods that are not open", async () => {
    const home = world.home(next++);
    const asked = await asks(async () => {
      for (let far = 100n; far < 110n; far++) {
        const period = asPeriod((await world.period()) + far);
        const strip = await world.sign(home, world.strip(home, period, wallet.address, [sell(0)]));
        expect((await bench.strip(strip)).body).to.include({ reason: "PeriodNotOpen" });
      }
    });
    expect(asked).to.equal(0);
  });

  it("does not ask its node about readings of periods that are not over", async () => {
    const home = world.home(next++);
    const asked = await asks(async () => {
      for (let ahead = 0n; ahead < 5n; ahead++) {
        const period = asPeriod((await world.period()) + ahead);
        const value = { imported: asWh(0n), exported: asWh(0n) };
        expect((await bench.reading(await world.reading(home, period, value))).body).to.include({
          reason: "PeriodNotOver",
        });
      }
    });
    expect(asked).to.equal(0);
  });

  it("keeps a message once that comes many times at the same time", async () => {
    const strip = await signed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.strip(strip)));
    expect(answers.filter(({ status }) => status === 202)).to.have.length(1);
    expect(answers.filter(({ status }) => status === 200)).to.have.length(19);
    expect(new Set(answers.map(({ body }) => body.receipt?.signature)).size).to.equal(1);
  });

  it("takes one of many different strips for the same slots that come at once", async () => {
    const home = world.home(next++);
    const strips = await Promise.all([1, 2, 3].map((tick) => signed([sell(0, tick)], home)));
    const answers = await Promise.all(strips.map((each) => bench.strip(each)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([202, 409, 409]);
  });

  it("limits what a member hands in, and counts nothing that it did not sign", async () => {
    const home = world.home(next++);
    const other = world.home(next++);
    const forged = { ...(await signed([sell(0)], home)), signature: (await signed([sell(0)], other)).signature };
    for (let round = 0; round < 5; round++) {
      expect((await bench.strip(forged)).body).to.include({ reason: "BadSignature" });
    }
    const overCap = await Promise.all([1, 2, 3, 4].map((tick) => signed([sell(0, tick, 51)], home)));
    const statuses: number[] = [];
    for (const each of overCap) statuses.push((await bench.strip(each)).status);
    expect(statuses).to.deep.equal([422, 422, 422, 429]);
    const again = stripBody(await signed([sell(0, 5)], home));
    const { headers } = await bench.app.inject({ method: "POST", url: "/v1/communities/0/strips", payload: again });
    expect(Number(headers["retry-after"]), "as the description says").to.be.within(1, 60);
  });

  it("limits what a member hands in of readings too", async () => {
    const home = world.home(next++);
    const { period } = (await read(home)).reading;
    const statuses: number[] = [];
    for (const imported of [0n, 1n, 2n, 3n]) {
      const other = await world.reading(home, period, { imported: asWh(imported), exported: asWh(0n) });
      statuses.push((await bench.reading(other)).status);
    }
    expect(statuses).to.deep.equal([202, 409, 409, 429]);
  });

  it("limits requests per address", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), { ...DEFAULT_LIMITS, perAddress: 2 }, log);
    const ask = () => app.inject({ method: "GET", url: "/v1/communities" });
    await ask();
    await ask();
    const { statusCode, headers, body } = await ask();
    await app.close();
    expect(statusCode).to.equal(429);
    expect(JSON.parse(body)).to.include({ code: "RATE_LIMITED" });
    expect(Number(headers["retry-after"])).to.be.within(1, 60);
  });

  it("counts by the address that the proxy in front names, not by what a client writes before it", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const limits = { ...DEFAULT_LIMITS, perAddress: 2, proxy: true };
    const app = await createApp(new RelayerService(bench.relayer), limits, log);
    const ask = async (address: string, written: string) => {
      const headers = { "x-forwarded-for": `${written}, ${address}` };
      return (await app.inject({ method: "GET", url: "/v1/communities", headers })).statusCode;
    };
    const spoofed: number[] = [];
    for (const written of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) spoofed.push(await ask("198.51.100.7", written));
    const other = await ask("198.51.100.8", "192.0.2.1");
    await app.close();
    expect(spoofed).to.deep.equal([200, 200, 429]);
    expect(other).to.equal(200);
  });

  it("does not wait for ever for a request, nor for one that began when it closes", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), DEFAULT_LIMITS, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    expect(app.server.requestTimeout).to.be.within(1, 60_000);
    const { port } = app.server.address() as AddressInfo;
    const slow = connect({ host: "127.0.0.1", port });
    const closed = once(slow, "close");
    slow.on("error", () => undefined);
    slow.write(`POST ${url} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{`);
    await once(app.server, "connection");
    await app.close();
    await closed;
  });

  it("streams gates, posted strips and cleared slots", async () => {
    await bench.app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = bench.app.server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/communities/0/stream`);
    const notices: Notice[] = [];
    socket.onmessage = ({ data }) => notices.push(JSON.parse(String(data)) as Notice);
    await new Promise((resolve) => (socket.onopen = resolve));
    const strip = await signed([sell(3)]);
    await bench.strip(strip);
    const slot = slotIn(world.terms, strip.strip.period, asSlotOffset(3n));
    const gate = gateOf(world.terms, slot);
    await bench.relayer.tick();
    await world.advanceTo(gate - 100n);
    for (let round = 0; round < 4; round++) await bench.relayer.tick();
    await world.advanceTo(gate);
    await world.send(world.wattbook.market.calls.clear(world.community, [slot]));
    await bench.relayer.tick();
    for (let round = 0; round < 100 && !notices.some(({ type }) => type === "cleared"); round++) await sleep(20);
    socket.close();
    const digest = stripDigest(world.wattbook.domains.market, strip.strip);
    expect(notices).to.deep.include({ type: "closing", community: "0", slot: String(slot), gate: String(gate) });
    expect(notices.find((each) => each.type === "posted" && each.digest === digest)).to.include({ community: "0" });
    expect(notices).to.deep.include({ type: "cleared", community: "0", slot: String(slot), price: null, lots: "0" });
    const missing = await fetch(`http://127.0.0.1:${port}/v1/communities/9/stream`);
    expect(missing.status).to.equal(404);
  });

  /** A stream that a listener asked for and never reads, nor answers a ping. */
  const deafTo = (port: number, ...more: readonly string[]) => {
    const deaf = connect({ host: "127.0.0.1", port });
    deaf.on("error", () => undefined);
    const asks = ["host: x", "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13", ...more];
    const key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    deaf.write(`GET /v1/communities/0/stream HTTP/1.1\r\n${[...asks, key].join("\r\n")}\r\n\r\n`);
    return deaf;
  };

  it("cuts off a listener that does not read, whatever happens meanwhile", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), DEFAULT_LIMITS, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const deaf = deafTo(port);
    for (let round = 0; round < 200 && app.websocketServer.clients.size === 0; round++) await sleep(10);
    const [listener] = app.websocketServer.clients;
    const strip = { digest: "0x", community: "0", period: "1", member: "4" };
    for (let round = 0; round < 400; round++) {
      bench.relayer.bus.tell({ type: "skipped", ...strip, reason: "x".repeat(100_000) });
      await sleep(0);
    }
    expect(listener?.readyState, "not open").to.be.greaterThan(1);
    expect(listener?.bufferedAmount, "bytes that wait").to.be.lessThan(1_300_000);
    deaf.destroy();
    await app.close();
  });

  it("gives one address so many streams, and another one still gets its own", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const limits = { ...DEFAULT_LIMITS, streams: 4, streamsPerAddress: 2, proxy: true };
    const app = await createApp(new RelayerService(bench.relayer), limits, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const open = async (address: string) => {
      const socket = deafTo(port, `x-forwarded-for: ${address}`);
      const [answer] = (await once(socket, "data")) as [Buffer];
      return { socket, status: Number(answer.toString().split(" ")[1]) };
    };
    const first = await open("198.51.100.7");
    // Of one IPv6 network any number of addresses comes.
    const rest = [];
    for (const address of ["::ffff:198.51.100.7", "198.51.100.7", "2001:db8::1", "2001:db8:0:0:5::1", "2001:db8::2"]) {
      rest.push((await open(address)).status);
    }
    expect([first.status, ...rest]).to.deep.equal([101, 101, 429, 101, 101, 429]);
    expect((await open("203.0.113.9")).status, "in all").to.equal(429);
    first.socket.destroy();
    for (let round = 0; round < 200 && app.websocketServer.clients.size > 3; round++) await sleep(10);
    expect((await open("198.51.100.7")).status, "one has closed").to.equal(101);
    await app.close();
  });

  it("ends although a listener does not let go", async function () {
    // A WebSocket that nobody answers closes after half a minute.
    this.timeout(15_000);
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), DEFAULT_LIMITS, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const deaf = deafTo((app.server.address() as AddressInfo).port);
    await once(deaf, "data");
    await app.close();
    deaf.destroy();
  });

  it("takes no more of them where all come at the same moment", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), { ...DEFAULT_LIMITS, streamsPerAddress: 3 }, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const sockets = Array.from({ length: 12 }, () => new WebSocket(`ws://127.0.0.1:${port}/v1/communities/0/stream`));
    const ended = sockets.map(async (socket) => once(socket, "close"));
    const over = new Set<number>();
    for (const [index, end] of ended.entries()) void end.then(() => over.add(index));
    for (let round = 0; round < 300 && over.size < 9; round++) await sleep(10);
    expect(over.size).to.equal(9);
    await app.close();
    await Promise.all(ended);
  });

  it("drops a listener that answers no ping, and keeps one that does", async () => {
    const log = createLog("relayer", "silent", new Secrets());
    const app = await createApp(new RelayerService(bench.relayer), { ...DEFAULT_LIMITS, beat: 50 }, log);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const alive = new WebSocket(`ws://127.0.0.1:${port}/v1/communities/0/stream`);
    await once(alive, "open");
    const deaf = deafTo(port);
    deaf.resume();
    await once(deaf, "close");
    await sleep(200);
    expect(alive.readyState).to.equal(WebSocket.OPEN);
    expect(app.websocketServer.clients.size).to.equal(1);
    alive.close();
    await app.close();
  });

  it("describes itself", async () => {
    const { body } = await bench.get("/openapi.json");
    const { openapi, paths } = body as unknown as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(openapi).to.equal("3.1.0");
    expect(Object.keys(paths)).to.have.members([
      "/v1/communities",
      "/v1/communities/{community}",
      "/v1/communities/{community}/strips",
      "/v1/communities/{community}/readings",
      "/v1/communities/{community}/stream",
      "/v1/strips/{digest}",
      "/v1/strips/{digest}/withdrawal",
      "/v1/readings/{digest}",
    ]);
  });

  it("writes down nothing that is secret", () => {
    const text = bench.lines.join("");
    expect(text).not.to.contain(wallet.privateKey.slice(2));
    expect(text.length).to.be.greaterThan(0);
  });
});
