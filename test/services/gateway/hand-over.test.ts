import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  asAddress,
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asSeconds,
  asSlotOffset,
  asTick,
  asWh,
} from "@wattbook/sdk/pure";
import type { Reading, Strip } from "@wattbook/sdk/pure";
import { HttpHandOver } from "../../../services/src/gateway/http-hand-over.ts";
import {
  readingOf,
  stripOf,
  unsignedReadingBody,
  UnsignedReadingBody,
  unsignedStripBody,
  UnsignedStripBody,
} from "../../../services/src/wire.ts";
import { TERMS } from "./gateway-support.ts";
import { relayerServer } from "./relayer-support.ts";
import type { Fault } from "./relayer-support.ts";
import { expectRejection } from "./support.ts";

const uint = (bits: number) => fc.bigInt(0n, (1n << BigInt(bits)) - 1n);
const MESSAGE = {
  kind: "reading",
  community: asCommunity(7n),
  digest: `0x${"cd".repeat(32)}`,
  body: '{"member":"1"}',
} as const;
const FAILURE = JSON.stringify({ code: "OVER_RATED", message: "values[3].imported is 900. Check the meter." });

describe("wire", function () {
  it("carries any reading there and back", function () {
    const value = fc.record({ imported: uint(24).map((v) => asWh(v)), exported: uint(24).map((v) => asWh(v)) });
    const readings: fc.Arbitrary<Reading> = fc.record({
      community: fc.constant(asCommunity(7n)),
      member: uint(32).map((v) => asMember(v)),
      period: uint(32).map((v) => asPeriod(v)),
      closesGap: fc.boolean(),
      startImport: uint(96).map((v) => asWh(v)),
      startExport: uint(96).map((v) => asWh(v)),
      values: fc.array(value, { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(readings, (reading) => {
        const body = UnsignedReadingBody.parse(JSON.parse(JSON.stringify(unsignedReadingBody(reading))));
        expect(readingOf(TERMS, reading.community, body)).to.deep.equal(reading);
      }),
    );
  });

  it("carries any strip there and back", function () {
    const entry = fc.record({
      offset: uint(8).map((v) => asSlotOffset(v)),
      side: fc.constantFrom("buy" as const, "sell" as const),
      tick: uint(7).map((v) => asTick(v)),
      lots: uint(16).map((v) => asLots(v)),
    });
    const strips: fc.Arbitrary<Strip> = fc.record({
      community: fc.constant(asCommunity(7n)),
      member: uint(32).map((v) => asMember(v)),
      period: uint(32).map((v) => asPeriod(v)),
      after: uint(8).map((v) => asSlotOffset(v)),
      epoch: uint(32),
      deadline: uint(40).map((v) => asSeconds(v)),
      maxReserve: uint(96).map((v) => asAmount(v)),
      feePerEntry: uint(32).map((v) => asAmount(v)),
      feeTo: fc.constant(asAddress(`0x${"fe".repeat(20)}`, "feeTo")),
      entries: fc.array(entry, { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(strips, (strip) => {
        const body = UnsignedStripBody.parse(JSON.parse(JSON.stringify(unsignedStripBody(strip))));
        expect(stripOf(strip.community, body)).to.deep.equal(strip);
      }),
    );
  });

  it("refuses numbers that are none, fields that are not there and fields nobody knows", function () {
    const body = { member: "1", period: "2", closesGap: false, startImport: "3", startExport: "4", values: "0x" };
    expect(UnsignedReadingBody.safeParse(body).success).to.equal(true);
    for (const wrong of [
      { member: 1 },
      { member: "01" },
      { member: "-1" },
      { member: "1e3" },
      { values: "0xabc" },
      { values: "ab" },
      { period: undefined },
      { extra: 1 },
    ]) {
      expect(UnsignedReadingBody.safeParse({ ...body, ...wrong }).success, JSON.stringify(wrong)).to.equal(false);
    }
  });
});

describe("hand-over over HTTP", function () {
  it("tells what was accepted from what was known, by the digest as key", async function () {
    const relayer = await relayerServer();
    const handOver = new HttpHandOver({ url: relayer.url, token: "secret" });
    expect((await handOver.deliver(MESSAGE)).outcome).to.equal("accepted");
    const again = await handOver.deliver(MESSAGE);
    await relayer.close();
    expect(again.outcome).to.equal("already");
    expect(relayer.requests[0]).to.deep.equal({
      path: "/v1/communities/7/readings",
      key: MESSAGE.digest,
      body: MESSAGE.body,
    });
  });

  it("posts strips to a path of their own", async function () {
    const relayer = await relayerServer();
    await new HttpHandOver(relayer).deliver({ ...MESSAGE, kind: "strip" });
    await relayer.close();
    expect(relayer.requests[0]?.path).to.equal("/v1/communities/7/strips");
  });

  it("finds a relayer below a path of its address", async function () {
    const relayer = await relayerServer();
    for (const url of [`${relayer.url}/market`, `${relayer.url}/market/`]) {
      await new HttpHandOver({ url }).deliver(MESSAGE);
    }
    await relayer.close();
    const found = relayer.requests.map(({ path }) => path);
    expect(found).to.deep.equal(Array.from({ length: 2 }, () => "/market/v1/communities/7/readings"));
  });

  for (const status of [400, 409, 413, 422]) {
    it(`takes ${status} with a reason as final`, async function () {
      const relayer = await relayerServer();
      relayer.faults.push({ kind: "status", status, body: FAILURE });
      const delivery = await new HttpHandOver(relayer).deliver(MESSAGE);
      await relayer.close();
      expect(delivery).to.deep.equal({ outcome: "refused", ...(JSON.parse(FAILURE) as object) });
    });
  }

  const unsure: [string, Fault][] = [
    ...[401, 403, 404, 425, 429, 500, 502, 503].map((status): [string, Fault] => [
      `${status}`,
      { kind: "status", status, body: FAILURE },
    ]),
    [
      "a final status without a reason, from a proxy perhaps",
      { kind: "status", status: 404, body: "<html>not here</html>" },
    ],
    ["an answer of 200 that is no receipt", { kind: "status", status: 200, body: "ok" }],
    [
      "the receipt of another message",
      {
        kind: "status",
        status: 202,
        body: JSON.stringify({
          receipt: { digest: `0x${"00".repeat(32)}`, acceptedAt: "1", relayer: `0x${"ab".repeat(20)}` },
        }),
      },
    ],
    ["a redirect", { kind: "status", status: 307 }],
    ["a connection that is reset", { kind: "reset" }],
    ["an answer that is lost", { kind: "lost" }],
    ["an answer that is cut", { kind: "cut" }],
    ["a relayer that hangs", { kind: "hang" }],
  ];
  for (const [what, fault] of unsure) {
    it(`is tried again after ${what}, and kept once`, async function () {
      const relayer = await relayerServer();
      relayer.faults.push(fault);
      const handOver = new HttpHandOver({ url: relayer.url, timeout: 300 });
      await expectRejection(handOver.deliver(MESSAGE), "RELAYER_UNAVAILABLE");
      const { outcome } = await handOver.deliver(MESSAGE);
      await relayer.close();
      expect(outcome).to.equal(fault.kind === "lost" || fault.kind === "cut" ? "already" : "accepted");
      expect(relayer.kept.size).to.equal(1);
    });
  }

  it("tells how long a busy relayer asks to wait", async function () {
    const server = createServer((_request, response) => {
      response.writeHead(429, { "retry-after": "17" }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await expectRejection(new HttpHandOver({ url }).deliver(MESSAGE), "RELAYER_UNAVAILABLE");
    server.closeAllConnections();
    server.close();
    expect(error).to.include({ retryAfter: 17n });
  });

  it("is tried again where nobody listens, without telling the token", async function () {
    const handOver = new HttpHandOver({ url: "http://127.0.0.1:1", token: "secret" });
    const error = await expectRejection(handOver.deliver(MESSAGE), "RELAYER_UNAVAILABLE");
    expect(error.message).not.to.include("secret");
  });
});
