/** Four homes, and what their meters count in every quarter hour of four days: integers from a seed. */
import { Stream } from "../../../data/src/synthetic/random.ts";

/** Registers of a meter, or what it counted in a slot, Wh. */
export interface Registers {
  readonly importWh: bigint;
  readonly exportWh: bigint;
}

/** Names of the homes' meters, by what they speak: MQTT, HTTP, P1 and Modbus. */
export const METERS = ["north", "west", "south", "roof"] as const;
export type MeterName = (typeof METERS)[number];

export const SLOT = 900n;
export const SLOTS_PER_DAY = 96;
/** Two days of which the gateways know before they start, the day that is traded, and the next. */
const DAYS = 4;
/** Of the second day: the gateways bid before its last hour is over, and take the first day's for it. */
const LAST_HOUR = 92;

const BASE: Readonly<Record<MeterName, Registers>> = {
  north: { importWh: 12_345_678n, exportWh: 2_000_001n },
  west: { importWh: 999_999n, exportWh: 0n },
  south: { importWh: 150_250n, exportWh: 7_001n },
  roof: { importWh: 0n, exportWh: 31_415_926n },
};

/** A meter that never errs. */
export class SimulatedMeter {
  readonly name: MeterName;
  readonly #from: bigint;
  /** Registers at each boundary. */
  readonly #registers: Registers[];

  /** @param from Unix time at which the first of the four days starts. */
  constructor(name: MeterName, seed: bigint, from: bigint) {
    this.name = name;
    this.#from = from;
    this.#registers = [BASE[name]];
    for (let slot = 0; slot < DAYS * SLOTS_PER_DAY; slot++) {
      const before = this.#registers[slot] as Registers;
      const { importWh, exportWh } = energyOf(name, seed, slot);
      this.#registers.push({ importWh: before.importWh + importWh, exportWh: before.exportWh + exportWh });
    }
  }

  /** What it shows at a boundary. */
  at(time: bigint): Registers {
    const registers = this.#registers[Number((time - this.#from) / SLOT)];
    if (registers === undefined || (time - this.#from) % SLOT !== 0n) throw new RangeError(`no boundary at ${time}`);
    return registers;
  }

  /** What it counts in the slot that starts at a time. */
  slot(start: bigint): Registers {
    const [from, to] = [this.at(start), this.at(start + SLOT)];
    return { importWh: to.importWh - from.importWh, exportWh: to.exportWh - from.exportWh };
  }
}

function energyOf(name: MeterName, seed: bigint, slot: number): Registers {
  const quarter = slot % SLOTS_PER_DAY;
  const day = Math.floor(slot / SLOTS_PER_DAY);
  const random = new Stream(seed, METERS.indexOf(name), day === 1 && quarter >= LAST_HOUR ? 0 : day, quarter);
  const upTo = (most: number) => BigInt(random.next() % (most + 1));
  // A parabola between 5:00 and 20:00 UTC.
  const sun = Math.max(0, 400 - Math.floor(((quarter - 50) * (quarter - 50)) / 2));
  const sunny = (BigInt(sun) * (50n + upTo(50))) / 100n;
  const evening = quarter >= 68 && quarter < 88 ? 150n : 0n;
  switch (name) {
    case "roof":
      return { importWh: 0n, exportWh: sunny };
    case "north": {
      const net = sunny - 40n - upTo(120) - evening;
      const both = upTo(4); // phases that balance within a slot count on either register
      return net > 0n ? { importWh: both, exportWh: net + both } : { importWh: both - net, exportWh: both };
    }
    case "south":
      return { importWh: 60n + upTo(200) + evening, exportWh: upTo(3) };
    case "west":
      return { importWh: 50n + upTo(150) + evening, exportWh: 0n };
  }
}
