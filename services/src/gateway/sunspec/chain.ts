/** The chain of models in a SunSpec device: the marker "SunS", then id, length and registers of each, until id 0xFFFF. */
import { asServiceError, GatewayError } from "../errors.ts";
import { uint16, uint32 } from "./image.ts";
import type { Registers } from "./image.ts";
import { COMMON_MODEL, ENERGY_MODELS } from "./models.ts";

/** Reads `length` holding registers from `address`. */
export type ReadRegisters = (address: number, length: number) => Promise<Registers>;

/** A model and where its registers begin, behind id and length. */
export interface ModelPlace {
  readonly id: number;
  readonly address: number;
  readonly length: number;
}

/** Where a device keeps what the gateway reads. */
export interface DeviceMap {
  readonly common: ModelPlace;
  readonly energy: ModelPlace;
}

/** Where the marker may stand. */
const BASES = [40_000, 50_000, 0] as const;
const MARKER = 0x53756e53n; // "SunS"
const END = 0xffff;
/** Devices have some ten models; a chain that does not end is none. */
const MOST_MODELS = 64;
const HEADER = 2;

/**
 * Finds the first model with energy, or the one that is asked for.
 * @param wanted Id of a model, where a device has several: an inverter with a meter behind it.
 * @throws GatewayError SUNSPEC_ABSENT, SUNSPEC_MALFORMED, MODEL_ABSENT, LINK_DOWN where it answers nowhere
 */
export async function findModels(read: ReadRegisters, wanted?: number): Promise<DeviceMap> {
  const models = await walk(read, (await findBase(read)) + HEADER);
  const [common] = models;
  if (common?.id !== COMMON_MODEL) {
    const hint = "a device begins with model 1. Check the unit id.";
    throw new GatewayError("SUNSPEC_MALFORMED", "first model", common?.id, hint);
  }
  const energy = models.find(({ id }) => (wanted === undefined ? ENERGY_MODELS.has(id) : id === wanted));
  const layout = energy === undefined ? undefined : ENERGY_MODELS.get(energy.id);
  if (energy === undefined || layout === undefined) {
    const hint = `the device has models ${models.map(({ id }) => id).join(", ")}. The gateway reads 101-103, 111-113, 201-204: name one that both have, or use another adapter.`;
    throw new GatewayError("MODEL_ABSENT", "model", wanted ?? "any", hint);
  }
  if (energy.length >= layout.length) return { common, energy };
  const hint = `it has at least ${layout.length} registers. Update the device.`;
  throw new GatewayError("SUNSPEC_MALFORMED", `length of model ${energy.id}`, energy.length, hint);
}

async function findBase(read: ReadRegisters): Promise<number> {
  const failures: unknown[] = [];
  for (const base of BASES) {
    try {
      const marker = uint32(await read(base, HEADER), 0);
      if (marker === MARKER) return base;
    } catch (error) {
      // Devices answer an address that they do not have with an exception: the next one may do.
      failures.push(error);
    }
  }
  if (failures.length === BASES.length) {
    throw asServiceError(failures[0], "LINK_DOWN", "marker", "the device answers nowhere. Check address and unit id.");
  }
  const hint = "the device speaks Modbus, but not SunSpec. Switch SunSpec on, or check the unit id.";
  throw new GatewayError("SUNSPEC_ABSENT", "marker", BASES.join(", "), hint);
}

async function walk(read: ReadRegisters, first: number): Promise<ModelPlace[]> {
  const models: ModelPlace[] = [];
  let at = first;
  while (models.length < MOST_MODELS) {
    const header = await read(at, HEADER);
    const [id, length] = [uint16(header, 0), uint16(header, 1)];
    if (id === END) return models;
    if (length === 0 || at + HEADER + length > 0xffff) break;
    models.push({ id, address: at + HEADER, length });
    at += HEADER + length;
  }
  const hint = `the chain of models does not end. Found ${models.map(({ id }) => id).join(", ")}: check the unit id.`;
  throw new GatewayError("SUNSPEC_MALFORMED", "model chain", at, hint);
}
