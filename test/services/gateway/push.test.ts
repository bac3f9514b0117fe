import { expect } from "chai";
import fastify from "fastify";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CsvReplayAdapter, intervalSamples, registerSamples } from "../../../services/src/gateway/csv/replay.ts";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { HttpPushAdapter } from "../../../services/src/gateway/http/push.ts";
import { expectRejection, expectRefusal, Memory, temporaryFolder } from "./support.ts";
import { importAny } from "@wattbook/data/import";

describe("HTTP push", function () {
  async function pushed() {
    const server = fastify();
    const memory = new Memory();
    const tokens = new Map([
      ["north", "token-of-north"],
      ["south", "token-of-south"],
    ]);
    const adapter = new HttpPushAdapter({ server, tokens });
    await adapter.start(memory.sink, memory.report);
    const post = (meter: string, body: unknown, token = `Bearer token-of-${meter}`) =>
      server.inject({
        method: "POST",
        url: `/v1/meters/${meter}/samples`,
        headers: { "content-type": "application/json", ...(token === "" ? {} : { authorization: token }) },
        payload: typeof body === "string" ? body : JSON.stringify(body),
      });
    return { memory, adapter, post };
  }

  const BODY = { at: "2026-03-26T09:15:00Z", import: "1581.123", export: 20.5, unit: "kWh" };

  it("takes registers as texts and as numbers", async function () {
    const { memory, post } = await pushed();
    const answer = await post("north", BODY);
    expect([answer.statusCode, answer.json()]).to.deep.equal([201, { kept: "kept" }]);
    expect((await post("south", { at: 1_774_516_500, export: 7, serial: "9" })).statusCode).to.equal(201);
    expect(memory.samples).to.deep.equal([
      { meter: "north", at: 1_774_516_500n, importWh: 1_581_123n, exportWh: 20_500n },
      { meter: "south", at: 1_774_516_500n, exportWh: 7n, serial: "9" },
    ]);
  });

  it("refuses a missing token, another meter's and one of no meter", async function () {
    const { memory, post } = await pushed();
    for (const [meter, token] of [
      ["north", ""],
      ["north", "Bearer token-of-south"],
      ["north", "Bearer "],
      ["west", "Bearer token-of-north"],
      ["west", ""],
      ["west", "Bearer "],
    ] as const) {
      const answer = await post(meter, BODY, token);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).to.deep.equal([401, "TOKEN_WRONG"]);
    }
    expect(memory.samples).to.deep.equal([]);
  });

  it("names what is wrong with a body, and goes on", async function () {
    const { memory, post } = await pushed();
    const cases: [unknown, string][] = [
      ["{", "MESSAGE_MALFORMED"],
      ["[]", "FIELD_MISSING"],
      [{ ...BODY, at: undefined }, "FIELD_MISSING"],
      [{ ...BODY, imports: 5 }, "FIELD_MISSING"],
      [{ at: BODY.at }, "FIELD_MISSING"],
      [{ ...BODY, import: "NaN" }, "NOT_A_NUMBER"],
      [{ ...BODY, import: -1 }, "NEGATIVE"],
      [JSON.stringify(BODY).replace("20.5", "1e308"), "TOO_LARGE"],
      [{ ...BODY, unit: "kW" }, "UNIT_UNKNOWN"],
      [{ ...BODY, at: "2026-03-26T09:15:00" }, "NOT_A_TIME"],
    ];
    for (const [body, code] of cases) {
      const answer = await post("north", body);
      expect([answer.statusCode, answer.json<{ code: string }>().code], JSON.stringify(body)).to.deep.equal([
        422,
        code,
      ]);
    }
    expect((await post("north", BODY)).statusCode).to.equal(201);
    expect(memory.codes).to.deep.equal(cases.map(([, code]) => code));
  });

  it("refuses a body that is too long before reading it", async function () {
    const { memory, post } = await pushed();
    expect((await post("north", { ...BODY, serial: "9".repeat(20_000) })).statusCode).to.equal(413);
    expect(memory.samples).to.deep.equal([]);
  });

  it("asks to send again while nothing can be kept, or the gateway stops", async function () {
    const { memory, adapter, post } = await pushed();
    memory.failures.push(new GatewayError("STORE_FULL", "queue", "x", "free some space."));
    const answer = await post("north", BODY);
    expect([answer.statusCode, answer.headers["retry-after"]]).to.deep.equal([503, "10"]);
    await adapter.stop();
    expect((await post("north", BODY)).statusCode).to.equal(503);
  });
});

describe("CSV replay", function () {
  const REGISTERS = [
    "meter,time,import_kWh,export_Wh",
    "north,2026-03-26T09:15:00Z,100.0005,7",
    "north,2026-03-26T10:15:00,100.5,7",
    "south,1774516500,NaN,7",
    "south,1774516500,5",
    "south,1774516560,5,0",
  ].join("\n");

  it("reads registers row by row and leaves out what it cannot read", function () {
    const memory = new Memory();
    const samples = [...registerSamples(REGISTERS, "r.csv", memory.report)];
    expect(samples).to.deep.equal([
      { meter: "north", at: 1_774_516_500n, importWh: 100_000n, exportWh: 7n },
      { meter: "south", at: 1_774_516_560n, importWh: 5_000n, exportWh: 0n },
    ]);
    expect(memory.codes).to.deep.equal(["MESSAGE_MALFORMED", "NOT_A_TIME", "NOT_A_NUMBER"]);
    const headless = () => [...registerSamples("meter,import_kWh\nnorth,5", "r.csv", memory.report)];
    expectRefusal(headless, "FIELD_MISSING");
  });

  it("turns intervals into registers and marks where energy went uncounted", function () {
    const rows = ["10:00:00Z,120,0", "10:15:00Z,80,310", "10:45:00Z,5,6"].map((row) => `home,2026-06-01T${row}`);
    const data = importAny(["meter,time,import_Wh,export_Wh", ...rows].join("\n"), "i.csv", {
      wide: { loadUnit: "W", pvKwp: { digits: 1n, scale: 0 } },
    });
    const at = (minute: number) => BigInt(Date.UTC(2026, 5, 1, 10, minute) / 1_000);
    expect([...intervalSamples(data)]).to.deep.equal([
      { meter: "home", at: at(0), importWh: 0n, exportWh: 0n },
      { meter: "home", at: at(15), importWh: 120n, exportWh: 0n },
      { meter: "home", at: at(30), importWh: 200n, exportWh: 310n },
      { meter: "home", at: at(45), importWh: 200n, exportWh: 310n, afterGap: true },
      { meter: "home", at: at(60), importWh: 205n, exportWh: 316n },
    ]);
  });

  it("replays a file, reports refused rows, and stops where nothing can be kept", async function () {
    const folder = temporaryFolder();
    const path = join(folder.path, "r.csv");
    writeFileSync(path, REGISTERS);
    const memory = new Memory();
    memory.failures.push(new GatewayError("METER_UNKNOWN", "meter", "north", "add it."));
    await new CsvReplayAdapter({ path, values: "register" }).start(memory.sink, memory.report);
    expect(memory.samples.map(({ meter }) => meter)).to.deep.equal(["south"]);
    expect(memory.codes).to.include("METER_UNKNOWN");
    memory.failures.push(new GatewayError("STORE_FULL", "queue", "x", "free some space."));
    const full = new CsvReplayAdapter({ path, values: "register" }).start(memory.sink, memory.report);
    await expectRejection(full, "STORE_FULL");
    mkdirSync(join(folder.path, "folder.csv"));
    const unreadable = new CsvReplayAdapter({ path: join(folder.path, "folder.csv"), values: "register" });
    await expectRejection(unreadable.start(memory.sink, memory.report), "FILE_UNREADABLE");
    folder.remove();
  });
});
