/** A Modbus TCP connection that reads holding registers. */
import modbus from "modbus-serial";
import type { ReadRegisters } from "./chain.ts";

/** Where a device answers. */
export interface ModbusEndpoint {
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  /** Milliseconds until an answer counts as lost. */
  readonly timeout?: number;
}

const TIMEOUT = 5_000;

/** Connects, works, and closes whatever happens. */
export async function withModbus<T>(endpoint: ModbusEndpoint, work: (read: ReadRegisters) => Promise<T>): Promise<T> {
  const { host, port, unit, timeout = TIMEOUT } = endpoint;
  // The package's types put the class behind a second `default`; at run time both are the same.
  const client = new modbus.default();
  try {
    await client.connectTCP(host, { port, timeout });
    client.setID(unit);
    client.setTimeout(timeout);
    return await work(async (address, length) => (await client.readHoldingRegisters(address, length)).data);
  } finally {
    client.destroy(() => undefined);
  }
}
