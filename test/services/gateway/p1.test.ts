import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { SerialPortMock } from "serialport";
import { asSeconds } from "@wattbook/sdk/pure";
import { crc16 } from "../../../services/src/gateway/p1/crc16.ts";
import { Framer, MOST_TELEGRAM } from "../../../services/src/gateway/p1/frame.ts";
import { P1SerialAdapter } from "../../../services/src/gateway/p1/serial.ts";
import type { Port } from "../../../services/src/gateway/p1/serial.ts";
import { P1TcpAdapter } from "../../../services/src/gateway/p1/tcp.ts";
import { readTelegram } from "../../../services/src/gateway/p1/telegram.ts";
import { telegramTime } from "../../../services/src/gateway/p1/time.ts";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { eventually, expectRefusal, FAST, Memory, slowCrc16, telegram } from "./support.ts";

const TELEGRAM = telegram({ at: "260326101500W" });
const read = (text: string) => readTelegram(Buffer.from(text.trimEnd(), "latin1"));
const withChecksum = (body: string) => `${body}${slowCrc16(body).toString(16).padStart(4, "0")}`;

/** A telegram with a part replaced and its checksum made right again. */
const edited = (from: string | RegExp, to: string) =>
  read(withChecksum(TELEGRAM.trimEnd().slice(0, -4).replace(from, to)));

function framed(chunks: readonly (string | Uint8Array)[]) {
  const telegrams: string[] = [];
  const codes: string[] = [];
  const framer = new Framer({
    telegram: (bytes) => telegrams.push(bytes.toString("latin1")),
    refused: (error) => codes.push(error.code),
  });
  for (const chunk of chunks) framer.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  return { telegrams, codes };
}

describe("P1 telegrams", function () {
  it("sum to the standard's check value", function () {
    expect(crc16(Buffer.from("123456789"))).to.equal(0xbb3d);
    fc.assert(fc.property(fc.string(), (text) => crc16(Buffer.from(text, "latin1")) === slowCrc16(text)));
  });

  it("give exact Wh, serial number and time", function () {
    expect(read(TELEGRAM)).to.deep.equal({
      at: 1_774_516_500n,
      importWh: 150_250n,
      exportWh: 7_001n,
      wrapWh: 1_000_000_000n,
      serial: "E0047000000001",
    });
  });

  it("are read in version 4 too, and with registers without tariffs in Wh", function () {
    expect(read(telegram({ version: 42, at: "260326101500W" })).importWh).to.equal(150_250n);
    expect(edited(/1-0:1\.8\.1.*\r\n1-0:1\.8\.2.*/, "1-0:1.8.0(006545766*Wh)").importWh).to.equal(6_545_766n);
    expect(edited(/1-0:1\.8\.2.*\r\n/, "").importWh).to.equal(100_000n);
  });

  it("count every Wh of any register", function () {
    const digits = fc.integer({ min: 0, max: 999_999_999 });
    const shown = (wh: number) => `${String(wh).padStart(9, "0").slice(0, 6)}.${String(wh).padStart(9, "0").slice(6)}`;
    fc.assert(
      fc.property(digits, digits, digits, digits, (a, b, c, d) => {
        const parts = { at: "260326101500W", import: [shown(a), shown(b)], export: [shown(c), shown(d)] } as const;
        const { importWh, exportWh } = read(telegram(parts));
        expect([importWh, exportWh]).to.deep.equal([BigInt(a + b), BigInt(c + d)]);
      }),
    );
  });

  it("are refused where a bit is wrong, whichever", function () {
    const bytes = Buffer.from(TELEGRAM.trimEnd(), "latin1");
    fc.assert(
      fc.property(fc.nat(bytes.length - 6), fc.nat(7), (at, bit) => {
        const broken = Buffer.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ (1 << bit);
        expectRefusal(() => readTelegram(broken), "CRC_MISMATCH");
      }),
    );
  });

  it("are refused without a checksum, as before DSMR 4", function () {
    expectRefusal(() => read(TELEGRAM.trimEnd().slice(0, -4)), "CRC_MISSING");
  });

  it("are refused with a register missing, unreadable or of another unit", function () {
    expectRefusal(() => edited(/1-0:2\.8\.1.*\r\n1-0:2\.8\.2.*\r\n/, ""), "FIELD_MISSING");
    expectRefusal(() => edited("000100.000*kWh", "00010x.000*kWh"), "NOT_A_NUMBER");
    expectRefusal(() => edited("000100.000*kWh", "-00100.000*kWh"), "NEGATIVE");
    expectRefusal(() => edited("000100.000*kWh", "000100.000*kvarh"), "UNIT_UNKNOWN");
    expectRefusal(() => edited(/0-0:1\.0\.0.*\r\n/, ""), "FIELD_MISSING");
  });

  it("tell the hours of both clock changes apart by S and W", function () {
    expect(telegramTime("261025013000S")).to.equal(BigInt(Date.UTC(2026, 9, 24, 23, 30) / 1_000));
    expect(telegramTime("261025023000S")).to.equal(BigInt(Date.UTC(2026, 9, 25, 0, 30) / 1_000));
    expect(telegramTime("261025023000W")).to.equal(BigInt(Date.UTC(2026, 9, 25, 1, 30) / 1_000));
    expect(telegramTime("260329015959W")).to.equal(BigInt(Date.UTC(2026, 2, 29, 0, 59, 59) / 1_000));
    expect(telegramTime("260329030000S")).to.equal(BigInt(Date.UTC(2026, 2, 29, 1) / 1_000));
  });

  it("are refused with a time that does not exist", function () {
    for (const text of ["260230120000W", "260326250000W", "260326101560W", "260326101500", "", "632525252525W"]) {
      expectRefusal(() => telegramTime(text), "NOT_A_TIME");
    }
  });
});

/** A telegram as a meter has sent it, and what it says. */
interface Published {
  readonly meter: string;
  readonly at: string;
  readonly importWh: string;
  readonly exportWh: string;
  readonly serial?: string;
  readonly lines: readonly string[];
}

const PUBLISHED_FILE = new URL("../../vectors/p1-telegrams.json", import.meta.url);
const PUBLISHED = JSON.parse(readFileSync(PUBLISHED_FILE, "utf8")) as Published[];

describe("P1 telegrams as published", function () {
  const sent = ({ lines }: Published) => lines.map((line) => `${line}\r\n`).join("");

  it("are of both versions and three makes", function () {
    expect(PUBLISHED.map(({ lines }) => lines[0]?.slice(0, 5))).to.deep.equal(["/KFM5", "/ISk5", "/EST5"]);
    const versions = PUBLISHED.map(({ lines }) => lines.find((line) => line.startsWith("1-3:0.2.8"))?.slice(-4));
    expect(versions).to.deep.equal(["(42)", "(50)", "(50)"]);
  });

  for (const published of PUBLISHED) {
    it(`${published.meter}: exact registers, time and serial number`, function () {
      const { telegrams, codes } = framed([sent(published)]);
      expect(codes).to.deep.equal([]);
      expect(telegrams.map(read)).to.deep.equal([
        {
          at: BigInt(Date.parse(published.at) / 1_000),
          importWh: BigInt(published.importWh),
          exportWh: BigInt(published.exportWh),
          wrapWh: 1_000_000_000n,
          ...(published.serial !== undefined && { serial: published.serial }),
        },
      ]);
    });

    it(`${published.meter}: refused with any one bit wrong`, function () {
      const bytes = Buffer.from(sent(published).trimEnd(), "latin1");
      const exclamation = bytes.lastIndexOf("!");
      const sum = Number.parseInt(bytes.toString("latin1", exclamation + 1), 16);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const at = Math.floor(bit / 8);
        const broken = Buffer.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ (1 << (bit % 8));
        // A digit of the checksum in the other case is the same digit.
        const tail = broken.toString("latin1", exclamation + 1);
        if (at > exclamation && /^[0-9a-f]{4}$/i.test(tail) && Number.parseInt(tail, 16) === sum) continue;
        const whole = at !== exclamation && /^[0-9a-f]{4}$/i.test(tail);
        expectRefusal(() => readTelegram(broken), whole ? "CRC_MISMATCH" : "CRC_MISSING");
      }
    });
  }
});

describe("P1 framing", function () {
  it("finds telegrams however the stream is cut", function () {
    const stream = `noise\r\n${TELEGRAM}${TELEGRAM}half of one\r\n${TELEGRAM}`;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        const chunks: string[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(stream.slice(at, at + size));
          at += size;
        }
        expect(framed(chunks)).to.deep.equal({ telegrams: Array<string>(3).fill(TELEGRAM.trimEnd()), codes: [] });
      }),
    );
  });

  it("drops what was cut and takes the next", function () {
    const found = framed([TELEGRAM.slice(0, 200), "\r\n", TELEGRAM]);
    expect(found).to.deep.equal({ telegrams: [TELEGRAM.trimEnd()], codes: ["TELEGRAM_CUT"] });
  });

  it("does not grow with a line that never ends", function () {
    const found = framed(["/", "x".repeat(3 * MOST_TELEGRAM), "\r\n", TELEGRAM]);
    expect(found).to.deep.equal({ telegrams: [TELEGRAM.trimEnd()], codes: ["TELEGRAM_TOO_LONG"] });
  });

  it("survives any bytes", function () {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), (chunks) => {
        const { telegrams } = framed([...chunks, `\r\n!\r\n`, TELEGRAM]);
        expect(telegrams.at(-1)).to.equal(TELEGRAM.trimEnd());
      }),
    );
  });
});

describe("P1 over TCP", function () {
  async function server() {
    const sockets: Socket[] = [];
    const listening = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(listening, "listening");
    return { sockets, listening, port: (listening.address() as AddressInfo).port };
  }

  it("keeps one telegram a minute and connects again when the line breaks", async function () {
    const { sockets, listening, port } = await server();
    const memory = new Memory();
    const options = { meter: "north", host: "127.0.0.1", port, every: asSeconds(60n), backoff: FAST };
    const adapter = new P1TcpAdapter(options);
    await adapter.start(memory.sink, memory.report);
    await eventually(() => sockets.length === 1, "first connection");
    for (const at of ["101500W", "101510W", "101550W"]) sockets[0]?.write(telegram({ at: `260326${at}` }));
    sockets[0]?.write(telegram({ at: "260326101600W" }).slice(0, 300));
    await eventually(() => memory.samples.length === 1, "a sample");
    sockets[0]?.destroy();
    await eventually(() => sockets.length === 2, "second connection");
    sockets[1]?.write(telegram({ at: "260326101610W" }).replace("000100", "000101"));
    sockets[1]?.write(telegram({ at: "260326101620W" }));
    await eventually(() => memory.samples.length === 2, "another sample");
    await adapter.stop();
    listening.close();
    expect(memory.samples.map(({ at }) => at)).to.deep.equal([1_774_516_500n, 1_774_516_580n]);
    expect(memory.samples[0]).to.include({ meter: "north", live: true, importWh: 150_250n });
    expect(memory.codes).to.deep.equal(["TELEGRAM_CUT", "CRC_MISMATCH"]);
  });

  it("offers the next telegram of the same minute where one could not be kept", async function () {
    const { sockets, listening, port } = await server();
    const memory = new Memory();
    memory.failures.push(new GatewayError("STORE_FULL", "queue", "x", "free some space."));
    const options = { meter: "north", host: "127.0.0.1", port, every: asSeconds(60n), backoff: FAST };
    const adapter = new P1TcpAdapter(options);
    await adapter.start(memory.sink, memory.report);
    await eventually(() => sockets.length === 1, "connection");
    sockets[0]?.write(telegram({ at: "260326101500W" }) + telegram({ at: "260326101510W" }));
    await eventually(() => memory.samples.length === 1, "a sample");
    await adapter.stop();
    listening.close();
    expect(memory.samples[0]?.at).to.equal(1_774_516_510n);
    expect(memory.codes).to.deep.equal(["STORE_FULL"]);
  });

  it("reports a silent line and an address where nobody listens", async function () {
    const { sockets, listening, port } = await server();
    const memory = new Memory();
    const common = { meter: "north", host: "127.0.0.1", every: asSeconds(60n), backoff: FAST };
    const silent = new P1TcpAdapter({ ...common, port, silence: 20 });
    await silent.start(memory.sink, memory.report);
    await eventually(() => sockets.length >= 2, "a second try");
    await eventually(() => {
      expect(silent.fault(), "connected or not").to.include("nothing came");
      return sockets.length >= 5;
    }, "more tries");
    await eventually(() => {
      // A line that is given up meanwhile takes nothing.
      sockets
        .at(-1)
        ?.on("error", () => undefined)
        .write(telegram({ at: "260326101500W" }));
      return silent.fault() === null;
    }, "a telegram");
    await silent.stop();
    listening.close();
    await once(listening, "close");
    expect(memory.codes[0]).to.equal("LINK_DOWN");
    const nobody = new P1TcpAdapter({ ...common, port });
    const before = memory.errors.length;
    const starting = nobody.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > before + 2, "tries");
    await nobody.stop();
    await starting;
    expect(memory.errors.at(-1)?.message).to.include(`tcp://127.0.0.1:${port}`);
  });
});

describe("P1 from a serial device", function () {
  it("reads telegrams and opens the device again when it was pulled out", async function () {
    SerialPortMock.binding.createPort("/dev/p1", { echo: false, record: false });
    const ports: SerialPortMock[] = [];
    const memory = new Memory();
    const open = (path: string, baudRate: number): Port => {
      const port = new SerialPortMock({ path, baudRate });
      ports.push(port);
      return port;
    };
    const adapter = new P1SerialAdapter({
      meter: "south",
      path: "/dev/p1",
      every: asSeconds(60n),
      backoff: FAST,
      open,
    });
    await adapter.start(memory.sink, memory.report);
    ports[0]?.port?.emitData(telegram({ at: "260326101500W" }));
    await eventually(() => memory.samples.length === 1, "a sample");
    ports[0]?.close();
    await eventually(() => ports[1]?.isOpen === true, "opened again");
    ports[1]?.port?.emitData(telegram({ at: "260326101600W" }));
    await eventually(() => memory.samples.length === 2, "another sample");
    await adapter.stop();
    expect(ports[0]?.baudRate).to.equal(115_200);
    expect(memory.samples.map(({ meter }) => meter)).to.deep.equal(["south", "south"]);
  });

  it("reports a device that is not there and tries again", async function () {
    const memory = new Memory();
    const open = (path: string, baudRate: number): Port => new SerialPortMock({ path, baudRate });
    const adapter = new P1SerialAdapter({
      meter: "south",
      path: "/dev/none",
      every: asSeconds(60n),
      backoff: FAST,
      open,
    });
    const starting = adapter.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > 1, "tries");
    await adapter.stop();
    await starting;
    expect(memory.codes[0]).to.equal("LINK_DOWN");
    expect(memory.errors[0]).to.include({ field: "/dev/none" });
  });
});
