import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { asSeconds } from "@wattbook/sdk/pure";
import { probeSunSpec, SunSpecAdapter } from "../../../services/src/gateway/sunspec/adapter.ts";
import { float32Down } from "../../../services/src/gateway/sunspec/float32.ts";
import { ENERGY_MODELS } from "../../../services/src/gateway/sunspec/models.ts";
import { listenModbus } from "../support/modbus.ts";
import { eventually, expectRefusal, expectRejection, FAST, Memory } from "./support.ts";

const ABSENT = 0x8000;
const words = (value: bigint): [number, number] => [Number(value >> 16n), Number(value & 0xffffn)];
const sf = (scale: number) => scale & 0xffff;

function textWords(text: string, length: number): number[] {
  const bytes = Buffer.alloc(2 * length);
  bytes.write(text);
  return Array.from({ length }, (_, index) => bytes.readUInt16BE(2 * index));
}

const common = (serial: string) => [
  1,
  66,
  ...textWords("Sunny", 16),
  ...textWords("S5", 16),
  ...Array<number>(16).fill(0),
  ...textWords(serial, 16),
  1,
  0,
];

/** A model with points at offsets; everything else is absent. */
function model(id: number, length: number, points: Readonly<Record<number, readonly number[]>>): number[] {
  const registers = Array<number>(length).fill(ABSENT);
  for (const [at, values] of Object.entries(points)) registers.splice(Number(at), values.length, ...values);
  return [id, length, ...registers];
}

const inverter = (wh: bigint, scale = 0, id = 103) => model(id, 50, { 22: words(wh), 24: [sf(scale)] });
const meter = (exported: bigint, imported: bigint, scale = 0, id = 203) =>
  model(id, 105, { 36: words(exported), 44: words(imported), 52: [sf(scale)] });
const device = (...models: readonly number[][]) => [0x5375, 0x6e53, ...common("SN-77"), ...models.flat(), 0xffff, 0];

/** A Modbus server that holds a device at a base address; other addresses are answered with an exception. */
async function serve(base: number, image: { registers: number[] }) {
  const getHoldingRegister = (address: number) => {
    const value = image.registers[address - base];
    if (value === undefined) throw Object.assign(new Error("no such address"), { modbusErrorCode: 2 });
    return value;
  };
  const { server, port, close } = await listenModbus({ getHoldingRegister }, 3);
  const endpoint = { host: "127.0.0.1", port, unit: 3, timeout: 500 };
  return { server, endpoint, close };
}

async function probe(registers: number[], wanted?: number, base = 40_000) {
  const { endpoint, close } = await serve(base, { registers });
  try {
    return await probeSunSpec(endpoint, wanted);
  } finally {
    await close();
  }
}

describe("SunSpec", function () {
  for (const base of [40_000, 50_000, 0]) {
    it(`finds the models from ${base} on`, async function () {
      const found = await probe(device(inverter(1_234_567n)), undefined, base);
      expect(found).to.deep.equal({ model: 103, importWh: 0n, exportWh: 1_234_567n, wrapWh: 1n << 32n });
    });
  }

  it("walks past models that it does not know", async function () {
    const image = device(model(120, 26, {}), model(64_001, 7, {}), meter(700n, 900n, 1, 201));
    expect(await probe(image)).to.include({ model: 201, importWh: 9_000n, exportWh: 7_000n, wrapWh: 10n << 32n });
  });

  it("reads the model that is asked for", async function () {
    expect(await probe(device(inverter(5n), meter(6n, 7n)), 203)).to.include({
      model: 203,
      importWh: 7n,
      exportWh: 6n,
    });
  });

  it("scales exactly, down where a scale is negative", function () {
    const scales = fc.integer({ min: -10, max: 4 });
    const counts = fc.bigInt({ min: 1n, max: 0x7fff_ffffn });
    fc.assert(
      fc.property(counts, scales, (count, scale) => {
        const found = ENERGY_MODELS.get(103)?.read(inverter(count, scale).slice(2));
        const exact = scale < 0 ? count / 10n ** BigInt(-scale) : count * 10n ** BigInt(scale);
        expect(found?.exportWh).to.equal(exact);
      }),
    );
  });

  it("takes a side that never counted as 0, and a device that counts nothing as not implemented", function () {
    const read = (registers: number[]) => ENERGY_MODELS.get(203)?.read(registers.slice(2));
    expect(read(meter(0n, 9n))).to.include({ importWh: 9n, exportWh: 0n });
    for (const none of [0n, 0xffff_ffffn, 0x8000_0000n])
      expectRefusal(() => read(meter(none, none)), "NOT_IMPLEMENTED");
    expectRefusal(() => ENERGY_MODELS.get(101)?.read(inverter(0n).slice(2)), "NOT_IMPLEMENTED");
  });

  it("refuses a scale that is absent or absurd", function () {
    const read = (scale: number) => ENERGY_MODELS.get(103)?.read(inverter(5n, scale).slice(2));
    expectRefusal(() => read(-0x8000), "NOT_IMPLEMENTED");
    expectRefusal(() => read(11), "SUNSPEC_MALFORMED");
    expectRefusal(() => read(-11), "SUNSPEC_MALFORMED");
  });

  it("reads floats by their bits as long as they resolve a Wh", function () {
    const bitsOf = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatBE(value);
      return BigInt(bytes.readUInt32BE());
    };
    fc.assert(
      fc.property(fc.float({ min: 0, max: 16_777_215, noNaN: true }), (value) => {
        expect(float32Down(bitsOf(value), "WH")).to.equal(BigInt(Math.floor(value)));
      }),
    );
    expect(float32Down(0x7fc00000n, "WH")).to.equal(undefined);
    expectRefusal(() => float32Down(bitsOf(16_777_216), "WH"), "FLOAT_TOO_COARSE");
    expectRefusal(() => float32Down(bitsOf(1e38), "WH"), "FLOAT_TOO_COARSE");
    expectRefusal(() => float32Down(bitsOf(-1), "WH"), "NEGATIVE");
    const image = model(111, 60, { 30: words(bitsOf(1_234.9)) });
    expect(ENERGY_MODELS.get(111)?.read(image.slice(2))).to.deep.equal({ importWh: 0n, exportWh: 1_234n });
  });

  it("names what is not SunSpec, not a chain, or without energy", async function () {
    await expectRejection(probe(Array<number>(4).fill(7)), "SUNSPEC_ABSENT");
    await expectRejection(probe(device(model(120, 26, {}))), "MODEL_ABSENT");
    await expectRejection(probe(device(inverter(5n)), 213), "MODEL_ABSENT");
    await expectRejection(probe(device(model(103, 20, {}))), "SUNSPEC_MALFORMED");
    await expectRejection(probe([0x5375, 0x6e53, ...inverter(5n), 0xffff, 0]), "SUNSPEC_MALFORMED");
    await expectRejection(probe([0x5375, 0x6e53, 1, 0, 0, 0, 0, 0]), "SUNSPEC_MALFORMED");
    await expectRejection(probeSunSpec({ host: "127.0.0.1", port: 1, unit: 1, timeout: 200 }), "LINK_DOWN");
  });

  /** Answers every question with what `answer` makes of transaction, unit and the number of registers; null: never. */
  async function liar(answer: (question: Question) => Buffer | null) {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        const said = answer({ id: data.readUInt16BE(0), unit: data.readUInt8(6), count: data.readUInt16BE(10) });
        if (said !== null) socket.write(said);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { server, endpoint: { host: "127.0.0.1", port, unit: 3, timeout: 200 } };
  }

  interface Question {
    readonly id: number;
    readonly unit: number;
    readonly count: number;
  }

  const reply = ({ id, unit, count }: Question, bytes = 2 * count) => {
    const answer = Buffer.alloc(9 + 2 * count);
    answer.writeUInt16BE(id, 0);
    answer.writeUInt16BE(3 + 2 * count, 4);
    answer.set([unit, 3, bytes], 6);
    return answer;
  };
  const LIES: readonly (readonly [string, (question: Question) => Buffer | null])[] = [
    ["never answers", () => null],
    ["answers for another unit", (question) => reply({ ...question, unit: 9 })],
    ["answers another question", (question) => reply({ ...question, id: question.id + 1 })],
    ["says it holds more than it sends", (question) => reply(question, 250)],
    ["sends fewer registers", (question) => reply({ ...question, count: question.count - 1 })],
    ["sends lengths that are none", () => Buffer.alloc(64)],
    ["speaks HTTP", () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ];
  for (const [what, answer] of LIES) {
    it(`gives up on a device that ${what}`, async function () {
      const { server, endpoint } = await liar(answer);
      try {
        await expectRejection(probeSunSpec(endpoint), "LINK_DOWN");
      } finally {
        server.close();
      }
    });
  }

  it("asks again and again, through a device that is not counting yet and a line that breaks", async function () {
    const image = { registers: device(meter(0n, 0n)) };
    const first = await serve(40_000, image);
    const memory = new Memory();
    let now = 1_774_516_500n;
    const clock = () => asSeconds(now++);
    const adapter = new SunSpecAdapter({
      ...first.endpoint,
      meter: "roof",
      every: asSeconds(1n),
      reversed: true,
      backoff: FAST,
      clock,
    });
    await adapter.start(memory.sink, memory.report);
    await eventually(() => memory.errors.length > 0, "nothing counted");
    image.registers = device(meter(40n, 2n));
    await eventually(() => memory.samples.length > 0, "a sample");
    for (const socket of first.server.socks.keys()) socket.destroy();
    const before = memory.samples.length;
    await eventually(() => memory.samples.length > before + 1, "samples over another connection");
    await adapter.stop();
    await first.close();
    expect(memory.codes).to.include("NOT_IMPLEMENTED").and.to.include("LINK_DOWN");
    expect(memory.samples[0]).to.deep.include({
      meter: "roof",
      importWh: 40n,
      exportWh: 2n,
      serial: "SN-77",
      live: true,
    });
  });
});
