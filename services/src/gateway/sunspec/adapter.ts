/** Inverters and meters that speak SunSpec over Modbus TCP, asked at whole multiples of an interval. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Seconds } from "@wattbook/sdk/pure";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { isServiceError } from "../../errors.ts";
import { asServiceError, GatewayError } from "../errors.ts";
import { Link } from "../link.ts";
import type { Backoff } from "../link.ts";
import type { Adapter, Report, Sample, Sink } from "../sample.ts";
import { findModels } from "./chain.ts";
import type { DeviceMap, ReadRegisters } from "./chain.ts";
import { withModbus } from "./client.ts";
import type { ModbusEndpoint } from "./client.ts";
import { ENERGY_MODELS, serialOf } from "./models.ts";
import type { DeviceEnergy } from "./models.ts";

export interface SunSpecOptions extends ModbusEndpoint {
  /** The meter's name in the configuration. */
  readonly meter: string;
  /** Model to read where a device has several. */
  readonly model?: number;
  /** Seconds between questions; they are asked at whole multiples of it, so a divisor of the slot meets its boundaries. */
  readonly every: Seconds;
  /** Whether the meter was built in the wrong way round: its imports are exports. */
  readonly reversed?: boolean;
  readonly backoff?: Backoff;
  readonly clock?: Clock;
}

export class SunSpecAdapter implements Adapter {
  readonly #options: SunSpecOptions;
  #link: Link | undefined;

  constructor(options: SunSpecOptions) {
    this.#options = options;
  }

  async start(sink: Sink, report: Report): Promise<void> {
    const { meter, backoff } = this.#options;
    this.#link = new Link({
      meter,
      address: addressOf(this.#options),
      ...(backoff === undefined ? {} : { backoff }),
      run: (up, signal) =>
        withModbus(this.#options, async (read) => {
          const map = await findModels(read, this.#options.model);
          up();
          while (!signal.aborted) {
            await this.#sample(read, map, sink, report);
            await this.#untilNext(signal);
          }
        }),
    });
    await this.#link.start(report);
  }

  fault(): string | null {
    return this.#link === undefined ? "It is not started." : this.#link.fault;
  }

  async stop(): Promise<void> {
    await this.#link?.stop();
  }

  /** A device that does not count at the moment is reported and asked again; a broken line ends the connection. */
  async #sample(read: ReadRegisters, map: DeviceMap, sink: Sink, report: Report): Promise<void> {
    const { meter, clock = systemClock, reversed = false } = this.#options;
    try {
      const serial = serialOf(await read(map.common.address, map.common.length));
      const { importWh, exportWh, ...rest } = await readEnergy(read, map);
      const registers = reversed ? { importWh: exportWh, exportWh: importWh } : { importWh, exportWh };
      const sample: Sample = { meter, at: clock(), live: true, ...registers, ...rest };
      await sink(serial === undefined ? sample : { ...sample, serial });
    } catch (error) {
      if (!isServiceError(error)) throw error;
      report(error, meter);
    }
  }

  async #untilNext(signal: AbortSignal): Promise<void> {
    const every = Number(this.#options.every) * 1_000;
    await sleep(every - (Date.now() % every), undefined, { signal }).catch(() => undefined);
  }
}

/** Accumulators and their scale have to come in one answer: in two they could belong to different moments. */
async function readEnergy(read: ReadRegisters, { energy: { id, address } }: DeviceMap): Promise<DeviceEnergy> {
  const model = ENERGY_MODELS.get(id);
  if (model === undefined)
    throw new GatewayError(
      "MODEL_ABSENT",
      "model",
      id,
      "the gateway reads 101-103, 111-113, 201-204. Name one of these.",
    );
  return model.read(await read(address, model.length));
}

/**
 * For set-up: what a device has, without keeping anything.
 * @throws GatewayError
 */
export async function probeSunSpec(
  endpoint: ModbusEndpoint,
  model?: number,
): Promise<DeviceEnergy & { model: number }> {
  try {
    return await withModbus(endpoint, async (read) => {
      const map = await findModels(read, model);
      return { model: map.energy.id, ...(await readEnergy(read, map)) };
    });
  } catch (error) {
    throw asServiceError(error, "LINK_DOWN", addressOf(endpoint), "check address and unit id.");
  }
}

function addressOf({ host, port }: ModbusEndpoint): string {
  return `modbus://${host}:${port}`;
}
