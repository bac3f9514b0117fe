/** Six meters, what they count in each slot and what their registers show: they roll over, are reset, and never lie. */
import type { Registers } from "../end-to-end/homes.ts";
import type { Chance } from "./chance.ts";

/** Served by the first gateway over MQTT, and by the second over P1 and HTTP. */
export const ONE = ["plain", "late", "reset"] as const;
export const TWO = ["rolling", "pushed", "sunny"] as const;
export const METERS = [...ONE, ...TWO] as const;
export type MeterName = (typeof METERS)[number];

export const SLOT = 900n;
/** Where P1 registers start again from 0, Wh. */
const WRAP = 1_000_000_000n;

const BASE: Readonly<Record<MeterName, Registers>> = {
  plain: { importWh: 5_000n, exportWh: 70n },
  late: { importWh: 123_456n, exportWh: 1n },
  reset: { importWh: 8_000n, exportWh: 9_000n },
  // Rolls over within a day.
  rolling: { importWh: WRAP - 4_000n, exportWh: 12n },
  pushed: { importWh: 1n, exportWh: 0n },
  sunny: { importWh: 77n, exportWh: 88n },
};

export class SoakMeter {
  readonly name: MeterName;
  readonly #chance: Chance;
  readonly #from: bigint;
  /** Counted up to each boundary, the base included. */
  readonly #counted: Registers[];
  /** Slots at whose starts it was reset. */
  readonly #resets: readonly number[];

  /** @param from Unix time of the first boundary. */
  constructor(name: MeterName, chance: Chance, from: bigint) {
    this.name = name;
    this.#chance = chance;
    this.#from = from;
    this.#counted = [BASE[name]];
    this.#resets = name === "reset" ? resetsOf(chance) : [];
  }

  /** Counted up to a boundary: what the chain has to know. */
  counted(time: bigint): Registers {
    const at = Number((time - this.#from) / SLOT);
    while (this.#counted.length <= at) {
      const slot = this.#counted.length - 1;
      const { importWh, exportWh } = this.#counted[slot] as Registers;
      const more = this.#energy(slot);
      this.#counted.push({ importWh: importWh + more.importWh, exportWh: exportWh + more.exportWh });
    }
    return this.#counted[at] as Registers;
  }

  /** What its display shows at a boundary. */
  shown(time: bigint): Registers {
    const { importWh, exportWh } = this.counted(time);
    const at = Number((time - this.#from) / SLOT);
    const reset = this.#resets.filter((slot) => slot < at).at(-1);
    if (reset !== undefined) {
      const then = this.#counted[reset] as Registers;
      return { importWh: importWh - then.importWh, exportWh: exportWh - then.exportWh };
    }
    return this.name === "rolling" ? { importWh: importWh % WRAP, exportWh } : { importWh, exportWh };
  }

  /** What it counts in the slot that starts at a time. */
  slot(start: bigint): Registers {
    const [from, to] = [this.counted(start), this.counted(start + SLOT)];
    return { importWh: to.importWh - from.importWh, exportWh: to.exportWh - from.exportWh };
  }

  #energy(slot: number): Registers {
    const draw = (most: number, side: string) => BigInt(this.#chance.draw(most, this.name, slot, side));
    // The same in every slot: what lies between two telegrams far apart is then known to the watt-hour.
    if (this.name === "rolling") return { importWh: 120n, exportWh: 8n };
    if (this.name === "sunny" || this.name === "late") {
      return { importWh: draw(60, "import"), exportWh: 100n + draw(300, "export") };
    }
    const exportWh = this.name === "reset" ? 10n : draw(40, "export");
    return { importWh: 60n + draw(300, "import"), exportWh };
  }
}

/** Far enough apart for the registers to fall: nobody could see a reset to 0 from below what is counted in a slot. */
function resetsOf(chance: Chance): number[] {
  const resets: number[] = [];
  for (let slot = 8; slot < 1_000; slot += 8 + chance.draw(24, "reset", slot)) resets.push(slot);
  return resets;
}
