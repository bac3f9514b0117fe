/** Meters on real sockets: a client of a broker, a P1 port, a Modbus server, and a meter that pushes over HTTP. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { listenModbus } from "../support/modbus.ts";
import { telegram } from "../gateway/support.ts";
import type { Registers } from "./homes.ts";

const kwh = (wh: bigint): string => {
  const digits = String(wh).padStart(9, "0");
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
};
const isoOf = (time: bigint) => new Date(Number(time) * 1_000).toISOString();

/** Publishes as Home Assistant does: a topic per register, with unit, class and time. */
export class AssistantSource {
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  static async connect(url: string): Promise<AssistantSource> {
    return new AssistantSource(await connectAsync(url, { clientId: "assistant" }));
  }

  async show(time: bigint, { importWh, exportWh }: Registers): Promise<void> {
    const attributes = { unit_of_measurement: "kWh", device_class: "energy", state_class: "total_increasing" };
    for (const [side, wh] of [["import", importWh] as const, ["export", exportWh] as const]) {
      const state = { state: kwh(wh), attributes, last_updated: isoOf(time) };
      await this.#client.publishAsync(`homeassistant/north/${side}`, JSON.stringify(state), { qos: 1 });
    }
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}

/** A P1 port behind a server: the latest telegram again and again, as meters send it every second. */
export class P1Source {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  #telegram = "";

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    });
    this.#timer = setInterval(() => {
      for (const socket of this.#sockets) socket.write(this.#telegram);
    }, 25);
  }

  static async listen(): Promise<P1Source> {
    return new P1Source(await listening(createServer()));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  show(time: bigint, { importWh, exportWh }: Registers): void {
    const wall = isoOf(time + 3_600n);
    const at = `${wall.slice(2, 10).replaceAll("-", "")}${wall.slice(11, 19).replaceAll(":", "")}W`;
    const night = importWh / 3n;
    this.#telegram = telegram({ at, import: [kwh(night), kwh(importWh - night)], export: [kwh(0n), kwh(exportWh)] });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An inverter that speaks SunSpec, model 103 with tens of Wh. */
export class SunSpecSource {
  #image = inverterImage(0n);
  #held: { readonly opened: Promise<void>; open(): void; reached(): void } | undefined;
  #door: { readonly port: number; close(): Promise<void> } | undefined;

  static async listen(): Promise<SunSpecSource> {
    const source = new SunSpecSource();
    source.#door = await listenModbus({ getHoldingRegister: (address: number) => source.#answer(address) }, 1);
    return source;
  }

  get port(): number {
    return this.#door?.port ?? 0;
  }

  async #answer(address: number): Promise<number> {
    this.#held?.reached();
    await this.#held?.opened;
    const value = this.#image[address - BASE];
    if (value === undefined) throw Object.assign(new Error("no such address"), { modbusErrorCode: 2 });
    return value;
  }

  /**
   * Lets the register and the clock of whoever reads it move on together: no answer is given while `between` works.
   * @param awaited Whether somebody reads: then a question is waited for, so that no older answer is on its way.
   */
  async show({ exportWh }: Registers, awaited: boolean, between: () => Promise<void>): Promise<void> {
    let open = () => {};
    let reached = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const asked = new Promise<void>((resolve) => (reached = resolve));
    this.#held = { opened, open, reached };
    if (awaited) await asked;
    this.#image = inverterImage(exportWh);
    await between();
    this.#held = undefined;
    open();
  }

  async close(): Promise<void> {
    await this.#door?.close();
  }
}

const BASE = 40_000;

/** "SunS", the common model with a serial number, an inverter that counts Wh, the end. */
function inverterImage(wh: bigint): number[] {
  const text = (value: string, length: number) => {
    const bytes = Buffer.alloc(2 * length);
    bytes.write(value);
    return Array.from({ length }, (_, index) => bytes.readUInt16BE(2 * index));
  };
  const common = [...text("Sunny", 16), ...text("S5", 16), ...Array<number>(16).fill(0), ...text("SN-77", 16), 1, 0];
  const inverter = Array<number>(50).fill(0x8000);
  inverter.splice(22, 3, Number(wh >> 16n), Number(wh & 0xffffn), 0);
  return [0x5375, 0x6e53, 1, 66, ...common, 103, 50, ...inverter, 0xffff, 0];
}

/** Pushes over HTTP, and again whatever nobody answered: in order, as a meter with a memory does. */
export class PushSource {
  readonly #url: string;
  readonly #token: string;
  readonly #waiting: { readonly time: bigint; readonly registers: Registers }[] = [];

  constructor(meter: string, port: number, token: string) {
    this.#url = `http://127.0.0.1:${port}/v1/meters/${meter}/samples`;
    this.#token = token;
  }

  /** Remembers what it shows, to be pushed. */
  keep(time: bigint, registers: Registers): void {
    this.#waiting.push({ time, registers });
  }

  /** Pushes what waits. @return Whether all was taken. */
  async push(): Promise<boolean> {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return true;
      if (!(await this.#pushOne(next.time, next.registers))) return false;
      this.#waiting.shift();
    }
  }

  async #pushOne(time: bigint, { importWh, exportWh }: Registers): Promise<boolean> {
    const body = JSON.stringify({ at: String(time), import: String(importWh), export: String(exportWh), unit: "Wh" });
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.#token}` };
    try {
      const response = await fetch(this.#url, { method: "POST", body, headers, signal: AbortSignal.timeout(2_000) });
      const text = await response.text();
      if (response.ok) return true;
      if (response.status >= 500) return false;
      throw new RangeError(`refused: ${text}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return false; // nobody there
    }
  }
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
