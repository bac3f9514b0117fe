/** A queue in memory with meters, and samples in few words. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { Ingest } from "../../../services/src/gateway/ingest.ts";
import { Holding } from "../../../services/src/gateway/holding.ts";
import { Intake } from "../../../services/src/gateway/intake.ts";
import type { MeterRules } from "../../../services/src/gateway/intake.ts";
import { slotEnergies } from "../../../services/src/gateway/intervals.ts";
import type { SlotEnergy } from "../../../services/src/gateway/intervals.ts";
import { Queue } from "../../../services/src/gateway/queue/queue.ts";
import type { Kept, Sample } from "../../../services/src/gateway/sample.ts";
import { Timekeeper } from "../../../services/src/gateway/timekeeper.ts";

/** A UTC midnight: the start of a period of a day. */
export const DAY = 1_774_483_200n;
export const at = (seconds: number | bigint): Seconds => asSeconds(DAY + BigInt(seconds));

export const RULES: MeterRules = {
  slotDuration: asSeconds(900n),
  maxGap: asSeconds(3_600n),
  counts: { import: true, export: true },
  base: { importWh: 0n, exportWh: 0n },
  clockTolerance: asSeconds(300n),
  maxLate: asSeconds(3n * 86_400n),
  onFall: "refuse",
};

/** A gateway's queue and the ways into it, on a clock that tests set. */
export class Lab {
  readonly queue: Queue;
  readonly intake: Intake;
  readonly ingest: Ingest;
  now: Seconds;

  constructor(rules: Partial<MeterRules> = {}, path = ":memory:", now: Seconds = at(86_400)) {
    this.now = now;
    this.queue = new Queue(path);
    const meters = new Map([["m", { ...RULES, ...rules }]]);
    const time = new Timekeeper(() => this.now);
    this.intake = new Intake(this.queue, meters, time);
    const report = () => undefined;
    const holding = new Holding({ queue: this.queue, intake: this.intake, rules: meters, time, report });
    this.ingest = new Ingest(this.queue, this.intake, holding, report);
  }

  /** Keeps a sample at seconds of the day. */
  keep(seconds: number, importWh = 0n, exportWh = 0n, more: Partial<Sample> = {}): Kept {
    const sample = { meter: "m", at: at(seconds), importWh, exportWh, ...more };
    return this.queue.transaction(() => this.intake.keep(sample));
  }

  /** Keeps what a message with one register tells. */
  half(seconds: number, registers: Pick<Sample, "importWh" | "exportWh">): Kept {
    return this.queue.transaction(() => this.intake.keep({ meter: "m", at: at(seconds), ...registers }));
  }

  get meter(): bigint {
    return this.queue.meters.idOf("m");
  }

  /** Slots between two times of the day whose boundaries are known. */
  slots(from = 0, to = 86_400): SlotEnergy[] {
    const boundaries = this.queue.slots.between(this.meter, at(from), at(to));
    return slotEnergies(boundaries, this.queue.samples.breaks(this.meter, at(from), at(to)));
  }

  /** The same as text: `import/export quality`. */
  shown(from = 0, to = 86_400): string[] {
    return this.slots(from, to).map(({ importWh, exportWh, quality }) => `${importWh}/${exportWh} ${quality}`);
  }
}
