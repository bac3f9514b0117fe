/** Where energy stands in SunSpec's inverter and meter models. https://sunspec.org/sunspec-modbus-specifications */
import { pow10 } from "@wattbook/data/import";
import { checkWh } from "../energy.ts";
import { GatewayError } from "../errors.ts";
import { float32Down } from "./float32.ts";
import { acc32, scaleFactor, text, uint32 } from "./image.ts";
import type { Registers } from "./image.ts";

/** Registers of energy, Wh. */
export interface DeviceEnergy {
  readonly importWh: bigint;
  readonly exportWh: bigint;
  /** Where the accumulators start again from 0; a float does not wrap. */
  readonly wrapWh?: bigint;
}

/** A model that the gateway reads; offsets count from the first register behind id and length. */
interface EnergyModel {
  readonly length: number;
  read(registers: Registers): DeviceEnergy;
}

const ACC32_SPAN = 1n << 32n;

/** Single-, split- and three-phase inverters with integers: WH at 22, its scale at 24. */
const INVERTER: EnergyModel = {
  length: 50,
  read: (registers) => {
    const scale = scaleFactor(registers, 24, "WH_SF");
    const energy = acc32(registers, 22) ?? notImplemented("WH");
    return { importWh: 0n, exportWh: scaledDown(energy, scale, "WH"), wrapWh: scaledDown(ACC32_SPAN, scale, "WH") };
  },
};

/** The same with floats: WH at 30. */
const FLOAT_INVERTER: EnergyModel = {
  length: 60,
  read: (registers) => {
    const energy = float32Down(uint32(registers, 30), "WH") ?? notImplemented("WH");
    return { importWh: 0n, exportWh: energy };
  },
};

/**
 * Meters with integers: TotWhExp at 36, TotWhImp at 44, scale at 52. A home that only takes never counts exports, so
 * one of the two may be empty.
 */
const METER: EnergyModel = {
  length: 105,
  read: (registers) => {
    const [exported, imported] = [acc32(registers, 36), acc32(registers, 44)];
    if (exported === undefined && imported === undefined) return notImplemented("TotWhImp");
    const scale = scaleFactor(registers, 52, "TotWh_SF");
    return {
      importWh: scaledDown(imported ?? 0n, scale, "TotWhImp"),
      exportWh: scaledDown(exported ?? 0n, scale, "TotWhExp"),
      wrapWh: scaledDown(ACC32_SPAN, scale, "TotWh_SF"),
    };
  },
};

/** By model id. Float meters (211 to 214) count homes' lives of Wh beyond what a float32 resolves: they are refused. */
export const ENERGY_MODELS: ReadonlyMap<number, EnergyModel> = new Map([
  ...[101, 102, 103].map((id) => [id, INVERTER] as const),
  ...[111, 112, 113].map((id) => [id, FLOAT_INVERTER] as const),
  ...[201, 202, 203, 204].map((id) => [id, METER] as const),
]);

/** The model that every device begins with. */
export const COMMON_MODEL = 1;
const SERIAL = { at: 48, length: 16 } as const;

/** Serial number in the common model. */
export function serialOf(registers: Registers): string | undefined {
  return text(registers, SERIAL.at, SERIAL.length);
}

function scaledDown(value: bigint, scale: number, field: string): bigint {
  return checkWh(scale >= 0 ? value * pow10(scale) : value / pow10(-scale), field);
}

function notImplemented(field: string): never {
  const hint = "the device does not count it, or has not counted 1 Wh yet. Wait, or map another model or meter.";
  throw new GatewayError("NOT_IMPLEMENTED", field, "0", hint);
}
