/** Meters with slots of their own, laid on one time axis. */

import { DataError, InputError } from "../errors.ts";
import type { Problems } from "../problems.ts";
import {
  type ClockChange,
  type Meter,
  type MeterData,
  type MeterKind,
  type Provenance,
  type Quality,
  SLOT_DURATIONS,
} from "../shape.ts";
import { formatTime } from "../time.ts";
import { type SlotValues, weaker } from "./assemble.ts";

/** A meter before it is laid on the axis. */
export interface LooseMeter {
  readonly name: string;
  readonly kind: MeterKind;
  readonly imported: SlotValues;
  /** Undefined: the file does not have this direction at all; it counts as 0 wherever the other one is known. */
  readonly exported: SlotValues | undefined;
}

/** Longest axis: ten years of 300 s. Beyond it a wrong date is likelier than a long file. */
const MOST_SLOTS = 1_051_200;

/** @throws DataError OPTION_INVALID */
export function checkSlotDuration(slotDuration: number): void {
  if (SLOT_DURATIONS.includes(slotDuration)) return;
  throw new DataError("OPTION_INVALID", `slotDuration is ${slotDuration}. Pass ${SLOT_DURATIONS.join(", ")} seconds.`);
}

/**
 * One axis from the first to the last slot of any meter. What a meter lacks in between stays null and is named.
 * @param changes Local days with a change of clocks between two unix times, if the zone is known.
 * @throws InputError NO_READINGS if no meter has a value, RANGE_TOO_LONG if the axis would be absurd
 */
export function onOneAxis(
  loose: readonly LooseMeter[],
  slotDuration: number,
  provenance: Omit<Provenance, "clockChanges">,
  problems: Problems,
  changes: (start: number, end: number) => ClockChange[] = () => [],
): MeterData {
  const place = { file: provenance.source, line: 1, column: 1 };
  const used = loose.filter((meter) => hasValues(meter, problems));
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { imported, exported } of used) {
    for (const start of [...imported.keys(), ...(exported?.keys() ?? [])]) {
      first = Math.min(first, start);
      last = Math.max(last, start);
    }
  }
  if (used.length === 0) {
    throw new InputError("NO_READINGS", place, `no meter has a single usable value.${problems.reason}`);
  }
  const slots = (last - first) / slotDuration + 1;
  if (slots > MOST_SLOTS) {
    const range = `${formatTime(first)} to ${formatTime(last)}`;
    throw new InputError("RANGE_TOO_LONG", place, `the readings span ${slots} slots (${range}): is a date wrong?`);
  }
  const meters = used.map((meter) => laid(meter, { first, slots, slotDuration }, problems));
  const clockChanges = changes(first, last + slotDuration);
  return {
    provenance: { ...provenance, clockChanges },
    slotDuration,
    start: first,
    slots,
    meters,
    problems: problems.all,
  };
}

function hasValues({ name, imported, exported }: LooseMeter, problems: Problems): boolean {
  if (imported.size > 0 || (exported !== undefined && exported.size > 0)) return true;
  problems.add({ code: "METER_EMPTY", meter: name, text: "no usable value. The meter was left out." });
  return false;
}

interface Axis {
  readonly first: number;
  readonly slots: number;
  readonly slotDuration: number;
}

function laid(meter: LooseMeter, axis: Axis, problems: Problems): Meter {
  const { name, kind } = meter;
  const starts = Array.from({ length: axis.slots }, (_, k) => axis.first + k * axis.slotDuration);
  const imported = starts.map((start) => meter.imported.get(start));
  const exported =
    meter.exported === undefined
      ? imported.map((value) => value && { ...value, wh: 0n })
      : starts.map((start) => meter.exported?.get(start));
  nameGaps(starts, imported, { meter: name, field: "import" }, axis, problems);
  if (meter.exported !== undefined) nameGaps(starts, exported, { meter: name, field: "export" }, axis, problems);
  const quality = starts.map<Quality>((_, k) =>
    weaker(imported[k]?.quality ?? "missing", exported[k]?.quality ?? "missing"),
  );
  return {
    name,
    kind,
    imported: imported.map((value) => value?.wh ?? null),
    exported: exported.map((value) => value?.wh ?? null),
    quality,
  };
}

/** One problem per run of missing slots. */
function nameGaps(
  starts: readonly number[],
  values: readonly unknown[],
  subject: { readonly meter: string; readonly field: string },
  { slotDuration }: Axis,
  problems: Problems,
): void {
  for (let k = 0; k < values.length; k += 1) {
    if (values[k] !== undefined) continue;
    const begin = k;
    while (k + 1 < values.length && values[k + 1] === undefined) k += 1;
    const from = starts[begin] ?? 0;
    const count = k - begin + 1;
    const until = formatTime(from + count * slotDuration);
    const text = `${count} slot(s) missing from ${formatTime(from)} to ${until}. They stay empty: no energy is invented.`;
    problems.add({ code: "READING_MISSING", effect: "noted", ...subject, from, count, text });
  }
}
