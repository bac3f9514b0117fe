/** How far a register advanced between two samples, whatever happened to it in between. Exact integers. */
import type { Seconds } from "@wattbook/sdk/pure";
import { GatewayError } from "./errors.ts";

/** Registers as the meter shows them. */
export interface Shown {
  readonly at: Seconds;
  readonly importWh: bigint;
  readonly exportWh: bigint;
  readonly serial?: string;
}

/** What is known about a meter's registers. */
export interface RegisterRules {
  /** Wh at which the registers start again from 0. */
  readonly wrapWh?: bigint | undefined;
  /** Most power in either direction, W. Without it a fall counts as a rollover where it skips at most a hundredth of the register. */
  readonly maxW?: bigint;
  /**
   * What a fall that is no rollover means. `refuse`: a fault, or a swap that the operator has to name. `reset`: the
   * register counts again from 0, as Home Assistant's `total_increasing` may.
   */
  readonly onFall: "refuse" | "reset";
  /** The only serial number that counts, where it is configured. */
  readonly serial?: string;
}

/** Wh counted between two samples. */
export interface Advance {
  readonly importWh: bigint;
  readonly exportWh: bigint;
  /** Whether that is all: after a reset or a swap some of it went uncounted. */
  readonly complete: boolean;
}

const NOTHING = { importWh: 0n, exportWh: 0n } as const;

/**
 * The advance from one sample to a later one. Another serial number is another meter: what lies between is not known.
 * @throws GatewayError REGISTER_FELL, ADVANCE_IMPLAUSIBLE, SERIAL_MISMATCH
 */
export function advanceBetween(before: Shown, after: Shown, rules: RegisterRules): Advance {
  checkSerial(after, rules);
  if (before.serial !== undefined && after.serial !== undefined && before.serial !== after.serial) {
    return { ...NOTHING, complete: false };
  }
  const seconds = after.at - before.at;
  const sides = (each: RegisterRules) =>
    [
      advanceOf("import", before.importWh, after.importWh, seconds, each),
      advanceOf("export", before.exportWh, after.exportWh, seconds, each),
    ] as const;
  let [imported, exported] = sides(rules);
  // A meter that was reset was so as a whole: what falls beside a register that fell to 0 did not roll over.
  if (imported.complete !== exported.complete) [imported, exported] = sides({ ...rules, wrapWh: undefined });
  return { importWh: imported.wh, exportWh: exported.wh, complete: imported.complete && exported.complete };
}

/** @throws GatewayError SERIAL_MISMATCH */
export function checkSerial({ serial }: Shown, rules: RegisterRules): void {
  if (rules.serial === undefined || serial === undefined || rules.serial === serial) return;
  const text = `the configured meter is ${rules.serial}. If it was swapped, say so with its last and first registers.`;
  throw new GatewayError("SERIAL_MISMATCH", "serial", serial, text);
}

function advanceOf(side: "import" | "export", before: bigint, after: bigint, seconds: bigint, rules: RegisterRules) {
  const most = mostWhUp(seconds, rules);
  if (after >= before) return { wh: plausible(side, before, after, after - before, most), complete: true };
  const { wrapWh, onFall } = rules;
  const around = wrapWh === undefined ? undefined : after + wrapWh - before;
  const bound = most ?? (wrapWh ?? 0n) / 100n;
  if (around !== undefined && around >= 0n && around <= bound) return { wh: around, complete: true };
  if (onFall === "reset") return { wh: plausible(side, before, after, after, most), complete: false };
  const text = `it was ${before} Wh before. If the meter was swapped or reset, say so with its last and first registers.`;
  throw new GatewayError("REGISTER_FELL", `${side} register`, after, text);
}

function plausible(side: string, before: bigint, after: bigint, wh: bigint, most: bigint | undefined): bigint {
  if (most === undefined || wh <= most) return wh;
  const text = `it was ${before} Wh before, and the meter's power allows ${most} Wh since. Check unit and maxW.`;
  throw new GatewayError("ADVANCE_IMPLAUSIBLE", `${side} register`, after, text);
}

/** Registers that step by up to 1 kWh may be that much ahead. */
const STEP_WH = 1_000n;

/** Most energy in a time, rounded up: the rated power, a tenth more, and one step of a coarse register. */
function mostWhUp(seconds: bigint, { maxW }: RegisterRules): bigint | undefined {
  return maxW === undefined ? undefined : (maxW * seconds * 11n + 35_999n) / 36_000n + STEP_WH;
}
