/** Import and export of a meter that come in messages of their own, made one sample. */
import { GatewayError } from "./errors.ts";
import type { Side } from "./queue/halves.ts";
import type { Queue } from "./queue/queue.ts";
import type { Carried, KeptSample } from "./queue/samples.ts";
import type { Shown } from "./registers.ts";
import type { Kept, Sample } from "./sample.ts";

/** A sample with both registers. */
export interface FullSample {
  readonly shown: Shown;
  readonly carried: Carried;
  readonly afterGap: boolean;
}

/** Registers that a meter has. */
export type Counts = Readonly<Record<Side, boolean>>;

/** A register of a sample: from its message, from the message before, or not known yet. */
interface Value {
  readonly wh: bigint;
  readonly carried: boolean;
}

/**
 * Completes a sample from the message before; keeps it aside where the meter has not shown its other register yet.
 * @returns What became of it, where there is nothing more to do.
 * @throws GatewayError SAMPLE_CONFLICT for another value at the same time
 */
export function fullSample(queue: Queue, meter: bigint, sample: Sample, counts: Counts): FullSample | Kept {
  const { at, serial } = sample;
  const same = queue.samples.at(meter, at);
  if (same !== undefined && isRepeated(sample, same)) return "duplicate";
  const earlier = same ?? queue.samples.before(meter, at);
  const value = (side: Side): Value | undefined => {
    const wh = whOf(sample, side);
    if (!counts[side]) return { wh: 0n, carried: false };
    if (wh !== undefined) return { wh, carried: false };
    if (earlier !== undefined) return { wh: whOf(earlier.shown, side) ?? 0n, carried: same?.carried[side] ?? true };
    const half = queue.halves.get(meter, side);
    return half !== undefined && half.at <= at ? { wh: half.wh, carried: true } : undefined;
  };
  const [imported, exported] = [value("import"), value("export")];
  if (imported === undefined || exported === undefined) {
    const side = imported === undefined ? "export" : "import";
    queue.halves.put(meter, side, { at, wh: whOf(sample, side) ?? 0n });
    return "kept";
  }
  return {
    shown: { at, importWh: imported.wh, exportWh: exported.wh, ...(serial === undefined ? {} : { serial }) },
    carried: { import: imported.carried, export: exported.carried },
    afterGap: sample.afterGap === true || same?.complete === false,
  };
}

function whOf({ importWh, exportWh }: Pick<Sample, "importWh" | "exportWh">, side: Side): bigint | undefined {
  return side === "import" ? importWh : exportWh;
}

/**
 * Whether a sample says what is known of its time. A register that was carried on to that time may still come.
 * @throws GatewayError SAMPLE_CONFLICT
 */
function isRepeated(sample: Sample, { shown, carried }: KeptSample): boolean {
  let repeated = true;
  for (const side of ["import", "export"] as const) {
    const [told, known] = [whOf(sample, side), whOf(shown, side)];
    if (told === undefined || told === known) continue;
    if (!carried[side]) {
      const text = `at that time it showed ${known ?? 0n} Wh before. Check for two devices under one name.`;
      throw new GatewayError("SAMPLE_CONFLICT", `${side} register at ${sample.at}`, told, text);
    }
    repeated = false;
  }
  return repeated;
}
